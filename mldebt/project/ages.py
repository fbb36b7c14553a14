"""When files were last changed, as the history of the repository tells."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from mldebt.git_objects import GitError, git

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MOST_COMMITS = 20_000


class Ages:
    """The days of the last changes below the project's root; `known` only where there is a whole history."""

    def __init__(self, project: Project) -> None:
        self._today = project.today
        self._changed = _last_changes(project)

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


def _last_changes(project: Project) -> dict[str, date]:
    """The day of the last commit of each file; empty without git, or where the history was cut off."""
    try:
        if git(project.root, "rev-parse", "--is-shallow-repository").strip() == b"true":
            return {}
        output = git(
            project.root, "-c", "log.showSignature=false", "log", f"--max-count={_MOST_COMMITS}", "--no-merges",
            "--relative", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", "-z", "--format=%x01%ct%x02",
        )  # fmt: skip
    except GitError:
        return {}
    found: dict[str, date] = {}
    for record in output.split(b"\x01")[1:]:
        time, _, names = record.partition(b"\x02")
        day = datetime.fromtimestamp(int(time), UTC).date()
        for name in names.split(b"\0"):
            path = os.fsdecode(name.lstrip(b"\n"))
            if path in project.files and found.get(path, day) <= day:
                found[path] = day
    return found
