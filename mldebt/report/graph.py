"""The data dependency graph as text, JSON, DOT and Mermaid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import msgspec

from mldebt.printable import printable
from mldebt.project.graph import DataGraph, Edge, Node
from mldebt.report.json import json_text

SHAPES = {
    "dataset": "cylinder",
    "table": "cylinder",
    "file": "note",
    "model": "box3d",
    "metrics": "note",
    "config": "note",
    "stage": "component",
    "script": "box",
    "notebook": "tab",
    "module": "box",
}
"""The shapes of Graphviz for kinds of nodes."""

_MERMAID = {
    "dataset": ("[(", ")]"),
    "table": ("[(", ")]"),
    "model": ("{{", "}}"),
    "stage": ("[[", "]]"),
    "notebook": ("[/", "/]"),
}


def render_json(graph: DataGraph) -> str:
    """`{"version": 1, "nodes": …, "edges": …, "unresolved": …}`, stable and sorted."""
    document = {"version": 1, "nodes": graph.nodes, "edges": graph.edges, "unresolved": graph.unresolved}
    return json_text(msgspec.to_builtins(document))


def render_text(graph: DataGraph) -> str:
    """For each piece of data who writes and who reads it; `!` marks what nothing declares."""
    into, out_of = defaultdict(list), defaultdict(list)
    for edge in graph.edges:
        into[edge.target].append(edge)
        out_of[edge.source].append(edge)
    names = {node.id: node for node in graph.nodes}
    lines: list[str] = []
    for node in graph.nodes:
        if node.kind in ("stage", "script", "notebook", "module", "config"):
            continue
        declared = f"  declared in {printable(', '.join(node.declared_by))}" if node.declared_by else ""
        lines.append(f"{printable(node.name)} ({node.kind}){declared}")
        lines += _ends("<-", [(e, names[e.source]) for e in into[node.id]])
        lines += _ends("->", [(e, names[e.target]) for e in out_of[node.id]])
    undeclared = sum(1 for edge in graph.edges if not edge.declared)
    lines.append(
        f"{len(graph.nodes)} nodes, {len(graph.edges)} edges, {undeclared} undeclared (!), "
        f"{len(graph.unresolved)} accesses of unknown data"
    )
    lines += [f"  ? {_place(e.path, e.cell, e.line)} {e.api}: {printable(e.cause)}" for e in graph.unresolved]
    return "\n".join(lines) + "\n"


def _ends(arrow: str, ends: Iterable[tuple[Edge, Node]]) -> list[str]:
    return [
        f"  {arrow} {' ' if edge.declared else '!'} {edge.kind:8} {printable(node.name)}"
        f"  ({_place(edge.path, edge.cell, edge.line)})"
        for edge, node in ends
    ]


def _place(path: str, cell: int | None, line: int) -> str:
    return f"{printable(path)}:{line}" if cell is None else f"{printable(path)}:cell {cell + 1}:{line}"


def render_dot(graph: DataGraph) -> str:
    """Graphviz; undeclared edges are red, unsure ones dashed."""
    lines = ["digraph mldebt {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    lines += [
        f"  {quoted(node.id)} [label={quoted(node.name)} shape={SHAPES[node.kind]}];" for node in graph.nodes
    ]
    for edge in graph.edges:
        style = [f"label={quoted(edge.kind)}"]
        if not edge.declared:
            style.append('color="#c62828"')
        if edge.confidence != "high":
            style.append("style=dashed")
        lines.append(f"  {quoted(edge.source)} -> {quoted(edge.target)} [{' '.join(style)}];")
    return "\n".join([*lines, "}"]) + "\n"


def render_mermaid(graph: DataGraph) -> str:
    """A Mermaid flow chart; undeclared edges are red, unsure ones dotted."""
    numbers = {node.id: f"n{position}" for position, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        before, after = _MERMAID.get(node.kind, ("[", "]"))
        label = printable(node.name).replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        lines.append(f'  {numbers[node.id]}{before}"{label}"{after}')
    for edge in graph.edges:
        arrow = "-->" if edge.confidence == "high" else "-.->"
        lines.append(f"  {numbers[edge.source]} {arrow} {numbers[edge.target]}")
    undeclared = [str(position) for position, edge in enumerate(graph.edges) if not edge.declared]
    if undeclared:
        lines.append(f"  linkStyle {','.join(undeclared)} stroke:#c62828")
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A DOT string."""
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


RENDERERS: dict[str, Callable[[DataGraph], str]] = {
    "text": render_text,
    "json": render_json,
    "dot": render_dot,
    "mermaid": render_mermaid,
}
