"""From expressions to Values: names, attributes, items and calls, followed across functions and files.

Everything is bounded: nesting, alternatives, recursion. What cannot be followed becomes a Gap with its cause.
A Frame carries the arguments of a call while the called function's result is worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mldebt.facts import (
    Attr,
    Binary,
    Binding,
    Called,
    Class,
    Compare,
    Const,
    Each,
    Expr,
    Function,
    Hole,
    Item,
    Logic,
    Map,
    Param,
    Ref,
    Seq,
    Star,
    Text,
    Unary,
)
from mldebt.project import documents, library
from mldebt.project.callers import Callers, argument_for, class_around, hides_arguments
from mldebt.project.containers import indexed, item, items_of
from mldebt.project.formatting import percent_format
from mldebt.project.frames import NO_FRAME, Argument, Frame, Parameter
from mldebt.project.guards import Guards, decide, is_impossible, outcome
from mldebt.project.names import Names, Symbol
from mldebt.project.qualify import LOOP_CARRIED
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Role
from mldebt.values import (
    ROOT,
    Choice,
    Definition,
    Document,
    External,
    Gap,
    Instance,
    Items,
    Known,
    Namespace,
    Object,
    Table,
    Value,
    alternatives,
    choice,
    concatenate,
    each,
    join_paths,
)

if TYPE_CHECKING:
    from mldebt.project.project import Project

_DEEPEST = 30
_MOST_STEPS = 20_000  # of one question; depth alone does not bound what branches
_MOST_NESTED = 4  # calls of the project's functions whose results are worked out inside each other
_MOST_CALLERS = 40


class Evaluator:
    """Answers what an expression can be. Remembers what does not depend on a Frame.

    `attributes` holds what attributes of instances were found to be (`mldebt.project.instances`).
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._bindings: dict[tuple[str, int], Value] = {}
        self._calls: dict[tuple[str, int], Value] = {}
        self.attributes: dict[tuple[Instance, str], Value] = {}
        self._constant: dict[tuple[str, int], Value] = {}  # results that do not depend on arguments
        self._depth = 0
        self._steps = 0
        self._nested = 0
        self._guards: dict[str, Guards] = {}

    def guards(self, source: SourceFacts) -> Guards:
        """The tests that lead to the places of a file."""
        if source.path not in self._guards:
            self._guards[source.path] = Guards(source)
        return self._guards[source.path]

    def forget(self) -> None:
        """Drop what was remembered: something that values depend on has become known."""
        self._bindings.clear()
        self._calls.clear()
        self._constant.clear()

    @property
    def names(self) -> Names:
        """What names stand for."""
        return self.project.names

    @property
    def callers(self) -> Callers:
        """Who calls what."""
        return self.project.callers

    def value(self, source: SourceFacts, expr: Expr, frame: Frame = NO_FRAME) -> Value:
        """What an expression of a source can be."""
        if self._depth == 0:
            self._steps = 0
        if self._depth > _DEEPEST or self._steps > _MOST_STEPS:
            return Gap("depth")
        self._depth += 1
        self._steps += 1
        try:
            return self._handlers[type(expr)](self, source, expr, frame)
        finally:
            self._depth -= 1

    # --- literals and operators ---

    def _const(self, source: SourceFacts, expr: Const, frame: Frame) -> Value:
        return Known(expr.value)

    def _hole(self, source: SourceFacts, expr: Hole, frame: Frame) -> Value:
        return Gap("magic" if expr.cause == "magic" else "literal", expr.cause)

    def _text(self, source: SourceFacts, expr: Text, frame: Frame) -> Value:
        return concatenate([self.value(source, part, frame) for part in expr.parts])

    def _seq(self, source: SourceFacts, expr: Seq, frame: Frame) -> Value:
        if any(isinstance(item, Star) for item in expr.items):
            return Gap("literal", "star")
        return Items(expr.kind, tuple(self.value(source, item, frame) for item in expr.items))

    def _map(self, source: SourceFacts, expr: Map, frame: Frame) -> Value:
        entries: dict[None | bool | int | float | str, Value] = {}
        open_ended = False
        for key, value in zip(expr.keys, expr.values, strict=True):
            if isinstance(key, Hole):
                other = self.value(source, value, frame)
                if isinstance(other, Table):
                    entries.update(other.entries)
                    open_ended = open_ended or other.open
                else:
                    open_ended = True
                continue
            known = self.value(source, key, frame)
            if isinstance(known, Known):
                entries[known.value] = self.value(source, value, frame)
            else:
                open_ended = True
        return Table(tuple(entries.items()), open_ended)

    def _logic(self, source: SourceFacts, expr: Logic, frame: Frame) -> Value:
        if expr.operator == "if":
            chosen = decide(self, source, expr.items[2], frame) if frame is not NO_FRAME else None
            items = expr.items[:2] if chosen is None else expr.items[0 if chosen else 1 :][:1]
            return choice(self.value(source, item, frame) for item in items)
        values = [self.value(source, item, frame) for item in expr.items]
        if expr.operator == "or":  # `given or default`: an empty given value is replaced
            if frame is not NO_FRAME and decide(self, source, expr.items[0], frame):
                return values[0]
            values = [v for v in values[:-1] if not (isinstance(v, Known) and not v.value)] + values[-1:]
        return choice(values)

    def _unary(self, source: SourceFacts, expr: Unary, frame: Frame) -> Value:
        value = self.value(source, expr.operand, frame)
        if expr.operator == "await":
            return value
        if isinstance(value, Known):
            if expr.operator == "not":
                return Known(not value.value)
            if expr.operator == "-" and isinstance(value.value, int | float):
                return Known(-value.value)
        return Gap("arithmetic")

    def _compare(self, source: SourceFacts, expr: Compare, frame: Frame) -> Value:
        left, right = self.value(source, expr.left, frame), self.value(source, expr.right, frame)
        if isinstance(left, Known) and isinstance(right, Known) and expr.operator in ("==", "!=", "is", "is not"):
            same = left.value == right.value and type(left.value) is type(right.value)
            return Known(same if expr.operator in ("==", "is") else not same)
        if expr.operator in ("in", "not in") and isinstance(left, Known) and isinstance(right, Items):
            known = all(isinstance(option, Known) for option in right.items)
            return Known((left in right.items) is (expr.operator == "in")) if known else Gap("arithmetic")
        return Gap("arithmetic")

    def _binary(self, source: SourceFacts, expr: Binary, frame: Frame) -> Value:
        left = self.value(source, expr.left, frame)
        if expr.operator == "%" and library.is_text(left):
            return percent_format(left, self.value(source, expr.right, frame))
        right = self.value(source, expr.right, frame)
        if expr.operator == "/" and (library.is_text(left) or library.is_text(right)):
            return join_paths([left, right])
        if expr.operator == "+" and (library.is_text(left) or library.is_text(right)):
            return concatenate([left, right])
        return library.arithmetic(expr.operator, left, right)

    def _each(self, source: SourceFacts, expr: Each, frame: Frame) -> Value:
        element = self.value(source, expr.element, frame)
        if expr.kind != "dict" and isinstance(element, Choice):
            return Items(expr.kind, element.options)
        return Items(expr.kind, (element,)) if expr.kind != "dict" else Gap("loop", "comprehension")

    def _star(self, source: SourceFacts, expr: Star, frame: Frame) -> Value:
        return Gap("literal", "star")

    # --- names ---

    def _ref(self, source: SourceFacts, expr: Ref, frame: Frame) -> Value:
        if not expr.bindings:
            return self._unbound(source, expr.name)
        if expr.name in ("product", "upstream"):
            data = self.project.frameworks.workflow_data(source, expr.name)
            if data is not None:
                return data
        values: list[Value] = []
        for index in self._reaching(source, expr, frame):
            if index == LOOP_CARRIED:
                values.append(Gap("loop", expr.name))
            else:
                values.append(self.binding(source, index, frame))
        binding = source.facts.bindings[expr.bindings[0]] if expr.bindings[0] >= 0 else None
        if binding is not None and binding.block == 0:
            values.extend(self._rebound(source, expr.name))
        return choice(values)

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
        fact = source.facts.imports[binding.index]
        if fact.name:
            dot = "" if fact.module.endswith(".") else "."
            name = f"{fact.module}{dot}{fact.name}"
        else:
            name = fact.module if fact.alias != fact.module.partition(".")[0] else fact.alias
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
        return choice(values)

    # --- attributes and items ---

    def _attr(self, source: SourceFacts, expr: Attr, frame: Frame) -> Value:
        return self.follow(source, self.value(source, expr.base, frame), expr, frame)

    def follow(self, source: SourceFacts, base: Value, expr: Attr | Item, frame: Frame = NO_FRAME) -> Value:
        """What an attribute or item of a source is when its base has a value."""
        if isinstance(expr, Attr):
            if isinstance(base, External) and base.name.startswith("snakemake."):
                data = self.project.frameworks.workflow_data(source, base.name)
                return Gap("config", expr.name) if data is None else indexed(data, Known(expr.name))
            return each(base, lambda option: self.attribute(option, expr.name))
        index = self.value(source, expr.index, frame)
        return each(base, lambda option: self.indexed(source, option, index))

    def attribute(self, base: Value, name: str) -> Value:
        """What an attribute of a value is."""
        match base:
            case Definition("module", path):
                module = self.project.by_path[path]
                symbol = self.names.symbol(module, f":{name}")
                if symbol is None:
                    symbol = self.names.symbol(module, f".{name}")
                return Gap("attribute", name) if symbol is None else self._symbol(symbol)
            case Definition("class", path, index):
                return self._class_attribute(base, path, index, name)
            case Instance():
                return self._instance_attribute(base, name)
            case External(root):
                flag = self.project.frameworks.flag(f"{root}.{name}") if root.endswith("FLAGS") else None
                return flag or library.external_attribute(f"{root}.{name}")
            case Document():
                return documents.child(self.project, base, name)
            case Namespace(path):
                return self.project.option_value(path, name)
        return library.attribute(base, name)

    def _class_attribute(self, base: Value, path: str, index: int, name: str) -> Value:
        source = self.project.by_path[path]
        member = self.names.method(source, source.facts.classes[index], name)
        if member is None:
            return Gap("attribute", name)
        if isinstance(member.fact, Binding):
            return self.binding(member.source, member.source.index_of(member.fact), NO_FRAME)
        return self._symbol(member)

    def _instance_attribute(self, base: Instance, name: str) -> Value:
        from mldebt.project.instances import instance_attribute

        return instance_attribute(self, base, name)

    def _item(self, source: SourceFacts, expr: Item, frame: Frame) -> Value:
        return self.follow(source, self.value(source, expr.base, frame), expr, frame)

    def indexed(self, source: SourceFacts, base: Value, index: Value) -> Value:
        """`base[index]`, also into configuration, options and the environment."""
        if isinstance(base, Choice):
            return each(base, lambda option: self.indexed(source, option, index))
        if isinstance(base, Document):
            if isinstance(index, Known) and isinstance(index.value, str | int):
                return documents.child(self.project, base, index.value)
            return Gap("config", "")
        if isinstance(base, External):
            if base.name == "sys.argv" and isinstance(index, Known) and isinstance(index.value, int):
                return self.project.argument_value(source.path, index.value)
            if base.name == "os.environ":
                return self.environment(source, index, None)
            data = self.project.frameworks.workflow_data(source, base.name)
            if data is not None:
                return indexed(data, index)
        if isinstance(base, Object):
            parsed = self.project.frameworks.parsed(self, source, base.type)
            if parsed is not None:
                return each(parsed, lambda option: self.indexed(source, option, index))
        if isinstance(base, Namespace) and isinstance(index, Known):
            return self.project.option_value(base.path, str(index.value))
        return each(index, lambda option: indexed(base, option))

    def environment(self, source: SourceFacts, name: Value, default: Value | None) -> Value:
        """An environment variable: what `.env` files declare for it, its default, or a gap."""
        if not isinstance(name, Known):
            return Gap("environment")
        declared = self.project.environment.get(str(name.value))
        if declared is not None:
            return choice([declared, *(() if default is None else (default,))])
        return Gap("environment", str(name.value)) if default is None else default

    # --- calls ---

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
        given: dict[Parameter, Value | Argument] = {}
        for position, param in enumerate(function.params):
            if skip and position == 0:
                if owner is not None:
                    given[home.path, param.binding] = self._receiver(source, index, home, owner, function, frame)
                continue
            argument = argument_for(function, param.name, call, skip)
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

    _handlers: dict[type, Callable[..., Value]] = {
        Const: _const,
        Hole: _hole,
        Text: _text,
        Seq: _seq,
        Map: _map,
        Logic: _logic,
        Unary: _unary,
        Compare: _compare,
        Binary: _binary,
        Each: _each,
        Star: _star,
        Ref: _ref,
        Attr: _attr,
        Item: _item,
        Called: _called,
    }
