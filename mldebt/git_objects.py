"""The files of commits and of the index, and differences between them, read from git without a checkout.

Nothing that the repository's configuration names is run, and nothing is written.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_SAFE = (
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.untrackedCache=false",
    "-c", "core.quotePath=false",
    "-c", "diff.noprefix=false",
    "-c", "diff.mnemonicPrefix=false",
    "-c", "submodule.recurse=false",
)  # fmt: skip
_DIFF = ("--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--no-relative", "-U0", "-M")
_KEPT = re.compile(r"GIT_(EXEC_PATH|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|CEILING_DIRECTORIES)")
"""Git's own variables that say how git works here, and not which repository or programs it uses."""

_SET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # what an older git still would fetch
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_SECONDS = 120.0
_silent: set[str] = set()
"""Where git did not answer in time: it waits for a pipe, say, and would do so each time."""

_REGULAR = frozenset({"100644", "100755"})


class GitError(Exception):
    """Git is missing, refuses, or does not know what it was asked about; the message says which."""


class Blob(NamedTuple):
    """A regular file that git knows: its path below the directory that was asked about, and its object."""

    path: str
    object: str


def git(
    directory: Path | str,
    *arguments: str,
    stdin: bytes = b"",
    variables: Mapping[str, str] | None = None,
    seconds: float = _SECONDS,
) -> bytes:
    """What a git command prints when it runs in a directory, with more environment variables.

    Raises GitError, also where git has not answered within so many seconds, now or before.
    """
    if os.fspath(directory) in _silent:
        raise GitError("git does not answer")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or _KEPT.fullmatch(name)
    }
    environment |= {**_SET, **(variables or {})}
    try:
        done = subprocess.run(
            ["git", *_SAFE, *arguments],
            cwd=directory,
            input=stdin,
            capture_output=True,
            timeout=seconds,
            env=environment,
            check=False,
        )
    except FileNotFoundError as error:
        raise GitError("git is not installed") from error
    except subprocess.TimeoutExpired as error:
        _silent.add(os.fspath(directory))
        raise GitError(f"git does not answer: {error}") from error
    except OSError as error:
        raise GitError(f"git does not answer: {error}") from error
    except ValueError as error:  # a null byte, or half a character: no file has such a name
        raise GitError(f"git cannot be asked: {error}") from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise GitError(lines[0] if lines else "")
    return done.stdout


def in_repository(directory: Path) -> None:
    """Raises GitError, with advice, where git does not take a directory for a part of a repository."""
    try:
        git(directory, "rev-parse", "--git-dir")
    except GitError as error:
        message = str(error).removeprefix("fatal: ")
        if message.startswith("not a git repository"):
            raise GitError(f"{directory} is in no git repository") from error
        if "dubious ownership" in message:
            advice = f"git config --global --add safe.directory {directory}"
            raise GitError(f"{message}: another user owns it; if that is meant: {advice}") from error
        raise


def changed_lines(directory: Path, base: str) -> bytes:
    """The unified diff, without context, from a commit to the work tree. Raises GitError."""
    return git(directory, "diff", *_DIFF, base, "--", variables=_without_filters(directory))


def staged_lines(directory: Path) -> bytes:
    """The unified diff, without context, from HEAD to the index. Raises GitError."""
    return git(directory, "diff", *_DIFF, "--cached", "--", variables=_index_of(directory))


def lines_between(directory: Path, old: str, new: str, *globs: str) -> bytes:
    """The unified diff, without context, from one commit to another, of some files. Raises GitError."""
    return git(directory, "diff", *_DIFF, old, new, "--", *globs)


def departures(directory: Path, lost: Iterable[str], old: str, new: str | None = None) -> dict[str, str | None]:
    """Where each file below a directory went that was renamed since a commit; None for those that were deleted.

    Up to another commit or, if there is none, to what the index holds. Only files of the kinds of `lost` ones are
    looked at: others are large, and missing in partial clones. Raises GitError.
    """
    globs = sorted({f"*{PurePosixPath(path).suffix or PurePosixPath(path).name}" for path in lost})
    until = [old, new] if new is not None else ["--cached", old]
    output = git(
        directory, "diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--relative", "-M",
        "--diff-filter=DR", "--name-status", "-z", *until, "--", *globs,
        variables=_index_of(directory),
    )  # fmt: skip
    words = iter(output.decode(errors="surrogateescape").split("\0"))
    found: dict[str, str | None] = {}
    for sign in filter(None, words):
        path = next(words)
        found[path] = next(words) if sign.startswith("R") else None
    return found


def last_change(directory: Path, path: Path) -> str:
    """The commit that last changed a file; empty if none is known. Raises GitError."""
    return git(directory, "log", "-1", "--format=%H", "--", str(path)).decode().strip()


def is_shallow(directory: Path) -> bool:
    """Whether the history was cut off when the repository was cloned. Raises GitError."""
    return git(directory, "rev-parse", "--is-shallow-repository").strip() == b"true"


