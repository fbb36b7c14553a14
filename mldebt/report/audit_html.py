"""The audit as one HTML file that needs nothing else: no network, no server, for reading not even JavaScript."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mldebt import __version__
from mldebt.finding import Finding, Related
from mldebt.printable import printable
from mldebt.report.audit import Audit, Hotspot
from mldebt.report.audit_facts import (
    compared,
    counted,
    headline,
    limits,
    shown_date,
    shown_payback,
    shown_time,
    unread,
)
from mldebt.report.audit_picture import picture
from mldebt.report.audit_rubric import rubric
from mldebt.report.audit_words import words
from mldebt.report.cards import cards
from mldebt.report.metrics import metrics_lines
from mldebt.source import Location

if TYPE_CHECKING:
    from markupsafe import Markup

_STATIC = Path(__file__).parent / "static"
_LIBRARIES = {
    "viz": "viz-global.js",
    "vega": "vega.min.js",
    "vega-lite": "vega-lite.min.js",
    "vega-embed": "vega-embed.min.js",
}
_VERDICTS = {"for": "done, in part", "against": "not done", "both": "mixed", "unknown": "nothing"}
_EXCERPT = (160, 80)
"""Characters of a line that are shown; the second where there are many findings."""

_TELLING = 8
"""Letters and digits below which a line says too little to be shown alone."""

_EVIDENCE = (8, 2)
"""Related places of a finding that are shown; the second where there are many findings."""

_MANY = 1500
"""Findings from which links are made by the page itself and less of each is shown, to keep the page small."""

_MOST_ROWS = 400
_MOST_EDGES = 2000


class _Group(NamedTuple):
    rule: str
    debt: str
    summary: str
    findings: Sequence[Finding]
    accepted: bool


def render_html(audit: Audit) -> str:
    """The whole page."""
    from jinja2 import Environment
    from markupsafe import Markup

    page = Environment(autoescape=True, trim_blocks=False).from_string(_read("audit.html"))
    shown = picture(audit.graph)
    data = json.dumps(
        {
            "dot": shown.dot,
            "hotspots": _spots(audit.hotspots),
            "trend": _trend(audit),
            "base": audit.history.base if audit.history else None,
        },
        ensure_ascii=True,
    )
    hot = [spot for spot in audit.hotspots if spot.commits]
    score = audit.score
    view = _View(audit)
    return page.render(
        audit=audit,
        score=score,
        report=audit.report,
        history=audit.history,
        name=printable(audit.name),
        version=__version__,
        nonce=hashlib.blake2b(
            f"{audit.name}\0{data}\0{score}".encode(errors="replace"), digest_size=16
        ).hexdigest(),
        css=Markup(_read("audit.css")),
        program=Markup(_read("audit.js")),
        libraries=[(name, Markup(_packed(file))) for name, file in _LIBRARIES.items()],
        data=json.loads(data),
        dot=shown.dot,
        cut=shown.note,
        names={node.id: printable(node.name) for node in audit.graph.nodes},
        edges=sorted(audit.graph.edges, key=lambda edge: edge.declared)[:_MOST_EDGES],
        unresolved=audit.graph.unresolved[:_MOST_ROWS],
        largest=max((debt.principal for debt in score.debts), default=1) or 1,
        hot=hot,
        share=_share(audit, hot),
        trend=audit.trend,
        change=_change(audit),
        groups=list(_groups(audit)),
        rubric=list(rubric(audit.report, audit.report.project)),
        verdicts=_VERDICTS,
        headline=headline(audit),
        unread=unread(audit),
        counted=counted,
        compared=compared(score.density, score.calibration),
        structure=[printable(line) for line in metrics_lines(audit.metrics)],
        limits=[printable(line) for line in limits(audit)],
        words=words,
        text=printable,
        message=_message,
        time=shown_time,
        payback=shown_payback,
        date=shown_date,
        link=view.link,
        shown=view.shown,
        excerpt=view.excerpt,
        evidence=view.evidence,
    )


class _View:
    """Places as the page shows them."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._many = audit.score.findings + audit.score.accepted_findings > _MANY

    def link(self, location: Location) -> str | None:
        """The address of a place at the analysed commit."""
        history = self._audit.history
        if history is None or self._many:
            return None
        line = location.span.line if location.cell is None else 0
        address = history.link(location.path, line)
        return address.removesuffix("#L0") if address else None

    def shown(self, location: Location) -> str:
        """The place in words."""
        return printable(str(location))

    def excerpt(self, finding: Finding) -> str:
        """The line that a finding is about; nothing for files that could not be read."""
        if finding.rule == "unanalysed-file":
            return ""
        texts, at = self._audit.report.texts, finding.location
        line = texts.line(at).strip()
        if sum(map(str.isalnum, line)) < _TELLING:  # `try:`, a bracket, the quotes of a string
            line = f"{line} {texts.line_at(at.path, at.cell, at.span.line + 1).strip()}".strip()
        line = printable(line.replace("\t", "    "))
        longest = _EXCERPT[self._many]
        return f"{line[:longest]}…" if len(line) > longest else line

    def evidence(self, finding: Finding) -> tuple[Related, ...]:
        """The related places of a finding, not more than help."""
        return finding.related[: _EVIDENCE[self._many]]


