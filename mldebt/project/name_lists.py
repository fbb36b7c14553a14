"""Lists of names that code and configuration write out: columns, features, classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Const, Expr, Item, Seq
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import is_plain, walk
from mldebt.source import Kind, Location, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_NAME = re.compile(r"[^\W\d][\w .%()+:-]{0,60}$")
_COLUMNS = re.compile(
    r"(^|_)(feat(ure)?s?|feature_names?|columns?|cols?|numeric(al)?|numericals?|categoricals?|predictors|usecols|x_vars"
    r"|subset|id_vars|value_vars|dtypes?)($|_)",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(^|_)(choices|__all__|classes|class_names|labels?|stop_?words|metrics?|metric_names|scores?|colou?rs?|callbacks|tags|models?|modules|[Tt]arget_modules|layers)($|_)"
)
_CONFIGURATION = (Kind.YAML, Kind.TOML)


class NameList(NamedTuple):
    """A list of names. `columns` says that it is used or named as a list of columns."""

    source: SourceFacts
    location: Location
    names: frozenset[str]
    columns: bool


def name_lists(project: Project, least: int) -> Iterator[NameList]:
    """The literal lists of at least so many different names, by path and place."""
    for source in project.sources():
        if source in project.code:
            yield from _in_code(source, least)
        elif source.kind in _CONFIGURATION:
            yield from _in_configuration(project, source, least)


def _in_code(source: SourceFacts, least: int) -> Iterator[NameList]:
    facts = source.facts
    found: dict[tuple[Span, frozenset[str]], bool] = {}

    def add(expr: Expr | None, span: Span, named: str) -> None:
        if type(expr) is Const:
            names = _header(expr, least)
            if names and not _OTHER.search(named):
                found[span, names] = True
        if is_plain(expr) or _OTHER.search(named):
            return
        for part in walk(expr):
            index = part.index if isinstance(part, Item) else None
            for seq, columns in ((index, True), (part, bool(_COLUMNS.search(named)))):
                names = _names(seq) if isinstance(seq, Seq) else frozenset()
                if len(names) >= least:
                    found[span, names] = found.get((span, names), False) or columns
            names = _header(part, least) if type(part) is Const else frozenset()
            if names:
                found[span, names] = True

    for binding in facts.bindings:
        add(binding.value, binding.span, binding.name)
    for store in facts.stores:
        add(store.value, store.span, getattr(store.target, "name", ""))
        add(store.target, store.span, "")
    for call in facts.calls:
        for argument in call.args:
            if type(argument) is Const or not is_plain(argument):
                add(argument, call.span, "")
        for keyword in call.keywords:
            if type(keyword.value) is Const or not is_plain(keyword.value):
                add(keyword.value, call.span, keyword.name)
    for use in facts.uses:
        if not is_plain(use.expr):
            add(use.expr, use.span, "")
    for returned in facts.returns:
        add(returned.value, returned.span, source.scope_name(returned.block).rpartition(".")[2])
    merged: dict[frozenset[str], list[tuple[Span, bool]]] = {}
    for (span, names), columns in found.items():
        merged.setdefault(names, []).append((span, columns))
    for names, places in merged.items():
        span = min(place for place, _ in places)
        yield NameList(source, source.location(span), names, any(columns for _, columns in places))


def _names(seq: Seq) -> frozenset[str]:
    texts = [item.value for item in seq.items if isinstance(item, Const) and isinstance(item.value, str)]
    if len(texts) != len(seq.items) or not all(_NAME.match(text) for text in texts):
        return frozenset()
    return frozenset(texts)


def _header(text: Const, least: int) -> frozenset[str]:
    """The columns in the header of a table that is written as one text; empty for any other text."""
    if type(text.value) is not str or text.value.count(",") < least - 1:
        return frozenset()
    names = text.value.strip().split(",")
    return (
        frozenset(names) if all(map(str.isidentifier, names)) and len(set(names)) == len(names) else frozenset()
    )


def _in_configuration(project: Project, source: SourceFacts, least: int) -> Iterator[NameList]:
    for entry in source.facts.entries:
        if entry.kind == "seq" and entry.path and not _OTHER.search(str(entry.path[-1])):
            items = project.documents.children(source.path, entry.path)
            texts = [item.value for item in items if isinstance(item.value, str)]
            if len(texts) == len(items) and len(set(texts)) >= least and all(_NAME.match(t) for t in texts):
                columns = bool(_COLUMNS.search(str(entry.path[-1])))
                yield NameList(source, source.location(entry.key), frozenset(texts), columns)
