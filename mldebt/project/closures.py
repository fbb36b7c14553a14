"""What a model depends on in the end: all source data, through all intermediate files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.project.accesses import DataAccess
from mldebt.project.artifacts import Artifact, component_of

if TYPE_CHECKING:
    from mldebt.project.project import Project

_KINDS = frozenset({"dataset", "table"})


class Closure(NamedTuple):
    """`sources` are the data that nothing here makes, `between` counts those that something does.

    `depth` is the number of data on the longest way from a source to the model.
    """

    save: DataAccess
    sources: tuple[Artifact, ...]
    between: int
    depth: int


def data_closures(project: Project) -> Iterator[Closure]:
    """The closure of the first model that each program saves, by program; programs with the same sources count once."""
    saved: dict[str, DataAccess] = {}
    for save in project.model_saves:
        saved.setdefault(component_of(save.access.component), save.access)
    if not saved:
        return
    reads: dict[str, list[Artifact]] = defaultdict(list)
    for artifact in project.artifacts:
        if artifact.kind in _KINDS and (artifact.address.is_known or artifact.address.tail):
            for component in sorted({component_of(read.component) for read in artifact.reads}):
                reads[component].append(artifact)
    told: set[tuple[str, ...]] = set()
    for component, access in sorted(saved.items()):
        closure = _closure(reads, component, access)
        names = tuple(artifact.name for artifact in closure.sources)
        if names not in told:
            told.add(names)
            yield closure


def _closure(reads: dict[str, list[Artifact]], component: str, access: DataAccess) -> Closure:
    sources: dict[str, Artifact] = {}
    between: set[str] = set()
    depth = 0
    waiting = [(component, 1)]
    seen = {component}
    while waiting:
        step, level = waiting.pop(0)
        for artifact in reads.get(step, ()):
            key = f"{artifact.subproject}:{artifact.name}"
            writers = {component_of(write.component) for write in artifact.writes} - {step}
            depth = max(depth, level)
            if not artifact.writes:
                sources.setdefault(key, artifact)
            else:
                between.add(key)
            for writer in sorted(writers - seen):
                seen.add(writer)
                waiting.append((writer, level + 1))
    ordered = tuple(sources[key] for key in sorted(sources))
    return Closure(access, ordered, len(between), depth)
