"""The types of expressions, where a constructor, an annotation or a library call tells them."""

from __future__ import annotations

from functools import cached_property

from mldebt.api_tables import ApiTables, load_tables
from mldebt.facts import (
    Attr,
    Binding,
    Called,
    Class,
    Const,
    Each,
    Expr,
    Function,
    Item,
    Map,
    Ref,
    Seq,
    Text,
    Unary,
)
from mldebt.project.names import Names
from mldebt.project.qualify import LOOP_CARRIED
from mldebt.project.source_facts import SourceFacts

_DEEPEST = 12
_FRAME = "pandas.DataFrame"


class Types:
    """Answers with a qualified name: `pandas.DataFrame`, `src/model.py:Net` for a class of the project."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[str, dict[int, str]] = {}

    @cached_property
    def tables(self) -> ApiTables:
        """What library calls mean."""
        return load_tables()

    def of(self, source: SourceFacts, expr: Expr, depth: int = 0) -> str:
        """The type of an expression; empty where it is unknown or could be several."""
        if depth > _DEEPEST:
            return ""
        if type(expr) is Ref:  # as mostly
            return self._of_name(source, expr.bindings, depth) if expr.bindings else ""
        if type(expr) is Called:
            return self._of_call(source, expr.call, depth)
        if type(expr) is Attr:
            return self._of_attribute(source, expr, depth)
        match expr:
            case Const(value):
                return type(value).__name__
            case Text():
                return "str"
            case Seq(kind) | Each(kind):
                return kind
            case Map():
                return "dict"
            case Unary("await", operand):
                return self.of(source, operand, depth + 1)
            case Item(base, index):
                return self._of_item(self.of(source, base, depth + 1), index)
        return ""

    def _of_item(self, base: str, index: Expr) -> str:
        if base != _FRAME:
            return ""
        if isinstance(index, Const):
            return "pandas.Series"
        return _FRAME if isinstance(index, Seq) else ""

    def _of_call(self, source: SourceFacts, call: int, depth: int) -> str:
        known = self._known.get(source.path)
        if known is None:
            known = self._known[source.path] = {}
        found = known.get(call)
        if found is None:
            known[call] = ""  # a call that leads back to itself has no type
            found = known[call] = self._result(source, call, depth)
        return found

    def _result(self, source: SourceFacts, call: int, depth: int) -> str:
        fact = source.facts.calls[call]
        if fact.name:
            symbol = self._names.symbol(source, fact.name)
            if symbol is not None:
                if isinstance(symbol.fact, Class) and not symbol.rest:
                    return f"{symbol.source.path}:{symbol.fact.qualname}"
                if isinstance(symbol.fact, Function) and not symbol.rest:
                    return self._returned(symbol.source, symbol.fact, depth)
                return ""
            return self._external_result(fact.name)
        if isinstance(fact.func, Attr):
            receiver = self.of(source, fact.func.base, depth + 1)
            if receiver:
                return self._external_result(f"{receiver}.{fact.func.name}")
        return ""

    def _returned(self, source: SourceFacts, function: Function, depth: int) -> str:
        """The one type of all that a function of the project returns, None aside."""
        results = source.returns_by_function.get(function.block, [])
        found = {self.of(source, result, depth + 1) for result in results if result != Const(None)}
        return found.pop() if len(found) == 1 else ""

    def _external_result(self, name: str) -> str:
        returned = self.tables.returns(name)
        if returned:
            return returned.removeprefix("builtins.")
        last = name.rpartition(".")[2]
        return name if "." in name and last[:1].isupper() and not last.isupper() and ":" not in name else ""

    def _of_name(self, source: SourceFacts, bindings: tuple[int, ...], depth: int) -> str:
        found: str | None = None
        for index in bindings:
            if index != LOOP_CARRIED:
                one = self._of_binding(source, source.facts.bindings[index], depth)
                if not one or (found is not None and one != found):
                    return ""  # whatever the others are
                found = one
        return found or ""

    def _of_binding(self, source: SourceFacts, binding: Binding, depth: int) -> str:
        if binding.annotation and "[" not in binding.annotation and "|" not in binding.annotation:
            return binding.annotation
        if binding.kind in ("assign", "annotated", "walrus", "global", "with") and binding.value is not None:
            if not binding.path:
                return self.of(source, binding.value, depth + 1)
            return self._of_unpacked(source, binding)
        return ""

    def _of_unpacked(self, source: SourceFacts, binding: Binding) -> str:
        """A tuple's item, where the library says what the items are."""
        if not isinstance(binding.value, Called) or len(binding.path) != 1:
            return ""
        api = self.tables.lookup(source.facts.calls[binding.value.call].name or "?")
        position = binding.path[0]
        if api is None or position >= len(api.returns):
            return ""
        return api.returns[position]

    def _of_attribute(self, source: SourceFacts, expr: Attr, depth: int) -> str:
        """`self.model`, where the class assigns it values of one type only."""
        base = expr.base
        if type(base) is not Ref or not base.bindings or base.name not in ("self", "cls"):
            return ""
        binding = source.facts.bindings[base.bindings[0]]
        method = source.enclosing(binding.block, "function")
        if method is None:
            return ""
        found: str | None = None
        for store in source.self_stores.get((method.parent, expr.name), ()):
            if not store.path and not (type(store.value) is Const and store.value.value is None):
                one = self.of(source, store.value, depth + 1)
                if not one or (found is not None and one != found):
                    return ""  # whatever the others are
                found = one
        return found or ""
