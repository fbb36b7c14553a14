"""When files and lines were last changed, as the history of the repository tells."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from mldebt.git_objects import GitError, blamed, git, is_committed, is_shallow, root_times
from mldebt.source import Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MOST_COMMITS = 20_000
_LONG_AGO = 1000
"""Days since the last change of what an example says nothing about."""


class Ages:
    """The days of the last changes below the project's root; `known` only where there is a whole history.

    Of a history that is asked for what it needs: the days of all files take git a walk through every commit, a line
    and the first commit little.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._today = project.today

    @classmethod
    def stated(cls, project: Project, days: Mapping[str, Mapping[int, int]]) -> Ages:
        """What an example says: by path and line how many days ago it was changed; under line 0 all its others."""
        return _Stated(project, days)

    @property
    def known(self) -> bool:
        """Whether there is a repository that says so."""
        return bool(self._changed)

    def changed(self, path: str) -> date | None:
        """The day of a file's last commit; None for what was never committed."""
        return self._changed.get(path)

    def is_old(self, path: str, days: int) -> bool:
        """Whether nobody committed a change of a file for so many days, and it is none of the newest tenth."""
        changed = self.changed(path)
        if changed is None or (self._today - changed).days <= days:
            return False
        newest = sorted(self._changed.values(), reverse=True)
        return changed <= newest[len(newest) // 10]

    def is_young(self, path: str, span: Span, days: int) -> bool:
        """Whether one of the lines of a span in a text file was changed within so many days, or not committed yet.

        Nothing is young where no commit is older than that: somebody has put finished code into a new repository.
        """
        if self._begun is None or (self._today - self._begun).days <= days:
            return False
        last = self._last(path, span.line, max(span.line, span.end_line))
        return last is not None and (self._today - last).days <= days

    @cached_property
    def _changed(self) -> Mapping[str, date]:
        return _last_changes(self._project) if self._is_whole else {}

    @cached_property
    def _is_whole(self) -> bool:
        """Whether there is a repository whose history was not cut off."""
        try:
            return not is_shallow(self._project.root)
        except GitError:
            return False

    @cached_property
    def _begun(self) -> date | None:
        """The day of the first commit."""
        try:
            times = root_times(self._project.root) if self._is_whole else []
        except GitError:
            return None
        return _day(min(times)) if times else None

    def _last(self, path: str, first: int, last: int) -> date | None:
        """The last day on which one of some lines was changed; None for what git does not know."""
        root = self._project.root
        try:
            if not is_committed(root, path):
                return self._today
            times = blamed(root, path, first, last)
        except GitError:
            return None
        return _day(max(times)) if times else None


class _Stated(Ages):
    """What an example says."""

    def __init__(self, project: Project, days: Mapping[str, Mapping[int, int]]) -> None:
        super().__init__(project)
        self._days = days

    @cached_property
    def _changed(self) -> Mapping[str, date]:
        return {
            path: self._before(min(stated.values(), default=_LONG_AGO)) for path, stated in self._days.items()
        }

    @cached_property
    def _begun(self) -> date | None:
        return self._before(_LONG_AGO) if self._days else None

    def _last(self, path: str, first: int, last: int) -> date | None:
        stated = self._days.get(path, {})
        rest = stated.get(0, _LONG_AGO)
        return self._before(min(stated.get(line, rest) for line in range(first, last + 1)))

    def _before(self, days: int) -> date:
        return self._today - timedelta(days=days)


def _last_changes(project: Project) -> dict[str, date]:
    """The day of the last commit of each file."""
    try:
        output = git(
            project.root, "-c", "log.showSignature=false", "log", f"--max-count={_MOST_COMMITS}", "--no-merges",
            "--relative", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", "-z", "--format=%x01%ct%x02",
        )  # fmt: skip
    except GitError:
        return {}
    found: dict[str, date] = {}
    for record in output.split(b"\x01")[1:]:
        time, _, names = record.partition(b"\x02")
        day = _day(int(time))
        for name in names.split(b"\0"):
            path = os.fsdecode(name.lstrip(b"\n"))
            if path in project.files and found.get(path, day) <= day:
                found[path] = day
    return found


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()
