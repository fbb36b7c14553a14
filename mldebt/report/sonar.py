"""SonarQube's generic format (10.3 and later), which counts the minutes of repair as technical debt.

Lines are 1-based and columns 0-based; an empty range is refused, so such a place is its line alone.
"""

from __future__ import annotations

from typing import Any

from mldebt.engine import Report
from mldebt.finding import Finding, Severity
from mldebt.raw_places import RawPlaces, cell_note
from mldebt.report.cards import Card, cards
from mldebt.report.json import json_text
from mldebt.source import Location

_IMPACTS = {Severity.ERROR: "HIGH", Severity.WARNING: "MEDIUM", Severity.INFO: "LOW"}


class SonarReporter:
    """Writes the rules that found something, and an issue a finding."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        places = RawPlaces(report.root, report.texts)
        used = cards(report, (finding.rule for finding in report.findings))
        document = {
            "rules": [_rule(card) for card in used.values()],
            "issues": [_issue(finding, places) for finding in report.findings],
        }
        return json_text(document)


def _rule(card: Card) -> dict[str, Any]:
    return {
        "id": card.id,
        "name": card.summary,
        "description": card.documentation,
        "engineId": "mldebt",
        "cleanCodeAttribute": "CONVENTIONAL",
        "impacts": [{"softwareQuality": "MAINTAINABILITY", "severity": _IMPACTS[card.severity]}],
    }


def _issue(finding: Finding, places: RawPlaces) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "effortMinutes": finding.minutes,
        "primaryLocation": _location(finding.location, cell_note(finding.location) + finding.message, places),
        "secondaryLocations": [_location(item.location, item.message, places) for item in finding.related],
    }


def _location(location: Location, message: str, places: RawPlaces) -> dict[str, Any]:
    span = places.utf16(location)
    extent = {"startLine": span.line}
    if (span.line, span.column) < (span.end_line, span.end_column):
        extent |= {"endLine": span.end_line, "startColumn": span.column - 1, "endColumn": span.end_column - 1}
    return {"message": message, "filePath": places.path(location), "textRange": extent}
