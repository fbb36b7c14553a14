"""Walking through symbolic expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mldebt.facts import Attr, Binary, Called, Compare, Each, Expr, Item, Logic, Map, Ref, Seq, Star, Text, Unary

if TYPE_CHECKING:
    from mldebt.project.source_facts import SourceFacts

_PARTS: Mapping[type, Callable[[Any], tuple[Expr, ...]]] = {
    Attr: lambda expr: (expr.base,),
    Item: lambda expr: (expr.base, expr.index),
    Binary: lambda expr: (expr.left, expr.right),
    Compare: lambda expr: (expr.left, expr.right),
    Text: lambda expr: expr.parts,
    Seq: lambda expr: expr.items,
    Logic: lambda expr: expr.items,
    Map: lambda expr: (*expr.keys, *expr.values),
    Unary: lambda expr: (expr.operand,),
    Star: lambda expr: (expr.operand,),
    Each: lambda expr: (expr.element,),
}


def parts_of(expr: Expr) -> tuple[Expr, ...]:
    """The expressions that an expression is directly made of; what a call is made of stands in its own fact."""
    parts = _PARTS.get(type(expr))
    return () if parts is None else parts(expr)


def walk(expr: Expr | None) -> Iterator[Expr]:
    """An expression and everything inside it, outside in."""
    if expr is None:
        return
    parts = _PARTS.get(type(expr))
    if parts is None:
        yield expr
        return
    waiting = [expr]
    while waiting:
        found = waiting.pop()
        yield found
        parts = _PARTS.get(type(found))
        if parts is not None:
            waiting.extend(parts(found)[::-1])


def walk_calls(source: SourceFacts, expr: Expr | None, depth: int = 4) -> Iterator[Expr]:
    """An expression and everything inside it, also in what its calls are called on and given, so many calls deep."""
    for part in walk(expr):
        yield part
        if isinstance(part, Called) and depth:
            call = source.facts.calls[part.call]
            for inner in (call.func, *call.args, *(keyword.value for keyword in call.keywords)):
                yield from walk_calls(source, inner, depth - 1)


def is_plain(expr: Expr | None) -> bool:
    """Whether an expression is a constant, a name, a call, or attributes of one: nothing to walk, as mostly."""
    while type(expr) is Attr:
        expr = expr.base
    return type(expr) not in _PARTS


def names_in(expr: Expr | None) -> Sequence[Ref]:
    """The names that an expression reads, from left to right."""
    while type(expr) is Attr:
        expr = expr.base
    if type(expr) is Ref:
        return (expr,)
    if type(expr) not in _PARTS:
        return ()
    return [part for part in walk(expr) if type(part) is Ref]


def is_name(expr: Expr, name: str) -> bool:
    """Whether an expression is a name, and nothing but that."""
    return isinstance(expr, Ref) and expr.name == name


def root_name(expr: Expr) -> str:
    """The name that a chain of attributes and items starts from; empty if it starts from something else."""
    while isinstance(expr, Attr | Item):
        expr = expr.base
    return expr.name if isinstance(expr, Ref) else ""
