"""Signs that the rows of a table are ordered in time: lagged columns, sorting by dates, resampling."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mldebt.facts import Attr, Call, Called, Const, Expr, Item, Ref, Seq, Unary
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import Trail

_LAGS = frozenset({"shift", "rolling", "pct_change", "ewm"})
_PERIODS = frozenset({"resample", "asfreq"})
_TIME = re.compile(r"(^|_)(date|datetime|time|timestamp|day|month|year|week|ds)($|_)|date$|time$", re.IGNORECASE)


class Sign(NamedTuple):
    """A sign: its kind (lag, order, period, date, next), and the call that shows it."""

    kind: str
    call: Call


def signs(source: SourceFacts, trail: Trail) -> Iterator[Sign]:
    """The signs on the rows of a trail in one source, by place."""
    if _LAGS.isdisjoint(source.facts.header.methods):
        return
    bindings = {index for path, kind, index in trail.places if path == source.path and kind == "binding"}
    for call in source.facts.calls:
        func = call.func
        if call.name == "pandas.to_datetime" and call.args and bindings & set(_root(source, call.args[0])):
            yield Sign("date", call)
        if not isinstance(func, Attr):
            continue
        kind = _kind(call, func.name)
        if kind and bindings & set(_root(source, func.base)):
            yield Sign(kind, call)


def _kind(call: Call, method: str) -> str:
    first = call.args[0] if call.args else None
    if method == "shift":
        back = isinstance(first, Unary) or (
            isinstance(first, Const) and isinstance(first.value, int) and first.value < 0
        )
        return "next" if back else "lag"
    if method in _LAGS:
        return "lag"
    if method in _PERIODS:
        return "period"
    if method in ("sort_values", "set_index"):
        by = next((k.value for k in call.keywords if k.name in ("by", "keys")), first)
        names = by.items[:1] if isinstance(by, Seq) else (by,)
        return "order" if any(isinstance(n, Const) and _TIME.search(str(n.value)) for n in names) else ""
    if method == "drop" and isinstance(first, Seq | Const):
        names = first.items if isinstance(first, Seq) else (first,)
        return "date" if any(isinstance(n, Const) and _TIME.search(str(n.value)) for n in names) else ""
    return "order" if method == "sort_index" else ""


def _root(source: SourceFacts, expr: Expr) -> tuple[int, ...]:
    """The bindings of the table that a chain of columns and methods starts from."""
    while not isinstance(expr, Ref):
        if isinstance(expr, Item | Attr):
            expr = expr.base
        elif isinstance(expr, Called) and isinstance(func := source.facts.calls[expr.call].func, Attr):
            expr = func.base
        else:
            return ()
    return expr.bindings
