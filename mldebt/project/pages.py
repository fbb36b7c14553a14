"""The text of a Python file or of a notebook's cell, with its syntax: what a rule needs to build a fix.

Only for findings: a page is parsed when it is asked for. The standard parser knows the places of all nodes and is
quick; what it cannot parse (Python 2) has no fix.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TypeVar

from mldebt.extract.cells import cell_texts
from mldebt.extract.text import DecodingError, decode
from mldebt.finding import Edit
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Location, Span

_MAGIC = re.compile(r"(?P<indent>[ \t]*)(?P<sign>[%!?]).*")
_MOST_CHARACTERS = 500_000
_Node = TypeVar("_Node", bound=ast.expr)


class Page:
    """A file, or a cell of a notebook, whose nodes are asked for by their places in the source."""

    def __init__(self, source: SourceFacts, cell: int | None, text: str) -> None:
        self._source = source
        self._cell = cell
        self.text = text

    @property
    def is_cell(self) -> bool:
        """Whether this is a cell of a notebook."""
        return self._cell is not None

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.split("\n")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax; an empty module where the text cannot be parsed."""
        lines = self.lines if self._cell is None else [_without_magic(line) for line in self.lines]
        if len(self.text) > _MOST_CHARACTERS:
            return ast.Module([], [])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse("\n".join(lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module([], [])

    def node(self, span: Span, kind: type[_Node]) -> _Node | None:
        """The expression of a kind that lies exactly at a place of the source."""
        wanted = self._source.location(span).span
        found = (node for node in self._by_line.get(wanted.line, ()) if isinstance(node, kind))
        return next((node for node in found if self.span(node) == wanted), None)

    def statement(self, span: Span) -> ast.stmt | None:
        """The innermost statement around the first character of a place of the source."""
        wanted = self._source.location(span).span
        place = (wanted.line, wanted.column)
        best: ast.stmt | None = None
        for node in ast.walk(self.tree):
            if isinstance(node, ast.stmt):
                own = self.span(node)
                if (own.line, own.column) <= place < (own.end_line, own.end_column):
                    best = node  # walked from the outside in
        return best

    def suite_of(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements that stand beside a statement, with it."""
        for suite in _suites(self.tree):
            if statement in suite:
                return suite
        return [statement]

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> Span:
        """The place of a node on this page; of a definition with its decorators."""
        first = min([node, *getattr(node, "decorator_list", [])], key=lambda part: part.lineno)
        column = first.col_offset if first is node else node.col_offset
        end_line = node.end_lineno or node.lineno
        return Span(
            first.lineno,
            self._column(first.lineno, column),
            end_line,
            self._column(end_line, node.end_col_offset or 0),
        )

    def between(self, span: Span) -> str:
        """The text at a place of this page."""
        lines = self.lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return "\n".join(lines)

    def stands_alone(self, span: Span) -> bool:
        """Whether nothing but a comment stands beside a place on its lines."""
        before = self.lines[span.line - 1][: span.column - 1]
        after = self.lines[span.end_line - 1][span.end_column - 1 :].lstrip()
        return not before.strip() and (not after or after.startswith("#"))

    def text_of(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """The text of a node."""
        return self.between(self.span(node))

    def edit(self, span: Span, text: str) -> Edit:
        """Put a text at a place of this page."""
        return Edit(Location(self._source.path, span, self._cell), text)

    def replaced(self, node: ast.expr | ast.stmt | ast.keyword, text: str) -> Edit:
        """Put a text in the place of a node."""
        return self.edit(self.span(node), text)

    @cached_property
    def _by_line(self) -> dict[int, list[ast.expr]]:
        found: dict[int, list[ast.expr]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.expr):
                found.setdefault(node.lineno, []).append(node)
        return found

    def _column(self, line: int, offset: int) -> int:
        """The column (from 1, in code points) of an offset in bytes of UTF-8."""
        text = self.lines[line - 1]
        return (offset if text.isascii() else len(text.encode()[:offset].decode())) + 1


def page_of(source: SourceFacts, span: Span) -> Page | None:
    """The page that holds a place of a source; None where the file cannot be read any more."""
    return _page(source, source.location(span).cell)


@lru_cache(maxsize=16)
def _page(source: SourceFacts, cell: int | None) -> Page | None:
    try:
        text = decode(source.source.read(), source.kind)
    except (OSError, DecodingError):
        return None
    if source.kind is Kind.NOTEBOOK:
        cells = cell_texts(text)
        if cell is None or cell >= len(cells):
            return None
        text = cells[cell]
    return Page(source, cell, text)


def _without_magic(line: str) -> str:
    return _MAGIC.sub(r"\g<indent>pass", line) if _MAGIC.fullmatch(line) else line


def _suites(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            suite = getattr(node, name, None)
            if isinstance(suite, list):
                yield suite
