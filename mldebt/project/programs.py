"""The commands that a project installs: console scripts of pyproject.toml, setup.cfg and setup.py."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.declarations.tree import document
from mldebt.facts import Const, Expr, Map, Seq
from mldebt.source import Kind, Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_ENTRY = re.compile(r"\s*([\w.-]+)\s*=\s*([\w.]+)(?:\s*:\s*([\w.]+))?")
_TABLES = (("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts"))


class ConsoleScript(NamedTuple):
    """A command, the source that it starts and the function that it calls there."""

    name: str
    path: str
    function: str
    location: Location


def console_scripts(project: Project) -> Iterator[ConsoleScript]:
    """The commands whose code is in the project."""
    for name, target, location in _written(project):
        path, function = _resolve(project, posixpath.dirname(location.path), target)
        if path:
            yield ConsoleScript(name, path, function, location)


def _written(project: Project) -> Iterator[tuple[str, str, Location]]:
    for source in project.sources(Kind.TOML):
        if posixpath.basename(source.path) == "pyproject.toml":
            root = document(source)
            for table in _TABLES:
                scripts = root.get(*table) if root else None
                for node in scripts.children() if scripts else ():
                    target = node.get("callable") or node.get("reference") if node.is_map else node
                    if target is not None:
                        yield node.key, target.text, node.key_location
    for source in project.sources(Kind.INI):
        for entry in source.facts.entries:
            if entry.path == ("options.entry_points", "console_scripts"):
                for name, written in _lines(str(entry.value)):
                    yield name, written, source.location(entry.span)
    for site in project.calls("setuptools.setup", "distutils.core.setup"):
        entry_points = site.argument(None, "entry_points")
        for name, written in _from_setup(entry_points):
            yield name, written, site.location


def _from_setup(expr: Expr | None) -> Iterator[tuple[str, str]]:
    if isinstance(expr, Const) and isinstance(expr.value, str):
        yield from _lines(expr.value)
    elif isinstance(expr, Map):
        for key, value in zip(expr.keys, expr.values, strict=True):
            if isinstance(key, Const) and key.value in ("console_scripts", "gui_scripts"):
                for item in value.items if isinstance(value, Seq) else (value,):
                    yield from _from_setup(item)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        match = _ENTRY.match(line)
        if match is not None:
            yield match[1], f"{match[2]}:{match[3] or ''}"


def _resolve(project: Project, home: str, target: str) -> tuple[str, str]:
    """The path and function of `package.module:function`, looked for beside the manifest and in its `src`."""
    module, _, function = target.partition(":")
    stem = module.strip().replace(".", "/")
    for base in ("", "src/", "lib/"):
        for ending in (".py", "/__init__.py"):
            path = posixpath.join(home, f"{base}{stem}{ending}")
            if project.source(path) is not None:
                return path, function.strip()
    return "", ""
