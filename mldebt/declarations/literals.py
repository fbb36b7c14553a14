"""Plain values of Python expressions, for declarations that are written in code.

Only what needs no symbolic values: literals, names that are bound once, constants of other files of the project,
texts put together from these. What is unknown becomes `${name}` inside a text and UNKNOWN elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from mldebt.facts import (
    Attr,
    Binary,
    Binding,
    Called,
    Class,
    Const,
    Expr,
    Function,
    Item,
    Map,
    Ref,
    Seq,
    Star,
    Text,
)
from mldebt.plain_facts import imported_name

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts

_DEEPEST = 10
_VALUE_KINDS = frozenset({"assign", "annotated", "walrus", "augmented"})
_WRAPPERS = frozenset({"functools.partial", "partial", "functools.update_wrapper", "update_wrapper"})


class _Unknown:
    """The one value that stands for everything unknown."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()

Plain = Any
"""None, a scalar, a list, a dict with text keys, or UNKNOWN."""


class Literals:
    """Reads plain values, callables and dotted names from the expressions of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def plain(self, source: SourceFacts, expr: Expr | None, depth: int = 0) -> Plain:
        """The value of an expression; UNKNOWN where it is not fixed by the text alone."""
        if expr is None or depth > _DEEPEST:
            return UNKNOWN
        deeper = depth + 1
        match expr:
            case Const(value):
                return value
            case Text(parts):
                return "".join(self._piece(source, part, deeper) for part in parts)
            case Seq(_, items):
                return self._list(source, items, deeper)
            case Map(keys, values):
                return self._dict(source, keys, values, deeper)
            case Binary("+" | "|", left, right):
                return self._sum(source, left, right, deeper)
            case Binary("/", left, right):
                return "/".join(self._piece(source, part, deeper).rstrip("/") for part in (left, right))
            case Item(base, index):
                return self._item(self.plain(source, base, deeper), self.plain(source, index, deeper))
            case Called(call):
                return self._call(source, call, deeper)
            case Ref() | Attr():
                return self._named(source, expr, deeper)
        return UNKNOWN

    def text(self, source: SourceFacts, expr: Expr | None) -> str:
        """An expression as text: empty for None and for nothing, `${name}` for what is unknown."""
        if expr is None or expr == Const(None):
            return ""
        return self._piece(source, expr, 0)

    def texts(self, source: SourceFacts, expr: Expr | None) -> list[str]:
        """The texts in a list, tuple or set; of a dict its values; of a scalar the scalar itself."""
        value = self.plain(source, expr)
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [as_text(item, "") for item in value]
        if expr is None or value is None:
            return []
        return [as_text(value, name_of(expr))]

    def choices(self, source: SourceFacts, expr: Expr | None) -> list[str]:
        """The texts that an expression takes: several for the variable of a loop over literals."""
        if isinstance(expr, Ref) and len(expr.bindings) == 1 and expr.bindings[0] >= 0:
            binding = source.facts.bindings[expr.bindings[0]]
            if binding.kind == "for" and not binding.path:
                items = self.plain(source, binding.value)
                if isinstance(items, list | dict) and items:
                    return [as_text(item, expr.name) for item in items]
        return [self.text(source, expr)]

    def callable(self, source: SourceFacts, expr: Expr | None) -> str:
        """`path:qualified.name` of the function or class that an expression names; empty if it names none."""
        if isinstance(expr, Called):
            call = source.facts.calls[expr.call]
            if call.name in _WRAPPERS and call.args:
                return self.callable(source, call.args[0])
            return ""
        if not isinstance(expr, Ref | Attr):
            return ""
        symbol = self._symbol(source, expr)
        fact = getattr(symbol, "fact", None)
        if isinstance(fact, Function | Class) and symbol is not None:
            return f"{symbol.source.path}:{fact.qualname}"
        return ""

    # --- parts ---

    def _piece(self, source: SourceFacts, expr: Expr, depth: int) -> str:
        value = self.plain(source, expr, depth)
        return as_text(value, name_of(expr))

    def _list(self, source: SourceFacts, items: Sequence[Expr], depth: int) -> Plain:
        found: list[Plain] = []
        for item in items:
            if isinstance(item, Star):
                inner = self.plain(source, item.operand, depth)
                found += inner if isinstance(inner, list) else [UNKNOWN]
            else:
                value = self.plain(source, item, depth)
                found.append(f"${{{name_of(item)}}}" if value is UNKNOWN and name_of(item) else value)
        return found

    def _dict(self, source: SourceFacts, keys: Sequence[Expr], values: Sequence[Expr], depth: int) -> Plain:
        found: dict[str, Plain] = {}
        for key, value in zip(keys, values, strict=True):
            name = self.plain(source, key, depth)
            inner = self.plain(source, value, depth)
            if name is UNKNOWN:
                found.update(inner if isinstance(inner, dict) else {})
            else:
                found[str(name)] = inner
        return found

    def _sum(self, source: SourceFacts, left: Expr, right: Expr, depth: int) -> Plain:
        first, second = self.plain(source, left, depth), self.plain(source, right, depth)
        if isinstance(first, list) and isinstance(second, list):
            return first + second
        if isinstance(first, dict) and isinstance(second, dict):
            return {**first, **second}
        if isinstance(first, str) or isinstance(second, str):
            return as_text(first, name_of(left)) + as_text(second, name_of(right))
        return UNKNOWN

    def _item(self, base: Plain, index: Plain) -> Plain:
        if isinstance(base, dict):
            return base.get(str(index), UNKNOWN)
        if isinstance(base, list) and isinstance(index, int) and -len(base) <= index < len(base):
            return base[index]
        return UNKNOWN

    def _call(self, source: SourceFacts, number: int, depth: int) -> Plain:
        """Calls that only put their arguments together: paths, `dict(a=1)`, `str`, `list`."""
        call = source.facts.calls[number]
        name = call.name.rpartition(".")[2]
        if name in ("Path", "PurePath", "join") and call.args:
            return "/".join(self._piece(source, arg, depth).rstrip("/") for arg in call.args)
        if name == "dict":
            return {k.name: self.plain(source, k.value, depth) for k in call.keywords if k.name}
        if name in ("str", "list", "tuple", "set", "sorted", "as_posix") and len(call.args) == 1:
            return self.plain(source, call.args[0], depth)
        return UNKNOWN

    def _named(self, source: SourceFacts, expr: Ref | Attr, depth: int) -> Plain:
        if isinstance(expr, Ref) and len(expr.bindings) == 1 and expr.bindings[0] >= 0:
            binding = source.facts.bindings[expr.bindings[0]]
            if binding.kind in _VALUE_KINDS and not binding.path:
                return self.plain(source, binding.value, depth)
            if binding.kind != "import":
                return UNKNOWN
        symbol = self._symbol(source, expr)
        fact = getattr(symbol, "fact", None)
        if symbol is None or symbol.rest or not isinstance(fact, Binding) or fact.kind not in _VALUE_KINDS:
            return UNKNOWN
        return self.plain(symbol.source, fact.value, depth)

    def _symbol(self, source: SourceFacts, expr: Expr) -> Any:
        name = dotted(source, expr)
        return self._project.names.symbol(source, name) if name else None


def dotted(source: SourceFacts, expr: Expr) -> str:
    """The name of a chain as the file's imports and definitions spell it out; empty for anything else."""
    parts: list[str] = []
    while isinstance(expr, Attr):
        parts.append(expr.name)
        expr = expr.base
    if not isinstance(expr, Ref):
        return ""
    parts.append(_root(source, expr))
    return ".".join(reversed(parts)) if parts[-1] else ""


def _root(source: SourceFacts, ref: Ref) -> str:
    facts = source.facts
    for index in ref.bindings:
        binding = facts.bindings[index] if index >= 0 else None
        if binding is None:
            continue
        if binding.kind == "import":
            return imported_name(facts.imports[binding.index])
        if binding.kind in ("function", "class"):
            listed: Sequence[Function | Class] = facts.functions if binding.kind == "function" else facts.classes
            return f":{listed[binding.index].qualname}"
        if binding.block == 0:
            return f":{binding.name}"
    return "" if ref.bindings else f":{ref.name}"


def as_text(value: Plain, name: str) -> str:
    """A plain value as text, the unknown as `${name}`."""
    if value is UNKNOWN or isinstance(value, list | dict):
        return f"${{{name or 'value'}}}"
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def name_of(expr: Expr | None) -> str:
    """The last name in an expression, for people."""
    return expr.name if isinstance(expr, Ref | Attr) else ""
