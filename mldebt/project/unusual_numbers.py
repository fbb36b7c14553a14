"""Unusual whole numbers that code writes out: facts about data, rather than sizes, units, seeds or ports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.facts import Called, Const, Expr, Hole, Item, Ref
from mldebt.project.branches import written
from mldebt.project.walk import walk

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


def unusual_numbers(source: SourceFacts) -> Iterator[tuple[int, Span]]:
    """The unusual whole numbers of a file, with their places."""
    everything = source.facts
    for binding in everything.bindings:
        if not _SEEDS.search(binding.name):
            for number in _within(binding.value):
                yield number, binding.span
    for store in everything.stores:
        if not _SEEDS.search(_called(store.target)):
            for expr in (store.target, store.value):
                for number in _within(expr):
                    yield number, store.span
    for call in everything.calls:
        if not _SEEDS.search(call.name or written(call.func)):
            for expr in (*call.args, *(k.value for k in call.keywords if not _SEEDS.search(k.name))):
                for number in _within(expr):
                    yield number, call.span
    for result in everything.returns:
        for number in _within(result.value):
            yield number, result.span
    for block in everything.blocks:
        if block.kind in ("if", "while"):
            for number in _within(block.test):
                yield number, block.span
    for use in everything.uses:
        for number in _within(use.expr):
            yield number, use.span


def _called(target: Expr) -> str:
    """The name of an attribute or item."""
    if isinstance(target, Item):
        return str(target.index.value) if isinstance(target.index, Const) else ""
    return getattr(target, "name", "")


def _within(expr: Expr | None) -> Iterator[int]:
    if expr is None or isinstance(expr, Ref | Called | Hole):
        return
    parts = list(walk(expr))
    if any(
        isinstance(part, Const) and isinstance(part.value, str) and _SEEDS.search(part.value) for part in parts
    ):
        return  # a table of settings
    if sum(isinstance(part, Const) for part in parts) > 12:
        return  # a table of its own
    for part in parts:
        value = part.value if isinstance(part, Const) else None
        if type(value) is int and _is_unusual(value):
            yield value


def _is_unusual(number: int) -> bool:
    """Whether a number tells more than an order of magnitude, a power of two, a year or a unit."""
    if number < _LEAST or number in _USUAL or 1900 <= number <= 2100 or number & (number - 1) == 0:
        return False
    digits = str(number).rstrip("0")
    if len(digits) <= 2:
        return number >= 10_000_000 and len(digits) == 1 and digits not in ("1", "2", "5")
    return number % 256 != 0 and number % 128 != 0 and digits not in ("255", "125", "375", "625")
