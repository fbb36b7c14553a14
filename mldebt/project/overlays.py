"""Settings of an environment that say what the base says already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Entry
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

_OVERLAY = re.compile(r"(?P<home>(?:.*/)?conf/)(?!base/)[\w.-]+/(?P<name>.+)")


class Redundant(NamedTuple):
    """The settings of an overlay that equal those of its base file."""

    source: SourceFacts
    base: SourceFacts
    entries: tuple[Entry, ...]


def redundant_settings(project: Project) -> Iterator[Redundant]:
    """The overlays of Kedro environments with whole top-level settings that equal those of the base, by path.

    An environment replaces top-level settings as a whole, so that a part of one may have to be repeated; and it fills
    in what its settings refer to by itself, so that these say something else there.
    """
    for source in project.sources(Kind.YAML):
        match = _OVERLAY.fullmatch(source.path)
        base = project.source(f"{match['home']}base/{match['name']}") if match else None
        if base is not None:
            mine, theirs = _settings(source), _settings(base)
            same = [
                e
                for e in source.facts.entries
                if len(e.path) == 1
                and mine[e.path[0]] == theirs.get(e.path[0])
                and not any("${" in text for text in mine[e.path[0]].values())
            ]
            if same:
                yield Redundant(source, base, tuple(same))


def _settings(source: SourceFacts) -> dict[str | int, dict[tuple[str | int, ...], str]]:
    """For each top-level key everything that is written below it."""
    found: dict[str | int, dict[tuple[str | int, ...], str]] = {}
    for entry in source.facts.entries:
        if entry.path:
            found.setdefault(entry.path[0], {})[entry.path] = f"{entry.kind} {entry.text}"
    return found
