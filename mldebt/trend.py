"""How the debt of a project developed: the score of commits of its past, read from git without a checkout."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from mldebt.discover import Discovery, analysed
from mldebt.engine import Report
from mldebt.gather import processors
from mldebt.git import Commit, first_parents, tags
from mldebt.git_objects import Blob, blobs_of, contents
from mldebt.processes import in_processes
from mldebt.report.audit import Point
from mldebt.score import score
from mldebt.settings import Settings


def trend(
    root: Path,
    settings: Settings,
    run: Callable[[Discovery], Report],
    learn: Callable[[Discovery], object],
    *,
    points: int,
    since: str | None = None,
) -> Iterator[Point]:
    """The scores of commits spread evenly over the time of the main line, oldest first, the last is HEAD.

    All are judged by the rules and settings of today. `learn` extracts sources that are given, so that `run`, which
    analyses a whole project, finds their facts in the cache; it may be called in several processes at once.
    Raises GitError.
    """
    names = tags(root)
    texts = _Texts(root, settings)
    commits = spread(first_parents(root, since=since), points)
    listings = [blobs_of(root, commit.sha) for commit in commits]
    trees = [frozenset((blob.path, blob.object) for blob in blobs) for blobs in listings]
    different = {tree: number for number, tree in reversed(list(enumerate(trees)))}
    for blobs in listings:
        learn(texts.sources(blobs))

    def score_of(number: int) -> Point:
        point = _point(commits[number], "", run(texts.sources(listings[number])))
        gc.collect()
        return point

    numbers = sorted(different.values())
    found = dict(zip(numbers, in_processes(score_of, numbers, settings.workers or processors()), strict=True))
    for commit, tree in zip(commits, trees, strict=True):
        known = found[different[tree]]
        yield known._replace(sha=commit.sha, time=commit.time, tag=names.get(commit.sha, ""))


def spread(commits: Sequence[Commit], points: int) -> list[Commit]:
    """So many of the commits, spread evenly over their time: the first, the last, and what is nearest between."""
    if len(commits) <= points or points < 2:
        return list(commits[-points:]) if points else []
    first, last = commits[0].time, commits[-1].time
    chosen = {0, len(commits) - 1}
    for number in range(1, points - 1):
        moment = first + (last - first) * number / (points - 1)
        free = (index for index in range(len(commits)) if index not in chosen)
        chosen.add(min(free, key=lambda index: (abs(commits[index].time - moment), index)))
    return [commits[index] for index in sorted(chosen)]


def _point(commit: Commit, tag: str, report: Report) -> Point:
    findings = [finding for finding in report.findings if finding.rule != "internal-error"]
    result = score(findings, report.project)
    return Point(
        sha=commit.sha,
        time=commit.time,
        tag=tag,
        lines=result.lines,
        findings=result.findings,
        principal=result.principal,
        density=result.density,
        grade=result.grade,
        debts={debt.debt: debt.principal for debt in result.debts},
    )


class _Texts:
    """The sources of commits; what two commits in a row share is read once."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self._root = root
        self._settings = settings
        self._known: dict[str, bytes] = {}

    def sources(self, blobs: Iterable[Blob]) -> Discovery:
        """What discovery would find if these were the files on disk. Raises GitError."""
        by_path = {blob.path: blob for blob in blobs}
        settings = self._settings
        found = analysed(
            by_path,
            root=self._root,
            exclude=settings.exclude or (),
            extend_exclude=settings.extend_exclude,
        )
        self._read(by_path[source.path] for source in found)
        sources = tuple(
            msgspec.structs.replace(source, data=self._known[by_path[source.path].object])
            for source in found
            if by_path[source.path].object in self._known
        )
        return Discovery(sources, frozenset(by_path), ())

    def _read(self, blobs: Iterable[Blob]) -> None:
        """Hold the bytes of these blobs and no others."""
        wanted = {blob.object: Blob(blob.object, blob.object) for blob in blobs}
        kept = {name: data for name, data in self._known.items() if name in wanted}
        missing = [blob for name, blob in wanted.items() if name not in kept]
        self._known = kept | dict(contents(self._root, missing))
