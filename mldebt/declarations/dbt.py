"""dbt: the sources and models that the YAML files of a dbt project declare."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.declarations.model import Declared
from mldebt.declarations.tree import Node, document
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project

_PROJECT = ("dbt_project.yml", "dbt_project.yaml")
_MODELS = ("models", "seeds", "snapshots")


def declared(project: Project) -> Iterator[Declared]:
    """Sources as `schema.table`, models, seeds and snapshots by their name; the option `role` tells which."""
    homes = {dirname(path) for path in project.by_path if basename(path) in _PROJECT}
    for source in project.sources(Kind.YAML) if homes else ():
        if basename(source.path) in _PROJECT or not _below(source.path, homes):
            continue
        root = document(source)
        sources = root.get("sources") if root and root.is_map else None
        for group in sources.children() if sources else ():
            yield from _tables(group)
        for key in _MODELS:
            listed = root.get(key) if root and root.is_map else None
            for model in listed.children() if listed and listed.is_list else ():
                name = model.get("name")
                if name is not None:
                    yield _table(name.text, name, name.text, key.removesuffix("s"))


def _tables(group: Node) -> Iterator[Declared]:
    """The tables of one source: its schema is its name unless it says otherwise."""
    name = group.get("name")
    schema = group.get("schema") or name
    database = group.get("database")
    prefix = ".".join(node.text for node in (database, schema) if node and "{" not in node.text)
    tables = group.get("tables")
    for table in tables.children() if tables else ():
        title = table.get("name")
        written = table.get("identifier") or title
        if title is not None and written is not None:
            path = f"{prefix}.{written.text}" if prefix else written.text
            yield _table(path, title, f"{name.text}.{title.text}" if name else title.text, "source")


def _table(path: str, node: Node, name: str, role: str) -> Declared:
    return Declared(
        kind="table", path=path, name=name, location=node.location, tool="dbt", options=(("role", role),)
    )


def _below(path: str, homes: set[str]) -> bool:
    return any(not home or path.startswith(f"{home}/") for home in homes)
