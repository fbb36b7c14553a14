"""`mldebt rules`: list the rules, or run their examples."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mldebt.packs import Packs
    from mldebt.rule import Rule


@click.command("rules", short_help="List the rules, or run their examples.")
@click.argument("directory", required=False, type=click.Path(exists=True))
@click.option("--test", is_flag=True, help="Run the examples in the rules' documentation.")
@click.option("--output-format", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--pack", multiple=True, type=click.Path(exists=True, file_okay=False), help="Also load this directory."
)
def command(directory: str | None, test: bool, output_format: str, pack: tuple[str, ...]) -> None:
    """List all rules, or those in DIRECTORY (which may be one rule's file); --test runs their examples.

    The Python rules in DIRECTORY are run.
    """
    from mldebt.cli.failures import reported, say

    with reported():
        packs = _packs(directory, pack)
        rules, broken = _load(packs)
    if test:
        broken += _run_examples(rules)
    elif output_format == "json":
        click.echo(_json(rules))
    else:
        _print_table(rules)
    for message in broken:
        say(f"error: {message}", err=True)
    sys.exit(_exit_code(test, bool(broken)))


def _packs(directory: str | None, pack: tuple[str, ...]) -> Packs:
    from mldebt.packs import Packs, find_packs, open_directory

    if directory is None:
        return find_packs([Path(name) for name in pack])
    place = Path(directory).resolve()
    if place.is_dir():
        return Packs(open_directory(place))
    return Packs(rule for rule in open_directory(place.parent) if rule.file.resolve() == place)


def _load(packs: Packs) -> tuple[list[type[Rule]], list[str]]:
    from mldebt.rule import BrokenRuleError

    rules, broken = [], [f"{rule.file}: {rule.message}" for rule in packs.broken]
    for file in packs.files.values():
        try:
            rules.append(file.load())
        except BrokenRuleError as error:
            broken.append(f"{file.file}: {error}")
    return rules, broken


def _run_examples(rules: list[type[Rule]]) -> list[str]:
    """Print a line a rule and return all failures."""
    from mldebt.examples import failures

    failed: list[str] = []
    for rule in rules:
        found = failures(rule())
        click.echo(f"{'FAIL' if found else 'ok':4} {rule.id}")
        failed += [f"{rule.id}: {message}" for message in found]
    click.echo(f"{len(rules)} rules, {len(failed)} failures")
    return failed


def _json(rules: list[type[Rule]]) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode([_describe(rule) for rule in rules]), indent=2).decode()


def _describe(rule: type[Rule]) -> dict[str, Any]:
    from mldebt.packs import kebab
    from mldebt.selection import options_of

    return {
        "rule": rule.id,
        "debt": rule.debt,
        "summary": _summary(rule),
        "severity": rule.severity.label,
        "confidence": rule.confidence.label,
        "profile": rule.profile.label,
        "default": rule.default,
        "minutes": rule.minutes,
        "options": {kebab(name): _plain(getattr(rule, name)) for name in options_of(rule)},
    }


def _plain(value: Any) -> Any:
    """A default value as JSON can hold it, sets in order."""
    import msgspec

    return sorted(value) if isinstance(value, set | frozenset) else msgspec.to_builtins(value)


def _summary(rule: type[Rule]) -> str:
    return (rule.__doc__ or "").strip().split("\n")[0].strip()


def _print_table(rules: list[type[Rule]]) -> None:
    width = max((len(rule.id) for rule in rules), default=0)
    debt = ""
    for rule in sorted(rules, key=lambda rule: (rule.debt, rule.id)):
        if rule.debt != debt:
            debt = rule.debt
            click.echo(click.style(f"\n{debt}", bold=True))
        profile = rule.profile.label if rule.default else "off"
        click.echo(f"  {rule.id:{width}}  {rule.severity.label:7}  {profile:5}  {_summary(rule)}")
    click.echo(f"\n{len(rules)} rules")


def _exit_code(test: bool, failed: bool) -> int:
    """A failing example is what `--test` looks for (1); a rule that cannot be listed is a job not done (2)."""
    if not failed:
        return 0
    return 1 if test else 2
