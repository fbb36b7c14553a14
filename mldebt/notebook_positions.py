"""From a place in a notebook's cell to the place in the `.ipynb` file that holds it."""

from __future__ import annotations

import re

from mldebt.extract.json_tokens import Token, tokenize
from mldebt.extract.text import Lines, unify_line_ends

_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL
)


class NotebookPositions:
    """The places in the raw text of one notebook (as `mldebt.extract.text.decode` returns it, or not).

    A text that is no notebook has no cells: every place is then the first one of the file.
    """

    def __init__(self, text: str) -> None:
        self._text = unify_line_ends(text)
        self._lines = Lines(self._text)
        self._sources = _Scanner(self._text).sources()

    def raw(self, cell: int, line: int, column: int) -> tuple[int, int]:
        """The line and column in the file of a line and column (all 1-based) of a cell (0-based).

        A place beyond the end of its line, or of the cell, is the nearest one that exists.
        """
        strings = self._sources.get(cell)
        if strings is None:
            return 1, 1
        starts = [0]
        offsets: list[int] = []
        previous = ""
        for token in strings:
            for character, offset in _characters(token):
                if previous == "\r" and character == "\n":
                    previous = character
                    continue
                previous = character
                offsets.append(offset)
                if character in "\r\n":
                    starts.append(len(offsets))
        offsets.append(strings[-1].end - 1 if strings[-1].kind == "string" else strings[-1].start)
        first = starts[min(line, len(starts)) - 1]
        last = starts[line] - 1 if line < len(starts) else len(offsets) - 1
        return self._lines.place(offsets[min(first + column - 1, last)])


class _Scanner:
    """Finds the strings that are the sources of cells."""

    def __init__(self, text: str) -> None:
        self.tokens = tokenize(text)
        self.current = next(self.tokens)

    def sources(self) -> dict[int, list[Token]]:
        """The string tokens of each cell's source, by the cell's index; the token of an empty list, too."""
        found: dict[int, list[Token]] = {}
        path: list[str | int] = []
        count = 0
        while self.current.kind not in ("end", "invalid"):
            token = self.current
            self.current = next(self.tokens)
            if token.kind in ("{", "["):
                path.append("" if token.kind == "{" else 0)
                if _is_cell(path[:-1]):
                    count += 1
                elif token.kind == "[" and _is_source(path[:-1]):
                    found[count - 1] = [token]
            elif token.kind in ("}", "]"):
                if path:
                    path.pop()
            elif token.kind == ",":
                if path and isinstance(path[-1], int):
                    path[-1] += 1
            elif token.kind == "string" and self.current.kind == ":" and path and isinstance(path[-1], str):
                path[-1] = _decoded(token)
            elif token.kind == "string" and _is_source(path):
                found[count - 1] = [token]
            elif token.kind == "string" and path and isinstance(path[-1], int) and _is_source(path[:-1]):
                strings = found.setdefault(count - 1, [])
                found[count - 1] = [*(s for s in strings if s.kind == "string"), token]
            elif token.kind in ("string", "number", "word") and _is_cell(path):
                count += 1
        return found


def _is_cell(path: list[str | int]) -> bool:
    """Whether the value at a path is an item of the list of cells (of any version of the format)."""
    return (len(path) == 2 and path[0] == "cells" and isinstance(path[1], int)) or (
        len(path) == 4 and path[0] == "worksheets" and path[2] == "cells" and isinstance(path[3], int)
    )


def _is_source(path: list[str | int]) -> bool:
    return bool(path) and path[-1] in ("source", "input") and _is_cell(path[:-1])


def _decoded(token: Token) -> str:
    return "".join(character for character, _ in _characters(token))


def _characters(token: Token) -> list[tuple[str, int]]:
    """The characters of a string token, each with the offset where it is written."""
    if token.kind != "string":
        return []
    body, start = token.text[1:-1], token.start + 1
    found: list[tuple[str, int]] = []
    position = 0
    for match in _ESCAPE.finditer(body):
        found += [(body[i], start + i) for i in range(position, match.start())]
        found.append((_unescaped(match[0]), start + match.start()))
        position = match.end()
    found += [(body[i], start + i) for i in range(position, len(body))]
    return found


def _unescaped(escape: str) -> str:
    if len(escape) == 12:
        high, low = int(escape[2:6], 16), int(escape[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if escape.startswith("\\u") and len(escape) == 6:
        return chr(int(escape[2:], 16))
    return {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}.get(escape[1], escape[1])
