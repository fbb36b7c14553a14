"""`mldebt explain`: a rule's documentation page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from mldebt.marked_pages import Block
    from mldebt.rule import Rule


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
            page: list[str | Block] = [
                f"# {rule}\n\n{check.documentation}\n\n*{check.severity.label}; about the run itself*\n"
            ]
        elif rule in packs.files:
            page = list(_page(packs.files[rule].load()))
        else:
            near = suggestion(rule, [*packs.files, *hygiene.CHECKS])
            raise click.UsageError(f"There is no rule `{rule}`{near}")
    if output_format == "markdown":
        click.echo("\n".join(piece if isinstance(piece, str) else _as_markdown(piece) for piece in page))
    else:
        _show(page)


def _page(rule: type[Rule]) -> Iterator[str | Block]:
    from mldebt.marked_pages import pieces
    from mldebt.packs import kebab
    from mldebt.selection import options_of

    facts = [
        rule.debt,
        rule.severity.label,
        f"{rule.confidence.label} confidence",
        f"profile {rule.profile.label}" if rule.default else "off unless selected",
        f"about {rule.minutes} min to repair",
    ]
    yield f"# {rule.id}\n\n*{' · '.join(facts)}*\n"
    yield from pieces(rule())
    options = "".join(f"- `{kebab(name)}` = `{getattr(rule, name)!r}`\n" for name in options_of(rule))
    if options:
        yield f"\n## Options\n\nIn `[tool.mldebt.rules.{rule.id}]`:\n\n{options}"


def _as_markdown(block: Block) -> str:
    """The block, and below it what is flagged in it."""
    marks = "".join(f"\n- line {line}: {message or 'flagged'}" for line, message in block.marks)
    silent = "\n*Nothing is flagged.*" if block.stays_silent else ""
    return "\n".join([block.opening, *block.lines, block.closing, *filter(None, [marks, silent])])


def _show(page: Iterable[str | Block]) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    for piece in page:
        if not isinstance(piece, str):
            console.print(*_shown(piece), sep="\n")
        elif piece.strip():
            console.print(Markdown(piece), "")


def _shown(block: Block) -> Iterator[RenderableType]:
    """The block with its path, its lines numbered and the flagged ones marked; then what is said about these."""
    from rich.padding import Padding
    from rich.syntax import Syntax
    from rich.text import Text

    lines = {line for line, _ in block.marks}
    yield Text(f"{block.path}:", style="bold")
    yield Syntax(
        "\n".join(block.lines),
        block.language or "text",
        line_numbers=True,
        highlight_lines=lines,
        word_wrap=True,
        background_color="default",
    )
    for line, message in block.marks:
        yield Padding(Text.assemble((f"line {line}", "bold red"), f": {message or 'flagged'}"), (0, 0, 0, 2))
    if block.stays_silent:
        yield Padding(Text("nothing is flagged", style="green"), (0, 0, 0, 2))
    yield ""
