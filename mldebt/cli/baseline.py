"""`mldebt baseline`: accept the debt that is there, so that only new debt is reported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mldebt.cli.failures import Failure, say
from mldebt.cli.run import analysis_options, complete_rules

if TYPE_CHECKING:
    from mldebt.cli.run import Run
    from mldebt.engine import Report
    from mldebt.entry import Entry

_FILE = click.option(
    "--baseline",
    type=click.Path(dir_okay=False),
    help="The file (default: the settings', .mldebt-baseline.json).",
)
_PATHS = click.argument("paths", nargs=-1, type=click.Path(exists=True))


@click.group("baseline", short_help="Accept the debt that is there; report only what is new.")
def command() -> None:
    """Accept the debt that is there in a file, so that `mldebt check` reports only what is new.

    Commit the file. It shrinks by itself when findings, or pieces of them (one of several copies), disappear; in CI it
    is locked: what is gone and still accepted fails the run, because it would hide new findings.
    """


@command.command("write")
@_PATHS
@_FILE
@analysis_options
def write_command(paths: tuple[str, ...], **options: Any) -> None:
    """Accept all findings in PATHS. What was accepted elsewhere stays."""
    from mldebt.baseline import entries_of

    with _opened(paths, options, new=True) as (run, entries, report):
        new = entries_of(report)
        here = {entry.fingerprint for entry in new}  # a finding elsewhere may have a place in PATHS
        kept = [e for e in entries if not run.scope.contains(e.path) and e.fingerprint not in here]
        _save(run, [*kept, *new])


@command.command("update")
@_PATHS
@click.option("--rule", "rules", multiple=True, shell_complete=complete_rules, help="Accept this rule alone.")
@_FILE
@analysis_options
def update_command(paths: tuple[str, ...], rules: tuple[str, ...], **options: Any) -> None:
    """Accept the new findings in PATHS (or those of some rules) and drop what is gone."""
    from mldebt.baseline import accept, entries_of
    from mldebt.cli.accepted import departures_since, known_rules

    with _opened(paths, options) as (run, entries, report):
        if unknown := sorted(set(rules) - known_rules(run)):
            raise click.BadParameter(f"there is no rule `{unknown[0]}`", param_hint="--rule")
        outcome = accept(report, entries, run.scope, known_rules(run), departed=departures_since(run))
        new = [entry for entry in entries_of(outcome.report) if not rules or entry.rule in rules]
        grown = {entry for entry, _ in outcome.grown.values() if not rules or entry.rule in rules}
        standing = [entry for entry in outcome.standing if entry not in grown]
        _save(run, [*standing, *new], f"{len(new)} new, {len(outcome.gone)} gone")


@command.command("prune")
@_PATHS
@_FILE
@analysis_options
def prune_command(paths: tuple[str, ...], **options: Any) -> None:
    """Drop the entries whose findings are gone, and accept nothing new."""
    from mldebt.baseline import accept
    from mldebt.cli.accepted import departures_since, known_rules

    with _opened(paths, options) as (run, entries, report):
        outcome = accept(report, entries, run.scope, known_rules(run), departed=departures_since(run))
        pieces = f", {outcome.lost} of others' pieces" if outcome.lost else ""
        _save(run, outcome.standing, f"{len(outcome.gone)} gone{pieces}")


@command.command("show")
@_FILE
@click.argument("directory", default=".", type=click.Path(exists=True, file_okay=False))
def show_command(directory: str, baseline: str | None) -> None:
    """Count what is accepted, rule by rule. Nothing is analysed."""
    from mldebt.baseline import FILE_NAME, BaselineError, counts, read
    from mldebt.cli.failures import reported
    from mldebt.scope import find_scope
    from mldebt.settings import load_settings

    with reported():
        root = find_scope([Path(directory)]).root
        file = Path(baseline or load_settings(root).baseline or root / FILE_NAME)
        try:
            entries = read(file)
        except BaselineError as error:
            raise Failure(str(error)) from error
    for rule, count in counts(entries).items():
        say(f"{count:6}  {rule}")
    files = len({entry.path for entry in entries})
    click.echo(f"{len(entries):6}  in {files} file{'' if files == 1 else 's'}")


@contextmanager
def _opened(
    paths: tuple[str, ...], options: dict[str, Any], *, new: bool = False
) -> Iterator[tuple[Run, list[Entry], Report]]:
    """The run, the entries of its baseline (none for a `new` one) and the report; tells why it cannot be done."""
    from mldebt.baseline import BaselineError, read
    from mldebt.cli.accepted import baseline_file
    from mldebt.cli.failures import reported
    from mldebt.cli.run import prepare, progress_bar

    with reported():
        run = prepare(paths, options)
        file = baseline_file(run)
        try:
            entries = [] if new and not file.exists() else read(file)
            with progress_bar() as progress:
                report = run.check(progress=progress)
            if report.errors:
                failed = report.errors[0]
                raise Failure(f"rule {failed.rule} {failed.message}; the baseline is left as it is")
            yield run, entries, report
        except BaselineError as error:
            raise Failure(str(error)) from error


def _save(run: Run, entries: list[Entry], change: str = "") -> None:
    from mldebt.baseline import write
    from mldebt.cli.accepted import baseline_file

    file = baseline_file(run)
    write(file, entries)
    many = f"{len(entries)} finding{'' if len(entries) == 1 else 's'}"
    say(f"{file.name}: {many} accepted{f' ({change})' if change else ''}.")
