"""`--fix`, `--unsafe-fixes`, `--diff` and `--add-ignore`: what `mldebt check` changes in files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from mldebt.cli.failures import Failure, say

if TYPE_CHECKING:
    from mldebt.cli.run import Run
    from mldebt.engine import Report

Analyse = Callable[[Mapping[str, bytes]], "Report"]


def wants_fixes(options: dict[str, Any]) -> bool:
    """Whether files are to be changed, or shown as they would be. Raises click.UsageError."""
    wanted = bool(options["fix"] or options["diff"] or options["unsafe_fixes"])
    if wanted and options["add_ignore"] is not None:
        raise click.UsageError("--add-ignore and fixes exclude each other.")
    if (wanted or options["add_ignore"] is not None) and (options["staged"] or options["stdin_filename"]):
        raise click.UsageError("Files are changed where they lie: not with --staged, nor on standard input.")
    return wanted


def fix(report: Report, analyse: Analyse, options: dict[str, Any]) -> tuple[Report, str | None]:
    """The report after the fixes, and with `--diff` what they would change (then nothing is written)."""
    from mldebt.fix import apply_fixes, write_files

    fixed = apply_fixes(report, analyse, unsafe=options["unsafe_fixes"])
    for finding, reason in fixed.refused:
        say(f"warning: {finding.location} {finding.rule} is not fixed: {reason}", err=True)
    if options["diff"]:
        _tell(f"Would fix {_counted(len(fixed.fixed), len(fixed.after))}.", options)
        return fixed.report, fixed.diff()
    try:
        write_files(report.root, fixed.after)
    except OSError as error:
        raise Failure(f"a file cannot be written: {error}") from error
    _tell(f"Fixed {_counted(len(fixed.fixed), len(fixed.after))}.", options)
    return fixed.report, None


def add_ignores(report: Report, analyse: Analyse, options: dict[str, Any], run: Run) -> Report:
    """Write comments that accept all findings of a report; tells how many cannot be accepted so."""
    from mldebt.accept_comments import accept_by_comments
    from mldebt.fix import write_files

    reason = options["add_ignore"]
    if not reason.strip() or not reason.isprintable() or "#" in reason:
        raise click.UsageError("--add-ignore needs a reason of one line, without `#`.")
    after, left = accept_by_comments(report, analyse, reason.strip())
    try:
        write_files(run.scope.root, after)
    except OSError as error:
        raise Failure(f"a file cannot be written: {error}") from error
    done = len(report.findings) - len(left.findings)
    _tell(f"Accepted {_counted(done, len(after))}; {len(left.findings)} stay.", options)
    return left


def _tell(message: str, options: dict[str, Any]) -> None:
    if not options["quiet"]:
        say(message, err=True)


def _counted(findings: int, files: int) -> str:
    return f"{findings} finding{'' if findings == 1 else 's'} in {files} file{'' if files == 1 else 's'}"
