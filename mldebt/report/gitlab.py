"""GitLab Code Quality: a JSON array. The page shows neither rule nor kind of debt, so the description names them."""

from __future__ import annotations

from typing import Any

from mldebt.engine import Report
from mldebt.finding import Finding, Severity
from mldebt.raw_places import RawPlaces, cell_note
from mldebt.report.json import json_text

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


class GitlabReporter:
    """Writes one object a finding; fingerprints are unique, because GitLab shows only one of equal ones."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        places = RawPlaces(report.root, report.texts)
        document = [_issue(finding, places) for finding in report.findings]
        return json_text(document)


def _issue(finding: Finding, places: RawPlaces) -> dict[str, Any]:
    span = places.span(finding.location)
    return {
        "description": f"{finding.rule}: {cell_note(finding.location)}{finding.message}",
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": places.path(finding.location),
            "positions": {
                "begin": {"line": span.line, "column": span.column},
                "end": {"line": span.end_line, "column": span.end_column},
            },
        },
    }
