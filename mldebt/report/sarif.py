"""SARIF 2.1.0, as GitHub code scanning, Jenkins, SonarQube and reviewdog read it.

Places are those of the file on disk, also in notebooks, with columns in UTF-16 units. Accepted findings are
there, marked as suppressed. GitHub refuses runs of more than 25,000 results, so the least severe ones beyond
that are left out and a notification says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from mldebt import __version__
from mldebt.engine import Report
from mldebt.finding import Confidence, Finding, Severity
from mldebt.raw_places import RawPlaces, cell_note
from mldebt.report.cards import Card, cards
from mldebt.report.json import json_text
from mldebt.report.line_hash import line_hashes
from mldebt.source import Location

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 25_000
MOST_RELATED = 100

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_PRECISION = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
_SNIPPET = 500
"""The characters of a line that go into the log."""

_TOOL_FINDINGS = frozenset({"internal-error"})


class SarifReporter:
    """Writes one SARIF log with one run."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_Run(report).run()]}
        return json_text(log)


class _Run:
    def __init__(self, report: Report) -> None:
        self.report = report
        self.places = RawPlaces(report.root, report.texts)
        accepted: list[tuple[Finding, dict[str, str] | None]] = [
            *((finding, None) for finding in report.findings if finding.rule not in _TOOL_FINDINGS),
            *((finding, {"kind": "inSource"}) for finding in report.suppressed),
            *((finding, {"kind": "external", "justification": "baseline"}) for finding in report.baselined),
        ]
        accepted.sort(key=lambda item: (item[1] is not None, -item[0].severity))
        self.left_out = max(len(accepted) - MOST_RESULTS, 0)
        self.items = sorted(accepted[:MOST_RESULTS], key=lambda item: item[0].order)
        self.cards = cards(report, (finding.rule for finding, _ in self.items))
        self.numbers = {rule: number for number, rule in enumerate(self.cards)}
        self.hashes: dict[str, list[str]] = {}

    def run(self) -> dict[str, Any]:
        driver = {
            "name": "mldebt",
            "semanticVersion": __version__,
            "rules": [_rule(card) for card in self.cards.values()],
        }
        invocation: dict[str, Any] = {"executionSuccessful": not self.report.errors}
        if notes := list(self.notifications()):
            invocation["toolExecutionNotifications"] = notes
        return {
            "tool": {"driver": driver},
            "columnKind": "utf16CodeUnits",
            "automationDetails": {"id": "mldebt/"},
            "invocations": [invocation],
            "results": [self.result(finding, accepted) for finding, accepted in self.items],
        }

    def notifications(self) -> Iterator[dict[str, Any]]:
        for error in self.report.errors:
            yield {"level": "error", "message": {"text": f"rule {error.rule} {error.message}"}}
        if self.left_out:
            many = "1 finding is" if self.left_out == 1 else f"{self.left_out:,} findings are"
            text = f"{many} left out: GitHub takes {MOST_RESULTS:,} a run"
            yield {"level": "warning", "message": {"text": text}}

    def result(self, finding: Finding, accepted: dict[str, str] | None) -> dict[str, Any]:
        related = finding.related[:MOST_RELATED]
        lines = [cell_note(finding.location) + finding.message]
        for number, item in enumerate(related, 1):
            lines.append(f"- [{_link(str(item.location))}]({number}): {item.message}")
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": self.numbers[finding.rule],
            "level": _LEVELS[finding.severity],
            "message": {"text": "\n".join(lines)},
            "locations": [self.location(finding.location)],
            "partialFingerprints": {
                "primaryLocationLineHash": self.line_hash(finding.location),
                "mldebt/v1": finding.fingerprint,
            },
            "properties": {"confidence": finding.confidence.label, "minutes": finding.minutes},
        }
        if related:
            result["relatedLocations"] = [
                {"id": number, "message": {"text": item.message}, **self.location(item.location)}
                for number, item in enumerate(related, 1)
            ]
        if accepted is not None:
            result["suppressions"] = [accepted]
        return result

    def location(self, location: Location) -> dict[str, Any]:
        span = self.places.utf16(location)
        region: dict[str, Any] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
        if snippet := self.report.texts.line(location).strip()[:_SNIPPET]:
            region["snippet"] = {"text": snippet}
        uri = quote(self.places.path(location), errors="surrogatepass")
        place: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
        if location.cell is not None:
            place["logicalLocations"] = [{"name": f"cell {location.cell + 1}", "kind": "notebookCell"}]
        return place

    def line_hash(self, location: Location) -> str:
        if location.path not in self.hashes:
            self.hashes[location.path] = line_hashes(self.places.text(location))
        hashes = self.hashes[location.path]
        return hashes[min(self.places.span(location).line, len(hashes)) - 1]


def _rule(card: Card) -> dict[str, Any]:
    return {
        "id": card.id,
        "name": "".join(word.capitalize() for word in card.id.split("-")),
        "shortDescription": {"text": card.summary},
        "fullDescription": {"text": card.summary[:1024]},
        "help": {"text": card.documentation, "markdown": card.documentation},
        "defaultConfiguration": {"level": _LEVELS[card.severity]},
        "properties": {
            "tags": ["maintainability", "machine-learning", card.debt],
            "precision": _PRECISION[card.confidence],
            "problem.severity": _PROBLEMS[card.severity],
        },
    }


def _link(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
