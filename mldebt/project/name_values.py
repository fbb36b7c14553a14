"""Values of names: what their bindings hold, in the file, in others, and in calls of the functions around them."""

from __future__ import annotations

from collections.abc import Sequence

from mldebt.facts import Binding, Class, Function, Param, Ref, Seq
from mldebt.plain_facts import hides_arguments, imported_name
from mldebt.project import library
from mldebt.project.callers import argument_for, class_around
from mldebt.project.containers import item, items_of
from mldebt.project.decisions import outcome
from mldebt.project.frames import NO_FRAME, Argument, Frame, Parameter
from mldebt.project.names import Symbol
from mldebt.project.operator_values import OperatorValues
from mldebt.project.qualify import LOOP_CARRIED
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Role
from mldebt.values import (
    ROOT,
    Definition,
    External,
    Gap,
    Instance,
    Items,
    Known,
    Value,
    alternatives,
    choice,
    each,
)

_MOST_CALLERS = 40


class NameValues(OperatorValues):
    """Knows variables, imports, globals and parameters."""

    def _ref(self, source: SourceFacts, expr: Ref, frame: Frame) -> Value:
        if not expr.bindings:
            return self._unbound(source, expr.name)
        if expr.name in ("product", "upstream"):
            data = self.project.frameworks.workflow_data(source, expr.name, self._function(source, expr))
            if data is not None:
                return data
        values: list[Value] = [
            Gap("loop", expr.name) if index == LOOP_CARRIED else self.binding(source, index, frame)
            for index in self._reaching(source, expr, frame)
        ]
        first = expr.bindings[0]
        if first >= 0 and source.facts.bindings[first].block == 0:
            values += self._rebound(source, expr.name)
        return values[0] if len(values) == 1 else choice(values)

    def _function(self, source: SourceFacts, expr: Ref) -> str:
        """The function whose parameter (or variable) a name is; empty for a module's."""
        index = expr.bindings[0]
        function = source.function_of(source.facts.bindings[index].block) if index >= 0 else None
        return function.name if function else ""

    def _reaching(self, source: SourceFacts, expr: Ref, frame: Frame) -> Sequence[int]:
        """The bindings of a name that are made on the way that a call takes through its function."""
        if len(expr.bindings) < 2 or frame is NO_FRAME or source.path not in frame.paths:
            return expr.bindings
        bindings = source.facts.bindings
        kept: list[int] = []
        latest = 0  # whatever was there before is replaced
        for index in expr.bindings:
            binding = bindings[index] if index >= 0 else None
            if binding is not None and binding.kind != "parameter":
                found = outcome(self, source, binding.block, binding.span.line, frame)
                if found is False:
                    continue
                if found and binding.kind != "augmented":
                    latest = max(latest, binding.span.line)
            kept.append(index)
        kept = [index for index in kept if index < 0 or bindings[index].span.line >= latest]
        return kept or expr.bindings

    def _unbound(self, source: SourceFacts, name: str) -> Value:
        if name == "__file__":
            return Known(ROOT + source.path)
        symbol = self.names.symbol(source, f":{name}") if source.star_modules else None
        return External(name) if symbol is None else self._symbol(symbol)

    def _rebound(self, source: SourceFacts, name: str) -> list[Value]:
        """What functions bind to a module's name with `global`."""
        return [
            self.binding(source, index, NO_FRAME) for index in self.project.global_bindings(source).get(name, ())
        ]

    def binding(self, source: SourceFacts, index: int, frame: Frame) -> Value:
        """What a binding gives its name."""
        key = (source.path, index)
        if key in frame.given:
            return self._given(frame, key)
        binding = source.facts.bindings[index]
        if binding.block == 0 or source.path not in frame.paths:
            frame = NO_FRAME
        known = self._bindings if frame is NO_FRAME else frame.bindings
        if key not in known:
            known[key] = Gap("cycle", binding.name)
            known[key] = self._binding(source, binding, index, frame)
        return known[key]

    def _given(self, frame: Frame, key: Parameter) -> Value:
        """A parameter of a frame, worked out where the call stands when it is first needed."""
        frame.used = True
        frame.touched.add(key)
        given = frame.given[key]
        if not isinstance(given, Argument):
            return given
        frame.given[key] = Gap("cycle") if given.instance is None else given.instance
        depth, self._depth = self._depth, given.depth
        try:
            value = self.value(given.source, given.expr, given.frame)
        finally:
            self._depth = depth
        if given.instance is not None and not all(isinstance(o, Instance) for o in alternatives(value)):
            value = given.instance
        frame.given[key] = value
        return value

    def _binding(self, source: SourceFacts, binding: Binding, index: int, frame: Frame) -> Value:
        match binding.kind:
            case "import":
                return self._imported(source, binding)
            case "function":
                return Definition("function", source.path, binding.index)
            case "class":
                return Definition("class", source.path, binding.index)
            case "parameter":
                return self._parameter(source, binding, index)
            case "for":
                if binding.value is None:
                    return Gap("loop", binding.name)
                items = items_of(self.value(source, binding.value, frame), binding.name)
                return self._unpacked(items, binding)
            case "except" | "delete" | "case":
                return Gap("name", binding.name)
        if binding.value is None:
            return Gap("name", binding.name)
        value = self.value(source, binding.value, frame)
        if isinstance(value, Items) and value.kind == "list" and isinstance(binding.value, Seq):
            return self._filled(source, index, value, frame)
        return self._unpacked(value, binding)

    def _filled(self, source: SourceFacts, index: int, value: Items, frame: Frame) -> Value:
        """A list with what is appended to it: in order where that is certain, else as one of several."""
        calls = source.appends.get(index, ())
        if not calls:
            return value
        block = source.facts.bindings[index].block
        added = [self.value(source, call.args[0], frame) for call in calls]
        if all(call.block == block for call in calls):
            return Items(value.kind, (*value.items, *added))
        return Items(value.kind, (choice([*value.items, *added]),))

    def _unpacked(self, value: Value, binding: Binding) -> Value:
        for position in binding.path:
            value = each(value, lambda option, p=position: item(option, p))  # type: ignore[misc]
        return value

    def _imported(self, source: SourceFacts, binding: Binding) -> Value:
        name = imported_name(source.facts.imports[binding.index])
        symbol = self.names.symbol(source, name)
        return External(name) if symbol is None else self._symbol(symbol)

    def _symbol(self, symbol: Symbol) -> Value:
        fact = symbol.fact
        if fact is None:
            value: Value = Definition("module", symbol.source.path)
        elif isinstance(fact, Function):
            value = Definition("function", symbol.source.path, symbol.source.index_of(fact))
        elif isinstance(fact, Class):
            value = Definition("class", symbol.source.path, symbol.source.index_of(fact))
        else:
            value = self.global_name(symbol.source, fact.name)
        for name in symbol.rest:
            value = self.attribute(value, name)
        return value

    def global_name(self, source: SourceFacts, name: str) -> Value:
        """What a module-level name can be for those who import it."""
        indexes = source.bindings_by_scope.get(0, {}).get(name, [])
        live = [self.binding(source, i, NO_FRAME) for i in indexes]
        return choice([*live, *self._rebound(source, name)])

    # --- parameters ---

    def _parameter(self, source: SourceFacts, binding: Binding, index: int) -> Value:
        function = source.function_of(binding.block)
        if function is None:
            return Gap("parameter", binding.name)
        position = next((i for i, p in enumerate(function.params) if p.binding == index), -1)
        if position < 0:
            return Gap("parameter", binding.name)
        param = function.params[position]
        owner = class_around(source, source.facts.blocks[binding.block].parent)
        method = owner is not None and not library.is_static(source, function)
        if owner is not None and method and position == 0:
            return Instance(source.path, source.index_of(owner))
        bound = self.project.bound_parameter(source, function, param)
        if bound is not None:
            return bound
        return self._passed(source, function, param, method)

    def _passed(self, source: SourceFacts, function: Function, param: Param, method: bool) -> Value:
        """The union of what all callers pass, and the default."""
        values: list[Value] = []
        callers = self.callers.of(source, function.qualname)
        if not source.source.is_any(Role.TEST):  # what tests pass says nothing about the code itself
            callers = tuple(caller for caller in callers if not caller.source.source.is_any(Role.TEST))
        default = None if param.default is None else self.value(source, param.default)
        uses_default = not callers
        for caller in callers[:_MOST_CALLERS]:
            argument = argument_for(function, param.name, caller.call, method)
            if argument is not None:
                values.append(self.value(caller.source, argument))
            elif hides_arguments(caller.call):
                values.append(Gap("parameter", param.name))
            else:
                uses_default = True
        if len(callers) > _MOST_CALLERS:
            values.append(Gap("many", param.name))
        if uses_default:
            values.append(Gap("parameter", param.name) if default is None else default)
        return choice(values, by_caller=len({caller.source.path for caller in callers}) > 1)

    handlers = {**OperatorValues.handlers, Ref: _ref}
