"""Lists of names that code and configuration write out: columns, features, classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Const, Expr, Item, Seq
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
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
    found: dict[tuple[Span, frozenset[str]], bool] = {}
    for text, span, named in _texts(source):
        names = _header(text, least)
        if names and not _OTHER.search(named):
            found[span, names] = True
    for held in source.held_expressions:
        span, named = held.span, held.name
        if held.role == "return":
            named = _function_name(source, held.block)
        if named and _OTHER.search(named):
            continue
        for part in walk(held.expr):
            if type(part) is Const:
                names = _header(part.value, least)
                if names:
                    found[span, names] = True
            elif type(part) is Item:
                if type(part.index) is Seq and len(names := _names(part.index)) >= least:
                    found[span, names] = True
            elif type(part) is Seq and len(part.items) >= least and len(names := _names(part)) >= least:
                found[span, names] = found.get((span, names), False) or bool(_COLUMNS.search(named))
    merged: dict[frozenset[str], list[tuple[Span, bool]]] = {}
    for (span, names), columns in found.items():
        merged.setdefault(names, []).append((span, columns))
    for names, places in sorted(merged.items(), key=lambda item: min(item[1])):
        span, _ = min(places)
        yield NameList(source, source.location(span), names, any(columns for _, columns in places))


def _texts(source: SourceFacts) -> Iterator[tuple[str, Span, str]]:
    """The texts with commas that are bound, stored, passed or returned as they are, with their names."""
    facts = source.facts
    for binding in facts.bindings:
        if (text := _with_comma(binding.value)) is not None:
            yield text, binding.span, binding.name
    for store in facts.stores:
        if (text := _with_comma(store.value)) is not None:
            yield text, store.span, getattr(store.target, "name", "")
    for call in facts.calls:
        for argument in call.args:
            if (text := _with_comma(argument)) is not None:
                yield text, call.span, ""
        for keyword in call.keywords:
            if (text := _with_comma(keyword.value)) is not None:
                yield text, call.span, keyword.name
    for returned in facts.returns:
        if (text := _with_comma(returned.value)) is not None:
            yield text, returned.span, _function_name(source, returned.block)


def _with_comma(expr: Expr | None) -> str | None:
    if type(expr) is Const and type(expr.value) is str and "," in expr.value:
        return expr.value
    return None


def _function_name(source: SourceFacts, block: int) -> str:
    return source.scope_name(block).rpartition(".")[2]


def _names(seq: Seq) -> frozenset[str]:
    texts = [item.value for item in seq.items if isinstance(item, Const) and isinstance(item.value, str)]
    if len(texts) != len(seq.items) or not all(_NAME.match(text) for text in texts):
        return frozenset()
    return frozenset(texts)


def _header(text: object, least: int) -> frozenset[str]:
    """The columns in the header of a table that is written as one text; empty for any other text."""
    if type(text) is not str or text.count(",") < least - 1:
        return frozenset()
    names = text.strip().split(",")
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
