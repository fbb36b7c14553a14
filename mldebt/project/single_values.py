"""Switches that have one value everywhere: parameters, attributes and settings whose other branch nothing selects."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Called, Compare, Const, Expr, Function, Item, Param, Ref
from mldebt.plain_facts import hides_arguments
from mldebt.project.branches import DeadSide, dead_sides
from mldebt.project.callers import Caller, argument_for
from mldebt.project.lookups import looks_up
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import names_in, walk
from mldebt.source import Kind, Location, Role
from mldebt.values import Document, Known

if TYPE_CHECKING:
    from mldebt.project.project import Project


_PLAIN = frozenset({"staticmethod", "classmethod"})
"""Decorators that hand a function to nobody."""


class SingleValue(NamedTuple):
    """A switch that is always `value`.

    `kind` is parameter, attribute or setting. `places` give the value, `sides` (each with its source) never run.
    """

    kind: str
    name: str
    value: object
    source: SourceFacts
    location: Location
    places: tuple[Location, ...]
    sides: tuple[tuple[SourceFacts, DeadSide], ...]


class SingleValues:
    """Finds such switches. Whatever could be set from outside the project's text is left out."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def all(self) -> tuple[SingleValue, ...]:
        """All single-valued switches."""
        root_of = self._project.subprojects.root_of
        found = (*self._parameters(), *self._attributes(), *self._settings())
        return tuple(switch for switch in found if root_of(switch.source.path) not in self._unreadable)

    # --- parameters ---

    def _parameters(self) -> Iterator[SingleValue]:
        for source in self._project.code:
            tested = {
                ref.name
                for block in source.facts.blocks
                if block.kind in ("if", "ternary")
                for ref in names_in(block.test)
            }
            for function in source.facts.functions:
                params = [p for p in function.params if p.name in tested and p.kind in ("positional", "keyword")]
                if params and self._is_closed(source, function):
                    callers = self._project.callers.of(source, function.qualname)
                    for param in params:
                        yield from self._parameter(source, function, param, callers)

    def _is_closed(self, source: SourceFacts, function: Function) -> bool:
        """Whether all calls of a function are known, and it is only ever called."""
        name = function.name
        if name.startswith("__") or name in self._handed_on:
            return False
        if any(not isinstance(d, Ref) or d.name not in _PLAIN for d in function.decorators):
            return False
        drafts = self._drafts.get(name, frozenset()) - {source.path}
        if self._defined[name].total() - sum(self._defined[name][path] for path in drafts) != 1:
            return False
        if source.path in self._entries:
            return False
        callers = self._project.callers.of(source, function.qualname)
        if all(caller.source.source.is_any(Role.TEST) for caller in callers):
            return False
        called = self._called[name].total() - sum(self._called[name][path] for path in drafts)
        return len(callers) == called and not any(hides_arguments(c.call) for c in callers)

    def _parameter(
        self, source: SourceFacts, function: Function, param: Param, callers: tuple[Caller, ...]
    ) -> Iterator[SingleValue]:
        scope = source.bindings_by_scope.get(function.block, {})
        if len(scope.get(param.name, ())) != 1:
            return
        values = {self._passed(function, param, caller) for caller in callers}
        if len(values) != 1:
            return
        (value,) = values
        if value is None or not isinstance(value.value, bool | int | str | None):
            return

        def value_of(expr: Expr) -> Const | None:
            return value if isinstance(expr, Ref) and expr.bindings == (param.binding,) else None

        if not isinstance(value.value, bool) and not value.value and isinstance(value.value, str):
            return  # a text that is left out
        sides = tuple(
            (source, side)
            for side in dead_sides(source, value_of)
            if not _only_raises(source, side) and _chooses(side.test, param.binding, value)
        )
        if sides:
            where = source.location(source.facts.bindings[param.binding].span)
            places = tuple(c.source.location(c.call.span) for c in callers)
            name = f"{function.name}({param.name})"
            yield SingleValue("parameter", name, value.value, source, where, places, sides)

    def _passed(self, function: Function, param: Param, caller: Caller) -> Const | None:
        """The constant that a call passes; None where it is not known."""
        is_method = (
            "." in function.qualname and bool(function.params) and function.params[0].name in ("self", "cls")
        )
        given = argument_for(function, param.name, caller.call, skip_first=is_method)
        if given is None:
            return param.default if isinstance(param.default, Const) else None
        if isinstance(given, Const):
            return given
        value = self._project.value(caller.source, given) if isinstance(given, Ref) else None
        return Const(value.value) if isinstance(value, Known) and _is_literal(caller.source, given) else None

    @cached_property
    def _unreadable(self) -> frozenset[str]:
        """The parts of the repository that have code which cannot be read: nobody knows what it calls."""
        return frozenset(
            self._project.subprojects.root_of(source.path)
            for source in self._project.code
            if any(problem.fatal for problem in source.facts.header.problems)
        )

    @cached_property
    def _entries(self) -> frozenset[str]:
        """The files whose functions others call by name: `torch.hub.load(repository, "function")`."""
        return frozenset(p.path for p in self._project.entry_points if p.kind == "hub")

    @cached_property
    def _called(self) -> Mapping[str, Counter[str]]:
        """How often each file calls something of a name."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for source in self._project.code:
            for call in source.facts.calls:
                if isinstance(call.func, Attr | Ref):
                    found[call.func.name][source.path] += 1
        return found

    @cached_property
    def _defined(self) -> Mapping[str, Counter[str]]:
        """How often each file defines a function of a name."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for source in self._project.code:
            for function in source.facts.functions:
                found[function.name][source.path] += 1
        return found

    @cached_property
    def _drafts(self) -> Mapping[str, frozenset[str]]:
        """The notebooks that define functions of a name for themselves, and mean those."""
        notebooks = {source.path for source in self._project.code if source.kind is Kind.NOTEBOOK}
        return {name: frozenset(paths) & notebooks for name, paths in self._defined.items()}

    @cached_property
    def _handed_on(self) -> frozenset[str]:
        """The names that are read other than by calling them, or that a string mentions that may be looked up."""
        found: set[str] = set()
        dynamic = any(looks_up(source, call) for source in self._project.code for call in source.facts.calls)
        for source in self._project.code:
            facts = source.facts
            exprs: list[Expr] = [a for call in facts.calls for a in call.args]
            exprs += [k.value for call in facts.calls for k in call.keywords]
            exprs += [b.value for b in facts.bindings if b.value is not None]
            exprs += [s.value for s in facts.stores] + [r.value for r in facts.returns]
            parts: list[Expr] = []
            for expr in exprs:
                if type(expr) is Attr and type(expr.base) is Ref:
                    parts += (expr, expr.base)
                elif type(expr) is not Called:
                    parts += (expr,) if type(expr) is Ref or type(expr) is Const else walk(expr)
            for part in parts:
                if type(part) is Ref or type(part) is Attr:
                    found.add(part.name)
                elif type(part) is Const and type(part.value) is str and (dynamic or "." in part.value):
                    found.add(part.value.rpartition(".")[2])
        return frozenset(found)

    # --- attributes ---

    def _attributes(self) -> Iterator[SingleValue]:
        if any(
            True
            for source in self._project.code
            for call in source.facts.calls
            if _sets_any(call.name, call.args)
        ):
            return
        stores = defaultdict(list)
        named = {k.name for source in self._project.code for call in source.facts.calls for k in call.keywords}
        for source in self._project.code:
            named.update(b.name for b in source.facts.bindings if b.kind in ("parameter", "annotated"))
            for store in source.facts.stores:
                if isinstance(store.target, Attr):
                    stores[store.target.name].append((source, store))
        for name, places in sorted(stores.items()):
            source, store = places[0]
            fixed = (
                isinstance(store.value, Const) and isinstance(store.value.value, bool) and store.operator == "="
            )
            if len(places) == 1 and fixed and "_" in name.strip("_") and name not in named:
                if not isinstance(store.target, Attr) or store.target.base != Ref(
                    "self", getattr(store.target.base, "bindings", ())
                ):
                    continue
                yield from self._attribute(name, source, store.value, source.location(store.span))

    def _attribute(self, name: str, source: SourceFacts, value: Expr, where: Location) -> Iterator[SingleValue]:
        if not isinstance(value, Const):
            return

        def value_of(expr: Expr) -> Const | None:
            return (
                value
                if isinstance(expr, Attr) and expr.name == name and isinstance(expr.base, Ref | Attr)
                else None
            )

        sides = tuple(
            (s, side) for s in self._project.code if _mentions(s, name) for side in dead_sides(s, value_of)
        )
        literal = {id(side.block) for s in {id(s): s for s, _ in sides}.values() for side in dead_sides(s)}
        sides = tuple((s, side) for s, side in sides if id(side.block) not in literal)
        if sides:
            yield SingleValue("attribute", name, value.value, source, where, (where,), sides)

    # --- settings ---

    def _settings(self) -> Iterator[SingleValue]:
        leaves = self._leaves
        found: dict[str, list[tuple[SourceFacts, DeadSide]]] = defaultdict(list)
        for source in self._project.code:
            known: dict[Expr, str] = {}

            def value_of(
                expr: Expr, source: SourceFacts = source, known: dict[Expr, str] = known
            ) -> Const | None:
                name = _last_key(expr)
                if name not in leaves or not isinstance(expr, Item | Attr):
                    return None
                if not isinstance(self._project.value(source, expr.base), Document):
                    return None
                known[expr] = name
                return Const(leaves[name][0])

            for side in dead_sides(source, value_of):
                names = {known[part] for part in walk(side.test) if part in known}
                for name in names:
                    found[name].append((source, side))
        for name, sides in sorted(found.items()):
            value, places = leaves[name]
            source = self._project.by_path[places[0].path]
            yield SingleValue("setting", name, value, source, places[0], places, tuple(sides))

    @cached_property
    def _leaves(self) -> dict[str, tuple[bool, tuple[Location, ...]]]:
        """The Boolean settings that at least two files give, all with the same value."""
        found: dict[str, list[tuple[object, Location]]] = defaultdict(list)
        for source in self._project.sources(Kind.YAML, Kind.TOML, Kind.JSON):
            for entry in source.facts.entries:
                if entry.kind == "scalar" and entry.path and not source.source.is_any(Role.TEST):
                    found[str(entry.path[-1])].append((entry.value, source.location(entry.span)))
        return {
            name: (value, tuple(place for _, place in given))
            for name, given in found.items()
            if len({place.path for _, place in given}) > 1
            and isinstance(value := given[0][0], bool)
            and all(other is value for other, _ in given)
        }


