"""Kedro: nodes as stages, with the namespaces and renamings of the pipelines around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.declarations.kedro_catalog import Catalogue
from mldebt.declarations.kedro_pipelines import Node, Pipelines
from mldebt.declarations.model import Declared, DeclaredKind, Stage
from mldebt.declarations.tree import document
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project


def declared(project: Project) -> Iterator[Stage | Declared]:
    """The entries of all catalogues, and the nodes of all pipelines."""
    catalogue = Catalogue(project)
    for home in sorted(catalogue.entries):
        yield from catalogue.entries[home]
    maker = _Maker(project, catalogue)
    for node in dict.fromkeys(Pipelines(project).nodes()):
        yield maker.stage(node)


class _Maker:
    """Turns nodes into stages; a dataset gets the file that the catalogue gives it."""

    def __init__(self, project: Project, catalogue: Catalogue) -> None:
        self._project = project
        self._catalogue = catalogue
        self._parameters: dict[str, Mapping[str, str]] = {}

    def stage(self, node: Node) -> Stage:
        """The stage of a node."""
        home = self._home(node.location.path)
        read = [(name, written) for name, written in node.inputs if not _is_parameter(written)]
        params = [
            (name, written, position)
            for position, (name, written) in enumerate(node.inputs)
            if _is_parameter(written)
        ]
        return Stage(
            id=f"{node.location.path}:{node.name}",
            name=node.name,
            tool="kedro",
            location=node.location,
            directory=home,
            code=(node.function,) if node.function else (),
            inputs=tuple(self._dataset("input", node, home, *pair) for pair in read),
            outputs=tuple(self._dataset("output", node, home, *pair) for pair in node.outputs),
            params=tuple(self._param(node, home, *pair) for pair in params),
            options=tuple(
                (key, value) for key, value in (("namespace", node.namespace), ("tags", node.tags)) if value
            ),
        )

    def _dataset(self, kind: DeclaredKind, node: Node, home: str, argument: str, written: str) -> Declared:
        """A dataset by its name in the catalogue; `spark` of `sales@spark` becomes an option."""
        name, _, transcoding = written.partition("@")
        entry = self._catalogue.find(home, written) or self._catalogue.find(home, name)
        options = (("transcoding", transcoding),) if transcoding else ()
        return Declared(
            kind=kind,
            path=name,
            name=argument,
            file=entry.file if entry else "",
            type=entry.type if entry else "",
            location=node.location,
            tool="kedro",
            stage=node.name,
            options=options + ((("catalogued", "true"),) if entry else ()),
        )

    def _param(self, node: Node, home: str, argument: str, written: str, position: int) -> Declared:
        """`params:a.b` is the key `a.b`; `parameters` is all of them. The option `position` is the argument's."""
        key = written.removeprefix("params:") if written != "parameters" else ""
        file = self._files(home).get(key.partition(".")[0], "")
        return Declared(
            kind="param",
            path=key,
            name=argument,
            file=file,
            location=node.location,
            tool="kedro",
            stage=node.name,
            options=(("position", str(position)),),
        )

    def _home(self, path: str) -> str:
        """The directory of the Kedro project around a file: the nearest one with a `conf`."""
        home = dirname(path)
        while home and home not in self._catalogue.homes:
            home = dirname(home)
        return home

    def _files(self, home: str) -> Mapping[str, str]:
        """The file that holds each top-level parameter; that of the base environment where several do."""
        if home not in self._parameters:
            found: dict[str, str] = {}
            start = f"{home}/conf/" if home else "conf/"
            for source in self._project.sources(Kind.YAML):
                if source.path.startswith(start) and _holds_parameters(source.path):
                    root = document(source)
                    for child in root.children() if root else ():
                        if child.key not in found or source.path.startswith(f"{start}base/"):
                            found[child.key] = source.path
            self._parameters[home] = found
        return self._parameters[home]


def _holds_parameters(path: str) -> bool:
    return basename(path).startswith("parameters") or "/parameters/" in path


def _is_parameter(written: str) -> bool:
    return written == "parameters" or written.startswith("params:")
