"""The parts of configuration files that hold several settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Entry
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

_TOOLS = frozenset({"dvc.yaml", "pyproject.toml"})


class ConfigPart(NamedTuple):
    """A mapping of a configuration file: its keys and, of those that are simple settings, the values."""

    source: SourceFacts
    entry: Entry
    keys: frozenset[str]
    values: dict[str, object]


def config_parts(project: Project) -> Iterator[ConfigPart]:
    """The mappings with at least two keys in YAML and TOML files that are not those of a tool, by path and place."""
    for source in project.sources(Kind.YAML, Kind.TOML):
        if source.path.rpartition("/")[2] in _TOOLS or "/." in f"/{source.path}":
            continue
        for entry in source.facts.entries:
            children = project.documents.children(source.path, entry.path) if entry.kind == "map" else []
            if len(children) > 1:
                values: dict[str, object] = {str(c.path[-1]): c.value for c in children if c.kind == "scalar"}
                yield ConfigPart(source, entry, frozenset(str(c.path[-1]) for c in children), values)
