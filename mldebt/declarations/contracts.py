"""Our own declarations: the contracts of the settings, and what they say about the project."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.declarations.model import Declared, place
from mldebt.declarations.tree import Node, document
from mldebt.source import Kind, Location

if TYPE_CHECKING:
    from mldebt.project import Project

_SETTINGS = {"pyproject.toml": ("tool", "mldebt"), "mldebt.toml": (), ".mldebt.toml": ()}
"""Where our tables stand in the files that hold settings."""


def settings_at(project: Project, *keys: str) -> Iterator[Node]:
    """What the settings in the project say under keys, file by file."""
    for source in project.sources(Kind.TOML):
        table = _SETTINGS.get(basename(source.path))
        root = document(source) if table is not None else None
        found = root.get(*table, *keys) if root is not None and table is not None else None
        if found is not None:
            yield found


def stated(project: Project, key: str) -> Iterator[tuple[str, Location]]:
    """The paths of a list in the `[project]` table of the settings, relative to the root, and where each stands."""
    for listed in settings_at(project, "project", key):
        for node in listed.texts():
            path = place(dirname(node.location.path), node.text)
            yield "" if path == "." else path, node.location


def is_watched(project: Project) -> bool:
    """Whether a contract says that something outside records what services predict."""
    watching = (node for table in settings_at(project, "contract", "monitoring") for node in table.children())
    return any(node.key == "external" and node.text == "true" for node in watching)


def is_tried_first(project: Project) -> bool:
    """Whether a contract says that new models are tried on a part of the traffic, or beside the one in use."""
    return any(True for listed in settings_at(project, "contract", "deployment") for _ in listed.children())


def declared(project: Project) -> Iterator[Declared]:
    """The datasets that somebody answers for, with their owner and consumers as options."""
    datasets = (node for listed in settings_at(project, "contract", "dataset") for node in listed.children())
    for dataset in datasets:
        path = dataset.get("path")
        if path is None or not path.text:
            continue
        options = [(c.key, c.text) for c in dataset.children() if c.entry.kind == "scalar" and c.key != "path"]
        consumers = dataset.get("consumers")
        options += [("consumer", node.text) for node in (consumers.texts() if consumers else ())]
        yield Declared(
            kind="dataset",
            path=place(dirname(path.location.path), path.text),
            name=path.text,
            location=path.location,
            tool="contract",
            options=tuple(options),
        )
