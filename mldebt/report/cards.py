"""What reporters say about a rule: its summary, why it is debt and how to repair it, its defaults."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from mldebt import hygiene
from mldebt.engine import Report
from mldebt.finding import Confidence, Severity


class Card(NamedTuple):
    """One rule; `documentation` is Markdown without examples, `minutes` the usual time of a repair."""

    id: str
    debt: str
    summary: str
    documentation: str
    severity: Severity
    confidence: Confidence
    minutes: int


def cards(report: Report, ids: Iterable[str]) -> dict[str, Card]:
    """The cards of the rules with these ids, sorted by id."""
    return {rule: _card(report, rule) for rule in sorted(set(ids))}


def _card(report: Report, rule: str) -> Card:
    if rule in hygiene.CHECKS:
        check = hygiene.CHECKS[rule]
        summary = check.documentation.partition("\n")[0]
        return Card(rule, hygiene.DEBT, summary, check.documentation, check.severity, Confidence.HIGH, 1)
    from mldebt.examples import read_documentation

    found = next(item for item in report.rules if item.id == rule)
    documentation = _without_examples(read_documentation(found.__doc__).markdown)
    summary = documentation.strip().partition("\n")[0]
    return Card(rule, found.debt, summary, documentation, found.severity, found.confidence, found.minutes)


def _without_examples(markdown: str) -> str:
    """The documentation without the sections that hold code."""
    sections = re.split(r"^(?=## )", markdown, flags=re.MULTILINE)
    return "".join(section for section in sections if "```" not in section).strip()
