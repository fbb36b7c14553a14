"""Dispatches: places where a name (`"xgb"`, `"lstm"`) selects what is done or built."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Block, Called, Compare, Const, Expr, Item, Logic, Map, Ref, Seq
from mldebt.project.branches import written
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_CASES = frozenset({"lower", "upper", "strip", "casefold"})
_FEWEST_ENTRIES = 3


class Branch(NamedTuple):
    """What some keys select: the block of an `if` (or -1), or the value of a table's entry."""

    keys: tuple[str, ...]
    block: int
    value: Expr | None = None


class Dispatch(NamedTuple):
    """An `if`/`elif` chain over one subject, or a table with names as keys (`subject` None).

    `block` is the block around it, `otherwise` the block of the final `else` (-1: there is none).
    """

    source: SourceFacts
    subject: Expr | None
    branches: tuple[Branch, ...]
    block: int
    otherwise: int
    location: Location

    @property
    def keys(self) -> frozenset[str]:
        """All keys."""
        return frozenset(key for branch in self.branches for key in branch.keys)

    @property
    def name(self) -> str:
        """The subject as written; empty for a table."""
        return "" if self.subject is None else written(self.subject)

    @property
    def scope(self) -> int:
        """The block of the function around it (0: the module)."""
        return self.source.scope_of(self.block)

    def built(self) -> list[str]:
        """What the branches construct: for each branch the first class or function with a class's name, or nothing."""
        return [self._built(branch) for branch in self.branches]

    def _built(self, branch: Branch) -> str:
        if branch.value is not None:
            return _class_named(self.source, branch.value)
        return _first_made(self.source).get(branch.block, "")


@lru_cache(maxsize=4)
def _first_made(source: SourceFacts) -> dict[int, str]:
    """For each block the first class or function with a class's name that is called in it."""
    found: dict[int, str] = {}
    for name, block in source.called_names:
        if _is_class_name(name):
            for ancestor in source.ancestors(block):
                found.setdefault(ancestor, name)
    return found


def find_dispatches(project: Project) -> Iterator[Dispatch]:
    """All dispatches of the project's code, by path and place."""
    for source in project.code:
        yield from sorted((*_chains(source), *_tables(source)), key=lambda d: d.location)


def _chains(source: SourceFacts) -> Iterator[Dispatch]:
    blocks = source.facts.blocks
    tested = {i: keys for i, b in enumerate(blocks) if b.kind == "if" and (keys := _keys(source, b))}
    if not tested:
        return
    answers = {b.partner: i for i, b in enumerate(blocks) if b.kind == "else" and b.partner in tested}
    inside: dict[int, list[int]] = defaultdict(list)
    for index in tested:
        inside[blocks[index].parent].append(index)
    following = {}
    for index, other in answers.items():
        start = blocks[other].span
        for candidate in inside.get(other, ()):
            same_place = (
                blocks[candidate].span.line == start.line and blocks[candidate].span.column == start.column
            )
            if same_place and tested[candidate][0] == tested[index][0]:
                following[index] = candidate
    elifs = frozenset(following.values())
    for index in tested:
        if index in elifs:
            continue
        chain = [index]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        subject = tested[index][0]
        branches = tuple(Branch(tested[i][1], i) for i in chain)
        where = source.location(blocks[index].span)
        yield Dispatch(source, subject, branches, blocks[index].parent, answers.get(chain[-1], -1), where)


def _keys(source: SourceFacts, block: Block) -> tuple[Expr, tuple[str, ...]] | None:
    """The subject of a test and the names that it is compared with."""
    tests = block.test.items if isinstance(block.test, Logic) and block.test.operator == "or" else (block.test,)
    subject: Expr | None = None
    keys: list[str] = []
    for test in tests:
        if not isinstance(test, Compare):
            return None
        if test.operator == "==" and isinstance(test.right, Const):
            found = [test.right]
        elif test.operator == "in" and isinstance(test.right, Seq):
            found = [item for item in test.right.items if isinstance(item, Const)]
        else:
            return None
        one = _plain(source, test.left)
        if one is None or (subject is not None and one != subject):
            return None
        if not found or not all(isinstance(item.value, str) for item in found):
            return None
        subject = one
        keys += [str(item.value) for item in found]
    return None if subject is None else (subject, tuple(keys))


def _plain(source: SourceFacts, expr: Expr) -> Expr | None:
    """A name, attribute or item; `x.lower()` is `x`."""
    if isinstance(expr, Called):
        func = source.facts.calls[expr.call].func
        if not isinstance(func, Attr) or func.name not in _CASES:
            return None
        expr = func.base
    return expr if isinstance(expr, Ref | Attr | Item) else None


def _tables(source: SourceFacts) -> Iterator[Dispatch]:
    for binding in source.facts.bindings:
        value = binding.value
        if not isinstance(value, Map) or len(value.keys) < _FEWEST_ENTRIES:
            continue
        branches = tuple(
            Branch((key.value,), -1, entry)
            for key, entry in zip(value.keys, value.values, strict=True)
            if isinstance(key, Const) and isinstance(key.value, str)
        )
        if len(branches) == len(value.keys):
            where = source.location(binding.span)
            yield Dispatch(source, None, branches, binding.block, -1, where)


def _class_named(source: SourceFacts, expr: Expr) -> str:
    if isinstance(expr, Called):
        call = source.facts.calls[expr.call]
        name = _last(call.name) or (call.func.name if isinstance(call.func, Attr | Ref) else "")
    else:
        name = expr.name if isinstance(expr, Attr | Ref) else ""
    return name if _is_class_name(name) else ""


def _last(name: str) -> str:
    return name.rpartition(".")[2].rpartition(":")[2]


def _is_class_name(name: str) -> bool:
    return name[:1].isupper() and not name.isupper() and not name.endswith(("Error", "Exception", "Warning"))
