"""dbt: the sources and models that the YAML files of a dbt project declare, and what its models are made from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname, splitext
from typing import TYPE_CHECKING

from mldebt.declarations.model import Declared, Stage
from mldebt.declarations.tree import Node, document
from mldebt.facts import Statement
from mldebt.source import Kind, Location, Span
from mldebt.values import lies_in

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts

_PROJECT = ("dbt_project.yml", "dbt_project.yaml")
_REFERENCE = re.compile(r"\b(?:ref|source)\(\s*['\"]([\w.]+)['\"]\s*(?:,\s*['\"](\w+)['\"]\s*)?\)")
_MODELS = ("models", "seeds", "snapshots")


def declared(project: Project) -> Iterator[Stage | Declared]:
    """Sources as `schema.table`, models, seeds and snapshots by their name; the option `role` tells which.

    Each model's file is a stage, from the tables that its query names to the one that is named after it.
    """
    homes = {dirname(path) for path in project.by_path if basename(path) in _PROJECT}
    for source in project.sources(Kind.SQL) if homes else ():
        if any(source.path.startswith(f"{home}/models/".lstrip("/")) for home in homes):
            yield _model(source)
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


def _model(source: SourceFacts) -> Stage:
    name = splitext(basename(source.path))[0]
    place = source.location(source.facts.statements[0].span) if source.facts.statements else None
    location = place or Location(source.path, Span(1, 0, 1, 0))
    read = sorted({table for statement in source.facts.statements for table in _read(statement)})
    made = _named(name, location, name, "model")
    taken = tuple(_named(table, location, table, "input") for table in read)
    return Stage(
        id=f"{source.path}:{name}", name=name, tool="dbt", location=location, inputs=taken, outputs=(made,)
    )


def _read(statement: Statement) -> Iterator[str]:
    """The tables of a query, and those that its template names where SQL alone cannot be read."""
    yield from statement.reads
    for found in _REFERENCE.finditer(statement.text):
        yield ".".join(part for part in found.groups() if part)


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
    return _named(path, node.location, name, role)


def _named(path: str, location: Location, name: str, role: str) -> Declared:
    return Declared(kind="table", path=path, name=name, location=location, tool="dbt", options=(("role", role),))


def _below(path: str, homes: set[str]) -> bool:
    return any(lies_in(path, home) for home in homes)
