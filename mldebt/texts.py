"""The lines of sources, for reports, fingerprints and suppressions: few files, read only when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mldebt.extract.cells import cell_texts
from mldebt.extract.text import DecodingError, decode, unify_line_ends
from mldebt.source import Kind, Location, Source


class Texts:
    """Lines by place. A file that cannot be read has none."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self.lines = cache(self._lines)
        """The lines (without line ends) of a file or, with a cell index, of a notebook's cell."""

    def source(self, path: str) -> Source | None:
        """The source at a path."""
        return self._sources.get(path)

    def line(self, location: Location) -> str:
        """The first line of a location; empty where there is none."""
        return self.line_at(location.path, location.cell, location.span.line)

    def line_at(self, path: str, cell: int | None, number: int) -> str:
        """A line by its 1-based number; empty where there is none."""
        lines = self.lines(path, cell)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def _lines(self, path: str, cell: int | None) -> tuple[str, ...]:
        source = self._sources.get(path)
        if source is None:
            return ()
        try:
            data = source.read()
        except OSError:
            return ()
        try:
            text = decode(data, source.kind)
        except DecodingError:
            text = unify_line_ends(data.decode("utf-8", "replace"))
        if source.kind is Kind.NOTEBOOK and cell is not None:
            cells = cell_texts(text)
            text = cells[cell] if cell < len(cells) else ""
        return tuple(text.split("\n"))
