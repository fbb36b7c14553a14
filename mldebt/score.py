"""The debt score: what repairing costs, what leaving it costs, what pays back first, and a grade.

Principal is the minutes that repairs take, weighted by how sure the findings are. Interest is principal times how
often the place changes, how much depends on it, and which part of the system it is in. The grade follows from the
principal per thousand lines of code alone, so it depends on nothing but the files: not on history, time or machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import fsum, log2
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from mldebt.calibration import GRADES, Calibration, load_calibration
from mldebt.finding import Confidence, Finding, Severity
from mldebt.source import Kind, Role

if TYPE_CHECKING:
    from mldebt.project import Project

WEIGHTS = {Confidence.HIGH: 1.0, Confidence.MEDIUM: 0.6, Confidence.LOW: 0.3}
RATES = {Severity.ERROR: 0.50, Severity.WARNING: 0.25, Severity.INFO: 0.05}
"""Interest per quarter, as a part of the principal, of a place of average churn that nothing depends on."""

PARTS = {
    "serving": 2.0,
    "training": 1.5,
    "data preparation": 1.5,
    "evaluation": 1.0,
    "notebook": 0.5,
    "other": 1.0,
}
"""How much more than elsewhere debt costs in a part of the system."""

FILE_CAP = 8 * 60
"""The minutes that one rule can cost in one file."""

SUBPROJECT_CAP = 40 * 60
"""The minutes that one rule can cost in one sub-project."""

FEW_LINES = 300
"""Code lines below which there is no grade: one finding would decide it."""

_KIND_SHARE = 0.5
_NOT_COUNTED = (Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS)
_SERVERS = frozenset(
    "aiohttp bentoml bottle chalice dash django fastapi flask gradio litserve mangum quart sanic starlette streamlit "
    "tornado".split()
)


class Item(msgspec.Struct, frozen=True):
    """One piece of work: the findings of one rule in one file.

    `minutes` is the unweighted cost, `principal` the weighted one (capped), `interest` in minutes per quarter,
    `payback` in quarters: the cost divided by the interest that is saved.
    """

    rule: str
    debt: str
    path: str
    findings: tuple[Finding, ...]
    minutes: int
    principal: float
    interest: float
    payback: float
    part: str
    churn: float
    consumers: int


class DebtScore(msgspec.Struct, frozen=True):
    """One kind of debt; `items` in payback order. `grade` is None where the project is too small for one."""

    debt: str
    findings: int
    principal: float
    interest: float
    density: float
    grade: str | None
    items: tuple[Item, ...]

    @property
    def worst(self) -> Finding:
        """The finding that costs most while it stays."""
        item = max(self.items, key=lambda item: item.interest)
        return max(item.findings, key=lambda finding: (finding.severity, finding.confidence, finding.minutes))


class Score(msgspec.Struct, frozen=True):
    """The whole project; `debts` by principal, the largest first, `items` in payback order.

    `accepted` counts the minutes of suppressed and baselined findings, which the rest leaves out. `reasons` say
    why the grade is worse than the density alone would make it.
    """

    grade: str | None
    density: float
    principal: float
    interest: float
    lines: int
    findings: int
    debts: tuple[DebtScore, ...]
    items: tuple[Item, ...]
    accepted: float
    accepted_findings: int
    reasons: tuple[str, ...]
    calibration: Calibration


def score(
    findings: Sequence[Finding],
    project: Project,
    *,
    accepted: Sequence[Finding] = (),
    commits: Mapping[str, int] | None = None,
    calibration: Calibration | None = None,
) -> Score:
    """The score of findings. `commits` counts the commits of the last 90 days by path; None: no history."""
    calibration = calibration or load_calibration()
    lines = code_lines(project)
    context = _Context(project, commits)
    principals = principal_minutes(findings, project)
    items = _items(findings, principals, context)
    by_debt: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_debt[item.debt].append(item)
    graded = lines >= FEW_LINES
    debts = [_debt(debt, its, lines, calibration, graded=graded) for debt, its in by_debt.items()]
    debts.sort(key=lambda debt: (-debt.principal, debt.debt))
    principal = fsum(principals)
    density = _density(principal, lines)
    grade: str | None = None
    reasons: tuple[str, ...] = ()
    if graded:
        grade, reasons = _overall(density, debts, items, calibration)
    return Score(
        grade=grade,
        density=density,
        principal=principal,
        interest=fsum(item.interest for item in items),
        lines=lines,
        findings=len(findings),
        debts=tuple(debts),
        items=tuple(items),
        accepted=fsum(principal_minutes(accepted, project)),
        accepted_findings=len(accepted),
        reasons=reasons,
        calibration=calibration,
    )


def code_lines(project: Project) -> int:
    """The lines of code that density is counted by: Python and notebooks without tests, copies and documents."""
    sources = project.sources(Kind.PYTHON, Kind.NOTEBOOK)
    return sum(s.facts.header.code_lines for s in sources if not s.source.is_any(*_NOT_COUNTED))


def principal_minutes(findings: Sequence[Finding], project: Project) -> list[float]:
    """The weighted minutes of each finding, scaled down where one rule exceeds a cap in a file or sub-project."""
    values = [finding.minutes * WEIGHTS[finding.confidence] for finding in findings]
    _cap(values, [(f.rule, f.location.path) for f in findings], FILE_CAP)
    home = project.subprojects.root_of
    _cap(values, [(f.rule, home(f.location.path)) for f in findings], SUBPROJECT_CAP)
    return values


def _cap(values: list[float], keys: Sequence[tuple[str, str]], cap: float) -> None:
    """Scale the values of each key so that they add up to the cap at most."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        groups[key].append(index)
    for indices in groups.values():
        total = fsum(values[index] for index in indices)
        if total > cap:
            for index in indices:
                values[index] *= cap / total


