"""Ploomber: the tasks of `pipeline.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING

import msgspec

from mldebt.declarations.model import Declared, Stage, place
from mldebt.declarations.tree import Node, document
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project

_SCRIPTS = (".py", ".ipynb", ".R", ".sql")
_NOTEBOOK = "nb"
"""The name of a task's product that is its executed notebook."""


def declared(project: Project) -> Iterator[Stage]:
    """The tasks of files named `pipeline.yaml`, `pipeline.*.yaml` whose tasks have a source and a product."""
    for source in project.sources(Kind.YAML):
        name = basename(source.path)
        if name.startswith("pipeline") and name.endswith((".yaml", ".yml")):
            root = document(source)
            tasks = root.get("tasks") if root else None
            stages = [
                _stage(project, task, dirname(source.path))
                for task in (tasks.children() if tasks and tasks.is_list else ())
                if task.get("source") is not None and task.get("product") is not None
            ]
            made = {stage.name: stage.outputs for stage in stages}
            for stage in stages:
                taken = tuple(
                    msgspec.structs.replace(product, kind="input", name="", stage=stage.name)
                    for name in stage.after
                    for product in made.get(name, ())
                    if product.name != _NOTEBOOK
                )
                yield msgspec.structs.replace(stage, inputs=taken)


def _stage(project: Project, task: Node, home: str) -> Stage:
    written = source.text if (source := task.get("source")) else ""
    file = written.rpartition("/")[2]
    own = file.partition(".")[0] if written.endswith(_SCRIPTS) else file.rpartition(".")[2]
    name = title.text if (title := task.get("name")) else own
    params = task.get("params")
    return Stage(
        id=f"{task.source.path}:{name}",
        name=name,
        tool="ploomber",
        location=task.location,
        directory=home,
        code=tuple(_code(project, home, written)),
        outputs=tuple(_products(task.get("product"), home, name)),
        params=tuple(
            Declared(
                kind="param", path=node.key, location=node.key_location, tool="ploomber", stage=name,
                options=(("default", node.text),),
            )
            for node in (params.children() if params else ())
        ),
        after=tuple(node.text for node in above.texts()) if (above := task.get("upstream")) else (),
    )  # fmt: skip


def _code(project: Project, home: str, written: str) -> Iterator[str]:
    """The script, or the function that a dotted name means."""
    if written.endswith(_SCRIPTS):
        yield place(home, written)
        return
    module, _, function = written.rpartition(".")
    for base in ("", "src/"):
        for ending in (".py", "/__init__.py"):
            path = place(home, f"{base}{module.replace('.', '/')}{ending}")
            if project.source(path) is not None:
                yield f"{path}:{function}"
                return


def _products(product: Node | None, home: str, stage: str) -> Iterator[Declared]:
    """One path, several, or named ones; `nb` is the executed notebook."""
    if product is None:
        return
    for node in [product] if product.entry.kind == "scalar" else product.children():
        path = node if node.entry.kind == "scalar" else next(node.texts(), None)
        if path is not None:
            yield Declared(
                kind="output",
                path=place(home, path.text),
                location=path.location,
                tool="ploomber",
                name="" if node is product or isinstance(node.entry.path[-1], int) else node.key,
                stage=stage,
            )
