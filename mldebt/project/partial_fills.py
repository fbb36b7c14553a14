"""Columns that start with one value and of which only some rows are filled afterwards."""

from __future__ import annotations

from itertools import takewhile

from mldebt.facts import Attr, Called, Compare, Const, Item, Seq, Store
from mldebt.project.branches import written
from mldebt.project.source_facts import SourceFacts

_COUNTS = frozenset(
    {"enumerate", "range", "zip", "tqdm.tqdm", "tqdm.trange", "tqdm.notebook.tqdm", "tqdm.auto.tqdm"}
)


def partly_filled(source: SourceFacts, first: Store, target: Item, column: Const) -> Store | None:
    """The next store into some rows of the column, if nothing else is done with its values."""
    scope, name = source.scope_of(first.block), written(target.base)
    fills: list[Store] = []
    for store in source.facts.stores:
        if store.span <= first.span or source.scope_of(store.block) != scope:
            continue
        item = store.target
        if isinstance(item, Item) and written(item.base) == name and item.index == column:
            return None  # written as a whole
        if isinstance(item, Item) and isinstance(item.base, Attr) and item.base.name in ("loc", "iloc", "at"):
            index = item.index
            picks = isinstance(index, Seq) and len(index.items) == 2 and index.items[1] == column
            if picks and written(item.base.base) == name and store.operator == "=":
                fills.append(store)
                if _goes_over_all(source, store, name):
                    return None
    compared = any(
        isinstance(c.comparison, Compare) and first.value in (c.comparison.left, c.comparison.right)
        for c in source.facts.conditions
    )
    if compared or not fills or _fills_both_ways(source, fills):
        return None
    return fills[0]


def _fills_both_ways(source: SourceFacts, fills: list[Store]) -> bool:
    """Whether the column is filled whatever a condition says: in its branch, and in the other one."""
    blocks = source.facts.blocks
    around = {block for store in fills for block in source.ancestors(store.block)}
    return any(blocks[block].kind == "else" and blocks[block].partner in around for block in around)


def _goes_over_all(source: SourceFacts, store: Store, table: str) -> bool:
    """Whether a store fills each row in turn: in a loop over all of them, or over the folds that they are cut into."""
    blocks = source.facts.blocks
    inside = list(takewhile(lambda block: blocks[block].kind != "function", source.ancestors(store.block)))
    if any(blocks[block].kind in ("if", "else", "try", "except") for block in inside):
        return False
    for block in inside:
        over = blocks[block].test if blocks[block].kind == "for" else None
        call = source.facts.calls[over.call] if isinstance(over, Called) else None
        if call is not None and (
            call.name in _COUNTS or (isinstance(call.func, Attr) and call.func.name == "split")
        ):
            return True
        if call is not None and isinstance(call.func, Attr) and written(call.func.base) == table:
            return True
        if isinstance(over, Attr) and written(over.base) == table:
            return True
    return False
