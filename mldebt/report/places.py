"""What all reporters for people share: paths as seen from here, safe text, the summary."""

from __future__ import annotations

import os
from pathlib import Path

from mldebt.engine import Report
from mldebt.finding import Safety, Severity
from mldebt.printable import printable
from mldebt.source import Location


def shown_path(root: Path, path: str) -> str:
    """A path relative to the current directory where that is shorter than the absolute one, fit to be shown."""
    full = os.path.normpath(root / path)
    try:
        relative = os.path.relpath(full)
    except ValueError:  # another drive
        return printable(full)
    return line_start(min(relative, full, key=len))


def line_start(path: str) -> str:
    """A path that may stand at the start of a line of a CI log, where `::` would make it a command."""
    return printable(f"./{path}" if path.startswith("::") else path)


def shown_place(root: Path, location: Location) -> str:
    """`path:line:column`, in notebooks `path:cell 3:line:column` with the cell counted from 1."""
    cell = "" if location.cell is None else f"cell {location.cell + 1}:"
    return f"{shown_path(root, location.path)}:{cell}{location.span.line}:{location.span.column}"


def summary(report: Report) -> str:
    """One line that counts what was found, what was accepted, and what can be fixed."""
    total = len(report.findings)
    accepted = f"; {len(report.baselined)} baselined, {len(report.suppressed)} suppressed"
    if report.elsewhere:
        accepted += f", {report.elsewhere} outside the change"
    files = _count(report.files, "file")
    if not total:
        return f"No findings in {files}{accepted}."
    severities = [finding.severity for finding in report.findings]
    parts = [
        _count(severities.count(severity), severity.label, plural="info" if severity is Severity.INFO else None)
        for severity in sorted(Severity, reverse=True)
        if severity in severities
    ]
    word = "new finding" if report.baselined or report.elsewhere else "finding"
    return f"Found {_count(total, word)} ({', '.join(parts)}) in {files}{accepted}, {_fixable(report)}."


def _fixable(report: Report) -> str:
    """How many findings can be fixed, and by which option."""
    fixes = [finding.fix.safety for finding in report.findings if finding.fix is not None]
    safe = fixes.count(Safety.SAFE)
    if not fixes:
        return "0 fixable"
    if safe in (0, len(fixes)):
        return f"{len(fixes)} fixable ({'--fix' if safe else '--unsafe-fixes'})"
    return f"{len(fixes)} fixable ({safe} by --fix, all by --unsafe-fixes)"


def _count(number: int, word: str, *, plural: str | None = None) -> str:
    return f"{number} {word if number == 1 else plural or word + 's'}"
