"""The data dependency graph: who writes, reads, runs and declares what, for people and other programs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec

from mldebt.project.accesses import READS, WRITES, DataAccess
from mldebt.project.catalogue_names import CATALOGUE
from mldebt.project.handoffs import Declarations, covers
from mldebt.source import Kind, Location, Role

if TYPE_CHECKING:
    from mldebt.declarations.model import Declared, Stage
    from mldebt.project.artifacts import Artifact
    from mldebt.project.project import Project

NodeKind = Literal[
    "dataset", "table", "model", "metrics", "config", "file", "stage", "script", "notebook", "module"
]
EdgeKind = Literal["reads", "writes", "runs", "depends", "produces", "uses_param"]
_OUTSIDE = (Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE)


class Node(msgspec.Struct, frozen=True):
    """`id` is the kind of thing, `:` and its name; `declared_by` holds the places that declare it."""

    id: str
    kind: NodeKind
    name: str
    declared_by: tuple[str, ...] = ()


class Edge(msgspec.Struct, frozen=True):
    """`source` to `target` in the direction in which data flows; `path` and `line` show why (1-based)."""

    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    kind: EdgeKind
    path: str
    line: int
    cell: int | None
    confidence: Literal["high", "medium"]
    declared: bool


class Unresolved(msgspec.Struct, frozen=True):
    """A data access whose path is not known at all, and why."""

    path: str
    line: int
    cell: int | None
    api: str
    cause: str


class DataGraph(msgspec.Struct, frozen=True):
    """The whole graph, or a part of it, sorted by id."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    unresolved: tuple[Unresolved, ...]

    def around(self, focus: str, *, upstream: bool, downstream: bool) -> DataGraph:
        """The part that leads to, or follows from, the nodes whose name or id contains a text."""
        chosen = {node.id for node in self.nodes if focus in node.name or focus == node.id}
        kept = set(chosen)
        if upstream:
            kept |= _reached(chosen, [(edge.target, edge.source) for edge in self.edges])
        if downstream:
            kept |= _reached(chosen, [(edge.source, edge.target) for edge in self.edges])
        return DataGraph(
            tuple(node for node in self.nodes if node.id in kept),
            tuple(edge for edge in self.edges if edge.source in kept and edge.target in kept),
            tuple(entry for entry in self.unresolved if any(n.endswith(f":{entry.path}") for n in kept)),
        )


def data_graph(project: Project) -> DataGraph:
    """The graph of a project."""
    builder = _Builder(project)
    builder.add_artifacts()
    builder.add_stages()
    nodes = tuple(builder.nodes[key] for key in sorted(builder.nodes))
    order = sorted(builder.edges, key=lambda e: (e.source, e.target, e.kind, e.path, e.line))
    return DataGraph(nodes, tuple(order), tuple(_unresolved(project)))


def _reached(start: set[str], arcs: list[tuple[str, str]]) -> set[str]:
    following: dict[str, list[str]] = {}
    for source, target in arcs:
        following.setdefault(source, []).append(target)
    found, waiting = set(start), list(start)
    while waiting:
        for target in following.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _unresolved(project: Project) -> Iterator[Unresolved]:
    seen: set[tuple[Location, str]] = set()
    for access in project.accesses:
        source = project.by_path[access.component].source
        key = (access.location, access.api)
        if access.cause is None or key in seen or source.is_any(*_OUTSIDE):
            continue
        if access.effect in READS | WRITES:
            seen.add(key)
            detail = f" {access.cause.detail}" if access.cause.detail else ""
            place = access.location
            yield Unresolved(place.path, place.span.line, place.cell, access.api, access.cause.cause + detail)


def _names(artifact: Artifact, param: Declared) -> bool:
    """Whether a parameter is declared to come from a file."""
    return artifact.address.path == (param.file or "params.yaml")


