"""`mldebt explain`: a rule's documentation page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mldebt.rule import Rule


_TITLED = re.compile(r"""^(?P<fence>[`~]{3,}\w*) title=(["'])(?P<path>.+?)\2""", re.MULTILINE)


@click.command("explain")
@click.argument("rule")
@click.option("--output-format", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
@click.option(
    "--pack", multiple=True, type=click.Path(exists=True, file_okay=False), help="Also load this directory."
)
def command(rule: str, output_format: str, pack: tuple[str, ...]) -> None:
    """Say what RULE finds, why that is debt, and how to repair it."""
    from mldebt import hygiene
    from mldebt.cli.failures import reported
    from mldebt.packs import find_packs
    from mldebt.schema import suggestion

    with reported():
        packs = find_packs([Path(name) for name in pack])
        if rule in hygiene.CHECKS:
            check = hygiene.CHECKS[rule]
            page = f"# {rule}\n\n{check.documentation}\n\n*{check.severity.label}; about the run itself*\n"
        elif rule in packs.files:
            page = _page(packs.files[rule].load())
        else:
            near = suggestion(rule, [*packs.files, *hygiene.CHECKS])
            raise click.UsageError(f"There is no rule `{rule}`{near}")
    _show(page, output_format)


def _page(rule: type[Rule]) -> str:
    from mldebt.examples import read_documentation
    from mldebt.packs import kebab
    from mldebt.selection import options_of

    facts = [
        rule.debt,
        rule.severity.label,
        f"{rule.confidence.label} confidence",
        f"profile {rule.profile.label}" if rule.default else "off unless selected",
        f"about {rule.minutes} min to repair",
    ]
    options = "".join(f"- `{kebab(name)}` = `{getattr(rule, name)!r}`\n" for name in options_of(rule))
    if options:
        options = f"\n## Options\n\nIn `[tool.mldebt.rules.{rule.id}]`:\n\n{options}"
    return f"# {rule.id}\n\n*{' · '.join(facts)}*\n\n{read_documentation(rule.__doc__).markdown}\n{options}"


def _show(page: str, output_format: str) -> None:
    if output_format == "markdown":
        click.echo(page)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    named = _TITLED.sub(r"\n`\g<path>`:\n\n\g<fence>", page)  # a terminal shows no titles of blocks
    Console().print(Markdown(named))
