"""The project: the facts of all sources, and what is linked from them on first use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from mldebt.facts import Call, Facts
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Location, Source


class Site(NamedTuple):
    """A call and the source that it stands in. `name` is the qualified name it was found by."""

    source: SourceFacts
    call: Call
    name: str

    @property
    def location(self) -> Location:
        """The place of the call."""
        return self.source.location(self.call.span)


class Project:
    """All sources below one root.

    `files` holds the paths of every file that discovery saw, analysed or not, relative to `root`.
    Linked views are computed once, on first use; none of them depends on the order of the sources.
    """

    def __init__(
        self, root: Path, facts: Iterable[tuple[Source, Facts]], files: Iterable[str] = ()
    ) -> None:
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

    @cached_property
    def by_path(self) -> Mapping[str, SourceFacts]:
        """All sources by path."""
        return self._sources
