"""The pipeline as a Graphviz graph for the audit: undeclared edges red, unknown data dashed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from mldebt.project.graph import DataGraph, Edge, Node
from mldebt.report.graph import SHAPES, quoted

FEW_EDGES = 25
"""Edges up to which each piece of data is a node of its own; of more, those with the same neighbours are one."""

MOST_EDGES = 220
"""Edges above which a picture is no longer readable, so that only hand-offs are drawn."""

_DATA = frozenset({"dataset", "table", "model", "metrics", "config", "file"})
_LONGEST = 42


class Picture(NamedTuple):
    """The DOT text, empty if there is nothing to draw, and a sentence on what it leaves out."""

    dot: str
    note: str


def picture(graph: DataGraph) -> Picture:
    """The picture of a graph. Parameters of stages are left to the table."""
    edges, note = [edge for edge in graph.edges if edge.kind != "uses_param"], ""
    nodes = [(node, 1) for node in graph.nodes]
    if len(edges) > FEW_EDGES:
        nodes, edges = _together(graph.nodes, edges)
    if len(edges) > MOST_EDGES:
        edges = _handed_on(edges)
        note = " The picture shows the data that one step writes and another reads; the table has more."
    if len(edges) > MOST_EDGES:
        edges = sorted(edges, key=lambda edge: edge.declared)[:MOST_EDGES]
        note = f" The picture shows {MOST_EDGES} edges of data that is handed on, undeclared ones first."
    used = {end for edge in edges for end in (edge.source, edge.target)}
    by_name = {node.name: node.id for node in graph.nodes if node.id in used}
    unknown = Counter(by_name[entry.path] for entry in graph.unresolved if entry.path in by_name)
    if not edges:
        return Picture("", note)
    lines = [
        "digraph pipeline {",
        '  rankdir=LR; bgcolor=transparent; node [fontname="sans-serif" fontsize=11]; edge [fontsize=9];',
    ]
    for node, count in nodes:
        if node.id in used:
            shape = SHAPES.get(node.kind, "box")
            label = quoted(_short(node.name))
            if count > 1:
                label = f'{label[:-1]}\\nand {count - 1} more"'
            lines.append(f"  {_id(node.id)} [label={label} shape={shape}];")
    lines += [_line(edge) for edge in edges]
    for number, (owner, count) in enumerate(sorted(unknown.items())):
        lines.append(f'  "unknown {number}" [label="{count} unknown" shape=ellipse style=dashed];')
        lines.append(f'  "unknown {number}" -> {_id(owner)} [style=dashed arrowhead=none];')
    return Picture("\n".join([*lines, "}"]) + "\n", note)


def _together(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[list[tuple[Node, int]], list[Edge]]:
    """Data with the same neighbours as one node, with how much stands for it, and the edges that are left."""
    around: dict[str, set[tuple[str, str, bool, str]]] = defaultdict(set)
    for edge in edges:
        around[edge.source].add(("to", edge.target, edge.declared, edge.confidence))
        around[edge.target].add(("from", edge.source, edge.declared, edge.confidence))
    groups: dict[object, list[Node]] = defaultdict(list)
    for node in nodes:
        same = node.kind in _DATA and node.id in around
        groups[(node.kind, frozenset(around[node.id])) if same else node.id].append(node)
    kept = [(group[0], len(group)) for group in groups.values()]
    first = {node.id for node, _ in kept}
    return kept, [edge for edge in edges if edge.source in first and edge.target in first]


def _handed_on(edges: list[Edge]) -> list[Edge]:
    """The edges of data that something writes and something else reads."""
    written = {edge.target for edge in edges if edge.kind in ("writes", "produces")}
    read = {edge.source for edge in edges if edge.kind in ("reads", "depends")}
    both = written & read
    return [edge for edge in edges if edge.source in both or edge.target in both]


def _line(edge: Edge) -> str:
    style = [] if edge.declared else ['class="undeclared"', 'color="#b3261e"']
    if edge.confidence != "high":
        style.append("style=dashed")
    return f"  {_id(edge.source)} -> {_id(edge.target)} [{' '.join(style)}];"


def _id(name: str) -> str:
    """A name without the arrow that separates the ends of an edge in the picture's titles."""
    return quoted(name.replace("->", "→"))


def _short(name: str) -> str:
    """A label with the end of a long path, where paths differ."""
    return name if len(name) <= _LONGEST else f"…{name[-_LONGEST:]}"
