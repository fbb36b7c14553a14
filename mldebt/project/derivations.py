"""What values are made of, inside one file: the calls whose results went into them."""

from __future__ import annotations

from mldebt.facts import Called, Expr, Ref
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk

_DEEPEST = 30


def comes_from(source: SourceFacts, expr: Expr, call: int) -> bool:
    """Whether an expression is made of the result of a call (by its number), through names and other calls."""
    return _comes_from(source, expr, call, _DEEPEST, set())


def _comes_from(source: SourceFacts, expr: Expr, wanted: int, depth: int, seen: set[int]) -> bool:
    if depth == 0:
        return False
    for part in walk(expr):
        if isinstance(part, Called):
            if part.call == wanted:
                return True
            call = source.facts.calls[part.call]
            for inner in (call.func, *call.args, *(keyword.value for keyword in call.keywords)):
                if _comes_from(source, inner, wanted, depth - 1, seen):
                    return True
        elif isinstance(part, Ref):
            for index in part.bindings:
                if index >= 0 and index not in seen:
                    seen.add(index)
                    value = source.facts.bindings[index].value
                    if value is not None and _comes_from(source, value, wanted, depth - 1, seen):
                        return True
    return False
