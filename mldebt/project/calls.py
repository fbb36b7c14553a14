"""Finding calls by what they call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from mldebt.facts import Attr, Call, Expr
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
        return any(not keyword.name for keyword in self.call.keywords) or self._starred(len(self.call.args))

    def _starred(self, before: int) -> bool:
        from mldebt.facts import Star

        return any(isinstance(arg, Star) for arg in self.call.args[: before + 1])


def find_calls(sources: Iterable[SourceFacts], patterns: tuple[str, ...], type_of: TypeOf) -> Iterator[Site]:
    """The calls of anything that matches one of the patterns, by path and place.

    A pattern is a qualified name, with `*` for any characters: `pandas.read_csv`, `subprocess.*`. Methods are
    found through the receiver's type (`pandas.DataFrame.to_csv`); `*.fit` finds every method of that name.
    """
    plain = frozenset(pattern for pattern in patterns if "*" not in pattern)
    wild = tuple(pattern for pattern in patterns if "*" in pattern)
    methods = frozenset(pattern.rpartition(".")[2] for pattern in patterns)
    for source in sources:
        header = source.facts.header
        known = plain.intersection(header.names) or any(_matches(name, wild) for name in header.names)
        typed = not methods.isdisjoint(header.methods)
        if not known and not typed:
            continue
        for call in source.facts.calls:
            name = call.name
            if not name and typed and type(call.func) is Attr and call.func.name in methods:
                receiver = type_of(source, call.func.base)
                name = f"{receiver}.{call.func.name}" if receiver else f"?.{call.func.name}"
            if name and (name in plain or _matches(name, wild)):
                yield Site(source, call, name)


@lru_cache(maxsize=65_536)
def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
