"""Which cell gave a name its value: by the order in which cells stand, and by that of the last run."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from mldebt.facts import Binding, Cell, Const, Expr, Ref
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import names_in, root_name
from mldebt.source import Span

_FUNCTIONS = frozenset({"function", "lambda", "class"})
_REPEATABLE = frozenset({"import", "function", "class", "for", "with", "except"})


class CellRead(NamedTuple):
    """An executed cell reads a name that another executed cell set.

    `stands_after` is the last cell above that sets the name, `ran_after` the one whose run came last before
    (None: no cell that sets it ran before, going by the saved numbers).
    """

    cell: Cell
    name: str
    span: Span
    stands_after: Cell
    ran_after: Cell | None

    @property
    def is_misled(self) -> bool:
        """Whether the run surely gave the name another value than the order of the cells does.

        Equal numbers come from two sessions and say nothing about each other.
        """
        return self.is_early or _count(self.ran_after) > _count(self.stands_after)

    @property
    def is_early(self) -> bool:
        """Whether the cell ran before the one above that sets the name."""
        return _count(self.stands_after) > _count(self.cell)


def cell_reads(source: SourceFacts) -> Iterator[CellRead]:
    """The reads of names across cells, in the order of the cells, the first of each name and cell.

    A cell without a number, or with the number 0 that converters write, was not executed. Names that are bound by
    imports, definitions and constants are left out: running their cell once more changes nothing. So is what
    functions read, because they run later.
    """
    layout = Layout(source)
    setters = layout.setters()
    seen: set[tuple[int, str]] = set()
    for ref, span in layout.reads():
        cell = layout.cell_at(span)
        if cell is None or not cell.execution_count or (cell.index, ref.name) in seen:
            continue
        if any(layout.cell_at(source.facts.bindings[b].span) is cell for b in ref.bindings if b >= 0):
            continue
        others = [other for other in setters.get(ref.name, ()) if other is not cell]
        above = [other for other in others if other.index < cell.index]
        if not above or not all(other.execution_count for other in others):
            continue
        seen.add((cell.index, ref.name))
        before = [other for other in others if _count(other) < cell.execution_count]
        last = max(before, key=_count, default=None)
        yield CellRead(cell, ref.name, span, above[-1], last)


class Layout:
    """Where the facts of a notebook stand."""

    def __init__(self, source: SourceFacts) -> None:
        self.source = source
        self.cells = [cell for cell in source.facts.cells if cell.line]
        self.starts = [cell.line for cell in self.cells]

    def cell_at(self, span: Span) -> Cell | None:
        """The cell that a span of the joined text is in."""
        place = bisect_right(self.starts, span.line) - 1
        return self.cells[place] if place >= 0 else None

    def setters(self) -> dict[str, list[Cell]]:
        """For each name the cells that give it a value at the top level, in the order in which they stand."""
        found: dict[str, dict[int, Cell]] = {}
        steady: set[str] = set()
        for binding in self.source.facts.bindings:
            if self._at_top(binding.block):
                if _is_repeatable(binding):
                    steady.add(binding.name)
                elif cell := self.cell_at(binding.span):
                    found.setdefault(binding.name, {})[cell.index] = cell
        for store in self.source.facts.stores:
            name = root_name(store.target)
            if name and self._at_top(store.block) and (cell := self.cell_at(store.span)):
                found.setdefault(name, {})[cell.index] = cell
        return {
            name: [cells[index] for index in sorted(cells)] for name, cells in found.items() if name not in steady
        }

    def reads(self) -> Iterator[tuple[Ref, Span]]:
        """The names that top-level code reads, with the place of the statement or expression."""
        facts = self.source.facts
        found: list[tuple[Expr | None, int, Span]] = [(use.expr, use.block, use.span) for use in facts.uses]
        for call in facts.calls:
            parts = (call.func, *call.args, *(keyword.value for keyword in call.keywords))
            found += [(part, call.block, call.span) for part in parts]
        found += [(store.value, store.block, store.span) for store in facts.stores]
        found += [(binding.value, binding.block, binding.span) for binding in facts.bindings]
        placed = [(ref, span) for expr, block, span in found if self._at_top(block) for ref in names_in(expr)]
        yield from sorted(placed, key=lambda pair: pair[1])

    def _at_top(self, block: int) -> bool:
        blocks = self.source.facts.blocks
        return not any(blocks[ancestor].kind in _FUNCTIONS for ancestor in self.source.ancestors(block))


def _is_repeatable(binding: Binding) -> bool:
    """Whether running the binding once more leaves everything as it was."""
    return binding.kind in _REPEATABLE or (isinstance(binding.value, Const) and binding.kind == "assign")


def _count(cell: Cell | None) -> int:
    """The number of a cell's last run, from 1; 0 if there is none."""
    return 0 if cell is None else cell.execution_count or 0
