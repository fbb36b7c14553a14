"""Apply edits to a text."""

from __future__ import annotations

from collections.abc import Iterable

from mldebt.finding import Edit
from mldebt.source import Span


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text (LF line ends) with all edits made; their locations are those of the text before.

    Of two edits that overlap the later one is left out; the same edit twice is made once.
    """
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    result: list[str] = []
    done = 0
    for edit in sorted(set(edits), key=lambda edit: (edit.location.span, edit.text)):
        start, end = _offsets(starts, edit.location.span, len(text))
        if start < done:
            continue
        result += [text[done:start], edit.text]
        done = end
    return "".join([*result, text[done:]])


def _offsets(starts: list[int], span: Span, length: int) -> tuple[int, int]:
    start = starts[min(span.line, len(starts)) - 1] + span.column - 1
    end = starts[min(span.end_line, len(starts)) - 1] + span.end_column - 1
    return min(start, length), min(end, length)
