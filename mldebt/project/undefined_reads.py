"""Names that a notebook reads before, or without, any cell that defines them."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from typing import NamedTuple

from mldebt.facts import Cell
from mldebt.project.cell_reads import Layout
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Span

_GIVEN = frozenset(dir(builtins)) | frozenset(
    "display get_ipython In Out exit quit __file__ __vsc_ipynb_file__"
    " spark sc sqlContext dbutils displayHTML table sql catalog context session pipelines"
    " unicode xrange raw_input reduce unichr long basestring file cmp execfile reload apply buffer intern".split()
)
"""Builtins, and what IPython, Databricks, Kedro and Python 2 define."""
_OF_IPYTHON = re.compile(r"_+(i*|\d+|i\d+|dh|oh|ih)$|_+$")
_LOADS_NAMES = re.compile(
    r"%+(run|store|pylab|load|loadpy|R|sql|bigquery|macro|recall|rerun|cython|local|spark|send_to)"
)
_MAKES_NAMES = frozenset({"exec", "eval", "globals", "locals", "vars", "execfile", "builtins.exec"})


class UndefinedRead(NamedTuple):
    """A name that is read at the top level; `defined` is the cell further below that defines it, if there is one."""

    name: str
    span: Span
    defined: Cell | None


def undefined_reads(source: SourceFacts) -> Iterator[UndefinedRead]:
    """The first read of each name of a notebook that nothing above defines, in the order in which they stand.

    None where something that is not seen may define names: `%run`, star imports, `exec`, cells that do not parse.
    """
    facts = source.facts
    if facts.header.problems or facts.header.truncated or _may_define_anything(source):
        return
    layout = Layout(source)
    first: dict[str, Span] = {}
    for binding in facts.bindings:
        scope = source.scope_of(binding.block)
        if scope == 0 and binding.kind != "delete":
            line = min(binding.span.line, first.get(binding.name, binding.span).line)
            first[binding.name] = Span.at(line)
    elsewhere = {b.name for b in facts.bindings if b.kind == "global" or source.scope_of(b.block) != 0}
    magic = {magic.target for magic in facts.magics}
    magic.update(word for m in facts.magics for word in re.findall(r"[A-Za-z_]\w*", m.text))
    seen: set[str] = set()
    for ref, span in layout.reads():
        name = ref.name
        if ref.bindings or name in seen or name in _GIVEN or name in magic or _OF_IPYTHON.match(name):
            continue
        cell = layout.cell_at(span)
        defined = first.get(name)
        if cell is None or (defined is not None and defined.line < cell.line + cell.lines):
            continue
        if (defined is None and name in elsewhere) or _is_guarded(source, span):
            continue
        seen.add(name)
        yield UndefinedRead(name, span, layout.cell_at(defined) if defined is not None else None)


def _may_define_anything(source: SourceFacts) -> bool:
    facts = source.facts
    return (
        bool(source.star_modules)
        or any(_LOADS_NAMES.match(magic.name) for magic in facts.magics)
        or any(call.name.rpartition(":")[2] in _MAKES_NAMES for call in facts.calls)
        or any(
            m in ("run_line_magic", "run_cell_magic", "magic", "run_cell", "pylab") for m in facts.header.methods
        )
    )


def _is_guarded(source: SourceFacts, span: Span) -> bool:
    """Whether a place is inside a `try`, where the NameError may be what is waited for."""
    return any(
        block.kind in ("try", "except") and block.span.line <= span.line <= block.span.end_line
        for block in source.facts.blocks
    )
