"""Files whose text is executed: `exec(open(path).read())`."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Call, Called, Const, Expr
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Location, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project


def executed_files(project: Project, source: SourceFacts, call: Call) -> Iterator[Location]:
    """The file of the project that a call of `exec` runs, if its path is written there."""
    path = file_read(source, call.args[0]) if call.name == "exec" and call.args else ""
    places = dict.fromkeys((normpath(join(dirname(source.path), path)), normpath(path)) if path else ())
    found = next((place for place in places if place in project.files), "")
    if found:
        yield Location(found, Span.at(1))


def file_read(source: SourceFacts, expr: Expr) -> str:
    """The path in `open(path).read()`, compiled or not; empty for anything else."""
    if not isinstance(expr, Called):
        return ""
    read = source.facts.calls[expr.call]
    if read.name == "compile" and read.args:
        return file_read(source, read.args[0])
    if not (isinstance(read.func, Attr) and isinstance(read.func.base, Called)):
        return ""
    opened = source.facts.calls[read.func.base.call]
    first = opened.args[0] if opened.args else None
    return first.value if isinstance(first, Const) and isinstance(first.value, str) else ""
