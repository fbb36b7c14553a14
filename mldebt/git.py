"""What the history of a repository says: how often files change, who changes them, which commits there were."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from mldebt.git_objects import GitError, departures, git, is_shallow, last_change

_LOG = ("-c", "log.showSignature=false", "-c", "i18n.logOutputEncoding=UTF-8", "log")
_MOST_COMMITS = 20_000
_DAY = 86_400
_YEAR = 365
_QUARTER = 90
_REMOTE = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^@/]*@)?(?P<host>[\w.-]+)(?::\d+)?/|[\w.-]+@(?P<ssh>[\w.-]+):)"
    r"(?P<path>[\w./~-]+?)(?:\.git)?/?"
)


class Commit(NamedTuple):
    """A commit; `time` is the committer's, in seconds since 1970."""

    sha: str
    time: int


class Activity(NamedTuple):
    """How a file changed before a commit: commits in the last 90 and 365 days, authors with their commits."""

    quarter: int
    year: int
    authors: tuple[tuple[str, int], ...]


def head(directory: Path) -> Commit | None:
    """The commit that is checked out; None where there is no repository, no commit or no git."""
    try:
        sha, time = git(directory, *_LOG, "-1", "--format=%H %ct").decode().split()
    except (GitError, ValueError):
        return None
    return Commit(sha, int(time))


def departed_since(directory: Path, file: Path, lost: Iterable[str]) -> dict[str, str | None]:
    """Where lost files went, renamed or deleted since a file was last committed; empty where git cannot know."""
    try:
        commit = "" if is_shallow(directory) else last_change(directory, file)
        return departures(directory, lost, commit) if commit else {}
    except GitError:
        return {}


def web_address(directory: Path) -> str | None:
    """Where people can read the repository's `origin`, without credentials; None if unknown."""
    try:
        output = git(directory, "config", "--local", "--get", "remote.origin.url")
    except GitError:
        return None
    match = _REMOTE.fullmatch(os.fsdecode(output.strip()))
    return f"https://{match['host'] or match['ssh']}/{match['path'].strip('/')}" if match else None


def activity(directory: Path, until: Commit) -> Mapping[str, Activity]:
    """How often files below a directory changed in the year before a commit (merges do not count).

    The year is counted back from the commit's own time, so the answer does not depend on today. Raises GitError.
    """
    output = git(
        directory, *_LOG, until.sha, f"--max-age={until.time - _YEAR * _DAY}", f"--max-count={_MOST_COMMITS}",
        "--no-merges", "--relative", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", "-z",
        "--format=%x01%ct %aN%x02",
    )  # fmt: skip
    quarters: Counter[str] = Counter()
    authors: dict[str, Counter[str]] = {}
    for record in output.split(b"\x01")[1:]:
        start, _, names = record.partition(b"\x02")
        time, _, author = start.decode("utf-8", "replace").partition(" ")
        recent = int(time) > until.time - _QUARTER * _DAY
        for name in {os.fsdecode(part.lstrip(b"\n")) for part in names.split(b"\0")} - {""}:
            quarters[name] += recent
            authors.setdefault(name, Counter())[author] += 1
    return {
        name: Activity(
            quarters[name], counts.total(), tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        )
        for name, counts in sorted(authors.items())
    }


def first_parents(directory: Path, *, since: str | None = None) -> list[Commit]:
    """The commits of the main line up to the one checked out, oldest first; `since` is a date. Raises GitError."""
    limits = [f"--since={since}"] if since else []
    output = git(directory, *_LOG, "--first-parent", "--format=%H %ct", *limits)
    commits = (line.split() for line in output.decode().splitlines())
    return [Commit(sha, int(time)) for sha, time in commits][::-1]


def tags(directory: Path) -> Mapping[str, str]:
    """The names of tags by the commit that they are on, the first where there are several. Raises GitError."""
    form = "--format=%(objectname) %(*objectname) %(refname:short)"
    found: dict[str, str] = {}
    for line in git(directory, "for-each-ref", form, "refs/tags").decode("utf-8", "replace").splitlines():
        plain, peeled, name = line.split(" ", 2)
        found.setdefault(peeled or plain, name)
    return found
