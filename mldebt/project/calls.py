"""Finding calls by what they call."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import NamedTuple

from mldebt.facts import Attr, Call, Expr, Star
from mldebt.plain_facts import hides_arguments
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Location

TypeOf = Callable[[SourceFacts, Expr], str]


class Site(NamedTuple):
    """A call and the source that it stands in. `name` is the qualified name it was found by."""

    source: SourceFacts
    call: Call
    name: str

    @property
    def location(self) -> Location:
        """The place of the call."""
        return self.source.location(self.call.span)

    def argument(self, position: int | None, *keywords: str) -> Expr | None:
        """The argument at a position (without `self`) or under one of the names; None if it is not there.

        What comes through `*args` or `**kwargs` is not found: see `hides_arguments`.
        """
        for keyword in self.call.keywords:
            if keyword.name in keywords:
                return keyword.value
        if position is not None and position < len(self.call.args) and not self._starred(position):
            return self.call.args[position]
        return None

    @property
    def hides_arguments(self) -> bool:
        """Whether `*args` or `**kwargs` may pass more than can be seen."""
        return hides_arguments(self.call)

    def _starred(self, before: int) -> bool:
        return any(isinstance(arg, Star) for arg in self.call.args[: before + 1])


class Calls:
    """An index of what each source calls, so that a question looks into the few files that can answer it."""

    def __init__(self, sources: Sequence[SourceFacts], type_of: TypeOf) -> None:
        self._sources = sources
        self._type_of = type_of
        self._matching: dict[str, tuple[str, ...]] = {}

    def find(self, patterns: tuple[str, ...]) -> Iterator[Site]:
        """The calls of anything that matches one of the patterns, by path and place.

        A pattern is a qualified name, with `*` for any characters: `pandas.read_csv`, `subprocess.*`. Methods are
        found through the receiver's type (`pandas.DataFrame.to_csv`); `*.fit` finds every method of that name.
        """
        plain = frozenset(pattern for pattern in patterns if "*" not in pattern)
        wild = tuple(pattern for pattern in patterns if "*" in pattern)
        methods = frozenset(pattern.rpartition(".")[2] for pattern in patterns)
        names = plain.union(*(self._names_like(pattern) for pattern in wild))
        by_name, by_method = self._by_name, self._by_method
        calling = {position for method in methods for position in by_method.get(method, ())}
        positions = calling.union(*(by_name.get(name, ()) for name in names))
        called = methods.union(name.rpartition(".")[2].rpartition(":")[2] for name in names)
        for position in sorted(positions):
            source = self._sources[position]
            index = source.calls_by_name
            for number in sorted(number for name in called.intersection(index) for number in index[name]):
                call = source.facts.calls[number]
                name = call.name
                if not name and position in calling and type(call.func) is Attr and call.func.name in methods:
                    receiver = self._type_of(source, call.func.base)
                    name = f"{receiver}.{call.func.name}" if receiver else f"?.{call.func.name}"
                if name and (name in plain or _matches(name, wild)):
                    yield Site(source, call, name)

    def _names_like(self, pattern: str) -> tuple[str, ...]:
        if pattern not in self._matching:
            last = pattern.rpartition(".")[2]
            names = (
                self._beginning_with(pattern.partition("*")[0]) if "*" in last else self._by_last.get(last, ())
            )
            self._matching[pattern] = tuple(name for name in names if fnmatchcase(name, pattern))
        return self._matching[pattern]

    def _beginning_with(self, prefix: str) -> Sequence[str]:
        """The names that begin so."""
        names = self._sorted
        start = bisect_left(names, prefix)
        return names[start : bisect_left(names, prefix + chr(sys.maxunicode), start)] if prefix else names

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._by_name)

    @cached_property
    def _by_last(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self._by_name:
            found.setdefault(name.rpartition(".")[2], []).append(name)
        return found

    @cached_property
    def _by_name(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = {}
        for position, source in enumerate(self._sources):
            for name in source.facts.header.names:
                found.setdefault(name, []).append(position)
        return found

    @cached_property
    def _by_method(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = {}
        for position, source in enumerate(self._sources):
            for name in source.facts.header.methods:
                found.setdefault(name, []).append(position)
        return found


@lru_cache(maxsize=65_536)
def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
