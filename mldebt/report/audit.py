"""The audit: everything that its four formats show, gathered once from a report and the history."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

from mldebt.calibration import Calibration
from mldebt.finding import Severity
from mldebt.git import Activity, Commit, activity, head, web_address
from mldebt.git_objects import GitError, is_shallow
from mldebt.hygiene import DEBT as HYGIENE
from mldebt.owners import find_owners
from mldebt.project.graph import DataGraph, data_graph
from mldebt.project.metrics import Metrics, measure
from mldebt.raw_places import repository_prefix
from mldebt.score import Item, Score, score

if TYPE_CHECKING:
    from mldebt.engine import Report

DAY = 8 * 60
"""The minutes of a person-day."""

QUICK = (30, DAY / 2)
"""Minutes that a quick win takes at most for one finding, and in all places together; the rest is structural."""

REST = 0.1
"""The part of all interest that may be left to work that can wait: what saves least, together."""

_BOT = re.compile(r"\[bot\]$|\b(dependabot|renovate|pre-commit-ci|github-actions|greenkeeper)\b", re.IGNORECASE)


class History(NamedTuple):
    """What git knows: the commit, the activity of the year before it, where people read the repository."""

    head: Commit
    activity: Mapping[str, Activity]
    shallow: bool
    address: str | None
    prefix: str

    @property
    def base(self) -> str | None:
        """What addresses of files at the commit begin with."""
        if self.address is None:
            return None
        from urllib.parse import quote

        host = self.address.split("/")[2]
        middle = "-/blob" if "gitlab" in host else "src" if "bitbucket" in host else "blob"
        return f"{self.address}/{middle}/{self.head.sha}/{quote(self.prefix, errors='replace')}"

    def link(self, path: str, line: int) -> str | None:
        """The address of a line at the commit."""
        from urllib.parse import quote

        return f"{self.base}{quote(path, errors='replace')}#L{line}" if self.base else None


class Work(NamedTuple):
    """One row of the backlog: the items of one rule, led by the one that pays back first."""

    first: Item
    items: tuple[Item, ...]
    minutes: int
    interest: float

    @property
    def payback(self) -> float:
        """In quarters, for all items together."""
        return self.minutes / self.interest if self.interest else float("inf")


class Hotspot(NamedTuple):
    """A file with debt that changes often; `heat` is principal times commits of the year.

    `owners` are those of the CODEOWNERS file, without any the authors of most of the commits of the year.
    """

    path: str
    principal: float
    commits: int
    lines: int
    owners: tuple[str, ...]
    heat: float


class Point(NamedTuple):
    """The score of one commit of the past; `debts` holds the principal by kind of debt."""

    sha: str
    time: int
    tag: str
    lines: int
    findings: int
    principal: float
    density: float
    grade: str | None
    debts: Mapping[str, float]


class Audit(NamedTuple):
    """One audit. `unread` are (place, message) pairs for what was not analysed.

    The work is `quick` or `structural`, each in the order of payback, or can wait because it saves next to nothing
    (`minor`).
    """

    name: str
    report: Report
    score: Score
    history: History | None
    graph: DataGraph
    metrics: Metrics
    quick: tuple[Work, ...]
    structural: tuple[Work, ...]
    minor: tuple[Work, ...]
    hotspots: tuple[Hotspot, ...]
    unread: tuple[tuple[str, str], ...]
    trend: tuple[Point, ...] = ()

    @property
    def days(self) -> float:
        """The principal in person-days."""
        return self.score.principal / DAY

    @property
    def undeclared(self) -> int:
        """The edges of the graph that nothing declares."""
        return sum(not edge.declared for edge in self.graph.edges)


def build_audit(report: Report, *, calibration: Calibration | None = None, trend: Sequence[Point] = ()) -> Audit:
    """The audit of a report; `trend` are points of its past, oldest first.

    Raises ValueError if the report was not made by a run.
    """
    project = report.project
    history = read_history(report)
    commits = {path: seen.quarter for path, seen in history.activity.items()} if history else None
    result = score(
        [finding for finding in report.findings if finding.rule != "internal-error"],
        project,
        accepted=(*report.suppressed, *report.baselined),
        commits=commits,
        calibration=calibration,
    )
    works, minor = _works([item for item in result.items if item.debt != HYGIENE])
    graph = data_graph(project)
    return Audit(
        name=report.root.name or "project",
        report=report,
        score=result,
        history=history,
        graph=graph,
        metrics=measure(project, graph),
        quick=tuple(work for work in works if _is_quick(work)),
        structural=tuple(work for work in works if not _is_quick(work)),
        minor=tuple(minor),
        hotspots=tuple(_hotspots(result.items, report, history)),
        unread=tuple(
            (str(place), text)
            for finding in report.findings
            for place, text in (
                (finding.location, finding.message),
                *((other.location, other.message) for other in finding.related),
            )
            if finding.rule in ("unanalysed-file", "unparsable-file")
        ),
        trend=tuple(trend),
    )


def read_history(report: Report) -> History | None:
    """What git tells about the analysed directory; None without a repository that answers."""
    commit = head(report.root)
    if commit is None:
        return None
    try:
        past, shallow = activity(report.root, commit), is_shallow(report.root)
    except GitError:  # it knows the commit and gives up on its past, as in a damaged or enormous repository
        return None
    return History(commit, past, shallow, web_address(report.root), repository_prefix(report.root))


def _works(items: Sequence[Item]) -> tuple[list[Work], list[Work]]:
    """The items by rule, in the order of their joint payback, and those that save least, which can wait.

    An error cannot, however little it costs a quarter.
    """
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.rule, []).append(item)
    works = [
        Work(group[0], tuple(group), sum(i.minutes for i in group), sum(i.interest for i in group))
        for group in groups.values()
    ]
    works.sort(key=lambda work: (round(work.payback, 6), work.first.rule))
    room = REST * fsum(work.interest for work in works)
    minor = set()
    for work in sorted(works, key=lambda work: (round(work.interest, 6), work.first.rule)):
        if any(f.severity is Severity.ERROR for item in work.items for f in item.findings):
            continue
        room -= work.interest
        if room < 0:
            break
        minor.add(work.first.rule)
    first = [work for work in works if work.first.rule not in minor]
    return first, [work for work in works if work.first.rule in minor]


def _is_quick(work: Work) -> bool:
    each, together = QUICK
    return work.minutes <= together and all(f.minutes <= each for item in work.items for f in item.findings)


def _hotspots(items: Sequence[Item], report: Report, history: History | None) -> list[Hotspot]:
    assert report.project is not None
    prefix = history.prefix if history else ""
    declared = find_owners(report.root.joinpath(*[".."] * prefix.count("/")))
    principals: dict[str, float] = {}
    for item in items:
        principals[item.path] = principals.get(item.path, 0.0) + item.principal
    found = []
    for path, principal in principals.items():
        activity = history.activity.get(path) if history else None
        source = report.project.source(path)
        commits = activity.year if activity else 0
        found.append(
            Hotspot(
                path=path,
                principal=principal,
                commits=commits,
                lines=source.facts.header.code_lines if source else 0,
                owners=(declared.of(prefix + path) if declared else ()) or _authors(activity),
                heat=principal * max(commits, 0.25),
            )
        )
    return sorted(found, key=lambda spot: (-round(spot.heat, 6), spot.path))


def _authors(activity: Activity | None) -> tuple[str, ...]:
    """The two people with most commits."""
    people = [name for name, _ in activity.authors if not _BOT.search(name)] if activity else []
    return tuple(people[:2])