class _Builder:
    def __init__(self, project: Project) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: set[Edge] = set()
        self._project = project
        self._declarations = Declarations(project)
        self._data: list[tuple[str, Artifact]] = []

    def add_artifacts(self) -> None:
        """Data with the code that reads and writes it."""
        catalogue = [d for d in self._project.declared_data if d.kind in ("dataset", "table", "model")]
        for artifact in self._project.artifacts:
            if artifact.kind == "file" and not artifact.is_data:
                continue
            key = f"{artifact.kind}:{artifact.name}"
            owners = sorted({str(d.location) for d in catalogue if covers(d, artifact.address)})
            self.nodes[key] = Node(key, artifact.kind, artifact.name, tuple(owners))  # type: ignore[arg-type]
            self._data.append((key, artifact))
            for access in (*artifact.writes, *artifact.reads):
                self._access(key, artifact, access, bool(owners))

    def _access(self, key: str, artifact: Artifact, access: DataAccess, catalogued: bool) -> None:
        component = self._component(access.component)
        writes = access.effect in WRITES
        stages = self._declarations.stages(access.component)
        named = [d for s in stages for d in (s.products if writes else s.inputs)]
        if artifact.kind == "config" and any(_names(artifact, param) for s in stages for param in s.params):
            catalogued = True
        asked = access.api.startswith(CATALOGUE)
        declared = catalogued or asked or any(covers(d, artifact.address) for d in named)
        ends = (component, key) if writes else (key, component)
        kind: EdgeKind = "writes" if writes else "reads"
        self._edge(*ends, kind, access.origin, sure=artifact.is_sure, declared=declared)

    def add_stages(self) -> None:
        """Declared steps, what they run, and the data and parameters that they name."""
        for stage in self._project.stages:
            if not self._project.executions(stage) and not stage.inputs and not stage.products:
                continue
            key = f"stage:{stage.id}"
            self.nodes[key] = Node(key, "stage", stage.name, (str(stage.location),))
            for execution in self._project.executions(stage):
                self._edge(key, self._component(execution.path), "runs", stage.location)
            for declared in stage.inputs:
                for data in self._declared(declared, stage):
                    self._edge(data, key, "depends", declared.location)
            for declared in stage.products:
                for data in self._declared(declared, stage):
                    self._edge(key, data, "produces", declared.location)
            self._params(stage, key)

    @cached_property
    def _has_several_kedros(self) -> bool:
        return len({stage.directory for stage in self._project.stages if stage.tool == "kedro"}) > 1

    def _params(self, stage: Stage, key: str) -> None:
        for param in stage.params:
            name = f"{param.file or 'params.yaml'}:{param.path}" if param.path else param.file
            node = f"config:{name}"
            self.nodes.setdefault(node, Node(node, "config", name, (str(param.location),)))
            self._edge(node, key, "uses_param", param.location)

    def _declared(self, declared: Declared, stage: Stage) -> tuple[str, ...]:
        """The nodes that a declaration is about, all those in a directory; data that no code touches gets its own.

        What stays in memory between the nodes of a Kedro project is nothing to another one of the same name.
        """
        if declared.path in self._project.by_path and self._project.by_path[declared.path].kind is Kind.PYTHON:
            return (self._component(declared.path),)
        place = str(declared.location)
        found = tuple(key for key, artifact in self._data if covers(declared, artifact.address))
        for key in found:
            node = self.nodes[key]
            owners = tuple(sorted({*node.declared_by, place}))
            self.nodes[key] = msgspec.structs.replace(node, declared_by=owners)
        if found:
            return found
        kind: NodeKind = (
            "metrics" if declared.kind == "metric" else "table" if declared.kind == "table" else "dataset"
        )
        name = declared.path
        if stage.tool == "kedro" and not declared.file and self._has_several_kedros:
            name = f"{stage.directory}:{name}"
        key = f"{kind}:{name}"
        known = self.nodes.setdefault(key, Node(key, kind, name, (place,)))
        if place not in known.declared_by:
            owners = tuple(sorted({*known.declared_by, place}))
            self.nodes[key] = msgspec.structs.replace(known, declared_by=owners)
        return (key,)

    def _component(self, path: str) -> str:
        source = self._project.source(path)
        kind: NodeKind = "module"
        if source is not None and source.kind is Kind.NOTEBOOK:
            kind = "notebook"
        elif source is not None and (source.facts.header.main or self._project.stages_running(source)):
            kind = "script"
        key = f"{kind}:{path}"
        self.nodes.setdefault(key, Node(key, kind, path))
        return key

    def _edge(
        self,
        source: str,
        target: str,
        kind: EdgeKind,
        place: Location,
        *,
        sure: bool = True,
        declared: bool = True,
    ) -> None:
        confidence: Literal["high", "medium"] = "high" if sure else "medium"
        self.edges.add(Edge(source, target, kind, place.path, place.span.line, place.cell, confidence, declared))
