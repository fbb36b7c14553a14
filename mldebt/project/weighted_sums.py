"""Sums of things that have literal weights: what is added, and how much of it."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt.facts import Attr, Binary, Called, Const, Expr, Item, Ref, Seq
from mldebt.plain_facts import keyword_argument
from mldebt.project.model_outputs import is_number
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Span

_READERS = frozenset({"pandas.read_csv", "pandas.read_pickle", "pandas.read_feather", "pandas.read_parquet"})


def reads_tables(source: SourceFacts) -> bool:
    """Whether a file reads tables of which columns could be added."""
    return not _READERS.isdisjoint(source.facts.header.names)


def column_of_file(source: SourceFacts, expr: Expr) -> tuple[int, str] | None:
    """The call that read the file of which a term is a column, or a part, with the column's name."""
    name = ""
    for _ in range(6):
        match expr:
            case Attr(base, "values"):
                expr = base
            case Attr(base, column) if not name:
                expr, name = base, column
            case Item(base, index):
                name = name or (str(index.value) if isinstance(index, Const) else "")
                expr = base
            case Ref(_, (binding,)) if binding >= 0 and source.facts.bindings[binding].value is not None:
                expr = source.facts.bindings[binding].value or expr
            case Called(call):
                return (call, name) if source.facts.calls[call].name in _READERS else None
            case _:
                return None
    return None


def assigned_values(source: SourceFacts) -> Iterator[tuple[Expr, int, Span]]:
    """What a file assigns, stores or returns, with the block and the place."""
    for binding in source.facts.bindings:
        if binding.kind in ("assign", "annotated") and binding.value is not None:
            yield binding.value, binding.block, binding.span
    for store in source.facts.stores:
        yield store.value, store.block, store.span
    for result in source.facts.returns:
        yield result.value, result.block, result.span


def weighted_terms(source: SourceFacts, value: Expr) -> list[tuple[float, Expr]]:
    """The weights and what they weigh in `0.7 * a + 0.3 * b`, or in an average; empty for anything else."""
    for part in walk(value):
        if isinstance(part, Called):
            call = source.facts.calls[part.call]
            weights = keyword_argument(call, "weights")
            given = call.args[0] if call.name == "numpy.average" and call.args else None
            if isinstance(given, Seq) and isinstance(weights, Seq) and all(map(is_number, weights.items)):
                return [(_number(w), s) for w, s in zip(weights.items, given.items, strict=False)]
        elif isinstance(part, Binary) and part.operator == "+":
            return list(_sum(part))
    return []


def _sum(value: Expr) -> Iterator[tuple[float, Expr]]:
    match value:
        case Binary("+", left, right):
            yield from _sum(left)
            yield from _sum(right)
        case Binary("*", left, right) if is_number(left) or is_number(right):
            yield (_number(left), right) if is_number(left) else (_number(right), left)


def _number(expr: Expr) -> float:
    return float(expr.value) if isinstance(expr, Const) and isinstance(expr.value, int | float) else 0.0
