"""Hydra: each main with the configuration files that its defaults lists can put together."""

from __future__ import annotations

from collections.abc import Container, Iterator
from posixpath import basename, dirname, join, normpath
from typing import TYPE_CHECKING

from mldebt.declarations.decorated import decorated, step
from mldebt.declarations.literals import Literals
from mldebt.declarations.model import Declared, Stage
from mldebt.declarations.tree import Node, document
from mldebt.source import Location, Span

if TYPE_CHECKING:
    from mldebt.project import Project

_MOST_FILES = 500


def declared(project: Project) -> Iterator[Stage]:
    """The functions that `@hydra.main` decorates; their params are whole configuration files.

    Every file of a group that a defaults list names is among them, since the command line can choose it; the
    option `chosen` says that it is the one named.
    """
    literals = Literals(project)
    homes = _homes(project)
    for found in decorated(project, ("hydra",), ("main",)):
        directory = literals.text(found.source, found.keyword("config_path"))
        name = literals.text(found.source, found.keyword("config_name"))
        root = _directory(homes, found.source.path, directory) if name else None
        files: dict[str, tuple[bool, Location]] = {}
        if root is not None:
            _collect(project, root, join(root, _with_ending(name)), files)
        yield step(
            project,
            "hydra",
            found,
            params=tuple(
                Declared(
                    kind="param",
                    path="",
                    file=path,
                    location=location,
                    tool="hydra",
                    stage=found.function.name,
                    options=(("chosen", str(chosen).lower()),),
                )
                for path, (chosen, location) in sorted(files.items())
            ),
        )


def _homes(project: Project) -> frozenset[str]:
    """The directories with configuration files in or below them."""
    homes: set[str] = set()
    for path in project.files:
        home = dirname(path) if _is_yaml(path) else None
        while home is not None and home not in homes:
            homes.add(home)
            home = dirname(home) if home else None
    return frozenset(homes)


def _directory(homes: Container[str], path: str, written: str) -> str | None:
    """The configuration directory, relative to the script; some start the script from elsewhere."""
    home = dirname(path)
    while True:
        found = normpath(join(home, written or "."))
        found = "" if found == "." else found
        if found in homes:
            return found
        if not home:
            return None
        home = dirname(home)


def _collect(
    project: Project,
    root: str,
    path: str,
    files: dict[str, tuple[bool, Location]],
    named_at: Location | None = None,
) -> None:
    """Add a file and what its defaults list names, each at the place that names it."""
    source = project.source(path)
    if source is None or len(files) > _MOST_FILES or files.get(path, (False,))[0]:
        return
    files[path] = (True, named_at or source.location(Span.at(1)))
    top = document(source)
    defaults = top.get("defaults") if top else None
    for item in defaults.children() if defaults else ():
        for group, option, node in _choices(item):
            home = root if group.startswith("/") else dirname(path)
            inside = normpath(join(home, group.lstrip("/")))
            for other in _group(project, inside) if group else ():
                files.setdefault(other, (False, node.location))
            if option not in ("", "_self_", "null"):
                chosen = normpath(join(inside, _with_ending(option.lstrip("/"))))
                _collect(project, root, chosen, files, node.location)


def _choices(item: Node) -> Iterator[tuple[str, str, Node]]:
    """(group, option, place) of `name`, `group/name`, `group: name` and `override /group: name`."""
    if item.is_map:
        for child in item.children():
            group = child.key.split("@")[0].removeprefix("override ").removeprefix("optional ").strip()
            options = list(child.texts())
            for option in options or [child]:
                yield group, option.text, child
    elif item.text:
        group, _, name = item.text.split("@")[0].rpartition("/")
        yield group, name, item


def _group(project: Project, directory: str) -> Iterator[str]:
    for path in project.by_path:
        if dirname(path) == directory and _is_yaml(path):
            yield path


def _with_ending(name: str) -> str:
    return name if _is_yaml(name) else f"{name}.yaml"


def _is_yaml(path: str) -> bool:
    return basename(path).endswith((".yaml", ".yml"))
