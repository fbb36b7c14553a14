"""Paths that code joins from literals alone: `os.path.join("artifacts", "training", "model.h5")`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.facts import Const
from mldebt.project.branches import written
from mldebt.project.source_facts import SourceFacts

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.source import Span

_JOINS = frozenset({"os.path.join", "posixpath.join", "path.join", "pathlib.Path", "Path"})


def joined_paths(project: Project) -> Iterator[tuple[SourceFacts, str, Span]]:
    """The files with such paths, the paths and their places; a missing import of `os` does not matter."""
    for source in project.code:
        header = source.facts.header
        if not any(name in _JOINS for name in header.names) and "join" not in header.methods:
            continue
        for call in source.facts.calls:
            if len(call.args) < 2:
                continue
            parts = [a.value for a in call.args if isinstance(a, Const) and isinstance(a.value, str)]
            if len(parts) == len(call.args) and (call.name or written(call.func)) in _JOINS:
                yield source, "/".join(parts), call.span
