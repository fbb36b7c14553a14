"""What all reporters for people share: paths as seen from here, safe text, the summary."""

from __future__ import annotations

import os
from pathlib import Path

from mldebt.engine import Report
from mldebt.finding import Severity
from mldebt.source import Location


def shown_path(root: Path, path: str) -> str:
    """A path relative to the current directory where that is shorter than the absolute one."""
    full = os.path.normpath(root / path)
    try:
        relative = os.path.relpath(full)
    except ValueError:  # another drive
        return printable(full)
    return printable(min(relative, full, key=len))


def shown_place(root: Path, location: Location) -> str:
    """`path:line:column`, in notebooks `path:cell 3:line:column` with the cell counted from 1."""
    cell = "" if location.cell is None else f"cell {location.cell + 1}:"
    return f"{shown_path(root, location.path)}:{cell}{location.span.line}:{location.span.column}"


def printable(text: str) -> str:
    """The text with control characters, lone surrogates and directional marks made visible."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def summary(report: Report) -> str:
    """One line that counts what was found and what was accepted."""
    total = len(report.findings)
    files = _count(report.files, "file")
    counts = {
        "baselined": len(report.baselined),
        "suppressed": len(report.suppressed),
        "outside the change": report.elsewhere,
    }
    accepted = "".join(f", {count} {what}" for what, count in counts.items() if count)
    if not total:
        return f"No findings in {files}{accepted}."
    severities = [finding.severity for finding in report.findings]
    parts = [
        _count(severities.count(severity), severity.label, plural="info" if severity is Severity.INFO else None)
        for severity in sorted(Severity, reverse=True)
        if severity in severities
    ]
    if fixable := sum(finding.fix is not None for finding in report.findings):
        accepted += f"; {fixable} can be fixed (--fix, --unsafe-fixes)"
    return f"Found {_count(total, 'finding')} ({', '.join(parts)}) in {files}{accepted}."


def _count(number: int, word: str, *, plural: str | None = None) -> str:
    return f"{number} {word if number == 1 else plural or word + 's'}"


def _escape(char: str) -> str:
    return " " if char == "\u3000" or char == "\u00a0" else char.encode("unicode_escape").decode("ascii")
