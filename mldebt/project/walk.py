"""Walking through symbolic expressions."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt.facts import Attr, Binary, Compare, Each, Expr, Item, Logic, Map, Ref, Seq, Star, Text, Unary


def parts_of(expr: Expr) -> tuple[Expr, ...]:
    """The expressions that an expression is directly made of; what a call is made of stands in its own fact."""
    match expr:
        case Attr(base):
            return (base,)
        case Item(base, index):
            return (base, index)
        case Binary(_, left, right) | Compare(_, left, right):
            return (left, right)
        case Text(parts):
            return parts
        case Seq(_, items) | Logic(_, items):
            return items
        case Map(keys, values):
            return (*keys, *values)
        case Unary(_, operand) | Star(operand):
            return (operand,)
        case Each(_, element):
            return (element,)
    return ()


def walk(expr: Expr | None) -> Iterator[Expr]:
    """An expression and everything inside it, outside in."""
    waiting = [] if expr is None else [expr]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(parts_of(found)))


def names_in(expr: Expr | None) -> Iterator[Ref]:
    """The names that an expression reads, from left to right."""
    return (part for part in walk(expr) if isinstance(part, Ref))


def root_name(expr: Expr) -> str:
    """The name that a chain of attributes and items starts from; empty if it starts from something else."""
    while isinstance(expr, Attr | Item):
        expr = expr.base
    return expr.name if isinstance(expr, Ref) else ""
