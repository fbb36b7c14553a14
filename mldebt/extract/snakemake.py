"""Snakefiles to entries: rules with their directives, and the constants that stand beside them.

The entries form a document: `rules: {name: {directive: [values]}}`, `variables: {NAME: text}`, and the top-level
directives (`configfile`, `include`, `workdir`). A value that is no text of its own has the tag `!expression`; the
unknown parts of texts are written `${name}`.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from mldebt.extract.text import header_of, line_comments
from mldebt.facts import Entry, Facts
from mldebt.source import Span

_RULE = re.compile(r"(?P<indent>[ \t]*)(?:rule|checkpoint)(?:[ \t]+(?P<name>\w+))?[ \t]*:")
_DIRECTIVE = re.compile(r"(?P<indent>[ \t]*)(?P<name>[a-z_]+)[ \t]*:(?![=:])(?P<rest>.*)")
_TOP = frozenset({"configfile", "include", "workdir", "envvars", "container", "containerized"})
_BODY = frozenset({"run", "onstart", "onsuccess", "onerror"})
_MARKERS = frozenset(
    {
        "temp",
        "temporary",
        "protected",
        "directory",
        "ancient",
        "touch",
        "report",
        "local",
        "expand",
        "storage",
        "str",
    }
)
"""Functions that mark a path, or make several paths of one template: the path is their first argument."""

_MOST_ENTRIES = 20_000
EXPRESSION = "!expression"


def extract_snakemake(text: str) -> Facts:
    """The rules and constants of a Snakefile; Python code between the rules is left out."""
    reader = _Reader(text.split("\n"))
    reader.read()
    header = header_of(text, truncated=len(reader.entries) > _MOST_ENTRIES)
    return Facts.of(header, entries=reader.entries[:_MOST_ENTRIES], comments=line_comments(text))


class _Block(NamedTuple):
    """The lines of a directive: its indentation, its first line's number and column, and its text."""

    line: int
    column: int
    text: str


class _Reader:
    """Walks over the lines once, collecting entries."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.entries: list[Entry] = []
        self.rule: tuple[str | int, ...] = ()
        self.rule_indent = -1
        self.known: set[tuple[str | int, ...]] = set()

    def read(self) -> None:
        """Read all lines."""
        self.add((), "map", Span(1, 1, max(len(self.lines), 1), 1))
        number = 0
        while number < len(self.lines):
            number = self.line(number)

    def line(self, number: int) -> int:
        """Read what starts at a line; the number of the line after it."""
        text = self.lines[number]
        if not text.strip() or text.lstrip().startswith("#"):
            return number + 1
        indent = _width(text)
        if rule := _RULE.match(text):
            name = rule["name"] or f"rule at line {number + 1}"
            self.rule, self.rule_indent = ("rules", name), indent
            self.map_of(("rules",), number)
            self.add(self.rule, "map", Span(number + 1, indent + 1, number + 1, len(text) + 1))
            return number + 1
        if self.rule and indent <= self.rule_indent:
            self.rule, self.rule_indent = (), -1
        directive = _DIRECTIVE.match(text)
        if directive is None or not (self.rule or directive["name"] in _TOP):
            return self.constant(number, indent)
        end = self.end_of(number, indent)
        block = self.block(number, end, directive)
        path = (*self.rule, directive["name"])
        self.directive(path, block, is_body=directive["name"] in _BODY)
        return end

    def end_of(self, number: int, indent: int) -> int:
        """The line after a block: the first one that is not indented more deeply."""
        end = number + 1
        while end < len(self.lines) and (not self.lines[end].strip() or _width(self.lines[end]) > indent):
            end += 1
        return end

    def block(self, number: int, end: int, directive: re.Match[str]) -> _Block:
        rest = "\n".join([directive["rest"], *self.lines[number + 1 : end]])
        return _Block(number + 1, directive.start("rest") + 1, rest)

    def directive(self, path: tuple[str | int, ...], block: _Block, *, is_body: bool) -> None:
        """The values of a directive, numbered or by their names."""
        self.add(path, "seq", Span.at(block.line, block.column))
        if is_body:
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                call = ast.parse(f"f({block.text}\n)", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        if not isinstance(call, ast.Call):
            return
        values: list[tuple[str | int, ast.expr]] = [*enumerate(call.args)]
        values += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg]
        for key, value in values:
            for position, (text, tag) in enumerate(_texts(value)):
                place = key if position == 0 else f"{key}.{position}"
                self.scalar((*path, place), text, tag, self.span(block, value))

    def constant(self, number: int, indent: int) -> int:
        """`NAME = "text"` at the top level."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                body = ast.parse(self.lines[number]).body if indent == 0 else []
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return number + 1
        for statement in body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                for text, tag in _texts(statement.value):
                    if not tag:
                        self.map_of(("variables",), number)
                        span = Span(number + 1, 1, number + 1, len(self.lines[number]) + 1)
                        self.scalar(("variables", statement.targets[0].id), text, "", span)
        return number + 1

    def span(self, block: _Block, value: ast.expr) -> Span:
        """The place of a value, its columns counted in code points and from the start of the line."""
        last = value.end_lineno or value.lineno
        start = self.column(block, value.lineno, value.col_offset)
        end = self.column(block, last, value.end_col_offset or 0)
        return Span(block.line + value.lineno - 1, start, block.line + last - 1, end)

    def column(self, block: _Block, line: int, offset: int) -> int:
        """The column of a byte offset in a line of the call `f(…)` that the block was made into."""
        if line > 1:
            return _code_points(self.lines[block.line + line - 2], offset) + 1
        return _code_points(block.text.split("\n", 1)[0], offset - 2) + block.column

    def map_of(self, path: tuple[str | int, ...], number: int) -> None:
        if path not in self.known:
            self.add(path, "map", Span.at(number + 1))

    def add(self, path: tuple[str | int, ...], kind: str, span: Span) -> None:
        """Add a map or a list."""
        self.known.add(path)
        self.entries.append(Entry(path, kind, None, "", "", span, span))

    def scalar(self, path: tuple[str | int, ...], text: str, tag: str, span: Span) -> None:
        """Add a value."""
        self.entries.append(Entry(path, "scalar", text, text, tag, span, span))


def _code_points(text: str, offset: int) -> int:
    """The number of characters before an offset that counts bytes."""
    return len(text.encode("utf-8", "surrogatepass")[: max(offset, 0)].decode("utf-8", "ignore"))


def _width(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))


def _texts(value: ast.expr) -> Iterator[tuple[str, str]]:
    """The texts that a value holds, each with its tag."""
    match value:
        case ast.Constant(value=str(text)):
            yield text, ""
        case ast.Constant(value=constant):
            yield str(constant), ""
        case ast.JoinedStr(values=parts):
            yield "".join(_part(part) for part in parts), ""
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            pieces = [next(_texts(side), ("", EXPRESSION)) for side in (left, right)]
            yield "".join(f"${{{text}}}" if tag else text for text, tag in pieces), ""
        case ast.List(elts=items) | ast.Tuple(elts=items):
            for item in items:
                yield from _texts(item)
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in _MARKERS:
            yield from _texts(first)
        case ast.Name(id=name):
            yield f"${{{name}}}", ""
        case _:
            yield ast.unparse(value), EXPRESSION


def _part(part: ast.expr) -> str:
    """A part of an f-string: a literal brace stays one, a name becomes `${name}`."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    inner = part.value if isinstance(part, ast.FormattedValue) else part
    return f"${{{ast.unparse(inner)}}}"