def _density(principal: float, lines: int) -> float:
    return principal * 1000 / max(lines, 1)


def _debt(name: str, items: Sequence[Item], lines: int, calibration: Calibration, *, graded: bool) -> DebtScore:
    """One kind of debt is graded by half of the cut-offs: it should not use up the whole on its own."""
    principal = fsum(item.principal for item in items)
    density = _density(principal, lines)
    return DebtScore(
        debt=name,
        findings=sum(len(item.findings) for item in items),
        principal=principal,
        interest=fsum(item.interest for item in items),
        density=density,
        grade=calibration.grade(density, share=_KIND_SHARE) if graded else None,
        items=tuple(items),
    )


def _overall(
    density: float, debts: Sequence[DebtScore], items: Sequence[Item], calibration: Calibration
) -> tuple[str, tuple[str, ...]]:
    """The grade by density, at most one step above the worst kind of debt, at most C with errors in serving."""
    grade, reasons = calibration.grade(density), []
    worst = max(debts, key=lambda debt: debt.grade or "", default=None)
    if worst is not None and worst.grade is not None:
        limit = GRADES[max(GRADES.index(worst.grade) - 1, 0)]
        if limit > grade:
            grade = limit
            reasons.append(f"at most one step better than {worst.debt} ({worst.grade})")
    errors = sum(f.severity is Severity.ERROR for item in items if item.part == "serving" for f in item.findings)
    if errors and grade < "C":
        grade = "C"
        reasons.append(f"at most C because of {errors} errors in code that serves")
    return grade, tuple(reasons)


def _items(findings: Sequence[Finding], principals: Sequence[float], context: _Context) -> list[Item]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, finding in enumerate(findings):
        groups[finding.rule, finding.location.path].append(index)
    items = []
    for (rule, path), indices in groups.items():
        mine = tuple(findings[index] for index in indices)
        factor = context.factor(path)
        minutes = sum(finding.minutes for finding in mine)
        interest = factor * fsum(
            principals[index] * RATES[finding.severity] for index, finding in zip(indices, mine, strict=True)
        )
        items.append(
            Item(
                rule=rule,
                debt=mine[0].debt,
                path=path,
                findings=mine,
                minutes=minutes,
                principal=fsum(principals[index] for index in indices),
                interest=interest,
                payback=minutes / interest if interest else float("inf"),
                part=context.part(path),
                churn=context.churn(path),
                consumers=len(context.consumers(path)),
            )
        )
    items.sort(key=lambda item: (round(item.payback, 6), -round(item.interest, 6), item.path, item.rule))
    return items


class _Context:
    """What multiplies the interest of a file: churn, consumers, part of the system."""

    def __init__(self, project: Project, commits: Mapping[str, int] | None) -> None:
        self._project = project
        self._commits = commits or {}
        changed = [count for count in self._commits.values() if count]
        self._median = median(changed) if changed else 0
        self._known: dict[str, frozenset[str]] = {}
        self._handed: dict[str, set[str]] = defaultdict(set)
        for handoff in project.handoffs:
            self._handed[handoff.producer].add(handoff.consumer)
        self._parts = _parts(project)

    def factor(self, path: str) -> float:
        """Churn times fan-out times part."""
        return self.churn(path) * (1 + log2(1 + len(self.consumers(path)))) * PARTS[self.part(path)]

    def churn(self, path: str) -> float:
        """Commits in 90 days relative to the median changed file, from 0.25 to 4; 1 without history."""
        if not self._median:
            return 1.0
        return min(max(self._commits.get(path, 0) / self._median, 0.25), 4.0)

    def consumers(self, path: str) -> frozenset[str]:
        """The other files that import a file, directly or not, or read the data that it writes."""
        if path not in self._known:
            importing = self._project.imports.reaching(path)
            self._known[path] = frozenset({*importing, *self._handed.get(path, ())} - {path})
        return self._known[path]

    def part(self, path: str) -> str:
        """The part of the system that a file is in."""
        source = self._project.source(path)
        if source is not None and source.kind is Kind.NOTEBOOK:
            return "notebook"
        return self._parts.get(path, "other")


def _parts(project: Project) -> dict[str, str]:
    """What files do, by path: the most expensive part wins."""
    found: dict[str, str] = {}
    starts: tuple[tuple[str, Callable[[], Iterable[str]]], ...] = (
        ("evaluation", lambda: _with_phase(project, "evaluate")),
        ("data preparation", lambda: (handoff.producer for handoff in project.handoffs)),
        ("training", lambda: _with_phase(project, "fit", "tune")),
        ("serving", lambda: _served(project)),
    )
    for part, paths in starts:
        found |= dict.fromkeys(paths(), part)
    return found


def _with_phase(project: Project, *phases: str) -> Iterable[str]:
    return [s.path for s in project.code if any(event.phase in phases for event in project.phases.events(s))]


def _served(project: Project) -> Iterable[str]:
    """The files that serve, and all that they import."""
    for source in project.code:
        if source.kind is Kind.PYTHON and not source.source.is_any(*_NOT_COUNTED):
            roots = {module.partition(".")[0] for module in source.facts.header.modules}
            if roots & _SERVERS:
                yield from project.imports.reached_from(source.path)
