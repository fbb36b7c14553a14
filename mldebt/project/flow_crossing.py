"""Following rows from one function to another: to what callers give, into what functions return, through attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mldebt.facts import Binding, Call, Called, Class, Const, Expr, Function, Map, Ref, Seq
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import PART, Trail

if TYPE_CHECKING:
    from mldebt.project.flow import Flow

_MOST_CALLERS = 4
_FURTHEST_CALLERS = 3
_DEEPEST_CALLS = 3
LAST = 10**9
"""A line behind all others."""


class Crossing:
    """The part of a walk that leaves and enters functions.

    `arguments` says what the parameters of the functions that were entered stand for.
    """

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.trail = Trail()
        self.arguments: dict[tuple[str, int], tuple[SourceFacts, Expr | None, int]] = {}
        self._entered: list[tuple[str, int]] = []
        self._callers = 0

    def follow(self, source: SourceFacts, expr: Expr | None, line: int) -> None:
        """Add the trail of an expression's rows."""
        raise NotImplementedError

    def leave(self, source: SourceFacts, index: int, binding: Binding) -> None:
        """Follow what callers, or the nodes of a pipeline, give for a parameter."""
        given = self.arguments.get((source.path, index))
        if given is not None:
            self.follow(*given)
            return
        function = source.function_of(binding.block) or _function_with(source, index)
        if function is None or self._callers >= _FURTHEST_CALLERS:
            return
        self._callers += 1
        callers = self.flow.project.callers.of(source, function.qualname)[:_MOST_CALLERS]
        producers = () if callers else self.flow.nodes.producers(source, function, index)
        if not callers and not producers and (named := PART.match(binding.name)):
            self.trail.parts.add("train" if named["part"].lower().startswith("tr") else "test")
        for caller in callers:
            argument = argument_of(function, index, caller.call)
            if argument is None:
                self.follow(source, _default(function, index), LAST)
            else:
                self.follow(caller.source, argument, caller.call.span.line)
        for home, producer, position in producers:
            self._callers -= 1  # a chain of nodes may be long
            self._returned(home, producer, position)
            self._callers += 1
        self._callers -= 1

    def enter(
        self, source: SourceFacts, call: Call, home: SourceFacts, function: Function, path: tuple[int, ...]
    ) -> None:
        """Follow what a function of the project returns, with its parameters standing for the arguments."""
        saved = dict(self.arguments)
        for param in function.params:
            given = argument_of(function, param.binding, call)
            self.arguments[(home.path, param.binding)] = (
                (source, given, call.span.line) if given is not None else (home, param.default, LAST)
            )
        self._returned(home, function, path)
        self.arguments = saved

    def enter_attribute(self, source: SourceFacts, base: Expr, name: str, line: int) -> bool:
        """Follow what methods store in an attribute of `self`, or of an object of the project; False if it is none."""
        if not isinstance(base, Ref):
            return False
        if base.name == "self":
            self._own_attribute(source, base, name)
            return True
        path, separator, qualname = self.flow.project.type_of(source, base).partition(":")
        home = self.flow.project.source(path) if separator else None
        cls = home and next((c for c in home.facts.classes if c.qualname == qualname), None)
        if home is None or not isinstance(cls, Class):
            return False
        stores = home.self_stores.get((cls.block, name), ())
        for store in stores:
            if not store.path:
                self.follow(home, store.value, store.span.line)
        return bool(stores)

    # --- inside ---

    def _returned(self, home: SourceFacts, function: Function, path: tuple[int | str, ...]) -> None:
        key = (home.path, function.block)
        if key in self._entered or len(self._entered) > _DEEPEST_CALLS:
            return
        self._entered.append(key)
        for value in home.returns_by_function.get(function.block, ()):
            item = value
            if path and isinstance(value, Seq) and isinstance(path[0], int) and path[0] < len(value.items):
                item = value.items[path[0]]
            elif path and isinstance(value, Map) and Const(path[0]) in value.keys:
                item = value.values[value.keys.index(Const(path[0]))]
            elif path and isinstance(path[0], int) and self.flow.apis.is_split(home, value):
                self.trail.parts.add("test" if path[0] % 2 else "train")
                if isinstance(value, Called):
                    self.trail.divided.add((home.path, value.call))
                continue
            self.follow(home, item, LAST)
        self._entered.pop()

    def _own_attribute(self, source: SourceFacts, base: Ref, name: str) -> None:
        for index in base.bindings[:1]:
            block = source.facts.bindings[index].block if index >= 0 else 0
            for ancestor in source.ancestors(block):
                for store in source.self_stores.get((ancestor, name), ()):
                    if not store.path:
                        self.follow(source, store.value, store.span.line)
                    elif self.flow.apis.is_split(source, store.value) and isinstance(store.value, Called):
                        self.trail.parts.add("test" if store.path[0] % 2 else "train")
                        self.trail.divided.add((source.path, store.value.call))
                    elif isinstance(store.value, Seq) and store.path[0] < len(store.value.items):
                        self.follow(source, store.value.items[store.path[0]], store.span.line)


def argument_of(function: Function, binding: int, call: Call) -> Expr | None:
    """What a call gives to the parameter with a binding."""
    position = next((i for i, param in enumerate(function.params) if param.binding == binding), None)
    if position is None:
        return None
    name = function.params[position].name
    for keyword in call.keywords:
        if keyword.name == name:
            return keyword.value
    if function.params[0].name in ("self", "cls"):
        position -= 1
    return call.args[position] if 0 <= position < len(call.args) else None


def _default(function: Function, binding: int) -> Expr | None:
    return next((param.default for param in function.params if param.binding == binding), None)


def _function_with(source: SourceFacts, binding: int) -> Function | None:
    return next((f for f in source.facts.functions if any(p.binding == binding for p in f.params)), None)
