"""The data dependency graph as one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

from pathlib import Path

from mldebt.printable import printable
from mldebt.project.graph import DataGraph
from mldebt.report.graph import render_dot

_STATIC = Path(__file__).parent / "static"


def render_html(graph: DataGraph, title: str) -> str:
    """A page with the graph as a picture to move, zoom and click, and as tables for everybody else."""
    from jinja2 import Environment
    from markupsafe import Markup

    page = Environment(autoescape=True).from_string((_STATIC / "graph.html").read_text(encoding="utf-8"))
    program = (_STATIC / "viz-global.js").read_text(encoding="utf-8")
    return page.render(
        title=printable(title),
        graph=graph,
        names={node.id: printable(node.name) for node in graph.nodes},
        undeclared=sum(1 for edge in graph.edges if not edge.declared),
        shown=printable,
        dot=render_dot(graph),
        viz=Markup(program),
    )
