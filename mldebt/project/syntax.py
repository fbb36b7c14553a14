"""The syntax of a source with the places of its nodes, for rules that have narrowed down to a few places.

Python's own parser is used, because it is fast and gives the place of every name; what it cannot read has no syntax.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from mldebt.extract.text import DecodingError, decode
from mldebt.finding import Edit
from mldebt.source import Kind, Location, Span

if TYPE_CHECKING:
    from mldebt.project.source_facts import SourceFacts


class Syntax:
    """The tree of a Python file or of the joined cells of a notebook."""

    def __init__(self, source: SourceFacts, text: str, tree: ast.Module) -> None:
        self.source = source
        self.tree = tree
        self._lines = text.split("\n")

    def span(self, node: ast.AST) -> Span:
        """The place of a node that has one."""
        return Span(
            node.lineno,  # type: ignore[attr-defined]
            self._column(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            node.end_lineno,  # type: ignore[attr-defined]
            self._column(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def _column(self, line: int, offset: int) -> int:
        """Columns count code points from 1; the parser counts bytes from 0."""
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return offset + 1 if text.isascii() else len(text.encode()[:offset].decode("utf-8", "ignore")) + 1

    def text(self, node: ast.AST) -> str:
        """What is written at a node."""
        span = self.span(node)
        lines = self._lines[span.line - 1 : span.end_line]
        if not lines:
            return ""
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return "\n".join(lines)

    @cached_property
    def _calls(self) -> dict[Span, ast.Call]:
        return {self.span(node): node for node in ast.walk(self.tree) if isinstance(node, ast.Call)}

    def call(self, span: Span) -> ast.Call | None:
        """The call that a call fact was made from."""
        return self._calls.get(span)

    def assigned(self, span: Span) -> ast.expr | None:
        """The value of the assignment that a store or binding fact was made from, by the place of either."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and span in (self.span(node), self.span(node.targets[0])):
                return node.value
        return None

    def chains(self) -> Iterator[tuple[str, ast.Name | ast.Attribute]]:
        """The names and the longest chains of attributes that are read, as written, each with its node."""
        inner: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute):
                inner.add(id(node.value))
            if (
                isinstance(node, ast.Attribute | ast.Name)
                and isinstance(node.ctx, ast.Load)
                and id(node) not in inner
            ):
                written = _written(node)
                if written:
                    yield written, node

    def line_after(self, span: Span, text: str) -> Edit | None:
        """The edit that adds a line after the expression statement that a call (by its place) is."""
        node = self.call(span)
        for statement in ast.walk(self.tree) if node is not None else ():
            if isinstance(statement, ast.Expr) and statement.value is node:
                place = self.span(statement)
                before = self._lines[place.line - 1][: place.column - 1]
                rest = self._lines[place.end_line - 1][place.end_column - 1 :].strip()
                if before.strip() or (rest and not rest.startswith("#")):
                    return None
                end = Span.at(place.end_line, len(self._lines[place.end_line - 1]) + 1)
                return self.edit(end, f"\n{before}{text}")
        return None

    def decorator(self, span: Span, text: str) -> Edit | None:
        """The edit that adds a decorator to the function whose name stands at a place, if it has none."""
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.lineno == span.line and not node.decorator_list:
                place = self.span(node)
                before = self._lines[place.line - 1][: place.column - 1]
                return self.edit(Span.at(place.line, place.column), f"{text}\n{before}")
        return None

    def edit(self, span: Span, text: str) -> Edit | None:
        """The edit that writes a text at a place; None where the place goes over the end of a cell."""
        place = self.source.location(span)
        if place.span.end_line - place.span.line != span.end_line - span.line:
            return None
        return Edit(Location(place.path, place.span, place.cell), text)


def parse(source: SourceFacts) -> Syntax | None:
    """The syntax of a source; None where it cannot be read or parsed."""
    try:
        text = decode(source.source.read(), source.kind)
        if source.kind is Kind.NOTEBOOK:
            from mldebt.extract.notebook import joined_text

            text = joined_text(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (OSError, DecodingError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return Syntax(source, text, tree)


def _written(node: ast.expr) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((node.id, *reversed(parts)))
