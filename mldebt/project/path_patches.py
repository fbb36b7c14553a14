"""Where code adds directories of the project, or of somebody's home, to the search path for modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import dirname
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Binary, Called, Const, Expr, Item, Seq
from mldebt.project.addresses import addresses
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_POSITIONS = {"sys.path.append": 0, "sys.path.insert": 1, "sys.path.extend": 0, "site.addsitedir": 0}
_HOME = re.compile(r"(/home/|/Users/|~|[A-Za-z]:)")
_HERE = ("os.getcwd", "pathlib.Path.cwd", "os.getcwdu")
_FOREIGN = re.compile(r"(third[_-]?party|external|vendor|submodule|site-packages)", re.IGNORECASE)


class PathPatches(NamedTuple):
    """What a source adds, piece by piece, with the places."""

    source: SourceFacts
    added: tuple[tuple[Span, str], ...]


def find_path_patches(project: Project) -> Iterator[PathPatches]:
    """The sources that do so, by path."""
    homes = {home for path in project.files if path.endswith(".py") for home in _above(path)}
    for source in project.sources(Kind.PYTHON, Kind.NOTEBOOK):
        found = [
            (span, shown)
            for expr, span in sorted(_added(source), key=lambda pair: pair[1])
            if (shown := _own_path(project, source, expr, homes))
        ]
        if found:
            yield PathPatches(source, tuple(found))


def _added(source: SourceFacts) -> Iterator[tuple[Expr, Span]]:
    """What a source adds to the search path, piece by piece."""
    for call in source.facts.calls:
        position = _POSITIONS.get(call.name)
        if position is not None and len(call.args) > position:
            yield from ((part, call.span) for part in _pieces(call.args[position]))
    for store in source.facts.stores:
        target = store.target
        is_variable = isinstance(target, Item) and target.index == Const("PYTHONPATH")
        if is_variable or qualified(source, target) == "sys.path":
            yield from ((part, store.span) for part in _pieces(store.value))


def _pieces(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Binary):
        yield from _pieces(expr.left)
        yield from _pieces(expr.right)
    elif isinstance(expr, Seq):
        yield from expr.items
    else:
        yield expr


def _own_path(project: Project, source: SourceFacts, expr: Expr, homes: set[str]) -> str:
    """A path that holds the project's own Python files, or is in somebody's home; empty for anything else."""
    if isinstance(expr, Called) and source.facts.calls[expr.call].name in _HERE:
        return "."
    value = project.value(source, expr)
    for anchor in (dirname(source.path), ""):
        for address in addresses(value, anchor):
            if _FOREIGN.search(address.shape):
                continue
            if address.path in homes or (_HOME.match(address.shape) and address.tail):
                return address.shape or "."
    return ""


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = dirname(path)
        yield path
    yield "."
