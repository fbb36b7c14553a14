"""Constants that look like switches and that nothing in the project ever sets to another value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binding, Call, Class, Const, Expr, Ref
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

_REWRITES = frozenset({"exec", "eval", "globals", "locals", "vars"})
_PATCHES = ("setattr", "*.setattr", "*.patch", "*.patch.object", "*.patch.dict")
_ITSELF = frozenset({"self", "cls"})


class Switch(NamedTuple):
    """A name at the top of a module, or of a class (`cls`), that is bound once, to `value`."""

    source: SourceFacts
    binding_index: int
    value: Const
    cls: Class | None = None

    @property
    def binding(self) -> Binding:
        """Where the switch gets its value."""
        return self.source.facts.bindings[self.binding_index]

    @property
    def is_amount(self) -> bool:
        """Whether the switch is a number that is also reckoned with, or handed on."""
        return type(self.value.value) is int and any(
            self.value_of(part) is not None
            for expr in self.source.passed_by_name.get(self.binding.name, ())
            for part in walk(expr)
        )

    def value_of(self, expr: Expr) -> Const | None:
        """The switch's value if an expression of its file reads it (see `branches.ValueOf`)."""
        if self.cls is None:
            return self.value if isinstance(expr, Ref) and expr.bindings == (self.binding_index,) else None
        if not isinstance(expr, Attr) or expr.name != self.binding.name or not isinstance(expr.base, Ref):
            return None
        on_class = expr.base.name in _ITSELF or expr.base.bindings == (self.cls.binding,)
        return self.value if on_class else None


class Switches:
    """The switches of a project. A name that is set from anywhere as an attribute is none."""

    def __init__(self, project: Project) -> None:
        self._set_elsewhere = set(_names_set_as_attributes(project))
        self._arguments: set[str] = set()
        self._class_attributes: dict[str, int] = {}
        for source in project.code:
            self._arguments.update(k.name for call in source.facts.calls for k in call.keywords)
            for cls in source.facts.classes:
                for name in source.bindings_by_scope.get(cls.block, ()):
                    self._class_attributes[name] = self._class_attributes.get(name, 0) + 1

    def of(self, source: SourceFacts) -> Iterator[Switch]:
        """The switches that a source binds."""
        calls, names = source.facts.calls, source.facts.header.names
        if _REWRITES.isdisjoint(names) or not any(_may_rebind(call) for call in calls):
            yield from self._of_module(source)
        if "setattr" not in names or all(_names_attribute(call) for call in calls if call.name == "setattr"):
            for cls in source.facts.classes:
                yield from self._of_class(source, cls)

    def _of_module(self, source: SourceFacts) -> Iterator[Switch]:
        rebound = {binding.name for binding in source.facts.bindings if binding.kind == "global"}
        stars = [fact.span.line for fact in source.facts.imports if fact.name == "*"]
        for switch in self._in_scope(source, 0, ("assign", "annotated")):
            line = switch.binding.span.line
            if switch.binding.name not in rebound and not any(star > line for star in stars):
                yield switch

    def _of_class(self, source: SourceFacts, cls: Class) -> Iterator[Switch]:
        """Annotated attributes are fields, classes with bases are set up by a framework: neither is constant."""
        if cls.bases or cls.decorators or cls.keywords:
            return
        for switch in self._in_scope(source, cls.block, ("assign",)):
            name = switch.binding.name
            if self._class_attributes[name] == 1 and name not in self._arguments:
                yield switch._replace(cls=cls)

    def _in_scope(self, source: SourceFacts, scope: int, kinds: tuple[str, ...]) -> Iterator[Switch]:
        for name, indexes in source.bindings_by_scope.get(scope, {}).items():
            binding = source.facts.bindings[indexes[0]]
            value = binding.value
            if (
                len(indexes) == 1
                and binding.block == scope
                and binding.kind in kinds
                and not binding.path
                and isinstance(value, Const)
                and (value.value is None or value.value in (0, 1) or isinstance(value.value, str))
                and name not in self._set_elsewhere
            ):
                yield Switch(source, indexes[0], value)


def _may_rebind(call: Call) -> bool:
    """Whether a call may set names of its own module; `vars(x)` looks at something else."""
    return call.name in _REWRITES and not (call.name == "vars" and call.args)


def _names_attribute(call: Call) -> bool:
    """Whether a `setattr` says which attribute it sets."""
    return len(call.args) > 1 and isinstance(call.args[1], Const)


def _names_set_as_attributes(project: Project) -> Iterator[str]:
    """Names set as an attribute of something (`train.FAST = True`), by `setattr` or by a test's patch."""
    for source in project.code:
        for store in source.facts.stores:
            if isinstance(store.target, Attr):
                yield store.target.name
    for site in project.calls(*_PATCHES):
        for argument in site.call.args[:2]:
            if isinstance(argument, Const) and isinstance(argument.value, str):
                yield argument.value.rpartition(".")[2]
