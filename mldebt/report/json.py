"""The stable machine formats. Lines and columns are 1-based, columns in code points, ends exclusive."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from mldebt.engine import Report
from mldebt.finding import Finding, Fix, Severity
from mldebt.source import Location

VERSION = 1
"""Raised when a consumer of the format could break."""


class JsonReporter:
    """Writes one JSON object: version, root, findings, errors, summary."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        document = {
            "version": VERSION,
            "root": _relative(report.root),
            "findings": [_finding(finding) for finding in report.findings],
            "errors": [{"rule": error.rule, "message": error.message} for error in report.errors],
            "summary": _summary(report),
        }
        return json_text(document)


class JsonLinesReporter:
    """Writes one line a finding, as in the JSON format, with `"kind": "finding"`; errors and the summary last."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        documents = [
            *({"kind": "finding", **_finding(finding)} for finding in report.findings),
            *({"kind": "error", "rule": error.rule, "message": error.message} for error in report.errors),
            {"kind": "summary", "version": VERSION, "root": _relative(report.root), **_summary(report)},
        ]
        return "".join(msgspec.json.encode(encodable(document)).decode() + "\n" for document in documents)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "debt": finding.debt,
        **_place(finding.location),
        "message": finding.message,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "minutes": finding.minutes,
        "fingerprint": finding.fingerprint,
        "related": [
            {**_place(related.location, end=False), "message": related.message} for related in finding.related
        ],
        "fix": None if finding.fix is None else _fix(finding.fix),
    }


def _place(location: Location, *, end: bool = True) -> dict[str, Any]:
    span = location.span
    start = {"path": location.path, "cell": location.cell, "line": span.line, "column": span.column}
    return {**start, "end_line": span.end_line, "end_column": span.end_column} if end else start


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{**_place(edit.location), "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "safety": fix.safety.value, "edits": edits}


def _summary(report: Report) -> dict[str, Any]:
    severities = Counter(finding.severity for finding in report.findings)
    rules = Counter(finding.rule for finding in report.findings)
    return {
        "files": report.files,
        "findings": len(report.findings),
        "suppressed": len(report.suppressed),
        "baselined": len(report.baselined),
        "elsewhere": report.elsewhere,
        "fixable": sum(finding.fix is not None for finding in report.findings),
        "errors": len(report.errors),
        "minutes": sum(finding.minutes for finding in report.findings),
        "by_severity": {severity.label: severities[severity] for severity in sorted(Severity, reverse=True)},
        "by_rule": dict(sorted(rules.items())),
    }


def _relative(root: Path) -> str:
    """The root as the current directory sees it, with `/`."""
    try:
        return Path(os.path.relpath(root)).as_posix()
    except ValueError:  # another drive
        return root.as_posix()


def json_text(document: Any) -> str:
    """A document as indented JSON that ends in a line end."""
    return msgspec.json.format(msgspec.json.encode(encodable(document)), indent=2).decode() + "\n"


def encodable(value: Any) -> Any:
    """The document with lone surrogates (bytes of a file name that are no UTF-8) written as `\\udc..`."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encodable(item) for item in value]
    return value
