"""Unusual whole numbers that code writes out: facts about data, rather than sizes, units, seeds or ports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mldebt.facts import Const, Expr, Item
from mldebt.project.branches import written
from mldebt.project.walk import is_plain, walk

if TYPE_CHECKING:
    from mldebt.project.source_facts import SourceFacts
    from mldebt.source import Span

_SEEDS = re.compile(
    r"seed|random_state|(^|[._])rng|port$|timeout|dpi|size$|version|year|max_iter|n_estimators|plotly|(^|[._])(nn|layers|conv\w*|linear|dense|block)([._]|$)"
    r"|pyplot|seaborn|figsize|(^|\.)(plt|ax|sns)\.",
    re.IGNORECASE,
)
_USUAL = frozenset({
    3600, 7200, 86400, 604800, 1234, 12345, 123456, 1337, 4242, 2048, 1440, 1080, 1920, 3840, 2160, 44100, 22050,
    48000, 11025, 16384, 65535, 32767, 6006, 8501, 8888, 8080, 8081, 8001, 5001, 5432, 3306, 6379, 27017, 9090, 9999,
    99999, 999999, 9999999, 2147483647, 4294967295, 1103515245,
})  # fmt: skip
_LEAST = 1000
_TABLE = 12
"""An expression with more constants is a table of its own."""


def unusual_numbers(source: SourceFacts) -> Iterator[tuple[int, Span]]:
    """The unusual whole numbers of a file, with their places."""
    everything = source.facts
    for binding in everything.bindings:
        if (numbers := _within(binding.value)) and not _SEEDS.search(binding.name):
            yield from ((number, binding.span) for number in numbers)
    for store in everything.stores:
        if (numbers := [*_within(store.target), *_within(store.value)]) and not _SEEDS.search(
            _called(store.target)
        ):
            yield from ((number, store.span) for number in numbers)
    for call in everything.calls:
        numbers = [number for argument in call.args for number in _within(argument)]
        for keyword in call.keywords:
            if (given := _within(keyword.value)) and not _SEEDS.search(keyword.name):
                numbers += given
        if numbers and not _SEEDS.search(call.name or written(call.func)):
            yield from ((number, call.span) for number in numbers)
    for result in everything.returns:
        yield from ((number, result.span) for number in _within(result.value))
    for block in everything.blocks:
        if block.kind in ("if", "while"):
            yield from ((number, block.span) for number in _within(block.test))
    for use in everything.uses:
        yield from ((number, use.span) for number in _within(use.expr))


def _called(target: Expr) -> str:
    """The name of an attribute or item."""
    if isinstance(target, Item):
        return str(target.index.value) if isinstance(target.index, Const) else ""
    return getattr(target, "name", "")


def _within(expr: Expr | None) -> Sequence[int]:
    """The unusual numbers in an expression; none of a table, or of settings."""
    if expr is None or is_plain(expr):
        value = expr.value if isinstance(expr, Const) else None
        return (value,) if type(value) is int and _is_unusual(value) else ()
    constants = [part.value for part in walk(expr) if type(part) is Const]
    numbers = [value for value in constants if type(value) is int and _is_unusual(value)]
    if not numbers or len(constants) > _TABLE:
        return ()
    is_setting = any(isinstance(value, str) and _SEEDS.search(value) for value in constants)
    return () if is_setting else numbers


def _is_unusual(number: int) -> bool:
    """Whether a number tells more than an order of magnitude, a power of two, a year or a unit."""
    if number < _LEAST or number in _USUAL or 1900 <= number <= 2100 or number & (number - 1) == 0:
        return False
    digits = str(number).rstrip("0")
    if len(digits) <= 2:
        return number >= 10_000_000 and len(digits) == 1 and digits not in ("1", "2", "5")
    return number % 256 != 0 and number % 128 != 0 and digits not in ("255", "125", "375", "625")
