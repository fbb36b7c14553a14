"""Data and models that lie in the git repository itself, with their sizes as git stores them."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import dirname, splitext
from typing import TYPE_CHECKING, NamedTuple

from mldebt.git_objects import GitError, git
from mldebt.outside import DATA, MODELS
from mldebt.roles import path_roles
from mldebt.source import Kind, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_NO_PART = frozenset({Role.TEST, Role.VENDORED, Role.DOCS, Role.TEMPLATE, Role.TUTORIAL, Role.GENERATED})
_TRACKERS = frozenset({"mlruns", "mlartifacts", "wandb", "lightning_logs", "multirun", "outputs", "runs"})
_TESTED = re.compile(
    r"(^|/)(integr\w*|unit|e2e|smoke|system|functional|regression|api)[-_]tests?(/|$)", re.IGNORECASE
)
"""Directories of tests that say what they test: `integration-test`."""
_KILO = 1000
_MANY = 4
_MOST_FOLDS = 3


class StoredData(NamedTuple):
    """The files of one directory that are too big for git; `files` holds (path, bytes), the biggest first."""

    directory: str
    files: tuple[tuple[str, int], ...]


def stored_data(project: Project, model_kilobytes: int, data_kilobytes: int) -> Iterator[StoredData]:
    """The models and data from a size on (pointers of Git LFS are small), by directory.

    Nothing where git does not answer. Package data and what a contract says git versions are left out.
    """
    wanted = sorted(path for path in project.files if _limit(path, model_kilobytes, data_kilobytes) is not None)
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for path, size in _sizes(project) if wanted else ():
        limit = _limit(path, model_kilobytes, data_kilobytes)
        if limit is not None and size >= limit * _KILO and not _is_meant(project, path):
            found[_home(path)].append((path, size))
    _fold(found)
    for directory in sorted(found):
        yield StoredData(directory, tuple(sorted(found[directory], key=lambda pair: (-pair[1], pair[0]))))


def _home(path: str) -> str:
    """The directory that a file is reported with: its own, or that of the tracker which wrote it."""
    parts = path.split("/")[:-1]
    inside = next((number for number, part in enumerate(parts, 1) if part in _TRACKERS), len(parts))
    return "/".join(parts[:inside])


def _fold(found: dict[str, list[tuple[str, int]]]) -> None:
    """Put the files of many directories side by side under the directory that holds these."""
    for _ in range(_MOST_FOLDS):
        below: dict[str, list[str]] = defaultdict(list)
        for directory in found:
            below[dirname(directory)].append(directory)
        for parent, directories in below.items():
            if parent and len(directories) >= _MANY:
                for directory in directories:
                    found.setdefault(parent, []).extend(found.pop(directory))


def doubly_tracked(project: Project) -> Iterator[str]:
    """The files that DVC tracks by a pointer beside them and git stores all the same."""
    for pointer in sorted(project.files):
        path = pointer.removesuffix(".dvc")
        source = project.source(pointer) if path != pointer and path in project.files else None
        if source is not None and not any(
            e.path[-1:] == ("cache",) and e.value is False for e in source.facts.entries
        ):
            yield path


def _limit(path: str, model: int, data: int) -> int | None:
    ending = splitext(path)[1].lower()
    return model if ending in MODELS else data if ending in DATA else None


def _sizes(project: Project) -> Iterator[tuple[str, int]]:
    """The paths below the root that git stores, with the sizes of what it stores."""
    patterns = [f"*{ending}" for ending in sorted(MODELS | DATA)]
    try:
        entries = git(project.root, "ls-files", "-s", "-z", "--", *patterns).split(b"\0")
        named = [(entry.split()[1], entry.partition(b"\t")[2]) for entry in entries if entry]
        names = b"".join(name + b"\n" for name, _ in named)
        sizes = git(project.root, "cat-file", "--batch-check=%(objectsize)", stdin=names).split(b"\n")
    except GitError:
        return
    for (_, path), size in zip(named, sizes, strict=False):
        if size.isdigit():
            yield os.fsdecode(path), int(size)


def _is_meant(project: Project, path: str) -> bool:
    if not _NO_PART.isdisjoint(path_roles(path, Kind.JSON)) or _TESTED.search(dirname(path)):
        return True
    if f"{dirname(path)}/__init__.py" in project.files:
        return True
    return any(
        declared.covers(path) and declared.tool == "contract" and declared.option("versioned") == "git"
        for declared in project.declared_data
    )
