"""Edits to the bytes of a file. Nothing but the edited places changes: encoding, line ends, and everything in a
notebook around the edited cells stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from mldebt.extract.text import encoding_of
from mldebt.finding import Edit
from mldebt.notebook_positions import NotebookPositions
from mldebt.source import Kind, Location, Span

_LINE_END = re.compile(r"\r\n|\r|\n")


def rewritten(data: bytes, kind: Kind, edits: Iterable[Edit]) -> bytes:
    """The bytes with all edits made, whose places are those of the file before and do not overlap.

    Raises UnicodeError where the file's encoding lacks a character.
    """
    mark, encoding = encoding_of(data, kind)
    text = data[len(mark) :].decode(encoding)
    wanted = list(edits)
    if kind is Kind.NOTEBOOK and any(edit.location.cell is not None for edit in wanted):
        wanted = _in_file(text, wanted)
    return mark + _edited(text, wanted).encode(encoding)


def _edited(text: str, edits: Iterable[Edit]) -> str:
    ends = [match.end() for match in _LINE_END.finditer(text)]
    starts = [0, *ends]
    line_end = match[0] if (match := _LINE_END.search(text)) else "\n"

    def offset(line: int, column: int) -> int:
        if line > len(starts):
            return len(text)
        stop = starts[line] if line < len(starts) else len(text)
        return min(starts[line - 1] + column - 1, stop)

    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.location.span):
        span = edit.location.span
        start, end = offset(span.line, span.column), offset(span.end_line, span.end_column)
        parts += [text[done:start], edit.text.replace("\n", line_end)]
        done = max(end, done)
    return "".join([*parts, text[done:]])


def _in_file(text: str, edits: Iterable[Edit]) -> list[Edit]:
    """Edits of cells as edits of the JSON that holds the cells."""
    positions = NotebookPositions(text)
    lines = _LINE_END.split(text)
    found = []
    for edit in edits:
        cell, span = edit.location.cell, edit.location.span
        if cell is None:
            found.append(edit)
            continue
        start = positions.raw(cell, span.line, span.column)
        end = positions.raw(cell, span.end_line, span.end_column)
        place = Location(edit.location.path, Span(*start, *max(start, end)))
        found.append(Edit(place, _as_json(edit.text, lines[start[0] - 1])))
    return found


def _as_json(text: str, line: str) -> str:
    """A text as a part of the JSON string on a line; in a list of lines, each of its lines is an item."""
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    indent = line[: len(line) - len(line.lstrip())]
    if indent and line.lstrip().startswith('"') and not line.lstrip().startswith('"source"'):
        written = re.sub(r"(?<!\\)((?:\\\\)*)\\n", lambda match: f'{match[1]}\\n",\n{indent}"', written)
    return written


def overlap(one: Edit, other: Edit) -> bool:
    """Whether two different edits touch the same text, or insert at the same place."""
    first, second = one.location, other.location
    if one == other or (first.path, first.cell) != (second.path, second.cell):
        return False
    a, b = first.span, second.span
    start_a, end_a = (a.line, a.column), (a.end_line, a.end_column)
    start_b, end_b = (b.line, b.column), (b.end_line, b.end_column)
    return start_a == start_b or (start_a < end_b and start_b < end_a)
