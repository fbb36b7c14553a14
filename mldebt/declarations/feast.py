"""Feast: the sources of features, and the stores of `feature_store.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.declarations.decorated import users_of
from mldebt.declarations.literals import Literals
from mldebt.declarations.model import Declared, Stage, place
from mldebt.declarations.tree import document
from mldebt.facts import Call, Called, Ref
from mldebt.plain_facts import keyword_argument
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts

_STORES = ("registry", "online_store", "offline_store")
_VIEWS = frozenset({"FeatureView", "BatchFeatureView", "StreamFeatureView"})
PREFIX = "feast:"
"""What the addresses of feature views begin with."""


def declared(project: Project) -> Iterator[Stage | Declared]:
    """The `*Source` objects of feature definitions (files and tables), and the files of the stores.

    A view is a stage: from its source to the features that code asks for by its name.
    """
    literals = Literals(project)
    for source in users_of(project, "feast"):
        home = _home(project, source.path)
        for call in source.facts.calls:
            kind = call.name.rpartition(".")[2]
            if call.name.startswith("feast.") and kind.endswith("Source"):
                yield from _source(literals, source, home, kind, call)
            elif call.name.startswith("feast.") and kind in _VIEWS:
                yield from _view(literals, source, home, call)
    for config in project.sources(Kind.YAML):
        if basename(config.path) == "feature_store.yaml":
            yield from _stores(config)


def _source(literals: Literals, source: SourceFacts, home: str, kind: str, call: Call) -> Iterator[Declared]:
    path = keyword_argument(call, "path", "file_url")
    table = keyword_argument(call, "table", "table_ref")
    if path is None and table is None:
        return
    written = literals.text(source, path if path is not None else table)
    yield Declared(
        kind="dataset" if path is not None else "table",
        path=place(home, written) if path is not None else written,
        name=literals.text(source, keyword_argument(call, "name")),
        type=kind,
        location=source.location(call.span),
        tool="feast",
    )


def _view(literals: Literals, source: SourceFacts, home: str, call: Call) -> Iterator[Stage]:
    name = literals.text(source, keyword_argument(call, "name") or (call.args[0] if call.args else None))
    made = keyword_argument(call, "source", "batch_source")
    bindings = made.bindings if isinstance(made, Ref) else ()
    held = source.facts.bindings[bindings[0]].value if len(bindings) == 1 and bindings[0] >= 0 else made
    if not name or not isinstance(held, Called):
        return
    inner = source.facts.calls[held.call]
    place_of = source.location(call.span)
    yield Stage(
        id=f"{source.path}:{name}",
        name=name,
        tool="feast",
        location=place_of,
        inputs=tuple(_source(literals, source, home, inner.name.rpartition(".")[2], inner)),
        outputs=(Declared(kind="dataset", path=f"{PREFIX}{name}", name=name, location=place_of, tool="feast"),),
    )


def _stores(config: SourceFacts) -> Iterator[Declared]:
    root = document(config)
    for key in _STORES:
        store = root.get(key) if root else None
        path = store.get("path") if store is not None and store.is_map else store
        if path is not None and path.text and path.text != "file" and not path.is_map:
            yield Declared(
                kind="dataset",
                path=place(dirname(config.path), path.text),
                name=key,
                type=key,
                location=path.location,
                tool="feast",
            )


def _home(project: Project, path: str) -> str:
    """The directory of the feature repository: the nearest one with a `feature_store.yaml`."""
    home = dirname(path)
    while home and f"{home}/feature_store.yaml" not in project.files:
        home = dirname(home)
    return home if f"{home}/feature_store.yaml".lstrip("/") in project.files else dirname(path)