def root_times(directory: Path) -> list[int]:
    """When the commits without a parent were made, in seconds since 1970. Raises GitError."""
    output = git(directory, "-c", "log.showSignature=false", "log", "--max-parents=0", "--format=%ct", "HEAD")
    return [int(line) for line in output.split()]


def is_committed(directory: Path, path: str) -> bool:
    """Whether the commit that is checked out has a file. Raises GitError."""
    return bool(git(directory, "ls-tree", "--name-only", "HEAD", "--", path))


def blamed(directory: Path, path: str, first: int, last: int) -> list[int]:
    """When some lines of a file, counted from 1, were committed, in seconds since 1970; white space does not count.

    What is not committed yet is of now. Raises GitError.
    """
    output = git(
        directory, "-c", "blame.ignoreRevsFile=", "blame", "-w", "--no-textconv", "--line-porcelain",
        "-L", f"{first},{last}", "--", path,
        variables=_without_filters(directory),
    )  # fmt: skip
    return [int(line.split()[1]) for line in output.splitlines() if line.startswith(b"committer-time ")]


def _without_filters(directory: Path) -> dict[str, str]:
    """Variables that switch off the filters of the configuration: git would run them on files of the work tree."""
    try:
        names = git(directory, "config", "-z", "--name-only", "--get-regexp", r"^filter\.").decode(
            errors="replace"
        )
    except GitError:  # there are none
        return {}
    filters = {name.rpartition(".")[0] for name in names.split("\0") if name.count(".") > 1}
    written = os.environ.get("GIT_CONFIG_COUNT", "")
    number = int(written) if written.isdecimal() else 0
    found: dict[str, str] = {}
    for name in sorted(filters):
        for key, value in {"clean": "", "smudge": "", "process": "", "required": "false"}.items():
            found |= {f"GIT_CONFIG_KEY_{number}": f"{name}.{key}", f"GIT_CONFIG_VALUE_{number}": value}
            number += 1
    return {**found, "GIT_CONFIG_COUNT": str(number)}


def _index_of(directory: Path) -> dict[str, str]:
    """The variable that names the index of a hook (`git commit -a` has one of its own), if it is this repository's."""
    name = os.environ.get("GIT_INDEX_FILE")
    if name is None:
        return {}
    file = os.path.realpath(name)
    own = os.path.realpath(os.fsdecode(git(directory, "rev-parse", "--absolute-git-dir")).rstrip("\n"))
    return {"GIT_INDEX_FILE": file} if file.startswith(own + os.sep) else {}


def commit_of(directory: Path, reference: str) -> str:
    """The commit that a reference means. Raises GitError, with advice where the history is missing."""
    try:
        return git(directory, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}").decode().strip()
    except GitError as error:
        if str(error):
            raise
        shallow = git(directory, "rev-parse", "--is-shallow-repository").strip() == b"true"
        advice = (
            "; this clone is shallow, fetch more of it (`fetch-depth: 0` in GitHub Actions)" if shallow else ""
        )
        raise GitError(f"there is no commit `{reference}`{advice}") from error


def merge_base(directory: Path, reference: str) -> str:
    """The commit where the history of a reference and that of HEAD part. Raises GitError."""
    commit = commit_of(directory, reference)
    try:
        return git(directory, "merge-base", commit, "HEAD").decode().split()[0]
    except GitError as error:
        raise GitError(
            str(error) or f"`{reference}` and HEAD have no common commit; fetch more of the history"
        ) from error


def blobs_of(directory: Path, commit: str) -> list[Blob]:
    """The regular files of a commit below a directory. Raises GitError."""
    found = []
    for facts, path in _entries(git(directory, "ls-tree", "-r", "-z", commit, "--", ".")):
        mode, _, name = facts
        if mode in _REGULAR:
            found.append(Blob(path, name))
    return found


def staged_blobs(directory: Path) -> list[Blob]:
    """The regular files of the index below a directory; unmerged ones are left out. Raises GitError."""
    found = []
    for facts, path in _entries(
        git(directory, "ls-files", "-s", "-z", "--", ".", variables=_index_of(directory))
    ):
        mode, name, stage = facts
        if mode in _REGULAR and stage == "0":
            found.append(Blob(path, name))
    return found


def contents(directory: Path, blobs: Iterable[Blob]) -> Iterator[tuple[str, bytes]]:
    """The bytes of blobs by path; one that is missing (a partial clone) is left out. Raises GitError."""
    wanted = list(blobs)
    if not wanted:
        return
    names = "".join(f"{blob.object}\n" for blob in wanted).encode()
    answer = git(directory, "cat-file", "--batch", stdin=names)
    position = 0
    for blob in wanted:
        end = answer.index(b"\n", position)
        header = answer[position:end].split()
        position = end + 1
        if header[-1] != b"missing":
            size = int(header[2])
            yield blob.path, answer[position : position + size]
            position += size + 1


def _entries(listing: bytes) -> Iterator[tuple[list[str], str]]:
    """The words before the path, and the path, of a listing separated by NUL."""
    for entry in listing.decode(errors="surrogateescape").split("\0"):
        if entry:
            facts, _, path = entry.partition("\t")
            yield facts.split(), path
