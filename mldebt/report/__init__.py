"""Reporters: each writes a Report in one format."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from mldebt.engine import Report

FORMATS = {
    "text": "mldebt.report.text:TextReporter",
    "concise": "mldebt.report.concise:ConciseReporter",
    "json": "mldebt.report.json:JsonReporter",
}
"""Names of the output formats, and where their reporters are."""


class Reporter(Protocol):
    """Writes a report in one format."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""


def reporter(name: str) -> Reporter:
    """The reporter of a format in FORMATS; only its module is imported."""
    module, _, cls = FORMATS[name].partition(":")
    made: Reporter = getattr(import_module(module), cls)()
    return made
