"""Reporters: each writes a Report in one format."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mldebt.engine import Report
    from mldebt.report.terminal import Terminal

FORMATS = {
    "text": "mldebt.report.text:TextReporter",
    "concise": "mldebt.report.concise:ConciseReporter",
    "json": "mldebt.report.json:JsonReporter",
    "jsonl": "mldebt.report.json:JsonLinesReporter",
    "sarif": "mldebt.report.sarif:SarifReporter",
    "github": "mldebt.report.github:GithubReporter",
    "gitlab": "mldebt.report.gitlab:GitlabReporter",
    "junit": "mldebt.report.xml:JunitReporter",
    "checkstyle": "mldebt.report.xml:CheckstyleReporter",
    "rdjson": "mldebt.report.rdjson:RdjsonReporter",
    "sonar": "mldebt.report.sonar:SonarReporter",
    "markdown": "mldebt.report.markdown:MarkdownReporter",
}
"""Names of the output formats, and where their reporters are."""

FOR_PEOPLE = frozenset({"text", "concise"})
"""The formats that say nothing worth having when there are no findings and the caller wants quiet."""


class Reporter(Protocol):
    """Writes a report in one format."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""


def reporter(name: str, terminal: Terminal | None = None) -> Reporter:
    """The reporter of a format in FORMATS; only its module is imported. `terminal` shows what it writes."""
    module, _, cls = FORMATS[name].partition(":")
    made: Reporter = getattr(import_module(module), cls)(*([terminal] if name == "text" else []))
    return made
