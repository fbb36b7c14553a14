"""rdjson, the input of reviewdog: columns count bytes of UTF-8, ends are exclusive, fixes become suggestions."""

from __future__ import annotations

from typing import Any

from mldebt.engine import Report
from mldebt.finding import Finding
from mldebt.raw_places import RawPlaces, cell_note
from mldebt.report.json import json_text
from mldebt.source import Location


class RdjsonReporter:
    """Writes one DiagnosticResult."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        places = RawPlaces(report.root, report.texts)
        document = {
            "source": {"name": "mldebt"},
            "diagnostics": [_diagnostic(finding, places) for finding in report.findings],
        }
        return json_text(document)


def _diagnostic(finding: Finding, places: RawPlaces) -> dict[str, Any]:
    diagnostic: dict[str, Any] = {
        "message": cell_note(finding.location) + finding.message,
        "location": _location(finding.location, places),
        "severity": finding.severity.name,
        "code": {"value": finding.rule},
    }
    if finding.related:
        diagnostic["related_locations"] = [
            {"message": item.message, "location": _location(item.location, places)} for item in finding.related
        ]
    edits = () if finding.fix is None else finding.fix.edits
    own = all(edit.location.path == finding.location.path and edit.location.cell is None for edit in edits)
    if edits and own:  # a suggestion cannot touch another file, nor write JSON strings
        diagnostic["suggestions"] = [
            {"range": _location(edit.location, places)["range"], "text": edit.text} for edit in edits
        ]
    return diagnostic


def _location(location: Location, places: RawPlaces) -> dict[str, Any]:
    span = places.utf8(location)
    return {
        "path": places.path(location),
        "range": {
            "start": {"line": span.line, "column": span.column},
            "end": {"line": span.end_line, "column": span.end_column},
        },
    }
