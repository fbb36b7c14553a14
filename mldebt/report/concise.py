"""One line a finding."""

from __future__ import annotations

from mldebt.engine import Report
from mldebt.printable import printable
from mldebt.report.caps import capped
from mldebt.report.places import shown_place, summary


class ConciseReporter:
    """Writes `path:line:column: severity rule-id message`, and a summary."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        capping = capped(report.findings, report.cap)
        lines = [
            f"{shown_place(report.root, finding.location)}: {finding.severity.label} {finding.rule} "
            f"{printable(finding.message)}"
            for finding in capping.shown
        ]
        return "\n".join([*lines, *capping.notes(), summary(report)]) + "\n"
