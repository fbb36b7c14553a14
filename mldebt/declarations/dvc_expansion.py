"""The templates of `dvc.yaml`: `vars`, `foreach` and `matrix`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

from mldebt.declarations.model import place
from mldebt.declarations.templating import fill, merge, scalar, whole
from mldebt.declarations.tree import Node, document

if TYPE_CHECKING:
    from mldebt.project import Project

Context = Mapping[str, Any]
"""The values that `${}` can name."""

MOST_INSTANCES = 500
"""Stages made from one template beyond which the rest is dropped."""


class Instance(NamedTuple):
    """A stage made from its template: its name, where it is declared, its body and what `${}` means there."""

    name: str
    node: Node
    body: Node
    context: Context


def default_context(project: Project, home: str) -> Context:
    """The parameters that are loaded unasked: `params.yaml` beside the `dvc.yaml`."""
    return _file(project, place(home, "params.yaml"))


def with_variables(project: Project, variables: Node | None, context: Context, directory: str) -> Context:
    """A context with what `vars` adds: files (`file`, `file:key,key`) and values."""
    for item in variables.children() if variables and variables.is_list else ():
        if item.is_map:
            context = merge(context, _filled(item.plain(), context))
        elif item.text:
            file, _, keys = fill(item.text, context).partition(":")
            loaded = _file(project, place(directory, file))
            wanted = [key.strip() for key in keys.split(",") if key.strip()]
            context = merge(context, {k: v for k, v in loaded.items() if not wanted or k in wanted})
    return context


def instances(node: Node, context: Context) -> Iterator[Instance]:
    """The stages that one entry of `stages` makes."""
    each, matrix = node.get("foreach"), node.get("matrix")
    body = node.get("do")
    if each is not None and body is not None:
        is_map = _is_map(each, context)
        for name, item in islice(_pairs(each, context), MOST_INSTANCES):
            inner = merge(context, {"item": item, "key": name} if is_map else {"item": item})
            yield Instance(f"{node.key}@{name}", node, body, {**inner, "item": item})
    elif matrix is not None and matrix.is_map:
        for name, item in islice(_combinations(matrix, context), MOST_INSTANCES):
            yield Instance(f"{node.key}@{name}", node, node, {**context, "item": item, "key": name})
    elif node.is_map:
        yield Instance(node.key, node, node, context)


def _file(project: Project, path: str) -> Context:
    root = document(project.source(path))
    plain = root.plain() if root else None
    return plain if isinstance(plain, dict) else {}


def _value(node: Node, context: Context) -> Any:
    """A node as plain values, `${}` in it filled in; a text of one `${}` may stand for a list or a map."""
    if node.entry.kind == "scalar":
        found = whole(node.text, context)
        return _filled(node.plain(), context) if found is None else found
    return _filled(node.plain(), context)


def _filled(value: Any, context: Context) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, context) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, context) for item in value]
    if isinstance(value, str):
        found = whole(value, context)
        return fill(value, context) if found is None else found
    return value


def _is_map(each: Node, context: Context) -> bool:
    return isinstance(_value(each, context), dict)


def _pairs(each: Node, context: Context) -> Iterator[tuple[str, Any]]:
    """The names and items of a `foreach`: keys of a map, scalars, or the numbers of other items."""
    value = _value(each, context)
    if isinstance(value, dict):
        yield from ((str(key), item) for key, item in value.items())
    elif isinstance(value, list):
        plain = not any(isinstance(item, dict | list) for item in value)
        for number, item in enumerate(value):
            yield scalar(item) if plain else str(number), item


def _combinations(matrix: Node, context: Context) -> Iterator[tuple[str, dict[str, Any]]]:
    """The names (`a-b`) and items of a `matrix`; an item that is no scalar is called `axis0`, `axis1`, …"""
    axes = {axis.key: _value(axis, context) for axis in matrix.children()}
    columns = [
        [(scalar(v) if not isinstance(v, dict | list) else f"{axis}{n}", v) for n, v in enumerate(values)]
        for axis, values in axes.items()
        if isinstance(values, list)
    ]
    names = [axis for axis, values in axes.items() if isinstance(values, list)]
    for combination in product(*columns):
        yield (
            "-".join(label for label, _ in combination),
            dict(zip(names, (value for _, value in combination), strict=True)),
        )
