"""The sentences that all formats of the audit share: headline, units, method and limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from mldebt import __version__
from mldebt.calibration import Calibration
from mldebt.discover import kind_of
from mldebt.report.audit import DAY, REST, Audit
from mldebt.score import FEW_LINES, FILE_CAP, PARTS, SUBPROJECT_CAP
from mldebt.source import Kind

_CAUSES = {
    "Python 2": "in Python 2",
    "merge": "with a merge conflict",
    "parse": "with wrong syntax",
    "is not": "with wrong syntax",
    "more than": "too large",
}
_ANALYSED = frozenset({Kind.PYTHON, Kind.NOTEBOOK, Kind.YAML, Kind.TOML, Kind.SHELL, Kind.SQL, Kind.MAKE})


def shown_time(minutes: float) -> str:
    """Minutes as people say them: `25 min`, `3.5 h`, `2.1 days` (of eight hours)."""
    if minutes < 60:
        return f"{minutes:.0f} min"
    if minutes < DAY:
        return f"{minutes / 60:.1f} h"
    return f"{minutes / DAY:.1f} days"


def shown_payback(quarters: float) -> str:
    """When work has paid for itself."""
    if quarters == float("inf"):
        return "never"
    if quarters < 1:
        return f"{max(quarters * 13, 0.1):.1f} weeks"
    return f"{quarters:.1f} quarters" if quarters < 8 else f"{quarters / 4:.0f} years"


def headline(audit: Audit) -> str:
    """The debt in one or two sentences."""
    score = audit.score
    accepted = ""
    if score.accepted_findings:
        many = counted(score.accepted_findings, "finding")
        accepted = f" Accepted and not counted: {many}, {shown_time(score.accepted)}."
    grade = "" if score.grade else f" Below {FEW_LINES} lines there is no grade."
    return (
        f"{counted(score.findings, 'finding')} would take {shown_time(score.principal)} to repair and cost "
        f"{shown_time(score.interest)} a quarter while they stay: {score.density:.0f} minutes per thousand lines "
        f"of code ({score.lines:,} lines).{accepted}{grade}"
    )


def unread(audit: Audit) -> str:
    """What was not analysed, by its cause; empty if everything was."""
    if not audit.unread:
        return ""
    causes = Counter(_cause(message) for _, message in audit.unread)
    most = ", ".join(f"{number} {cause}" for cause, number in causes.most_common(3))
    return f"{counted(len(audit.unread), 'file or cell', 'files or cells')} could not be analysed ({most})"


def left_out(audit: Audit) -> Counter[str]:
    """How many files that could be analysed lie in excluded places, by their directory at the top."""
    project = audit.report.project
    assert project is not None
    found = (path for path in sorted(project.files) if path not in project.by_path and kind_of(path) in _ANALYSED)
    problems = {place.partition(":")[0] for place, _ in audit.unread}
    return Counter(
        f"{path.partition('/')[0]}/" if "/" in path else path for path in found if path not in problems
    )


def _cause(message: str) -> str:
    """The kind of reason in a message about a file that was not analysed."""
    return next((name for words, name in _CAUSES.items() if words in message), "for other reasons")


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def compared(density: float, calibration: Calibration) -> str:
    """Where a density stands among the projects of the calibration."""
    deciles = calibration.deciles
    if not deciles:
        return ""
    better = sum(density > limit for limit in deciles[1:])
    if better == 0:
        return f"In the best tenth of {calibration.repositories} projects."
    if better == 10:
        return f"More debt per line than any of {calibration.repositories} projects."
    return f"More debt per line than about {better * 10} % of {calibration.repositories} projects."


def shown_date(seconds: int) -> str:
    """A day in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def limits(audit: Audit) -> Iterator[str]:
    """How the figures came about, and what they do not say."""
    score, history = audit.score, audit.history
    cuts = ", ".join(
        f"{grade} ≤ {cut:.0f}" for grade, cut in zip("ABCD", score.calibration.cut_offs, strict=True)
    )
    yield (
        f"mldebt {__version__} read {audit.report.files} files with {len(audit.report.rules)} rules; no code of the "
        "project was run."
    )
    yield (
        "Principal: the minutes each rule estimates for a repair, times 1, 0.6 or 0.3 for high, medium or low "
        f"confidence; at most {FILE_CAP // 60} hours a rule in a file and {SUBPROJECT_CAP // 60} in a sub-project."
    )
    parts = ", ".join(f"{part} {factor:g}" for part, factor in PARTS.items())
    yield (
        "Interest a quarter: principal × 0.5, 0.25 or 0.05 (error, warning, info) × commits in 90 days relative to "
        f"the median changed file (0.25 to 4) × (1 + log₂(1 + consumers)) × part of the system ({parts})."
    )
    yield (
        "Payback: cost of the repair divided by the interest it saves, in quarters; the shortest comes first. What "
        f"saves least, together at most {100 * REST:g} % of the interest, can wait; errors cannot."
    )
    origin = f"percentiles 20, 50, 80, 95 of {score.calibration.repositories} projects"
    yield (
        f"Grades by minutes per thousand lines: {cuts} ({origin if score.calibration.repositories else 'estimated'}); "
        "one kind of debt is graded by half of these, the whole is at most one step better than its worst kind, and "
        "at most C with errors in code that serves."
    )
    if history is None:
        yield "There is no git history: every file counts as changing equally often."
    else:
        yield f"Commit {history.head.sha[:12]} of {shown_date(history.head.time)}; churn is counted back from it."
        if history.shallow:
            yield "The history is cut off (shallow clone), so churn is underestimated."
    if audit.graph.unresolved:
        yield (
            f"{counted(len(audit.graph.unresolved), 'access', 'accesses')} of data whose path is only known at run "
            "time: what they touch is not in the picture."
        )
    if audit.unread:
        yield f"{unread(audit)}; what debt they hold is unknown."
    if places := left_out(audit):
        number = counted(sum(places.values()), "file lies", "files lie")
        most = ", ".join(f"{count} in `{place}`" for place, count in places.most_common(3))
        yield f"{number} in places that are excluded or ignored, and were not read: {most}."
    if history is not None:
        yield "Owners are those of the CODEOWNERS file; without one, who committed most in the year (no bots)."
    yield "A static analysis sees neither data nor people: it cannot tell whether a model is any good."
