"""Statistics of rows that are written back into the same rows: `df.fillna(df.mean())`, `(X - X.mean()) / X.std()`.

Each row then depends on all of them, as it does after a transformer that was fitted on them. Sums, counts and
statistics of single rows (`axis=1`) are not meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mldebt.facts import Attr, Binary, Call, Called, Const, Expr, Hole, Item, Map, Ref, Seq, Unary
from mldebt.plain_facts import keyword_argument
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import TARGET

FILLS = frozenset({"fillna", "replace", "where", "mask"})
_CENTRES = frozenset({"mean", "median", "nanmean", "nanmedian", "mode"})
_WIDTHS = frozenset({"std", "nanstd", "var", "max", "min", "ptp", "quantile"})
_PASSED_ON = frozenset(
    {"round", "astype", "item", "iloc", "values", "to_dict", "squeeze", "copy", "agg", "aggregate"}
)
_GROUPED = frozenset({"groupby"})
_WINDOWS = frozenset({"rolling", "expanding", "ewm", "resample"})
_DEEPEST = 8


class Refill(NamedTuple):
    """A statistic: its name, the rows that it is computed from, and the number of the call that computes it."""

    what: str
    rows: Expr
    call: int


class Refills:
    """Finds the statistics in what is written into rows."""

    def __init__(self) -> None:
        self._target_columns: dict[str, set[str]] = {}
        self._lambdas: dict[str, list[int]] = {}

    def of_call(self, source: SourceFacts, call: Call) -> Refill | None:
        """The statistic that a call fills or scales the rows of its receiver with, if it does."""
        func = call.func
        if call.name == "numpy.where" and len(call.args) == 3:
            return next((f for a in call.args[1:] if (f := self._statistic(source, a, 0))), None)
        if not isinstance(func, Attr):
            return None
        given = (*call.args, *(keyword.value for keyword in call.keywords))
        if func.name in FILLS:
            return next((found for value in given for found in self._inside(source, value, 0)), None)
        if func.name in ("apply", "transform") and any(v == Hole("lambda") for v in given):
            inner = self._in_lambda(source, call)
            return Refill(inner[1], func.base, inner[0]) if inner and not _by_row(call) else None
        return None

    def of_arithmetic(self, source: SourceFacts, expr: Binary) -> Iterator[tuple[Refill, Expr]]:
        """The centre that is taken off rows or the width that they are divided by, and these rows."""
        found = self._statistic(source, expr.right, 0) if expr.operator in "-/" else None
        grouped = found and self._comes_from(source, found.rows, _GROUPED)  # a feature, not a scale
        scales = expr.operator == "/" and (found is None or found.what != "max" or _is_centred(expr.left))
        if found and not grouped and (found.what in _CENTRES or scales):  # pixels are divided by their maximum
            yield found, expr.left

    def of_value(self, source: SourceFacts, value: Expr) -> Refill | None:
        """The statistic that a value is."""
        return self._statistic(source, value, 0)

    def encodes_target(self, source: SourceFacts, number: int) -> Refill | None:
        """The mean of the target by category that a call maps or joins to rows, if it does."""
        call = source.facts.calls[number]
        func = call.func
        if not isinstance(func, Attr) or func.name not in ("map", "merge", "join", "replace", "transform"):
            return None
        if func.name == "transform":
            what = self._mean_of_target(source, func.base, number)
            first = call.args[0] if call.args else None
            reduces = isinstance(first, Const) and first.value in ("mean", "median", "std")
            return what if reduces else None
        for argument in call.args[:1]:
            found = self._grouped_target(source, argument, 0)
            if found:
                return found
        return None

    # --- inside ---

    def _statistic(self, source: SourceFacts, expr: Expr, depth: int) -> Refill | None:
        """What an expression is, if it is a statistic of all rows of something."""
        if depth > _DEEPEST:
            return None
        match expr:
            case Ref(_, bindings):
                for index in bindings:
                    binding = source.facts.bindings[index] if index >= 0 else None
                    if binding and binding.kind == "assign" and binding.value and not binding.path:
                        found = self._statistic(source, binding.value, depth + 1)
                        if found:
                            return found
            case Item(base) | Attr(base) | Unary(_, base):
                return self._statistic(source, base, depth + 1)
            case Binary("-" | "+" | "*" | "/", left):
                return self._statistic(source, left, depth + 1)
            case Called(number):
                return self._called(source, number, depth)
        return None

    def _called(self, source: SourceFacts, number: int, depth: int) -> Refill | None:
        call = source.facts.calls[number]
        func = call.func
        last = call.name.rpartition(".")[2] if call.name else func.name if isinstance(func, Attr) else ""
        reduces = last in _CENTRES or last in _WIDTHS
        if call.name.startswith("numpy.") and reduces and call.args and not _by_row(call, 1):
            return Refill(last, call.args[0], number)
        if call.name in ("round", "float", "int") and call.args:
            return self._statistic(source, call.args[0], depth + 1)
        if isinstance(func, Attr) and (not call.name or call.name[0] in ":."):
            if reduces:
                one = _by_row(call) or self._comes_from(source, func.base, _WINDOWS)
                return None if one else Refill(last, func.base, number)
            first = call.args[0] if call.args else None
            if last == "transform" and isinstance(first, Const) and first.value in _CENTRES:
                return Refill(str(first.value), func.base, number)
            if last in _PASSED_ON:
                return self._statistic(source, func.base, depth + 1)
        return None

    def _inside(self, source: SourceFacts, expr: Expr, depth: int) -> Iterator[Refill]:
        """The statistics that a filling value is, or that a table of filling values holds."""
        found = self._statistic(source, expr, depth)
        if found:
            yield found
        elif isinstance(expr, Map):
            for value in expr.values:
                yield from self._inside(source, value, depth + 1)
        elif isinstance(expr, Ref) and depth < _DEEPEST:
            for index in expr.bindings:
                table = source.facts.bindings[index].value if index >= 0 else None
                if isinstance(table, Map):
                    yield from self._inside(source, table, depth + 1)

    def _comes_from(self, source: SourceFacts, expr: Expr, methods: frozenset[str]) -> bool:
        """Whether an expression is what one of the methods gives, or a column of that."""
        while isinstance(expr, Item | Attr | Called):
            if isinstance(expr, Called):
                func = source.facts.calls[expr.call].func
                if not isinstance(func, Attr):
                    return False
                if func.name in methods:
                    return True
                expr = func
            expr = expr.base
        return False

    def _targets(self, source: SourceFacts) -> set[str]:
        """The columns of a source that are taken as the target: `y = df["price"]`, `y = df.pop("price")`."""
        if source.path not in self._target_columns:
            found: set[str] = set()
            for binding in source.facts.bindings:
                value: Expr | None = binding.value if TARGET.search(binding.name) else None
                while isinstance(value, Attr) and value.name in ("values", "T"):
                    value = value.base
                column: Expr | None = None
                if isinstance(value, Called):
                    call = source.facts.calls[value.call]
                    popped = isinstance(call.func, Attr) and call.func.name == "pop" and call.args
                    column = call.args[0] if popped else None
                elif isinstance(value, Item):
                    column = value.index
                if isinstance(column, Seq) and len(column.items) == 1:
                    column = column.items[0]
                if isinstance(column, Const) and isinstance(column.value, str):
                    found.add(column.value)
            self._target_columns[source.path] = found
        return self._target_columns[source.path]

    def _in_lambda(self, source: SourceFacts, call: Call) -> tuple[int, str] | None:
        """The call that computes a statistic of its own parameter in a lambda among a call's arguments."""
        if source.path not in self._lambdas:
            found: list[int] = []
            for number, inner in enumerate(source.facts.calls):
                func = inner.func
                if (
                    isinstance(func, Attr)
                    and func.name in _CENTRES
                    and _is_parameter(source, func.base)
                    and source.facts.blocks[inner.block].kind == "lambda"
                ):
                    found.append(number)
            self._lambdas[source.path] = found
        start, end = (call.span.line, call.span.column), (call.span.end_line, call.span.end_column)
        for number in self._lambdas[source.path]:
            span, func = source.facts.calls[number].span, source.facts.calls[number].func
            if start <= (span.line, span.column) < end and isinstance(func, Attr):
                return number, func.name
        return None

    def _grouped_target(self, source: SourceFacts, expr: Expr, depth: int) -> Refill | None:
        """The mean of a target by groups that an expression is."""
        if depth > _DEEPEST:
            return None
        match expr:
            case Ref(_, bindings):
                held = (source.facts.bindings[i].value for i in bindings if i >= 0)
                return next((f for v in held if v and (f := self._grouped_target(source, v, depth + 1))), None)
            case Called(number):
                call = source.facts.calls[number]
                if not isinstance(call.func, Attr):
                    return None
                if call.func.name in ("mean", "median", "std", "agg", "aggregate"):
                    return self._mean_of_target(source, call.func.base, number)
                if call.func.name in (
                    "reset_index",
                    "to_dict",
                    "rename",
                    "to_frame",
                    "sort_values",
                    "add_suffix",
                ):
                    return self._grouped_target(source, call.func.base, depth + 1)
            case Item(base) | Attr(base):
                return self._grouped_target(source, base, depth + 1)
        return None

    def _mean_of_target(self, source: SourceFacts, expr: Expr, number: int) -> Refill | None:
        """The rows of `df.groupby(k)["target"]`, as a statistic; None if another column is aggregated."""
        columns: list[str] = []
        if isinstance(expr, Item):
            parts = expr.index.items if isinstance(expr.index, Seq) else (expr.index,)
            columns = [str(p.value) for p in parts if isinstance(p, Const)]
            expr = expr.base
        elif isinstance(expr, Attr):
            columns, expr = [expr.name], expr.base
        given = source.facts.calls[number].args
        if given and isinstance(given[0], Map):
            columns = [str(key.value) for key in given[0].keys if isinstance(key, Const)]
        if not isinstance(expr, Called) or not self._comes_from(source, expr, _GROUPED):
            return None
        targets = self._targets(source)
        if not any(column in targets or column.lower() in ("target", "label") for column in columns):
            return None
        func = source.facts.calls[expr.call].func
        return Refill("mean of the target", func.base, number) if isinstance(func, Attr) else None


def _is_centred(expr: Expr) -> bool:
    return isinstance(expr, Binary) and expr.operator == "-"


def _is_parameter(source: SourceFacts, expr: Expr) -> bool:
    bindings = expr.bindings if isinstance(expr, Ref) else ()
    return any(index >= 0 and source.facts.bindings[index].kind == "parameter" for index in bindings)


def _by_row(call: Call, position: int = 0) -> bool:
    """Whether a call works along each row (`axis=1`)."""
    axis = keyword_argument(call, "axis")
    if axis is None and position < len(call.args):
        axis = call.args[position]
    return axis in (Const(1), Const(-1), Const("columns")) or isinstance(axis, Seq | Unary)
