"""Annotations of GitHub Actions: workflow commands on standard output.

A step shows ten errors, ten warnings and ten notices and drops the rest without a word, so the most severe ones
come first and a last notice says how many more there are.
"""

from __future__ import annotations

from mldebt.engine import Report
from mldebt.finding import Finding, Severity
from mldebt.printable import printable
from mldebt.raw_places import RawPlaces, cell_note
from mldebt.report.caps import capped
from mldebt.report.places import line_start, summary

MOST_SHOWN = 10
"""Annotations of one level that a step shows."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


class GithubReporter:
    """Writes `::warning file=...::message` lines, and the summary as plain text."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        places = RawPlaces(report.root, report.texts)
        lines: list[str] = []
        left = 0
        for severity, command in _COMMANDS.items():
            findings = [finding for finding in report.findings if finding.severity is severity]
            most = MOST_SHOWN - 1 if severity is Severity.INFO else MOST_SHOWN
            lines += [_annotation(command, finding, places) for finding in findings[:most]]
            left += max(len(findings) - most, 0)
        if left:
            lines.append(f"::notice title=mldebt::{left} more findings are not annotated; see the log or SARIF")
            capping = capped(report.findings, report.cap)
            lines += [_line(finding, places) for finding in capping.shown]
            lines += capping.notes()
        return "\n".join([*lines, summary(report)]) + "\n"


def _line(finding: Finding, places: RawPlaces) -> str:
    place = f"{line_start(places.path(finding.location))}:{places.span(finding.location).line}"
    return f"{place}: {finding.severity.label} {finding.rule} {printable(finding.message)}"


def _annotation(command: str, finding: Finding, places: RawPlaces) -> str:
    span = places.span(finding.location)
    properties = {
        "title": f"mldebt ({finding.rule})",
        "file": places.path(finding.location),
        "line": str(span.line),
        "endLine": str(span.end_line),
    }
    if span.line == span.end_line:  # columns of several lines are refused
        properties |= {"col": str(span.column), "endColumn": str(span.end_column)}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{command} {written}::{_data(cell_note(finding.location) + finding.message)}"


def _data(text: str) -> str:
    return "%0A".join(printable(line).replace("%", "%25") for line in text.splitlines())


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
