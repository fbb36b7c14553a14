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

SETTINGS = {
    "pyproject.toml": ("tool", "mldebt", "contract"),
    "mldebt.toml": ("contract",),
    ".mldebt.toml": ("contract",),
}
"""Where contracts stand in the files that hold settings."""


def stated(project: Project, key: str) -> Iterator[tuple[str, Location]]:
    """The paths of a list in the `[project]` table of the settings, relative to the root, and where each stands."""
    for source in project.sources(Kind.TOML):
        table = SETTINGS.get(basename(source.path))
        root = document(source) if table is not None else None
        listed = root.get(*table[:-1], "project", key) if root is not None and table is not None else None
        for node in listed.texts() if listed is not None else ():
            path = place(dirname(source.path), node.text)
            yield "" if path == "." else path, node.location


def is_watched(project: Project) -> bool:
    """Whether a contract says that something outside records what services predict."""
    return any(node.key == "external" and node.text == "true" for node in _listed(project, "monitoring"))


def is_tried_first(project: Project) -> bool:
    """Whether a contract says that new models are tried on a part of the traffic, or beside the one in use."""
    return any(True for _ in _listed(project, "deployment"))


def _listed(project: Project, name: str) -> Iterator[Node]:
    """What stands below a contract in the settings."""
    for source in project.sources(Kind.TOML):
        table = SETTINGS.get(basename(source.path))
        root = document(source) if table is not None else None
        found = root.get(*table, name) if root is not None and table is not None else None
        yield from found.children() if found is not None else ()


def declared(project: Project) -> Iterator[Declared]:
    """The datasets that somebody answers for, with their owner and consumers as options."""
    for source in project.sources(Kind.TOML):
        table = SETTINGS.get(basename(source.path))
        root = document(source) if table else None
        listed = root.get(*table, "dataset") if root and table else None
        for dataset in listed.children() if listed else ():
            path = dataset.get("path")
            if path is None or not path.text:
                continue
            options = [
                (c.key, c.text) for c in dataset.children() if c.entry.kind == "scalar" and c.key != "path"
            ]
            consumers = dataset.get("consumers")
            options += [("consumer", node.text) for node in (consumers.texts() if consumers else ())]
            yield Declared(
                kind="dataset",
                path=place(dirname(source.path), path.text),
                name=path.text,
                location=path.location,
                tool="contract",
                options=tuple(options),
            )
