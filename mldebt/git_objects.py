"""The files of commits and of the index, and differences between them, read from git without a checkout.

Nothing that the repository's configuration names is run, and nothing is written.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_SAFE = (
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.untrackedCache=false",
    "-c", "core.quotePath=false",
    "-c", "diff.noprefix=false",
    "-c", "diff.mnemonicPrefix=false",
)  # fmt: skip
_SECONDS = 120.0
_REGULAR = frozenset({"100644", "100755"})


class GitError(Exception):
    """Git is missing, refuses, or does not know what it was asked about; the message says which."""


class Blob(NamedTuple):
    """A regular file that git knows: its path below the directory that was asked about, and its object."""

    path: str
    object: str


def git(directory: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """What a git command prints when it runs in a directory. Raises GitError."""
    try:
        done = subprocess.run(
            ["git", *_SAFE, *arguments],
            cwd=directory,
            input=stdin,
            capture_output=True,
            timeout=_SECONDS,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            check=False,
        )
    except FileNotFoundError as error:
        raise GitError("git is not installed") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git does not answer: {error}") from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise GitError(lines[0] if lines else "")
    return done.stdout


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
    for facts, path in _entries(git(directory, "ls-files", "-s", "-z", "--", ".")):
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
