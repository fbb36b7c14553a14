"""The project: the facts of all sources, and what is linked from them on first use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mldebt.facts import Expr, Facts
from mldebt.project.calls import Site, find_calls
from mldebt.project.names import Names, is_code
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Source

if TYPE_CHECKING:
    import libcst

    from mldebt.project.types import Types


class Project:
    """All sources below one root.

    `files` holds the paths of every file that discovery saw, analysed or not, relative to `root`.
    Linked views are computed once, on first use; none of them depends on the order of the sources.
    """

    def __init__(self, root: Path, facts: Iterable[tuple[Source, Facts]], files: Iterable[str] = ()) -> None:
        self.root = root
        ordered = sorted(facts, key=lambda pair: pair[0].path)
        self._sources: dict[str, SourceFacts] = {s.path: SourceFacts(s, f) for s, f in ordered}
        self.files = frozenset(files) | frozenset(self._sources)

    def sources(self, *kinds: Kind) -> Iterator[SourceFacts]:
        """The sources of the given kinds (all if none is given), by path."""
        for source in self._sources.values():
            if not kinds or source.kind in kinds:
                yield source

    def source(self, path: str) -> SourceFacts | None:
        """The source at a path relative to the root."""
        return self._sources.get(path)

    @property
    def by_path(self) -> Mapping[str, SourceFacts]:
        """All sources by path."""
        return self._sources

    @cached_property
    def code(self) -> tuple[SourceFacts, ...]:
        """The Python files and notebooks, by path."""
        return tuple(source for source in self._sources.values() if is_code(source))

    # --- names and calls ---

    @cached_property
    def names(self) -> Names:
        """What module names and qualified names stand for."""
        return Names(self._sources)

    @cached_property
    def types(self) -> Types:
        """The types of expressions, where a constructor or a library call tells them."""
        from mldebt.project.types import Types

        return Types(self.names)

    def type_of(self, source: SourceFacts, expr: Expr) -> str:
        """The qualified type of an expression (`pandas.DataFrame`); empty where it is not known."""
        return self.types.of(source, expr)

    def calls(self, *patterns: str) -> Iterator[Site]:
        """The calls of anything that matches one of the patterns (see `mldebt.project.calls`)."""
        return find_calls(self.code, patterns, self.type_of)

    # --- syntax, for rules that have narrowed down to a place ---

    def tree(self, source: SourceFacts) -> libcst.Module:
        """The libcst module of a Python source, parsed now. Raises OSError and libcst.ParserSyntaxError."""
        import libcst

        return libcst.parse_module(source.source.read())
