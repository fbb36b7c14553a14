"""What values are made of, inside one file: the calls whose results went into them."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt.facts import Attr, Call, Called, Expr, Ref
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk

_DEEPEST = 30
_PUTS = frozenset({"append", "extend", "insert", "add", "update"})
_APPENDS = frozenset({"pandas.concat", "polars.concat", "numpy.concatenate", "numpy.vstack"})
_FARTHEST = 4


def comes_from(source: SourceFacts, expr: Expr, call: int, *, widely: bool = False) -> bool:
    """Whether an expression is made of the result of a call (by its number), through names and other calls.

    Widely, also through what is put into lists, what functions of the file return, and what they are given.
    """
    return _comes_from(source, expr, call, _DEEPEST, set(), widely)


def _comes_from(source: SourceFacts, expr: Expr, wanted: int, depth: int, seen: set[int], widely: bool) -> bool:
    if depth == 0:
        return False
    for part in walk(expr):
        inner: Iterator[Expr] = iter(())
        if isinstance(part, Called):
            if part.call == wanted:
                return True
            inner = _of_call(source, part.call, widely)
        elif isinstance(part, Ref):
            new = [index for index in part.bindings if index >= 0 and index not in seen]
            seen.update(new)
            inner = (value for index in new for value in _of_binding(source, index, widely))
        if any(_comes_from(source, value, wanted, depth - 1, seen, widely) for value in inner):
            return True
    return False


def _of_call(source: SourceFacts, number: int, widely: bool) -> Iterator[Expr]:
    """What a call is made of: its function, its arguments and, widely, what its function returns."""
    call = source.facts.calls[number]
    yield from (call.func, *call.args, *(keyword.value for keyword in call.keywords))
    if widely and isinstance(call.func, Ref):
        for function in source.facts.functions:
            if function.binding in call.func.bindings:
                yield from (
                    result.value
                    for result in source.facts.returns
                    if result.value is not None and source.scope_of(result.block) == function.block
                )


def _of_binding(source: SourceFacts, index: int, widely: bool) -> Iterator[Expr]:
    """The value of a binding and, widely, what is put into it, and what a parameter is given."""
    binding = source.facts.bindings[index]
    if binding.value is not None:
        yield binding.value
    if not widely:
        return
    for call in source.facts.calls:
        func = call.func
        if (
            isinstance(func, Attr)
            and func.name in _PUTS
            and isinstance(func.base, Ref)
            and index in func.base.bindings
        ):
            yield from call.args
    if binding.kind == "parameter":
        for function in source.facts.functions:
            place = next((i for i, param in enumerate(function.params) if param.binding == index), None)
            if place is not None:
                yield from _given(source, function.binding, place, function.params[place].name)


def _given(source: SourceFacts, function: int, place: int, name: str) -> Iterator[Expr]:
    """What the calls of a function in its file give for a parameter."""
    for call in source.facts.calls:
        if isinstance(call.func, Ref) and function in call.func.bindings:
            yield from call.args[place : place + 1]
            yield from (keyword.value for keyword in call.keywords if keyword.name == name)


def is_appended_to(source: SourceFacts, write: Call) -> bool:
    """Whether what a method writes is the old value with something put behind it."""
    receiver = write.func.base if isinstance(write.func, Attr) else None
    for _ in range(_FARTHEST):
        if isinstance(receiver, Called):
            maker = source.facts.calls[receiver.call]
            if maker.name in _APPENDS or (isinstance(maker.func, Attr) and maker.func.name == "append"):
                return True
            receiver = maker.func.base if isinstance(maker.func, Attr) else None
        elif isinstance(receiver, Ref) and receiver.bindings and receiver.bindings[-1] >= 0:
            receiver = source.facts.bindings[receiver.bindings[-1]].value
        else:
            return False
    return False
