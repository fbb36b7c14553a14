"""Chains of steps that hand data on without a declaration: the implicit part of the data flow, as a graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.project.artifacts import component_of
from mldebt.project.groups import connected
from mldebt.project.handoffs import Handoff
from mldebt.project.manifests import is_library
from mldebt.source import Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_LONGEST = 40
_REGISTRIES = ("models:/", "runs:/", "wandb:", "hf://")


class Chain(NamedTuple):
    """Weakly connected undeclared hand-offs. `path` is the longest way through them, as one edge a step."""

    path: tuple[Handoff, ...]
    handoffs: tuple[Handoff, ...]

    @property
    def components(self) -> tuple[str, ...]:
        """The files of all steps, in order of name."""
        return tuple(sorted({f for h in self.handoffs for f in (h.producer, h.consumer)}))


def find_chains(project: Project) -> Iterator[Chain]:
    """The connected groups of undeclared hand-offs, by their first file.

    Left out: data that is shipped in git, what goes through a model registry, what one module both writes and reads for
    others, what modules of a published library, that nobody starts, do, and tutorials.
    """
    starts = frozenset(point.path for point in project.entry_points)
    implicit = [h for h in project.handoffs if not h.declared and _counts(project, h, starts)]
    for group in connected(implicit, lambda link: (component_of(link.producer), component_of(link.consumer))):
        yield Chain(_longest(group), tuple(group))


def _counts(project: Project, handoff: Handoff, starts: frozenset[str]) -> bool:
    address = handoff.artifact.address
    if address.path in project.files or address.shape.startswith(_REGISTRIES):
        return False
    if handoff.write.source is handoff.read.source and handoff.producer == handoff.write.source.path:
        return False
    paths = (handoff.producer, handoff.consumer)
    imported = all(project.imports.importers.get(path) for path in paths)
    if imported and starts.isdisjoint(paths) and all(is_library(project, path) for path in paths):
        return False
    for path in paths:
        source = project.source(path)
        if source is None or source.source.is_any(Role.TUTORIAL, Role.DOCS):
            return False
    return True


def _longest(handoffs: Iterable[Handoff]) -> tuple[Handoff, ...]:
    """The longest simple path; in a graph with cycles, the longest that a bounded search finds."""
    following: dict[str, list[Handoff]] = defaultdict(list)
    for handoff in sorted(handoffs, key=lambda h: (h.write.origin, h.read.origin)):
        following[component_of(handoff.producer)].append(handoff)
    best: tuple[Handoff, ...] = ()
    budget = 20_000
    for start in sorted(following):
        waiting: list[tuple[str, tuple[Handoff, ...], frozenset[str]]] = [(start, (), frozenset((start,)))]
        while waiting and budget:
            budget -= 1
            node, path, seen = waiting.pop()
            if len(path) > len(best):
                best = path
            if len(path) >= _LONGEST:
                continue
            for handoff in reversed(following.get(node, ())):
                to = component_of(handoff.consumer)
                if to not in seen:
                    waiting.append((to, (*path, handoff), seen | {to}))
    return best
