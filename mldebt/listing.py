"""The files below a directory that its `.gitignore` files do not ignore.

`git` answers where the directory belongs to a repository; without it the directories are walked and the
`.gitignore` files read here. Either way nothing that the repository's own configuration names is run.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.git_objects import GitError, git

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_IGNORE_FILE_LIMIT = 1_000_000
"""Bytes of a `.gitignore` beyond which it is not read."""

_GIT_SECONDS = 20.0
"""The time after which git is not waited for: a `.gitignore` that is a pipe stops it for ever."""

_MAX_DEPTH = 100
"""Directories deeper than this are a problem, not a place to look."""


class Listing(NamedTuple):
    """Paths below the directory, with `/`; and (path, message) pairs for what could not be listed."""

    files: list[str]
    problems: list[tuple[str, str]]


def list_files(directory: str, *, skip: Callable[[str], bool], depth: int = 0) -> Listing:
    """List a directory. `skip` tells whether to leave out a directory, by its path below `directory`.

    Where git lists the files, `skip` is only asked about repositories inside the repository: git's answer
    costs the same with or without the excluded directories, and knowing that a file exists is of use.
    """
    names = _git_files(directory)
    if not names:  # no repository, no git, or a directory that the repository around it ignores
        return _walk(directory, skip)
    listing = Listing([], [])
    for name in sorted(names):
        if name.endswith("/") or os.path.isdir(os.path.join(directory, name)):
            _list_nested(listing, directory, name.rstrip("/"), skip, depth)
        else:
            listing.files.append(name)
    return listing


def _list_nested(listing: Listing, directory: str, name: str, skip: Callable[[str], bool], depth: int) -> None:
    """Add what git names as one entry although it is a directory: a link, a submodule, another repository."""
    top = os.path.join(directory, name)
    if os.path.islink(top):
        listing.files.append(name)
    elif not any(os.scandir(top)):
        listing.problems.append((name, "is a submodule that is not checked out"))
    elif depth < 5 and not skip(name):
        nested = list_files(top, skip=lambda path: skip(f"{name}/{path}"), depth=depth + 1)
        listing.files.extend(f"{name}/{path}" for path in nested.files)
        listing.problems.extend((f"{name}/{path}", message) for path, message in nested.problems)


def _git_files(directory: str) -> set[str]:
    """Tracked and untracked, not ignored paths below a directory for git; empty if it cannot tell.

    Git also lists what it tracks where a directory has become a link, and believes any name in its index; what
    is not really below the directory is left out.
    """
    try:
        listed = git(directory, "ls-files", "-co", "--exclude-standard", "-z", seconds=_GIT_SECONDS)
    except GitError:
        return set()
    names = {os.fsdecode(name) for name in listed.split(b"\0") if name}
    links = _linked_directories(directory, {os.path.dirname(name) for name in names})
    return {name for name in names if os.path.dirname(name) not in links}


def _linked_directories(top: str, directories: set[str]) -> set[str]:
    """Those of some paths below a directory that lead through a link, or are not below it at all."""
    known: dict[str, bool] = {}

    def leads_away(directory: str) -> bool:
        prefix = ""
        for part in directory.split("/") if directory else ():
            prefix = f"{prefix}/{part}" if prefix else part
            if prefix not in known:
                known[prefix] = part in ("", "..", ".git") or os.path.islink(os.path.join(top, prefix))
            if known[prefix]:
                return True
        return False

    return {directory for directory in directories if leads_away(directory)}


def _walk(directory: str, skip: Callable[[str], bool]) -> Listing:
    """List a directory that git does not know, with the `.gitignore` files found on the way."""
    listing = Listing([], [])
    pending: list[tuple[str, tuple[tuple[str, GitIgnoreSpec], ...]]] = [("", ())]
    while pending:
        prefix, specs = pending.pop()
        try:
            entries = sorted(os.scandir(os.path.join(directory, prefix)), key=lambda entry: entry.name)
        except OSError as error:
            listing.problems.append((prefix.rstrip("/"), f"cannot be listed: {error.strerror or error}".lower()))
            continue
        if any(entry.name == ".gitignore" for entry in entries):
            specs = (*specs, *_read_ignores(os.path.join(directory, prefix, ".gitignore"), prefix))
        for entry in entries:
            path = prefix + entry.name
            is_directory = entry.is_dir(follow_symlinks=False)
            if _is_ignored(path, is_directory, specs):
                continue
            if not is_directory:
                listing.files.append(path)
            elif path.count("/") >= _MAX_DEPTH:
                listing.problems.append((path, "is nested too deeply to be listed"))
            elif not skip(path):
                pending.append((path + "/", specs))
    return listing


def _read_ignores(file: str, prefix: str) -> Iterator[tuple[str, GitIgnoreSpec]]:
    """The patterns of one `.gitignore` with the directory they are relative to; none if it cannot be read."""
    from pathspec import GitIgnoreSpec

    try:
        status = os.lstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _IGNORE_FILE_LIMIT:
            return
        with open(file, encoding="utf-8", errors="surrogateescape") as stream:
            lines = stream.read().split("\n")
    except OSError:
        return  # git does not mind an unreadable one either
    try:
        yield prefix, GitIgnoreSpec.from_lines(lines)
    except ValueError:  # git ignores patterns that it cannot read, so find the others
        yield prefix, GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _is_ignored(path: str, is_directory: bool, specs: tuple[tuple[str, GitIgnoreSpec], ...]) -> bool:
    """Whether the innermost `.gitignore` that says something about a path ignores it."""
    name = path + "/" if is_directory else path
    for prefix, spec in reversed(specs):
        answer = spec.check_file(name[len(prefix) :]).include
        if answer is not None:
            return bool(answer)
    return False
