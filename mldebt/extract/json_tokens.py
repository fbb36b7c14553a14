"""JSON text cut into tokens with their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""[ \t\n\r\f\v\ufeff]*(?:
    (?P<string>"[^"\\]*(?:\\.[^"\\]*)*")
  | (?P<number>-?(?:Infinity\b|[0-9][0-9.eE+-]*))
  | (?P<word>[A-Za-z_]\w*)
  | (?P<mark>[\[\]{},:])
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<end>\Z)
  )""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of JSON: `kind` is string, number, word, comment, end, invalid, or the mark itself."""

    kind: str
    text: str
    start: int
    end: int


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of a text; the last one is of kind end or invalid, and repeats forever."""
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            invalid = Token("invalid", text[position : position + 1], position, position)
            while True:
                yield invalid
        kind = match.lastgroup
        token = match[kind]
        position = match.end()
        yield Token(token if kind == "mark" else kind, token, match.start(kind), position)
