"""When files and lines were last changed, as the history of the repository tells."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mldebt.git_objects import GitError, blamed, git
from mldebt.source import Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MOST_COMMITS = 20_000
_LONG_AGO = 1000
"""Days since the last change of what an example says nothing about."""


class Ages:
    """The days of the last changes below the project's root; `known` only where there is a whole history.

    `changed` gives the day of each file's last commit, `lines` the last day on which one of some lines of a file
    was changed, `begun` the day of the first commit.
    """

    def __init__(
        self,
        today: date,
        begun: date | None,
        changed: Mapping[str, date],
        lines: Callable[[str, int, int], date | None],
    ) -> None:
        self._today = today
        self._begun = begun
        self._changed = changed
        self._lines = lines

    @classmethod
    def of(cls, project: Project) -> Self:
        """What git says; nothing is known without git, or where the history was cut off."""
        begun, changed = _last_changes(project)
        return cls(project.today, begun, changed, _reader(project.root, project.today))

    @classmethod
    def stated(cls, today: date, days: Mapping[str, Mapping[int, int]]) -> Self:
        """What an example says: by path and line how many days ago it was changed; under line 0 all its others."""
        if not days:
            return cls(today, None, {}, lambda *_: None)

        def lines(path: str, first: int, last: int) -> date:
            stated = days.get(path, {})
            rest = stated.get(0, _LONG_AGO)
            return today - timedelta(days=min(stated.get(line, rest) for line in range(first, last + 1)))

        changed = {
            path: today - timedelta(days=min(stated.values(), default=_LONG_AGO)) for path, stated in days.items()
        }
        return cls(today, today - timedelta(days=_LONG_AGO), changed, lines)

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
        if not self.known or self._begun is None or (self._today - self._begun).days <= days:
            return False
        if self.changed(path) is None:
            return True
        last = self._lines(path, span.line, max(span.line, span.end_line))
        return last is not None and (self._today - last).days <= days


def _reader(root: Path, today: date) -> Callable[[str, int, int], date | None]:
    """Asks git about lines; None for what it does not know."""

    @cache
    def lines(path: str, first: int, last: int) -> date | None:
        try:
            times = blamed(root, path, first, last)
        except GitError:
            return None
        return min(_day(max(times)), today) if times else None

    return lines


def _last_changes(project: Project) -> tuple[date | None, dict[str, date]]:
    """The day of the first commit, and that of each file's last one; nothing without a whole history."""
    try:
        if git(project.root, "rev-parse", "--is-shallow-repository").strip() == b"true":
            return None, {}
        output = git(
            project.root, "-c", "log.showSignature=false", "log", f"--max-count={_MOST_COMMITS}", "--no-merges",
            "--relative", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", "-z", "--format=%x01%ct%x02",
        )  # fmt: skip
    except GitError:
        return None, {}
    found: dict[str, date] = {}
    begun: date | None = None
    for record in output.split(b"\x01")[1:]:
        time, _, names = record.partition(b"\x02")
        day = _day(int(time))
        begun = min(begun or day, day)
        for name in names.split(b"\0"):
            path = os.fsdecode(name.lstrip(b"\n"))
            if path in project.files and found.get(path, day) <= day:
                found[path] = day
    return begun, found


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()
