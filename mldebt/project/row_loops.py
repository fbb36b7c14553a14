"""Loops over the rows of a table that only compute, so that its columns could do it at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Block, Call, Called, Expr, Map, Ref, Seq, Text
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import root_name, walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

_ROWS = frozenset({"iterrows", "itertuples"})
_PLAIN = frozenset(
    "append add get float int str abs round min max len bool range sum strip lower upper sqrt exp log log1p power "
    "isnan isna isnull notnull extend".split()
)
"""What a body may call and still be arithmetic on the row."""


def row_loops(project: Project, source: SourceFacts) -> Iterator[tuple[Call, int]]:
    """The calls that give rows to a loop which does nothing but arithmetic on them, with the loops' blocks."""
    if _ROWS.isdisjoint(source.facts.header.methods):
        return
    for index, block in enumerate(source.facts.blocks):
        call = _rows_of(project, source, block)
        if call is not None and _computes(source, index):
            yield call, index


def _rows_of(project: Project, source: SourceFacts, block: Block) -> Call | None:
    """The call that gives the rows of a table, if a loop goes over one."""
    if block.kind != "for" or not isinstance(block.test, Called):
        return None
    call = source.facts.calls[block.test.call]
    if not isinstance(call.func, Attr) or call.func.name not in _ROWS:
        return None
    if project.type_of(source, call.func.base) != "pandas.DataFrame" or _is_written_out(source, call.func.base):
        return None
    return call


def _is_written_out(source: SourceFacts, table: Expr) -> bool:
    """Whether a table is made of rows that stand in the code: they are few."""
    if isinstance(table, Ref) and len(table.bindings) == 1 and table.bindings[0] >= 0:
        table = source.facts.bindings[table.bindings[0]].value or table
    made = source.facts.calls[table.call] if isinstance(table, Called) else None
    rows = made.args[0] if made is not None and made.name == "pandas.DataFrame" and made.args else None
    columns = rows.values if isinstance(rows, Map) else (rows,)
    return bool(columns) and all(isinstance(column, Seq) for column in columns)


def _computes(source: SourceFacts, loop: int) -> bool:
    """Whether a loop assigns or appends, and does nothing that columns could not do."""
    held = source.facts
    inside = [i for i in range(len(held.blocks)) if loop in source.ancestors(i)]
    blocks = set(inside)
    if any(
        held.blocks[i].kind in ("for", "while", "try", "with", "function", "lambda") for i in inside if i != loop
    ):
        return False
    if any(result.block in blocks for result in held.returns):
        return False
    calls = [call for call in held.calls if call.block in blocks and call.span > held.blocks[loop].span]
    head = held.blocks[loop].test
    calls = [c for c in calls if not (isinstance(head, Called) and held.calls[head.call] is c)]
    if any(_last(call) not in _PLAIN for call in calls) or _leaves(source, blocks):
        return False
    if any(_last(call) in ("append", "add", "extend") and not _grows(source, call) for call in calls):
        return False
    stores = any(s.block in blocks and not _accumulates(s.operator) for s in held.stores)
    appends = any(_last(call) in ("append", "add") for call in calls)
    return (stores or appends) and not _carries(source, blocks)


def _last(call: Call) -> str:
    return call.func.name if isinstance(call.func, Attr) else call.name.rpartition(".")[2]


def _grows(source: SourceFacts, call: Call) -> bool:
    """Whether a call adds to a list or set of this file, and to nothing that writes elsewhere."""
    target = call.func.base if isinstance(call.func, Attr) else None
    if not isinstance(target, Ref) or any(_is_record(source, argument) for argument in call.args):
        return False
    values = [source.facts.bindings[index].value for index in target.bindings if index >= 0]
    return bool(values) and all(
        isinstance(value, Seq)
        or (isinstance(value, Called) and source.facts.calls[value.call].name in ("list", "set"))
        for value in values
    )


def _is_record(source: SourceFacts, expr: Expr) -> bool:
    """Whether a value is a text, a dictionary or a list, which no column computes."""
    if isinstance(expr, Ref) and len(expr.bindings) == 1 and expr.bindings[0] >= 0:
        expr = source.facts.bindings[expr.bindings[0]].value or expr
    return isinstance(expr, Map | Seq | Text)


def _accumulates(operator: str) -> bool:
    return operator not in ("=", "del")


def _leaves(source: SourceFacts, blocks: set[int]) -> bool:
    """Whether the body may stop early: a handler says so, or a branch does nothing else."""
    held = source.facts
    spans = [call.span for call in held.calls] + [bound.span for bound in held.bindings]
    spans += [store.span for store in held.stores]
    for index in blocks:
        block = held.blocks[index]
        if block.shape in ("break", "continue", "return", "raise"):
            return True
        lines = range(block.span.line + 1, block.span.end_line + 1)
        if block.kind in ("if", "else") and block.size and not any(span.line in lines for span in spans):
            return True
    return False


def _carries(source: SourceFacts, blocks: set[int]) -> bool:
    """Whether the body asks what earlier rounds left: a name made of itself, a container that it also fills."""
    targets = (store.target for store in source.facts.stores if store.block in blocks)
    filled = {root_name(target) for target in targets} - {""}
    asked = (b.test for i, b in enumerate(source.facts.blocks) if i in blocks and b.kind == "if")
    if any(isinstance(part, Ref) and part.name in filled for test in asked for part in walk(test)):
        return True
    for binding in source.facts.bindings:
        if binding.block in blocks and binding.kind in ("assign", "augmented"):
            if binding.kind == "augmented":
                return True
            names = {part.name for part in walk(binding.value) if isinstance(part, Ref)}
            if binding.name in names:
                return True
    return False
