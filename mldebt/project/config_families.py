"""Configuration files that say nearly the same."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt.project.source_facts import SourceFacts

_FORMATS = frozenset(
    "defaults _base_ extends base inherit inherits _target_ __base__ parent dependencies".split()
)
_SHARE = 0.8

Leaves = dict[tuple[str | int, ...], str]
"""The settings of a file, as written, by their keys."""


def leaves_of(source: SourceFacts) -> Leaves:
    """The settings of a file that stands for itself; empty for one that is built on another or holds data."""
    entries = source.facts.entries
    if not entries or entries[0].kind != "map" or any(e.path and e.path[-1] in _FORMATS for e in entries):
        return {}
    return {
        e.path: e.text for e in entries if e.kind == "scalar" and not any(isinstance(k, int) for k in e.path[:-1])
    }


def config_families(files: list[tuple[SourceFacts, Leaves]]) -> Iterator[list[tuple[SourceFacts, Leaves]]]:
    """The files that agree in most settings with the first of their family, family by family."""
    left = list(files)
    while left:
        first, *rest = left
        family = [first] + [other for other in rest if _share(first[1], other[1]) >= _SHARE]
        left = [other for other in rest if other not in family]
        if len(family) > 1:
            yield family


def _share(one: Leaves, other: Leaves) -> float:
    return len(one.items() & other.items()) / len(one.keys() | other.keys())
