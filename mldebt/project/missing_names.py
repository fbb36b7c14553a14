"""Names that a module of the project is asked for and surely does not have, and what star imports bring."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mldebt.project.source_facts import SourceFacts
from mldebt.source import Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MOST_STEPS = 5
_BUILT = (".so", ".pyd", ".pyx", ".pyi", ".cpp", ".cc", ".rs", ".proto", ".ui", ".in", ".j2", ".tmpl")
"""Endings of files that a build makes modules of."""


def lacking_module(project: Project, source: SourceFacts, name: str) -> str:
    """The path of the project's module that surely lacks the last part of a qualified name; empty if it may have it."""
    module, _, last = name.rpartition(".")
    if not module.strip(".") or module.partition(".")[0] in sys.stdlib_module_names:
        return ""
    home = project.names.module(source, module)
    if home is None or last.startswith("__") or home.facts.header.problems or home.source.is_any(Role.TEST):
        return ""
    if project.names.symbol(source, name) is not None or project.names.is_inside(source, name):
        return ""
    top = home.bindings_by_scope.get(0, {})
    if last in top or "__getattr__" in top or "globals" in home.facts.header.names:
        return ""
    return "" if last in home.facts.words or star_names(project, home) is None else home.path


def is_missing_module(project: Project, source: SourceFacts, module: str) -> bool:
    """Whether a relative module name (`.tables`) leads to no file of the project, nor to one that a build makes."""
    tail = module.lstrip(".").replace(".", "/")
    if not module.startswith(".") or not tail or project.names.is_inside(source, module):
        return False
    last = tail.rpartition("/")[2]
    if "version" in last or last.endswith(("_pb2", "_pb2_grpc", "_ext")) or last.startswith("_"):
        return False
    return not any(path.endswith((*_BUILT, ".py")) for path in project.files_by_stem.get(last, ()))


def star_names(project: Project, source: SourceFacts, depth: int = _MOST_STEPS) -> frozenset[str] | None:
    """The names that a file's star imports may bring; None where one takes everything from outside the project."""
    modules = source.star_modules
    if not modules:
        return frozenset()
    inner = list(project.names.star_imports(source))
    if depth == 0 or len(inner) < len(modules) or any(other.facts.header.problems for other in inner):
        return None
    found: set[str] = set()
    for other in inner:
        top = other.bindings_by_scope.get(0, {})
        more = star_names(project, other, depth - 1)
        if more is None or "__getattr__" in top or "globals" in other.facts.header.names:
            return None
        found |= more | top.keys()
    return frozenset(found)
