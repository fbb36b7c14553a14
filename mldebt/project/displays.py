"""Where a source writes out values: the expressions that hold others, with what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mldebt.facts import Called, Const, Expr, Facts, Ref
from mldebt.project.walk import is_plain
from mldebt.source import Span

_PLAIN = frozenset({Const, Ref, Called})
"""What most expressions are: there is nothing to walk."""


class Held(NamedTuple):
    """An expression that holds others (a display, an operation, an f-string, an item of something).

    `role` is binding, store, target, argument, keyword, use or return. `name` is what it is called: the variable,
    the attribute that is stored to, or the keyword; else empty.
    """

    role: str
    name: str
    expr: Expr
    span: Span
    block: int


def held_expressions(facts: Facts) -> Iterator[Held]:
    """All of them in a file, role by role; that most expressions are plain names and constants is why this pays."""
    for binding in facts.bindings:
        if type(binding.value) not in _PLAIN and binding.value is not None and not is_plain(binding.value):
            yield Held("binding", binding.name, binding.value, binding.span, binding.block)
    for store in facts.stores:
        if not is_plain(store.value):
            yield Held("store", getattr(store.target, "name", ""), store.value, store.span, store.block)
        if not is_plain(store.target):
            yield Held("target", "", store.target, store.span, store.block)
    for call in facts.calls:
        for argument in call.args:
            if type(argument) not in _PLAIN and not is_plain(argument):
                yield Held("argument", "", argument, call.span, call.block)
        for keyword in call.keywords:
            if type(keyword.value) not in _PLAIN and not is_plain(keyword.value):
                yield Held("keyword", keyword.name, keyword.value, call.span, call.block)
    for use in facts.uses:
        if type(use.expr) not in _PLAIN and not is_plain(use.expr):
            yield Held("use", "", use.expr, use.span, use.block)
    for returned in facts.returns:
        if returned.value is not None and not is_plain(returned.value):
            yield Held("return", "", returned.value, returned.span, returned.block)
