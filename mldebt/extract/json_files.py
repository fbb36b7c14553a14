"""JSON to entries: every value with its place."""

from __future__ import annotations

import json

from mldebt.extract.diagnose import conflict_line
from mldebt.extract.json_tokens import Token, tokenize
from mldebt.extract.text import Lines, header_of
from mldebt.facts import Entry, Facts, Problem
from mldebt.source import Span

MAX_ENTRIES = 20_000
"""Entries of one file beyond which the rest is dropped (and the header says so)."""

_MAX_DEPTH = 100


def extract_json(text: str) -> Facts:
    """The entries of a JSON file; `//` and `/* */` comments and trailing commas, which many tools allow, too."""
    walk = _Walk(text)
    problems: tuple[Problem, ...] = ()
    try:
        walk.run()
    except _NotJsonError as error:
        problems = (_problem(text, error),)
    header = header_of(text, comment=("//",), problems=problems, truncated=walk.truncated)
    return Facts.of(header, entries=walk.entries if not problems else [])


class _NotJsonError(ValueError):
    """The text is no JSON at an offset."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class _Walk:
    """Reads tokens into entries, in document order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)
        self.tokens = tokenize(text)
        self.entries: list[Entry] = []
        self.truncated = False
        self.current = self.advance()

    def run(self) -> None:
        """Read the one value of the file."""
        start = self.span(self.current)
        self.value((), Span.at(start.line, start.column), 0)
        if self.follows_on_new_line():
            self.truncated = True  # JSON Lines: records, of which the first shows what they are
        elif self.current.kind != "end" and not self.truncated:
            raise _NotJsonError("something follows the value", self.current.start)

    def follows_on_new_line(self) -> bool:
        """Whether another object or array starts on a line of its own after the value."""
        start = self.current.start
        line = self.text.rfind("\n", 0, start) + 1
        return self.current.kind in ("{", "[") and line > 0 and not self.text[line:start].strip()

    def advance(self) -> Token:
        """The next token that is no comment."""
        token = next(self.tokens)
        while token.kind == "comment":
            token = next(self.tokens)
        self.current = token
        return token

    def value(self, path: tuple[str | int, ...], key: Span, depth: int) -> None:
        """Read one value."""
        token = self.current
        if depth > _MAX_DEPTH:
            raise _NotJsonError("it is nested too deeply", token.start)
        if len(self.entries) >= MAX_ENTRIES:
            self.truncated = True
            return
        if token.kind in ("{", "["):
            index = len(self.entries)
            kind = "map" if token.kind == "{" else "seq"
            self.entries.append(Entry(path, kind, None, "", "", key, self.span(token)))
            end = self.items(path, depth, closing="}" if kind == "map" else "]")
            span = self.lines.span(token.start, end)
            self.entries[index] = Entry(path, kind, None, "", "", key, span)
        elif token.kind in ("string", "number", "word"):
            value = _scalar(token)
            text = value if isinstance(value, str) and token.kind == "string" else token.text
            self.entries.append(Entry(path, "scalar", value, text, "", key, self.span(token)))
            self.advance()
        else:
            raise _NotJsonError("a value is missing", token.start)

    def items(self, path: tuple[str | int, ...], depth: int, closing: str) -> int:
        """Read what stands in an object or an array; the offset after its end."""
        number = 0
        self.advance()
        while self.current.kind != closing:
            name: str | int = number
            key = self.span(self.current)
            if closing == "}":
                name = self.member_name()
            self.value((*path, name), key if closing == "}" else Span.at(key.line, key.column), depth + 1)
            number += 1
            if self.truncated:
                return self.current.end
            if self.current.kind == ",":
                self.advance()
            elif self.current.kind != closing:
                raise _NotJsonError(f"`,` or `{closing}` is missing", self.current.start)
        end = self.current.end
        self.advance()
        return end

    def member_name(self) -> str:
        """Read the name of an object's member and the colon after it."""
        token = self.current
        if token.kind != "string":
            raise _NotJsonError("a name in double quotes is missing", token.start)
        if self.advance().kind != ":":
            raise _NotJsonError("`:` is missing", self.current.start)
        self.advance()
        return str(_scalar(token))

    def span(self, token: Token) -> Span:
        """The span of a token."""
        return self.lines.span(token.start, token.end)


def _scalar(token: Token) -> None | bool | int | float | str:
    """The value of a token. Raises _NotJsonError."""
    try:
        value = json.loads(token.text, strict=False)
    except ValueError as error:
        raise _NotJsonError(f"`{token.text[:40]}` is no value", token.start) from error
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return token.text
    return None if value is None or isinstance(value, (list, dict)) else value


def _problem(text: str, error: _NotJsonError) -> Problem:
    line = 1 + text.count("\n", 0, error.offset)
    if not text.strip():
        return Problem("syntax-error", "is empty", Span.at(1))
    if conflict := conflict_line(text):
        return Problem("merge-conflict", "holds an unresolved merge conflict", Span.at(conflict))
    if "nested" in str(error):
        return Problem("limit-depth", f"cannot be read: {error}", Span.at(line))
    if "{{" in text or "{%" in text:
        return Problem("template", "is a template, not JSON", Span.at(line))
    return Problem("syntax-error", f"is not valid JSON: {error}", Span.at(line))
