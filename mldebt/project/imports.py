"""Which files of the project a file imports, and which import it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from mldebt.facts import Attr, Import, Ref
from mldebt.plain_facts import imported_name
from mldebt.project.names import Names
from mldebt.project.source_facts import SourceFacts


class Imports:
    """The import graph of the project's Python files and notebooks, by path."""

    def __init__(self, code: Sequence[SourceFacts], names: Names) -> None:
        self._code = code
        self._names = names

    @cached_property
    def direct(self) -> Mapping[str, frozenset[str]]:
        """For each file the files that it imports itself; imports for type checkers alone do not count."""
        return {source.path: frozenset(self._imported(source)) - {source.path} for source in self._code}

    @cached_property
    def importers(self) -> Mapping[str, frozenset[str]]:
        """For each imported file the files that import it themselves."""
        found: dict[str, set[str]] = {}
        for path, imported in self.direct.items():
            for other in imported:
                found.setdefault(other, set()).add(path)
        return {path: frozenset(others) for path, others in found.items()}

    def reached_from(self, path: str) -> frozenset[str]:
        """A file and all that importing it imports."""
        return _closure(path, self.direct)

    def reaching(self, path: str) -> frozenset[str]:
        """A file and all files whose run imports it."""
        return _closure(path, self.importers)

    def files_of(self, source: SourceFacts, fact: Import) -> Iterator[str]:
        """The files of the project that one import statement names."""
        module = self._names.module(source, fact.module)
        if module is not None:
            yield module.path
        if fact.name and fact.name != "*":
            inner = self._names.module(source, imported_name(fact))
            if inner is not None:
                yield inner.path

    def _imported(self, source: SourceFacts) -> Iterator[str]:
        for fact in source.facts.imports:
            if not is_for_type_checkers(source, fact.block):
                yield from self.files_of(source, fact)


def is_for_type_checkers(source: SourceFacts, block: int) -> bool:
    """Whether nothing but type checkers reads a block."""
    for ancestor in source.ancestors(block) if block else ():
        guard = source.facts.blocks[ancestor]
        name = guard.test.name if isinstance(guard.test, Ref | Attr) else ""
        if guard.kind == "if" and name == "TYPE_CHECKING":
            return True
    return False


def _closure(start: str, edges: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found = {start}
    waiting = [start]
    while waiting:
        for path in edges.get(waiting.pop(), ()):
            if path not in found:
                found.add(path)
                waiting.append(path)
    return frozenset(found)