def _last_key(expr: Expr) -> str:
    if isinstance(expr, Attr):
        return expr.name
    if isinstance(expr, Item) and isinstance(expr.index, Const) and isinstance(expr.index.value, str):
        return expr.index.value
    return ""


def _is_literal(source: SourceFacts, expr: Expr) -> bool:
    """Whether a name is bound to a literal, once."""
    if not isinstance(expr, Ref) or len(expr.bindings) != 1 or expr.bindings[0] < 0:
        return False
    binding = source.facts.bindings[expr.bindings[0]]
    return binding.kind == "assign" and not binding.path and isinstance(binding.value, Const)


def _chooses(test: Expr, binding: int, value: Const) -> bool:
    """Whether a test treats a parameter as one of a few values: numbers and texts have to be compared for equality."""
    if isinstance(value.value, bool):
        return True
    return any(
        isinstance(part, Compare)
        and part.operator in ("==", "!=", "in", "not in")
        and isinstance(part.left, Ref)
        and binding in part.left.bindings
        for part in walk(test)
    )


def _only_raises(source: SourceFacts, side: DeadSide) -> bool:
    """Whether a side does nothing but refuse the value."""
    calls = [call for call in source.facts.calls if source.facts.blocks[call.block] is side.block]
    return side.block.size == 1 and any(call.name.endswith(("Error", "Exception")) for call in calls)


def _mentions(source: SourceFacts, name: str) -> bool:
    return name in source.facts.words


def _sets_any(name: str, args: tuple[Expr, ...]) -> bool:
    """Whether a call sets an attribute that only running tells."""
    return name == "setattr" and len(args) > 1 and not isinstance(args[1], Const)
