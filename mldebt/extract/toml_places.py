"""Where the keys and values of a valid TOML text stand."""

from __future__ import annotations

import re
import tomllib
from typing import NamedTuple

from mldebt.extract.text import Lines
from mldebt.source import Span

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_KEY = re.compile(r"[ \t]*(\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\n]*")


class Place(NamedTuple):
    """Where a key and its value stand, and a scalar as written."""

    key: Span
    span: Span
    text: str = ""


def find_places(text: str) -> dict[Path, Place]:
    """The places of all tables, keys and values of a text that tomllib accepts, by path."""
    return _Scanner(text).run()


class _Scanner:
    """Reads a valid text from start to end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)
        self.position = 0
        self.table: Path = ()
        self.counts: dict[Path, int] = {}
        self.places: dict[Path, Place] = {(): Place(Span.at(1), self.lines.span(0, len(text)))}

    def run(self) -> dict[Path, Place]:
        """Read all tables and pairs."""
        while True:
            self.skip_blank()
            before = self.position
            if before >= len(self.text):
                return self.places
            if self.text[before] == "[":
                self.header()
            else:
                self.pair(self.table)
            if self.position == before:  # not TOML after all: stop rather than turn in circles
                return self.places

    def skip_blank(self) -> None:
        """Go on to what is neither white space nor a comment."""
        match = _BLANK.match(self.text, self.position)
        self.position = match.end() if match else self.position

    def header(self) -> None:
        """Read `[table]` or `[[table]]`."""
        start = self.position
        array = self.text.startswith("[[", start)
        self.position += 2 if array else 1
        names = self.key()
        path: Path = ()
        for number, (name, _) in enumerate(names, 1):
            path = (*path, name)
            if path in self.counts and not (array and number == len(names)):
                path = (*path, self.counts[path] - 1)
        self.position += 2 if array else 1
        if array:
            self.counts[path] = self.counts.get(path, 0) + 1
            self.note(path, names[-1:], start)
            path = (*path, self.counts[path] - 1)
        self.note(path, names[-1:], start)
        self.table = path

    def note(self, path: Path, names: list[tuple[str, Span]], start: int, text: str = "") -> None:
        """Remember the first place of a path."""
        span = self.lines.span(start, self.position)
        key = names[0][1] if names else Span.at(span.line, span.column)
        self.places.setdefault(path, Place(key, span, text))

    def key(self) -> list[tuple[str, Span]]:
        """Read a dotted key: its names and their places."""
        names: list[tuple[str, Span]] = []
        while match := _KEY.match(self.text, self.position):
            written = match[1]
            name = tomllib.loads(f"k = {written}")["k"] if written[0] in "\"'" else written
            names.append((str(name), self.lines.span(match.start(1), match.end(1))))
            self.position = match.end()
            if not self.text.startswith(".", self.position):
                break
            self.position += 1
        return names

    def pair(self, table: Path) -> None:
        """Read `key = value`."""
        names = self.key()
        if not names or not self.text.startswith("=", self.position):
            return
        self.position += 1
        self.skip_blank()
        start = self.position
        path = table
        for name, _ in names:
            path = (*path, name)
        text = self.value(path)
        for number in range(1, len(names)):
            self.note(path[: len(table) + number], names[number - 1 : number], start)
        self.note(path, names[-1:], start, text)

    def value(self, path: Path) -> str:
        """Read a value and return it as written if it is a scalar."""
        start = self.position
        opening = self.text[start : start + 1]
        if opening == "[":
            self.array(path)
            return ""
        if opening == "{":
            self.inline_table(path)
            return ""
        match = _STRING.match(self.text, start) or _BARE.match(self.text, start)
        text = match[0].rstrip() if match else ""
        self.position = start + len(text)
        return text

    def array(self, path: Path) -> None:
        """Read `[a, b]`."""
        self.position += 1
        number = 0
        while True:
            self.skip_blank()
            if self.position >= len(self.text):
                return
            if self.text[self.position] in "],":
                self.position += 1
                if self.text[self.position - 1] == "]":
                    return
                continue
            start = self.position
            text = self.value((*path, number))
            self.note((*path, number), [], start, text)
            number += 1
            if self.position == start:
                return

    def inline_table(self, path: Path) -> None:
        """Read `{a = 1, b = 2}`."""
        self.position += 1
        while True:
            self.skip_blank()
            if self.position >= len(self.text):
                return
            if self.text[self.position] in "},":
                self.position += 1
                if self.text[self.position - 1] == "}":
                    return
                continue
            start = self.position
            self.pair(path)
            if self.position == start:
                return
