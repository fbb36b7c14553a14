"""Texts of which parts may be unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

from mldebt.values.forms import (
    LONGEST_TEXT,
    MOST_ALTERNATIVES,
    Gap,
    Known,
    Template,
    Value,
    alternatives,
    choice,
    depend_on_callers,
    each,
)


def known_texts(value: Value) -> list[str]:
    """The texts that a value can be, as far as they are wholly known."""
    return [o.value for o in alternatives(value) if isinstance(o, Known) and isinstance(o.value, str)]


def concatenate(values: Iterable[Value]) -> Value:
    """The texts of several values one after the other, for every combination of their alternatives."""
    values, by_caller = depend_on_callers(values)
    return _combine([[text_parts(option) for option in alternatives(value)] for value in values], by_caller)


def _combine(columns: list[list[tuple[str | Gap, ...]]], by_caller: bool) -> Value:
    size = 1
    for position, column in enumerate(columns):
        size *= len(column)
        if size > MOST_ALTERNATIVES:
            size //= len(column)
            columns[position] = [(Gap("many"),)]
    rows = (text([part for parts in row for part in parts]) for row in product(*columns))
    return choice(rows, by_caller=by_caller)


def text_parts(value: Value) -> tuple[str | Gap, ...]:
    """The literal parts and gaps of a value that is made a text."""
    match value:
        case Known(None):
            return (Gap("name", "None"),)  # a default that is replaced before a path is made of it
        case Known(inner):
            return (str(inner),)
        case Template(parts):
            return parts
        case Gap():
            return (value,)
    return (Gap("call"),)


def text(parts: Iterable[str | Gap]) -> Value:
    """A text from literal parts and gaps: neighbouring literals are joined."""
    merged: list[str | Gap] = []
    for part in parts:
        if isinstance(part, str):
            if not part:
                continue
            if merged and isinstance(merged[-1], str):
                merged[-1] += part
                continue
        merged.append(part)
    if not merged:
        return Known("")
    if sum(len(part) for part in merged if isinstance(part, str)) > LONGEST_TEXT:
        return Gap("many")
    if len(merged) == 1:
        only = merged[0]
        return Known(only) if isinstance(only, str) else only
    if len(merged) > 64:
        return Gap("many")
    return Template(tuple(merged))


def replaced(value: Value, old: str, new: str) -> Value:
    """A text with another in the place of a part of it."""

    def one(part: str | Gap) -> str | Gap:
        if isinstance(part, Gap):
            return part
        longer = len(part) + part.count(old) * (len(new) - len(old))
        return part.replace(old, new) if longer <= LONGEST_TEXT else Gap("many")

    def whole(option: Value) -> Value:
        if isinstance(option, Known) and isinstance(option.value, str):
            return text([one(option.value)])
        return option if isinstance(option, Gap) else Gap("call")

    return text(map(one, value.parts)) if isinstance(value, Template) else each(value, whole)


def map_text(value: Value, function: Callable[[str], str]) -> Value:
    """Apply a function to known texts; templates and everything else become gaps."""

    def one(option: Value) -> Value:
        if isinstance(option, Known) and isinstance(option.value, str):
            return Known(function(option.value))
        return option if isinstance(option, Gap) else Gap("call")

    return each(value, one)
