"""A summary in Markdown, for job summaries and comments: counts, rules, then the findings of each rule."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mldebt.engine import Report
from mldebt.finding import Finding
from mldebt.printable import printable
from mldebt.raw_places import RawPlaces
from mldebt.report.cards import Card, cards
from mldebt.report.places import summary

MOST_BYTES = 900_000
"""GitHub refuses job summaries of more than 1,024 kB; whole sections are left out before that."""


class MarkdownReporter:
    """Writes a heading, a table of rules and a list of findings for each."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        by_rule: dict[str, list[Finding]] = {}
        for finding in report.findings:
            by_rule.setdefault(finding.rule, []).append(finding)
        used = cards(report, by_rule)
        order = sorted(by_rule, key=lambda rule: (-used[rule].severity, -len(by_rule[rule]), rule))
        parts = ["# mldebt\n\n", f"{summary(report)}\n"]
        if order:
            rows = [_row(used[rule], by_rule[rule]) for rule in order]
            parts.append(
                "\n| Rule | Debt | Severity | Findings | Minutes |\n|---|---|---|---:|---:|\n" + "".join(rows)
            )
        size = sum(len(part.encode(errors="replace")) for part in parts)
        places = RawPlaces(report.root, report.texts)
        for number, rule in enumerate(order):
            section = _section(used[rule], by_rule[rule], report.cap, places)
            size += len(section.encode(errors="replace"))
            if size > MOST_BYTES:
                parts.append(f"\n*The findings of {len(order) - number} more rules are left out: too long.*\n")
                break
            parts.append(section)
        return "".join(parts)


def _row(card: Card, findings: Sequence[Finding]) -> str:
    severity = max(finding.severity for finding in findings).label
    minutes = sum(finding.minutes for finding in findings)
    return f"| `{card.id}` | {card.debt} | {severity} | {len(findings)} | {minutes} |\n"


def _section(card: Card, findings: Sequence[Finding], cap: int, places: RawPlaces) -> str:
    shown = findings[:cap] if cap else findings
    lines = [f"\n## {card.id}\n\n{_text(card.summary)}\n\n"]
    for finding in shown:
        place = f"{places.path(finding.location)}:{places.span(finding.location).line}"
        cell = "" if finding.location.cell is None else f" (cell {finding.location.cell + 1})"
        lines.append(f"- {_code(place)}{cell}: {_text(finding.message)}\n")
        lines += [f"  - {_code(str(item.location))}: {_text(item.message)}\n" for item in finding.related]
    if len(shown) < len(findings):
        lines.append(f"- … and {len(findings) - len(shown)} more\n")
    return "".join(lines)


def _text(text: str) -> str:
    """Text with its code spans kept and everything else that Markdown or HTML would interpret escaped.

    Where it is not clear what a code span is, there is none.
    """
    parts = printable(text).split("`")
    if len(parts) % 2 == 0 or "``" in text:
        return _escaped("`".join(parts)).replace("`", "\\`")
    return "".join(f"`{part}`" if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _escaped(text: str) -> str:
    for character in "\\*_[]#|":
        text = text.replace(character, f"\\{character}")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _code(text: str) -> str:
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{printable(text)}{space}{fence}"
