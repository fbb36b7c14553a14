"""Fingerprints of lines and functions, by which copies are found across files.

Both ignore what does not change the meaning: white space, comments, docstrings and lines of brackets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from keyword import kwlist
from zlib import crc32

from mldebt.facts import Block, Clone, Comment, Function

_FEWEST_LINES = 3
_NAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*)")
_QUOTES = re.compile(r"[rRbBuU]{0,2}(\"\"\"|'''|\"|')")
_WORD = re.compile(r"\w")
_KEYWORDS = {keyword: keyword for keyword in kwlist}


class Fingerprints:
    """The code of a text, line by line, without what does not count."""

    def __init__(
        self, text: str, comments: Sequence[Comment], functions: Sequence[Function], blocks: Sequence[Block]
    ) -> None:
        lines = text.split("\n")
        for comment in comments:
            line = comment.span.line - 1
            lines[line] = lines[line][: comment.span.column - 1]
        for function in functions:
            if function.docstring:
                _blank_docstring(lines, blocks[function.block].span.line)
        self._lines = ["".join(line.split()) if _WORD.search(line) else "" for line in lines]
        self._texts = lines
        self._functions = functions
        self._blocks = blocks

    def lines(self) -> list[int]:
        """For each line a digest of its code; 0 where it has none."""
        return [crc32(line.encode()) or 1 if line else 0 for line in self._lines]

    def clones(self) -> list[Clone]:
        """The fingerprints of the functions that are long enough to matter."""
        found = []
        for index, function in enumerate(self._functions):
            span = self._blocks[function.block].span
            code = [line for line in self._lines[span.line : span.end_line] if line]
            if len(code) >= _FEWEST_LINES:
                exact = crc32("\n".join(code).encode())
                words = "\n".join(self._texts[span.line - 1 : span.end_line])
                found.append(Clone(index, exact, crc32(_blind(words).encode()), len(code)))
        return found


def _blind(text: str) -> str:
    """A function's text with its names replaced by numbers, in order of their first appearance."""
    numbers = _Numbers(_KEYWORDS)
    parts = _NAME.split(text)  # each second one is a name
    parts[1::2] = map(numbers.__getitem__, parts[1::2])
    return "".join("".join(parts).split())


class _Numbers(dict[str, str]):
    """The number of each name; one that is new gets the next."""

    def __missing__(self, name: str) -> str:
        self[name] = number = f"_{len(self)}"
        return number


def _blank_docstring(lines: list[str], start: int) -> None:
    """Empty the lines of the docstring of the definition that starts on a line (1-based)."""
    for first in range(start, min(start + 40, len(lines))):
        stripped = lines[first].lstrip()
        match = _QUOTES.match(stripped)
        if match is None:
            continue
        quotes = match.group(1)
        last = first
        if quotes not in stripped[match.end() :]:
            last = next((n for n in range(first + 1, len(lines)) if quotes in lines[n]), first)
        for number in range(first, last + 1):
            lines[number] = ""
        return