def _message(text: str) -> Markup:
    """A message with what stands in backticks as code."""
    from markupsafe import Markup, escape

    parts = printable(text).split("`")
    if len(parts) % 2 == 0:
        return escape(printable(text))
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if number % 2 else escape(part) for number, part in enumerate(parts))


def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _packed(name: str) -> str:
    """A library, compressed; the page unpacks it when it is wanted."""
    return base64.b64encode(gzip.compress((_STATIC / name).read_bytes(), 9, mtime=0)).decode()


def _groups(audit: Audit) -> Iterator[_Group]:
    """The findings by rule, the costliest first; accepted ones after them."""
    accepted = [*audit.report.suppressed, *audit.report.baselined]
    known = cards(audit.report, {finding.rule for finding in (*audit.report.findings, *accepted)})
    for findings, is_accepted in ((audit.report.findings, False), (accepted, True)):
        by_rule: dict[str, list[Finding]] = {}
        for finding in findings:
            by_rule.setdefault(finding.rule, []).append(finding)
        for rule in sorted(by_rule, key=lambda rule: (-sum(f.minutes for f in by_rule[rule]), rule)):
            card = known[rule]
            yield _Group(rule, card.debt, card.summary, by_rule[rule], is_accepted)


def _spots(hotspots: Sequence[Hotspot]) -> list[dict[str, Any]]:
    return [
        {"path": printable(s.path), "minutes": round(s.principal, 1), "commits": s.commits, "lines": s.lines}
        for s in hotspots[:_MOST_ROWS]
    ]


def _trend(audit: Audit) -> list[Mapping[str, Any]]:
    """One row for each kind of debt at each point; times in milliseconds, never the same twice."""
    kinds = sorted({debt for point in audit.trend for debt in point.debts})
    return [
        {
            "time": point.time * 1000 + number,
            "debt": words(kind).title,
            "minutes": round(point.debts.get(kind, 0.0), 1),
        }
        for number, point in enumerate(audit.trend)
        for kind in kinds
    ]


def _change(audit: Audit) -> str:
    """How the principal changed from the first to the last point of the trend."""
    if not audit.trend:
        return ""
    difference = audit.trend[-1].principal - audit.trend[0].principal
    return f"{'+' if difference >= 0 else '−'}{shown_time(abs(difference))}"


def _share(audit: Audit, hot: Sequence[Hotspot]) -> str:
    """What part of the interest the hottest files pay."""
    if len(audit.hotspots) < 8 or not audit.score.interest:
        return ""
    top = {spot.path for spot in hot[:5]}
    interest = sum(item.interest for item in audit.score.items if item.path in top)
    return f"The first {len(top)} files cause {100 * interest / audit.score.interest:.0f} % of the interest."
