"""Great Expectations: the assets that are validated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.declarations.decorated import home_of, users_of
from mldebt.declarations.literals import Literals
from mldebt.declarations.model import Declared, place
from mldebt.declarations.tree import Node, document
from mldebt.facts import Attr
from mldebt.plain_facts import keyword_argument
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts

_PACKAGE = "great_expectations"
_FILES = frozenset({"great_expectations.yml", "great_expectations.yaml", "gx.yml", "gx.yaml"})
_ADD_ASSET = re.compile(r"add_(\w+)_asset|add(_or_update)?_(pandas|spark)_filesystem")
_PATHS = ("base_directory", "filepath_or_buffer", "path", "table_name", "batching_regex", "query")


def declared(project: Project) -> Iterator[Declared]:
    """The assets of the project's configuration file, and those that code adds to its data sources."""
    for source in project.sources(Kind.YAML):
        if basename(source.path) in _FILES:
            root = document(source)
            for key in ("fluent_datasources", "datasources"):
                listed = root.get(key) if root else None
                for datasource in listed.children() if listed else ():
                    yield from _assets(datasource, dirname(source.path))
    literals = Literals(project)
    for source in users_of(project, _PACKAGE):
        yield from _added(project, literals, source)


def _assets(datasource: Node, home: str) -> Iterator[Declared]:
    """The assets of one data source: files below its base directory, or tables."""
    base = datasource.get("base_directory")
    assets = datasource.get("assets")
    connectors = datasource.get("data_connectors")
    for connector in connectors.children() if connectors and connectors.is_map else ():
        below = connector.get("base_directory")
        if below is not None:
            yield Declared(
                kind="dataset",
                path=place(home, below.text),
                name=f"{datasource.key}.{connector.key}",
                type="directory",
                location=connector.key_location,
                tool="great-expectations",
            )
    for asset in assets.children() if assets else ():
        name = asset.get("name")
        table = asset.get("table_name")
        file = next((found for key in _PATHS if (found := asset.get(key)) is not None), None)
        directory = place(home, base.text) if base else home
        yield Declared(
            kind="table" if table else "dataset",
            path=table.text if table else place(directory, file.text) if file and not base else directory,
            name=name.text if name else asset.key,
            type=kind.text if (kind := asset.get("type")) else "",
            location=asset.key_location,
            tool="great-expectations",
        )


def _added(project: Project, literals: Literals, source: SourceFacts) -> Iterator[Declared]:
    """`data_source.add_csv_asset(name="…", filepath_or_buffer="…")`."""
    for call in source.facts.calls:
        match = _ADD_ASSET.fullmatch(call.func.name) if isinstance(call.func, Attr) else None
        if match is None:
            continue
        where = keyword_argument(call, *_PATHS)
        name = keyword_argument(call, "name") or (call.args[0] if call.args else None)
        is_table = keyword_argument(call, "table_name") is not None
        written = literals.text(source, where)
        if written:
            yield Declared(
                kind="table" if is_table else "dataset",
                path=written if is_table else place(home_of(project, source.path), written),
                name=literals.text(source, name),
                type=match[1] or "directory",
                location=source.location(call.span),
                tool="great-expectations",
            )
