"""Data that depends on the time at which code runs: columns that are computed from now, rows that are cut by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import (
    Attr,
    Binary,
    Called,
    Compare,
    Const,
    Expr,
    Function,
    Hole,
    Item,
    Map,
    Ref,
    Unary,
)
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Span

if TYPE_CHECKING:
    pass

CLOCKS = frozenset(
    "datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow datetime.date.today pandas.Timestamp.now"
    " pandas.Timestamp.today pandas.Timestamp.utcnow pandas.to_datetime time.time arrow.now arrow.utcnow"
    " pendulum.now pendulum.today pendulum.yesterday".split()
)
_ORDER = frozenset({"<", "<=", ">", ">="})
_APPLIES = frozenset({"apply", "map", "applymap", "transform", "map_elements"})
_FRAMES = frozenset({"pandas", "polars", "dask", "modin", "geopandas", "cudf"})
_SAME_TIME = frozenset({"replace", "strftime", "date", "normalize", "timestamp", "floor", "timetuple"})
_WRAPPERS = frozenset({"int", "float", "str", "pandas.Timestamp", "numpy.datetime64"})
_DEEPEST = 6


class ClockUse(NamedTuple):
    """`kind` is column or rows, `name` the column or the variable that holds the rows (empty if it has none).

    `binding` is the index of the binding that holds the rows, -1 for a column.
    """

    source: SourceFacts
    span: Span
    block: int
    kind: str
    name: str
    clock: str
    binding: int = -1


def clock_uses(source: SourceFacts) -> Iterator[ClockUse]:
    """The columns and frames of a file that depend on the time at which it runs, by place."""
    header = source.facts.header
    packages = {module.partition(".")[0] for module in header.modules}
    if CLOCKS.isdisjoint(header.names) or packages.isdisjoint(_FRAMES):
        return
    found = [*_columns(source), *_applied(source), *_rows(source)]
    seen: set[int] = set()
    for use in sorted(found, key=lambda use: use.span):
        if use.span.line not in seen:
            seen.add(use.span.line)
            yield use


# --- columns ---


def _columns(source: SourceFacts) -> Iterator[ClockUse]:
    for store in source.facts.stores:
        target = store.target
        if store.operator != "=" or store.path or not isinstance(target, Item):
            continue
        column = target.index
        if not isinstance(column, Const) or not isinstance(column.value, str) or _is_dict(source, target.base):
            continue
        for part in _inside(source, store.value):
            clock = _difference(source, part, target.base)
            if clock:
                yield ClockUse(source, store.span, store.block, "column", column.value, clock)
                break


def _difference(source: SourceFacts, expr: Expr, frame: Expr) -> str:
    """The clock if an expression is a difference of a clock and a column of a frame; else empty."""
    if not isinstance(expr, Binary) or expr.operator != "-":
        return ""
    for one, other in ((expr.left, expr.right), (expr.right, expr.left)):
        clock = clock_of(source, one)
        if clock and any(_is_column(part, frame) for part in _inside(source, other)):
            return clock
    return ""


def _is_dict(source: SourceFacts, frame: Expr) -> bool:
    """Whether a name holds a dict: a record of a run, not a table."""
    for index in frame.bindings if isinstance(frame, Ref) else ():
        value = source.facts.bindings[index].value if index >= 0 else None
        if isinstance(value, Map) or (
            isinstance(value, Called) and "dict" in source.facts.calls[value.call].name
        ):
            return True
    return False


def _applied(source: SourceFacts) -> Iterator[ClockUse]:
    """What is computed for each row by `column.apply(…)` of a function that subtracts the row from now."""
    blocks = source.facts.blocks
    ages: dict[str, str] = {}
    lambdas: list[tuple[Span, str]] = []
    for result in source.facts.returns:
        scope = source.scope_of(result.block)
        clock = _from_own_parameter(source, result.value, scope)
        if clock and blocks[scope].kind == "lambda":
            lambdas.append((result.span, clock))
        elif clock:
            function = source.function_of(scope)
            if isinstance(function, Function):
                ages[function.name] = clock
    for call in source.facts.calls if ages or lambdas else ():
        if not isinstance(call.func, Attr) or call.func.name not in _APPLIES or not call.args:
            continue
        given = call.args[0]
        clock = ages.get(given.name, "") if isinstance(given, Ref) else ""
        if isinstance(given, Hole) and given.cause == "lambda":
            clock = next((c for span, c in lambdas if _holds(call.span, span)), "")
        if clock:
            yield ClockUse(source, call.span, call.block, "column", _name(call.func.base), clock)


def _from_own_parameter(source: SourceFacts, expr: Expr, scope: int) -> str:
    for part in _inside(source, expr):
        if isinstance(part, Binary) and part.operator == "-":
            for one, other in ((part.left, part.right), (part.right, part.left)):
                clock = clock_of(source, one)
                if clock and any(_is_parameter(source, p, scope) for p in _inside(source, other)):
                    return clock
    return ""


def _is_parameter(source: SourceFacts, expr: Expr, scope: int) -> bool:
    for index in expr.bindings if isinstance(expr, Ref) else ():
        binding = source.facts.bindings[index] if index >= 0 else None
        if binding is not None and binding.kind == "parameter" and source.scope_of(binding.block) == scope:
            return True
    return False


def _holds(outer: Span, inner: Span) -> bool:
    start, end = (outer.line, outer.column), (outer.end_line, outer.end_column)
    return start <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= end


def _name(expr: Expr) -> str:
    match expr:
        case Item(_, Const(str() as column)):
            return column
        case Attr(_, name):
            return name
    return ""


# --- rows ---


def _rows(source: SourceFacts) -> Iterator[ClockUse]:
    for index, binding in enumerate(source.facts.bindings):
        for part in walk(binding.value):
            clock = _cut(source, part) if isinstance(part, Item) else ""
            if clock:
                yield ClockUse(source, binding.span, binding.block, "rows", binding.name, clock, index)


def _cut(source: SourceFacts, item: Item) -> str:
    for test in walk(item.index):
        if isinstance(test, Compare) and test.operator in _ORDER:
            for one, other in ((test.left, test.right), (test.right, test.left)):
                if any(_is_column(part, item.base) for part in _inside(source, one)):
                    clock = clock_of(source, other)
                    if clock:
                        return clock
    return ""


# --- expressions ---


def _inside(source: SourceFacts, expr: Expr, depth: int = 0) -> Iterator[Expr]:
    """The parts of an expression, those of the arguments and receivers of its calls included."""
    for part in walk(expr):
        yield part
        if isinstance(part, Called) and depth < _DEEPEST:
            call = source.facts.calls[part.call]
            receiver = (call.func.base,) if isinstance(call.func, Attr) else ()
            for inner in (*call.args, *receiver):
                yield from _inside(source, inner, depth + 1)


def _is_column(expr: Expr, frame: Expr) -> bool:
    """Whether an expression is a column of a frame: `df["x"]`, `df.x`."""
    while isinstance(frame, Attr) and frame.name in ("loc", "iloc"):
        frame = frame.base
    match expr:
        case Item(base, Const(str())) | Attr(base, _):
            return isinstance(frame, Ref) and isinstance(base, Ref) and base.name == frame.name
    return False


def clock_of(source: SourceFacts, expr: Expr | None, depth: int = 0) -> str:
    """The call that asks for the time if an expression rests on that; else empty."""
    if depth > _DEEPEST:
        return ""
    match expr:
        case Called(index):
            call = source.facts.calls[index]
            if call.name == "pandas.to_datetime" and call.args:
                words = call.args[0]
                known = isinstance(words, Const) and words.value in ("today", "now")
                return "to_datetime('today')" if known else clock_of(source, words, depth + 1)
            if call.name in CLOCKS:
                return ".".join(call.name.split(".")[-2:]) + "()"
            if isinstance(call.func, Attr) and call.func.name in _SAME_TIME:
                return clock_of(source, call.func.base, depth + 1)
            return clock_of(source, call.args[0], depth + 1) if call.name in _WRAPPERS and call.args else ""
        case Attr(base, "year" | "month" | "day"):
            return clock_of(source, base, depth + 1)
        case Binary("-" | "+", left, right):
            return clock_of(source, left, depth + 1) or clock_of(source, right, depth + 1)
        case Unary(_, operand):
            return clock_of(source, operand, depth + 1)
        case Ref(name, bindings):
            known_bindings = list(bindings) or source.bindings_by_scope.get(0, {}).get(name, [])
            if len(known_bindings) == 1 and known_bindings[0] >= 0:
                binding = source.facts.bindings[known_bindings[0]]
                if binding.kind == "assign" and not binding.path:
                    return clock_of(source, binding.value, depth + 1)
    return ""
