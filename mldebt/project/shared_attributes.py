"""Attributes of modules and shared objects through which functions hand tables and fitted models on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Called, Expr, Import, Ref, Store
from mldebt.plain_facts import imported_name
from mldebt.project.branches import written
from mldebt.project.global_state import LEARNERS, is_startup
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Location, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_FITS = frozenset({"fit", "fit_transform", "partial_fit"})
_OBJECTS = frozenset({"types.SimpleNamespace", "argparse.Namespace"})


class SharedAttribute(NamedTuple):
    """A function puts a table, split or fitted model into `name` (`settings.rows`), and others read it there."""

    source: SourceFacts
    store: Store
    name: str
    role: str
    readers: tuple[Location, ...]


def shared_attributes(project: Project) -> Iterator[SharedAttribute]:
    """The attributes of imported modules, and of objects at the top of a file, that functions fill for each other.

    What is filled only where it is still empty, or when a service starts, is left out.
    """
    for source in project.code:
        if source.source.is_any(Role.TEST, Role.NOTEBOOK):
            continue
        for store in source.facts.stores:
            target = store.target
            if (
                store.operator != "="
                or store.path
                or not isinstance(target, Attr)
                or not isinstance(target.base, Ref)
            ):
                continue
            scope = source.scope_of(store.block)
            home = _home(project, source, target.base)
            if home is None or source.function_of(scope) is None:
                continue
            role = _role(project, source, store)
            if not role or is_startup(source, scope) or _asks(source, scope, target):
                continue
            readers = tuple(_readers(project, source, scope, target, home))
            if readers:
                yield SharedAttribute(source, store, written(target), role, readers)


def _home(project: Project, source: SourceFacts, base: Ref) -> SourceFacts | None:
    """The module of the project that a name means, or the file itself for an object that its top level makes."""
    if len(base.bindings) != 1 or base.bindings[0] < 0:
        return None
    binding = source.facts.bindings[base.bindings[0]]
    if binding.kind == "import":
        return _module(project, source, source.facts.imports[binding.index])
    if binding.kind != "assign" or source.scope_of(binding.block) != 0 or not isinstance(binding.value, Called):
        return None
    made = source.facts.calls[binding.value.call]
    own = any(made.name == f":{cls.qualname}" for cls in source.facts.classes)
    return source if own or made.name in _OBJECTS else None


def _module(project: Project, source: SourceFacts, fact: Import) -> SourceFacts | None:
    """The project's module that an import binds as a whole."""
    if not fact.name:
        whole = fact.alias == fact.module or "." not in fact.module
        return project.names.module(source, fact.module) if whole else None
    return project.names.module(source, imported_name(fact))


def _role(project: Project, source: SourceFacts, store: Store) -> str:
    """What is stored: a table, the parts of a split, a model that is fitted there; else empty."""
    apis = project.flow.apis
    if apis.is_split(source, store.value):
        return "split"
    found = project.type_of(source, store.value)
    if apis.has_role(found, "frame", "series"):
        return "table"
    return "model" if apis.has_role(found, *LEARNERS) and _is_fitted(source, store) else ""


def _is_fitted(source: SourceFacts, store: Store) -> bool:
    scope, name = source.scope_of(store.block), written(store.target)
    value = store.value
    if isinstance(value, Called) and _is_fit(source.facts.calls[value.call]):
        return True
    held = written(value) if isinstance(value, Ref) else name
    return any(
        _is_fit(call) and isinstance(call.func, Attr) and written(call.func.base) in (name, held)
        for call in source.facts.calls
        if source.scope_of(call.block) == scope
    )


def _is_fit(call: Call) -> bool:
    return isinstance(call.func, Attr) and call.func.name in _FITS


def _asks(source: SourceFacts, scope: int, target: Attr) -> bool:
    """Whether the function looks first whether the attribute is still empty."""
    tests = (b.test for i, b in enumerate(source.facts.blocks) if b.kind == "if" and source.scope_of(i) == scope)
    return any(written(part) == written(target) for test in tests for part in walk(test))


def _readers(
    project: Project, source: SourceFacts, scope: int, target: Attr, home: SourceFacts
) -> Iterator[Location]:
    """The first place in each other function that reads the attribute through a name of the same module or object."""
    for other in project.code if home is not source else (source,):
        if other.source.is_any(Role.TEST) or target.name not in other.facts.words:
            continue
        seen: set[int] = set()
        for expr, block, place in _reads(other):
            reader = other.scope_of(block)
            if reader in seen or other.function_of(reader) is None or (other is source and reader == scope):
                continue
            same = (part for part in walk(expr) if isinstance(part, Attr) and part.name == target.name)
            bases = [part.base for part in same if isinstance(part.base, Ref)]
            homes = (base for base in bases if _home(project, other, base) is home)
            if any(home is not source or base == target.base for base in homes):
                seen.add(reader)
                yield place


def _reads(source: SourceFacts) -> Iterator[tuple[Expr, int, Location]]:
    for use in source.facts.uses:
        yield use.expr, use.block, source.location(use.span)
    for call in source.facts.calls:
        yield call.func, call.block, source.location(call.span)
        for argument in call.args:
            yield argument, call.block, source.location(call.span)
