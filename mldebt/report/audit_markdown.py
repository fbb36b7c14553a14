"""The audit in Markdown, for wikis and comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mldebt.printable import printable
from mldebt.report.audit import Audit, Work
from mldebt.report.audit_facts import headline, limits, shown_payback, shown_time, unread
from mldebt.report.audit_rubric import rubric
from mldebt.report.audit_words import words
from mldebt.report.metrics import metrics_lines

_MOST_ROWS = 10


def render_markdown(audit: Audit) -> str:
    """Headline, kinds of debt, backlog, hotspots, rubric, method and limits."""
    return "\n".join([*_head(audit), *_debts(audit), *_backlog(audit), *_hotspots(audit), *_end(audit)]) + "\n"


def _head(audit: Audit) -> Iterator[str]:
    yield f"# Audit of {text(audit.name)}"
    yield ""
    yield f"**Grade {audit.score.grade or 'none'}.** {text(headline(audit))}"
    for reason in audit.score.reasons:
        yield f"The grade is {text(reason)}."
    if missing := unread(audit):
        yield f"{text(missing)}."
    yield ""


def _debts(audit: Audit) -> Iterator[str]:
    if not audit.score.debts:
        yield "No debt was found."
        yield ""
        return
    yield "## Kinds of debt"
    yield ""
    yield from _table(
        ("Kind", "Grade", "Findings", "Principal", "Interest a quarter", "Worst"),
        (
            (
                words(debt.debt).title,
                debt.grade or "–",
                str(debt.findings),
                shown_time(debt.principal),
                shown_time(debt.interest),
                f"{debt.worst.location}: {debt.worst.message}",
            )
            for debt in audit.score.debts
        ),
    )


def _backlog(audit: Audit) -> Iterator[str]:
    parts = (("Quick wins", audit.quick), ("Structural work", audit.structural), ("Can wait", audit.minor))
    for title, works in parts:
        if not works:
            continue
        yield f"## {title}"
        yield ""
        yield from _table(
            ("Rule", "First", "Files", "Work", "Payback"), (_work(work) for work in works[:_MOST_ROWS])
        )


def _work(work: Work) -> tuple[str, ...]:
    first = work.first.findings[0]
    place = f"{first.location}: {first.message}"
    return (
        work.first.rule,
        place,
        str(len(work.items)),
        shown_time(work.minutes),
        shown_payback(work.payback),
    )


def _hotspots(audit: Audit) -> Iterator[str]:
    hot = [spot for spot in audit.hotspots if spot.commits][:_MOST_ROWS]
    if hot:
        yield "## Hotspots"
        yield ""
        yield from _table(
            ("File", "Principal", "Commits in a year", "Owners"),
            ((s.path, shown_time(s.principal), str(s.commits), ", ".join(s.owners)) for s in hot),
        )


def _end(audit: Audit) -> Iterator[str]:
    seen = [line for line in rubric(audit.report, audit.report.project) if line.evidence]
    if seen:
        yield "## ML Test Score"
        yield ""
        yield "Evidence that code can give; the other tests of the rubric have to be asked for."
        yield ""
        yield from _table(
            ("Section", "Test", "Evidence"), ((s.section, s.name, "; ".join(s.evidence)) for s in seen)
        )
    yield "## Structure"
    yield ""
    for line in metrics_lines(audit.metrics):
        yield f"- {text(line)}"
    yield ""
    yield "## Method and limits"
    yield ""
    for line in limits(audit):
        yield f"- {text(line)}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(text(cell) for cell in row)} |"
    yield ""


def text(value: str) -> str:
    """Text in which nothing is markup, not even for renderers that let HTML through."""
    escaped = re.sub(r"([\\`*_\[\]#|~!])", r"\\\1", printable(value))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
