"""Who calls a function or class of the project, and with what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from mldebt.facts import Attr, Call, Class, Expr, Function, Ref, Star
from mldebt.project.calls import TypeOf
from mldebt.project.names import Names, Symbol
from mldebt.project.source_facts import SourceFacts


class Caller(NamedTuple):
    """A call of a known function; `number` is its place in the source's calls."""

    source: SourceFacts
    number: int
    call: Call


class Callers:
    """Finds call sites by name first and resolves only the candidates."""

    def __init__(self, code: Sequence[SourceFacts], names: Names, type_of: TypeOf) -> None:
        self._code = code
        self._names = names
        self._type_of = type_of
        self._by_function: dict[tuple[str, str], tuple[Caller, ...]] = {}
        self._by_name: dict[str, dict[tuple[str, str], list[Caller]]] = {}

    def of(self, source: SourceFacts, qualname: str) -> tuple[Caller, ...]:
        """The calls that surely reach a function or class, by path and place.

        Methods are found through `self`, through their class and through receivers of a known type.
        """
        key = (source.path, qualname)
        if key not in self._by_function:
            self._by_function[key] = tuple(self._find(source, qualname))
        return self._by_function[key]

    def _find(self, source: SourceFacts, qualname: str) -> Sequence[Caller]:
        owner, _, last = qualname.rpartition(".")
        called = owner.rpartition(".")[2] if last == "__init__" else last
        if called not in self._by_name:
            self._by_name[called] = self._resolved(called)
        return self._by_name[called].get((source.path, owner if last == "__init__" else qualname), ())

    def _resolved(self, called: str) -> dict[tuple[str, str], list[Caller]]:
        """All calls of something of that name, by what they reach."""
        found: dict[tuple[str, str], list[Caller]] = defaultdict(list)
        for other in self._mentioning(called):
            for index in other.calls_by_name.get(called, ()):
                call = other.facts.calls[index]
                symbol = self.target(other, call)
                if symbol is not None and isinstance(symbol.fact, Function | Class) and not symbol.rest:
                    found[symbol.source.path, symbol.fact.qualname].append(Caller(other, index, call))
        return found

    def target(self, source: SourceFacts, call: Call) -> Symbol | None:
        """The function or class of the project that a call reaches, where that is certain."""
        if call.name:
            return self._names.symbol(source, call.name)
        func = call.func
        if isinstance(func, Ref) and not func.bindings:
            return self._names.symbol(source, f":{func.name}")  # through a star import
        if not isinstance(func, Attr):
            return None
        cls = self._class_around(source, func.base, call.block)
        if cls is not None:
            return self._names.method(source, cls, func.name)
        receiver = self._type_of(source, func.base)
        path, separator, name = receiver.partition(":")
        home = self._by_path.get(path) if separator else None
        found = home and home.classes_by_name.get(name)
        return self._names.method(home, found, func.name) if home and found else None

    def _class_around(self, source: SourceFacts, receiver: Expr, block: int) -> Class | None:
        """The class whose instance `self` (or `cls`) is at a place."""
        if not isinstance(receiver, Ref) or receiver.name not in ("self", "cls"):
            return None
        return class_around(source, block)

    @cached_property
    def _by_path(self) -> dict[str, SourceFacts]:
        return {source.path: source for source in self._code}

    def _mentioning(self, name: str) -> Iterable[SourceFacts]:
        return self._by_last_name.get(name, ())

    @cached_property
    def _by_last_name(self) -> dict[str, list[SourceFacts]]:
        found: dict[str, list[SourceFacts]] = defaultdict(list)
        for source in self._code:
            header = source.facts.header
            names = {name.rpartition(".")[2].rpartition(":")[2] for name in header.names}
            names.update(header.methods)
            if source.star_modules:
                names.update(source.facts.words)
            for name in names:
                found[name].append(source)
        return found


def class_around(source: SourceFacts, block: int) -> Class | None:
    """The innermost class around a block."""
    blocks = source.facts.blocks
    for ancestor in source.ancestors(block):
        if blocks[ancestor].kind == "class":
            return source.class_of(ancestor)
    return None


def argument_for(function: Function, name: str, call: Call, skip_first: bool) -> Expr | None:
    """The expression that a call passes for a parameter; None if it passes none that can be seen."""
    return arguments_for(function, call, skip_first).get(name)


def arguments_for(function: Function, call: Call, skip_first: bool) -> dict[str, Expr]:
    """The expressions that a call passes to a function, by parameter, as far as they can be seen."""
    names = [p.name for p in function.params if p.kind in ("positional", "positional-only")]
    found: dict[str, Expr] = {}
    for name, argument in zip(names[1:] if skip_first else names, call.args, strict=False):
        if isinstance(argument, Star):
            break
        found[name] = argument
    found.update((keyword.name, keyword.value) for keyword in reversed(call.keywords))
    return found
