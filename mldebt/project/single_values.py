"""Switches that have one value everywhere: parameters, attributes and settings whose other branch nothing selects."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Compare, Const, Expr, Function, Item, Param, Ref, Store
from mldebt.plain_facts import hides_arguments
from mldebt.project.branches import DeadSide, dead_sides
from mldebt.project.callers import Caller, argument_for
from mldebt.project.lookups import is_dynamic
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
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
        closed = list(self._closed())
        found: dict[str, list[SingleValue]] = defaultdict(list)
        called = self._called({function.name for _, function, _ in closed})
        for source, function, params in closed:
            drafts = self._drafts.get(function.name, frozenset()) - {source.path}
            calls = called[function.name].total() - sum(called[function.name][path] for path in drafts)
            callers = self._project.callers.of(source, function.qualname)
            if len(callers) != calls or all(c.source.source.is_any(Role.TEST) for c in callers):
                continue
            if not any(hides_arguments(c.call) for c in callers):
                for param in params:
                    found[function.name] += self._parameter(source, function, param, callers)
        handed_on = self._handed_on(frozenset(name for name, switches in found.items() if switches))
        for name, switches in found.items():
            yield from switches if name not in handed_on else ()

    def _closed(self) -> Iterator[tuple[SourceFacts, Function, list[Param]]]:
        """The functions that only their callers could know, with the parameters that they test."""
        for source in self._project.code:
            if source.path in self._entries:
                continue
            for function in source.facts.functions:
                name, defined = function.name, self._defined[function.name]
                if name.startswith("__") or not all(
                    isinstance(d, Ref) and d.name in _PLAIN for d in function.decorators
                ):
                    continue
                drafts = self._drafts.get(name, frozenset()) - {source.path}
                if defined.total() - sum(defined[path] for path in drafts) == 1:
                    params = [p for p in function.params if p.kind in ("positional", "keyword")]
                    tested = source.tests_by_name if params else {}
                    if params := [p for p in params if p.name in tested]:
                        yield source, function, params

    def _parameter(
        self, source: SourceFacts, function: Function, param: Param, callers: tuple[Caller, ...]
    ) -> Iterator[SingleValue]:
        scope = source.bindings_by_scope.get(function.block, {})
        if len(scope.get(param.name, ())) != 1:
            return
        value = self._passed(function, param, callers[0])
        if value is None or not isinstance(value.value, bool | int | str | None):
            return
        if any(self._passed(function, param, caller) != value for caller in callers[1:]):
            return

        def value_of(expr: Expr) -> Const | None:
            return value if isinstance(expr, Ref) and expr.bindings == (param.binding,) else None

        if not isinstance(value.value, bool) and not value.value and isinstance(value.value, str):
            return  # a text that is left out
        sides = tuple(
            (source, side)
            for side in dead_sides(source, value_of, param.name)
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
        value = self._project.value(caller.source, given) if _is_literal(caller.source, given) else None
        return Const(value.value) if isinstance(value, Known) else None

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

    def _called(self, names: Collection[str]) -> Mapping[str, Counter[str]]:
        """How often each file calls something of one of the names."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for source in self._project.code:
            for call in source.facts.calls:
                func = call.func
                if (type(func) is Attr or type(func) is Ref) and func.name in names:
                    found[func.name][source.path] += 1
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

    def _handed_on(self, names: frozenset[str]) -> set[str]:
        """Those of the names that are read other than by calling them, or by a string that may be looked up."""
        found: set[str] = set()
        for source in self._project.code if names else ():
            if not (names - found).isdisjoint(source.facts.words):
                found |= names.intersection(_read_or_named(source, any_text=False))
        dynamic = bool(names) and is_dynamic(self._project)
        for source in self._project.code if names - found else ():
            text = source.text()
            if any(name in text for name in names - found):
                found |= names.intersection(_read_or_named(source, any_text=dynamic))
        return found

    # --- attributes ---

    def _attributes(self) -> Iterator[SingleValue]:
        if any(_sets_any(site.call.args) for site in self._project.calls("setattr")):
            return
        stores: dict[str, list[tuple[SourceFacts, Store]]] = defaultdict(list)
        for source in self._project.code:
            for store in source.facts.stores:
                if isinstance(store.target, Attr):
                    stores[store.target.name].append((source, store))
        fixed = {name for name, places in stores.items() if "_" in name.strip("_") and _is_fixed(places)}
        mentioning: dict[str, list[SourceFacts]] = defaultdict(list)
        for source in self._project.code if fixed else ():
            here = fixed.intersection(source.facts.words)
            for name in here:
                mentioning[name].append(source)
            if here:
                fixed -= {k.name for call in source.facts.calls for k in call.keywords}
                fixed -= {b.name for b in source.facts.bindings if b.kind in ("parameter", "annotated")}
        for name in sorted(fixed):
            ((source, store),) = stores[name]
            yield from self._attribute(name, source, store.value, source.location(store.span), mentioning[name])

    def _attribute(
        self, name: str, source: SourceFacts, value: Expr, where: Location, readers: Sequence[SourceFacts]
    ) -> Iterator[SingleValue]:
        if not isinstance(value, Const):
            return

        def value_of(expr: Expr) -> Const | None:
            return (
                value
                if isinstance(expr, Attr) and expr.name == name and isinstance(expr.base, Ref | Attr)
                else None
            )

        sides = tuple((s, side) for s in readers for side in dead_sides(s, value_of, name))
        literal = {
            id(side.block) for s in {id(s): s for s, _ in sides}.values() for side in dead_sides(s, name=name)
        }
        sides = tuple((s, side) for s, side in sides if id(side.block) not in literal)
        if sides:
            yield SingleValue("attribute", name, value.value, source, where, (where,), sides)

    # --- settings ---

    def _settings(self) -> Iterator[SingleValue]:
        leaves = self._leaves
        found: dict[str, list[tuple[SourceFacts, DeadSide]]] = defaultdict(list)
        for source in self._project.code if leaves else ():
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


def _read_or_named(source: SourceFacts, *, any_text: bool) -> Iterator[str]:
    """The names that a file reads other than by calling them, and those that end texts: dotted ones, or any."""
    facts = source.facts
    exprs: list[Expr] = [a for call in facts.calls for a in call.args]
    exprs += [k.value for call in facts.calls for k in call.keywords]
    exprs += [b.value for b in facts.bindings if b.value is not None]
    exprs += [s.value for s in facts.stores] + [r.value for r in facts.returns]
    for part in (part for expr in exprs for part in walk(expr)):
        if type(part) is Ref or type(part) is Attr:
            yield part.name
        elif type(part) is Const and type(part.value) is str and (any_text or "." in part.value):
            yield part.value.rpartition(".")[2]


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


def _is_fixed(places: Sequence[tuple[SourceFacts, Store]]) -> bool:
    """Whether an attribute is set in one place, by an object of itself, to True or False."""
    store = places[0][1]
    base = store.target.base if isinstance(store.target, Attr) else None
    fixed = isinstance(store.value, Const) and isinstance(store.value.value, bool) and store.operator == "="
    return len(places) == 1 and fixed and isinstance(base, Ref) and base.name == "self"


def _sets_any(args: tuple[Expr, ...]) -> bool:
    """Whether a `setattr` sets an attribute that only running tells."""
    return len(args) > 1 and not isinstance(args[1], Const)
