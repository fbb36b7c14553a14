"""MLflow projects: the entry points of `MLproject` files and their parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.declarations.commands import commands_of
from mldebt.declarations.model import Declared, Stage, StageCommand, place
from mldebt.declarations.tree import Node, document
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project

_PARAMETER = re.compile(r"\{(\w+)\}")


def declared(project: Project) -> Iterator[Stage]:
    """The entry points of all `MLproject` files; parameters stand in commands with their defaults."""
    for source in project.sources(Kind.YAML):
        if basename(source.path).lower() != "mlproject":
            continue
        root = document(source)
        points = root.get("entry_points") if root else None
        for node in points.children() if points else ():
            yield _stage(node, dirname(source.path))


def _stage(node: Node, home: str) -> Stage:
    params = tuple(_params(node.get("parameters"), node.key))
    defaults = {param.path: default for param in params if (default := param.option("default")) is not None}
    command = node.get("command")
    commands: tuple[StageCommand, ...] = ()
    if command is not None:
        script = _PARAMETER.sub(lambda match: defaults.get(match[1], f"${{{match[1]}}}"), command.text)
        commands = commands_of(script, command.location, home)
    return Stage(
        id=f"{node.source.path}:{node.key}",
        name=node.key,
        tool="mlproject",
        location=node.key_location,
        directory=home,
        commands=commands,
        params=params,
        inputs=tuple(_inputs(params, home)),
    )


def _params(listed: Node | None, stage: str) -> Iterator[Declared]:
    """`name: type` and `name: {type, default}`."""
    for node in listed.children() if listed else ():
        kind = node.get("type") if node.is_map else node
        default = node.get("default") if node.is_map else None
        yield Declared(
            kind="param",
            path=node.key,
            name=node.key,
            location=node.key_location,
            tool="mlproject",
            type=kind.text if kind else "",
            stage=stage,
            options=(("default", default.text),) if default else (),
        )


def _inputs(params: tuple[Declared, ...], home: str) -> Iterator[Declared]:
    """The parameters of type path or uri with a default: files that the entry point is given."""
    for param in params:
        default = param.option("default")
        if param.type in ("path", "uri") and default:
            yield Declared(
                kind="input",
                path=place(home, default),
                name=param.name,
                location=param.location,
                tool="mlproject",
                stage=param.stage,
            )
