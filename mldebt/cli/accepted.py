"""What a report says after the baseline and the change that were asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Set
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mldebt import baseline, hygiene
from mldebt.changes import Change, ChangeError, change_since, narrowed, read_diff, staged_change
from mldebt.cli.failures import Failure, say
from mldebt.git import departed_since

if TYPE_CHECKING:
    from mldebt.baseline import Outcome
    from mldebt.cli.run import Run
    from mldebt.engine import Report


def find_change(run: Run, options: dict[str, Any]) -> Change | None:
    """The change that `--since`, `--staged` or `--diff-file` names. Raises click.UsageError and Failure."""
    given = [name for name in ("since", "staged", "diff_file") if options[name]]
    if len(given) > 1:
        raise click.UsageError("--since, --staged and --diff-file exclude each other.")
    root = run.scope.root
    try:
        if options["since"]:
            return change_since(root, options["since"], run.settings)
        if options["staged"]:
            return staged_change(root, run.settings)
        if options["diff_file"]:
            with click.open_file(options["diff_file"], "rb") as file:
                return read_diff(file.read(), root)
    except ChangeError as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"--diff-file {options['diff_file']}: cannot be read: {error.strerror or error}") from error
    return None


def narrow(report: Report, run: Run, change: Change | None) -> Report:
    """The report on the change alone."""
    return report if change is None else narrowed(report, change, run.check_all)


def baseline_file(run: Run) -> Path:
    """The baseline that the settings name, or the one that has the usual name."""
    return Path(run.settings.baseline or run.scope.root / baseline.FILE_NAME)


def known_rules(run: Run) -> set[str]:
    """The ids of all rules that exist."""
    return {*run.packs.files, *(rule.id for rule in run.packs.broken), *hygiene.CHECKS}


def departures_since(run: Run) -> Callable[[Set[str]], Mapping[str, str | None]]:
    """Tells where lost files went since the baseline was committed, as far as git knows."""
    return partial(departed_since, run.scope.root, baseline_file(run))


def accept(report: Report, run: Run, mode: str | None, *, quiet: bool = False) -> tuple[Report, bool]:
    """The report without the findings of the baseline, and whether a locked baseline holds too much.

    `mode` is auto, lock or keep; by default lock where CI is set, keep under pre-commit (a hook that rewrites
    a file fails), else auto. Locked, the file may accept no finding, and no piece of one, that is gone; that files
    were renamed since hides nothing and is no failure. `quiet` rewrites the file without a word. Raises Failure.
    """
    file = baseline_file(run)
    if not file.exists():
        return report, False
    try:
        return _accept(report, run, file, mode, quiet=quiet)
    except baseline.BaselineError as error:
        raise Failure(str(error)) from error


def _accept(report: Report, run: Run, file: Path, mode: str | None, *, quiet: bool) -> tuple[Report, bool]:
    entries = baseline.read(file)
    outcome = baseline.accept(report, entries, run.scope, known_rules(run), departed=departures_since(run))
    mode = mode or ("lock" if os.environ.get("CI") else "keep" if os.environ.get("PRE_COMMIT") else "auto")
    if mode == "auto" and outcome.differs(entries):
        baseline.write(file, outcome.standing)
        if not quiet:
            stay = f"{len(outcome.standing)} {'stays' if len(outcome.standing) == 1 else 'stay'}"
            say(f"{file.name}: {_gone(outcome) or 'renamed files are noted'}, {stay}.", err=True)
    elif mode == "lock" and (gone := _gone(outcome)):
        say(
            f"error: {gone} that {file.name} accepts; left there they hide new ones: "
            "run `mldebt baseline prune` and commit the file",
            err=True,
        )
        return outcome.told(), True
    return outcome.told(), False


def _gone(outcome: Outcome) -> str:
    """What of the accepted debt is gone, in words; empty if all of it is there."""
    gone, lost = len(outcome.gone), outcome.lost
    counted = [f"{gone} finding{'s' * (gone > 1)}"] if gone else []
    if lost:
        counted.append(f"{lost} piece{'s' * (lost > 1)} of {'others' if gone else 'findings'}")
    return f"{' and '.join(counted)} {'is' if gone + lost == 1 else 'are'} gone" if counted else ""
