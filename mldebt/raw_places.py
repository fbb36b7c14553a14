"""Places as machines want them: paths in the repository, lines and columns in the file as it lies on disk.

In a notebook that is the line of the `.ipynb`, which is what reviews and annotations show.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mldebt.notebook_positions import NotebookPositions
from mldebt.source import Location, Span
from mldebt.texts import Texts


class RawPlaces:
    """Places below one root, in files."""

    def __init__(self, root: Path, texts: Texts) -> None:
        self._texts = texts
        self._prefix = repository_prefix(root)
        self._notebook = cache(self._positions)

    def path(self, location: Location) -> str:
        """The path relative to the root of the repository around the analysed root, with `/`."""
        return self._prefix + location.path

    def span(self, location: Location) -> Span:
        """The stretch of the file; columns are 1-based and count code points."""
        span = location.span
        if location.cell is None:
            return span
        positions = self._notebook(location.path)
        start = positions.raw(location.cell, span.line, span.column)
        end = positions.raw(location.cell, span.end_line, span.end_column)
        return Span(*start, *max(start, end))

    def utf16(self, location: Location) -> Span:
        """The same with columns that count UTF-16 units."""
        return self._in_units(location, "utf-16-le", 2)

    def utf8(self, location: Location) -> Span:
        """The same with columns that count bytes of UTF-8."""
        return self._in_units(location, "utf-8", 1)

    def text(self, location: Location) -> str:
        """The whole file, with LF line ends."""
        return "\n".join(self._texts.lines(location.path, None))

    def _in_units(self, location: Location, encoding: str, size: int) -> Span:
        span = self.span(location)

        def column(line: int, column: int) -> int:
            before = self._texts.line_at(location.path, None, line)[: column - 1]
            beyond = column - 1 - len(before)
            return len(before.encode(encoding, "surrogatepass")) // size + beyond + 1

        return Span(
            span.line, column(span.line, span.column), span.end_line, column(span.end_line, span.end_column)
        )

    def _positions(self, path: str) -> NotebookPositions:
        return NotebookPositions("\n".join(self._texts.lines(path, None)))


def cell_note(location: Location) -> str:
    """`cell 3, line 2: ` where the place is in a notebook, to stand before a message."""
    return "" if location.cell is None else f"cell {location.cell + 1}, line {location.span.line}: "


def repository_prefix(root: Path) -> str:
    """What a path relative to the root needs in front to be relative to the repository."""
    for place in (root, *root.parents):
        if (place / ".git").exists():
            below = root.relative_to(place).as_posix()
            return "" if below == "." else f"{below}/"
    return ""
