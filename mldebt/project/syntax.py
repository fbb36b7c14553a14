"""A source's text with Python's own syntax tree and the places of its nodes: what a fix is built from.

There are two ways to ask, with one answer: `parse` takes a source as a whole (of a notebook the joined cells, as
its facts count them), for rules that look for something; `syntax_at` takes the file or the cell around a place,
for findings. Python's own parser is used, because it is fast and gives the place of every name; what it cannot
read (Python 2) has no tree. Nothing is parsed before a tree is asked for.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TypeVar

from mldebt.extract.cells import cell_texts
from mldebt.extract.text import DecodingError, decode
from mldebt.finding import Edit
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Location, Span

_MAGIC = re.compile(r"(?P<indent>[ \t]*)(?P<sign>[%!?]).*")
_Node = TypeVar("_Node", bound=ast.expr)
Placed = ast.expr | ast.stmt | ast.keyword | ast.alias
"""The nodes that have a place."""


class Syntax:
    """A file, a cell of a notebook, or the joined cells of one.

    Facts are asked for by their places in the source; the places of nodes count in this text, and so do edits.
    """

    def __init__(self, source: SourceFacts, text: str, cell: int | None = None) -> None:
        self.source = source
        self.text = text
        self._cell = cell

    # --- text ---

    @property
    def is_cell(self) -> bool:
        """Whether this is one cell of a notebook."""
        return self._cell is not None

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.split("\n")

    def between(self, span: Span) -> str:
        """What is written at a place."""
        lines = self.lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return "\n".join(lines)

    def stands_alone(self, span: Span) -> bool:
        """Whether nothing but a comment stands beside a place on its lines."""
        before = self.lines[span.line - 1][: span.column - 1]
        after = self.lines[span.end_line - 1][span.end_column - 1 :].lstrip()
        return not before.strip() and (not after or after.startswith("#"))

    # --- nodes ---

    @cached_property
    def tree(self) -> ast.Module:
        """The tree; an empty module where the text cannot be parsed."""
        return self._parsed or ast.Module([], [])

    @property
    def is_readable(self) -> bool:
        """Whether the text can be parsed."""
        return self._parsed is not None

    @cached_property
    def _parsed(self) -> ast.Module | None:
        lines = self.lines if self._cell is None else map(_without_magic, self.lines)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse("\n".join(lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def node(self, span: Span, kind: type[_Node]) -> _Node | None:
        """The expression of a kind that lies exactly at a place of the source."""
        wanted = self._here(span)
        found = (node for node in self._by_line.get(wanted.line, ()) if isinstance(node, kind))
        return next((node for node in found if self.span(node) == wanted), None)

    def statement(self, span: Span) -> ast.stmt | None:
        """The innermost statement around the first character of a place of the source."""
        wanted = self._here(span)
        best: ast.stmt | None = None
        pending = [self.tree.body]
        while pending:  # down to it: asking all statements would take each fix through the whole file
            found = self._around(pending.pop(), (wanted.line, wanted.column))
            if found is not None:
                best, pending = found, list(_suites_of(found))
        return best

    def _around(self, suite: list[ast.stmt], place: tuple[int, int]) -> ast.stmt | None:
        """The statement of a suite around a place."""
        index = bisect_right(suite, place, key=self._start) - 1
        own = self.span(suite[index]) if index >= 0 else None
        return suite[index] if own is not None and place < (own.end_line, own.end_column) else None

    def _start(self, node: ast.stmt) -> tuple[int, int]:
        own = self.span(node)
        return own.line, own.column

    def suite_of(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements that stand beside a statement, with it."""
        return self._suites.get(id(statement)) or [statement]

    @cached_property
    def _suites(self) -> dict[int, list[ast.stmt]]:
        """The suites by the identity of their statements."""
        return {id(statement): suite for suite in _suites(self.tree) for statement in suite}

    def assigned(self, span: Span) -> ast.expr | None:
        """The value of the assignment that a store or binding fact was made from, by the place of either."""
        return self._assigned.get(self._here(span))

    @cached_property
    def _assigned(self) -> dict[Span, ast.expr]:
        """The values of assignments by their places, and by those of their first targets."""
        found: dict[Span, ast.expr] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign):
                for place in (self.span(node), self.span(node.targets[0])):
                    found.setdefault(place, node.value)
        return found

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

    # --- places ---

    def span(self, node: Placed) -> Span:
        """The place of a node in this text; of a definition with its decorators."""
        first = min([node, *getattr(node, "decorator_list", [])], key=lambda part: part.lineno)
        column = first.col_offset if first is node else node.col_offset
        end_line = node.end_lineno or node.lineno
        return Span(
            first.lineno,
            self._column(first.lineno, column),
            end_line,
            self._column(end_line, node.end_col_offset or 0),
        )

    def text_of(self, node: Placed) -> str:
        """What is written at a node."""
        return self.between(self.span(node))

    @cached_property
    def _by_line(self) -> dict[int, list[ast.expr]]:
        found: dict[int, list[ast.expr]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.expr):
                found.setdefault(node.lineno, []).append(node)
        return found

    def _here(self, span: Span) -> Span:
        """A place of the source as it counts in this text."""
        return self.source.location(span).span if self.is_cell else span

    def _column(self, line: int, offset: int) -> int:
        """Columns count code points from 1; the parser counts bytes from 0."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return (offset if text.isascii() else len(text.encode()[:offset].decode("utf-8", "ignore"))) + 1

    # --- edits ---

    def edit(self, span: Span, text: str) -> Edit:
        """Put a text at a place of this text."""
        location = Location(self.source.path, span, self._cell) if self.is_cell else self.source.location(span)
        return Edit(location, text)

    def replaced(self, node: Placed, text: str) -> Edit:
        """Put a text in the place of a node."""
        return self.edit(self.span(node), text)

    def line_after(self, span: Span, text: str) -> Edit | None:
        """The edit that adds a line after the expression statement that a call (by its place) is."""
        node = self.node(span, ast.Call)
        statement = self.statement(span) if node is not None else None
        if not isinstance(statement, ast.Expr) or statement.value is not node:
            return None
        place = self.span(statement)
        if not self.stands_alone(place):
            return None
        before = self.lines[place.line - 1][: place.column - 1]
        end = Span.at(place.end_line, len(self.lines[place.end_line - 1]) + 1)
        return self.edit(end, f"\n{before}{text}")

    def decorator(self, span: Span, text: str) -> Edit | None:
        """The edit that adds a decorator to the function whose name stands at a place, if it has none."""
        wanted = self._here(span)
        node = self._functions.get(wanted.line)
        if node is None or node.decorator_list:
            return None
        place = self.span(node)
        before = self.lines[place.line - 1][: place.column - 1]
        return self.edit(Span.at(place.line, place.column), f"{text}\n{before}")

    @cached_property
    def _functions(self) -> dict[int, ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions by the lines of their names."""
        found = (n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
        return {node.lineno: node for node in found}


def parse(source: SourceFacts) -> Syntax | None:
    """The syntax of a whole source; None where it cannot be read or parsed."""
    try:
        text = decode(source.source.read(), source.kind)
        if source.kind is Kind.NOTEBOOK:
            from mldebt.extract.notebook import joined_text

            text = joined_text(text)
    except (OSError, DecodingError, ValueError):
        return None
    syntax = Syntax(source, text)
    return syntax if syntax.is_readable else None


def syntax_at(source: SourceFacts, span: Span) -> Syntax | None:
    """The file or the cell around a place of a source, of any kind; None where it cannot be read any more."""
    return _syntax_of(source, source.location(span).cell)


@lru_cache(maxsize=16)
def _syntax_of(source: SourceFacts, cell: int | None) -> Syntax | None:
    try:
        text = decode(source.source.read(), source.kind)
    except (OSError, DecodingError):
        return None
    if source.kind is Kind.NOTEBOOK:
        cells = cell_texts(text)
        if cell is None or cell >= len(cells):
            return None
        text = cells[cell]
    return Syntax(source, text, cell)


def _without_magic(line: str) -> str:
    return _MAGIC.sub(r"\g<indent>pass", line) if _MAGIC.fullmatch(line) else line


def _suites(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        yield from _own_suites(node)


def _suites_of(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The suites right below a statement, those of its handlers and cases, too."""
    yield from _own_suites(statement)
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield from _own_suites(part)


def _own_suites(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        suite = getattr(node, name, None)
        if isinstance(suite, list):
            yield suite


def _written(node: ast.expr) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((node.id, *reversed(parts)))
