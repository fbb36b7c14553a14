"""Dagster: assets with what they are made from, operations and jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.declarations.decorated import Decorated, decorated, named, step
from mldebt.declarations.literals import Literals, name_of
from mldebt.declarations.model import Declared, Stage
from mldebt.facts import Called, Const, Expr, Map, Seq
from mldebt.plain_facts import keyword_argument

if TYPE_CHECKING:
    from mldebt.project import Project

_ASSETS = frozenset({"asset", "multi_asset", "graph_asset"})
_STEPS = _ASSETS | {"op", "job", "graph", "sensor", "schedule"}


def declared(project: Project) -> Iterator[Stage]:
    """The functions that `@asset`, `@op`, `@job`, … decorate. An asset's datasets are asset keys."""
    literals = Literals(project)
    for found in decorated(project, ("dagster",), _STEPS):
        role = found.name.rpartition(".")[2]
        if role not in _ASSETS:
            yield step(project, "dagster", found, options=(("role", role),))
            continue
        prefix = literals.texts(found.source, found.keyword("key_prefix"))
        name = literals.text(found.source, found.keyword("name")) or found.function.name
        yield step(
            project,
            "dagster",
            found,
            inputs=tuple(_inputs(literals, found)),
            outputs=(named("dataset", "/".join([*prefix, name]), found.source, found.function, "dagster"),),
            options=(("role", role),),
        )


def _inputs(literals: Literals, found: Decorated) -> Iterator[Declared]:
    """The assets that an asset is made from: its parameters (renamed by `ins`) and its `deps`."""
    renamed: dict[str, str] = {}
    ins = found.keyword("ins")
    if isinstance(ins, Map):
        for key, value in zip(ins.keys, ins.values, strict=True):
            if isinstance(key, Const) and isinstance(value, Called):
                call = found.source.facts.calls[value.call]
                target = call.args[0] if call.args else keyword_argument(call, "key")
                renamed[str(key.value)] = literals.text(found.source, target) or str(key.value)
    names = [
        renamed.get(param.name, param.name)
        for param in found.function.params
        if param.name not in ("context", "config", "self") and "Resource" not in param.annotation
    ]
    deps = found.keyword("deps", "non_argument_deps")
    listed: tuple[Expr, ...] = deps.items if isinstance(deps, Seq) else ()
    names += [str(d.value) if isinstance(d, Const) else name_of(d) for d in listed]
    for name in dict.fromkeys(names):
        if name:
            yield named("dataset", name, found.source, found.function, "dagster")
