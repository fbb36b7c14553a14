"""From expressions to Values: what `project.value` asks.

A stack of classes, each of which knows one thing more: bounds and memory (`evaluation.py`), operators
(`operator_values.py`), names (`name_values.py`), attributes and items (`attribute_values.py`), and here calls,
whose results are followed into the called functions.
"""

from __future__ import annotations

from mldebt.facts import Attr, Called, Class, Function
from mldebt.plain_facts import hides_arguments
from mldebt.project import library
from mldebt.project.attribute_values import AttributeValues
from mldebt.project.callers import arguments_for, class_around
from mldebt.project.decisions import is_impossible
from mldebt.project.frames import NO_FRAME, Argument, Frame, Parameter
from mldebt.project.source_facts import SourceFacts
from mldebt.values import Definition, External, Gap, Instance, Known, Value, choice, each

_MOST_NESTED = 4  # calls of the project's functions whose results are worked out inside each other


class Evaluator(AttributeValues):
    """Knows calls as well, and with them every kind of expression."""

    def _called(self, source: SourceFacts, expr: Called, frame: Frame) -> Value:
        key = (source.path, expr.call)
        if source.path not in frame.paths or source.facts.calls[expr.call].block == 0:
            frame = NO_FRAME
        known = self._calls if frame is NO_FRAME else frame.calls
        if key not in known:
            known[key] = Gap("cycle")
            known[key] = self._call(source, expr.call, frame)
        return known[key]

    def _call(self, source: SourceFacts, index: int, frame: Frame) -> Value:
        call = source.facts.calls[index]
        if isinstance(call.func, Attr) and not call.name:
            receiver = self.value(source, call.func.base, frame)
            return each(receiver, lambda option: library.method(self, source, index, option, frame))
        callee = self.value(source, call.func, frame)
        return each(callee, lambda option: self.result(source, index, option, frame))

    def result(self, source: SourceFacts, index: int, callee: Value, frame: Frame) -> Value:
        """What a call of a value gives."""
        match callee:
            case External(name):
                return library.call(self, source, index, name, frame)
            case Definition("class", path, cls):
                return self._constructed(source, index, path, cls)
            case Definition("function", path, function):
                home = self.project.by_path[path]
                return self._returned(source, index, home, home.facts.functions[function], frame)
        return Gap("call", library.name_of(source.facts.calls[index]))

    def _constructed(self, source: SourceFacts, index: int, path: str, cls: int) -> Value:
        home = self.project.by_path[path]
        base = library.text_base(home, home.facts.classes[cls])
        if base:
            call = source.facts.calls[index]
            return self.value(source, call.args[0]) if call.args else Gap("call", base)
        return Instance(path, cls, source.path, index)

    def _returned(
        self, source: SourceFacts, index: int, home: SourceFacts, function: Function, frame: Frame
    ) -> Value:
        """The union of a function's results, its parameters being what this call passes."""
        returns = home.results_by_function.get(function.block)
        if returns is None:
            return Known(None)
        key = (home.path, function.block)
        if key in self._constant:
            return self._constant[key]
        if self._nested >= _MOST_NESTED or len(returns) > 8:
            return Gap("call", function.name)
        inner = self.frame_for(source, index, home, function, frame)
        self._nested += 1
        try:
            ways = [r for r in returns if not is_impossible(self, home, r.block, r.span.line, inner)] or returns
            value = choice(self.value(home, result.value, inner) for result in ways)
        finally:
            self._nested -= 1
        if not inner.used and not self._nested:
            self._constant[key] = value
        return value

    def frame_for(
        self,
        source: SourceFacts,
        index: int,
        home: SourceFacts,
        function: Function,
        frame: Frame = NO_FRAME,
        outer: Frame | None = None,
    ) -> Frame:
        """The parameters of a function as a call in `frame` passes them, beside those of an outer call."""
        call = source.facts.calls[index]
        owner = class_around(home, home.facts.blocks[function.block].parent)
        skip = owner is not None and not library.is_static(home, function)
        arguments = arguments_for(function, call, skip)
        given: dict[Parameter, Value | Argument] = {}
        for position, param in enumerate(function.params):
            if skip and position == 0:
                if owner is not None:
                    given[home.path, param.binding] = self._receiver(source, index, home, owner, function, frame)
                continue
            argument = arguments.get(param.name)
            bound = None if argument is not None else self.project.bound_parameter(home, function, param)
            if argument is not None:
                passed: Value | Argument = Argument(source, argument, frame, self._depth)
            elif bound is not None:  # `main()`: its framework passes the rest
                passed = bound
            elif hides_arguments(call) or param.default is None:
                passed = Gap("parameter", param.name)
            else:
                passed = Argument(home, param.default, NO_FRAME, self._depth)
            given[home.path, param.binding] = passed
        return Frame(given, outer)

    def _receiver(
        self, source: SourceFacts, index: int, home: SourceFacts, owner: Class, function: Function, frame: Frame
    ) -> Value | Argument:
        """`self` in a call of a method: what the call makes, or what it stands for where it is called."""
        func = source.facts.calls[index].func
        cls = home.index_of(owner)
        if function.name == "__init__" and not (isinstance(func, Attr) and func.name == "__init__"):
            return Instance(home.path, cls, source.path, index)
        instance = Instance(home.path, cls)
        if not isinstance(func, Attr) or function.decorators:
            return instance
        return Argument(source, func.base, frame, self._depth, instance)

    handlers = {**AttributeValues.handlers, Called: _called}
