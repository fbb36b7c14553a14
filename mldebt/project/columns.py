"""Columns that are computed and that nothing uses."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Called, Const, Expr, Item, Ref, Seq, Store
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import is_name, parts_of, walk
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

_LOOKS = frozenset("head tail info describe shape columns dtypes index sample nunique isnull isna sum".split())
"""What only shows a frame."""
_PASSES = frozenset("drop copy reset_index rename sort_values sort_index set_index astype".split())
"""What gives the same columns, to be bound to the same name: `df = df.reset_index()`."""
_FRAMES = frozenset({"pandas", "polars", "dask", "geopandas", "cudf", "modin"})
_NAME = re.compile(r"[A-Za-z]\w{2,}")
_WORD = re.compile(r"\w+")
_TEXTS = (Kind.PYTHON, Kind.NOTEBOOK, Kind.YAML, Kind.TOML, Kind.JSON, Kind.INI, Kind.SQL)


class DeadColumn(NamedTuple):
    """`stores` compute the column; `dropped` removes it again, if something does."""

    source: SourceFacts
    stores: tuple[Store, ...]
    name: str
    dropped: Call | None


class _Use(NamedTuple):
    """A line on which a whole frame is used; `call` is the call of a method of it."""

    line: int
    call: Call | None


def dead_columns(project: Project) -> Iterator[DeadColumn]:
    """The columns that are dropped again without a use, or of a frame of which only other columns are taken.

    Between its creation and its end nothing names a dropped column or takes the whole frame. The name of a column that
    is only left out stands nowhere else: in no other file, setting or query, in no string or comment.
    """
    for source in project.code:
        packages = {module.partition(".")[0] for module in source.facts.header.modules}
        created = {} if packages.isdisjoint(_FRAMES) else _created(source)
        if not created:
            continue
        words = Counter(_WORD.findall(source.text()))
        dropping = _dropping(source)
        shared = source.path in project.imports.importers
        whole = _whole_uses(source)
        for (name, frame), stores in sorted(created.items()):
            drops, uses = dropping.get(name, []), whole.get(frame, [])
            drop = next(
                (call for call in drops if _ends(source, call, frame) and call.span > stores[0].span), None
            )
            if drop is not None:
                dead = not _is_whole_between(source, uses, stores, drop) and not _is_named(
                    source, name, stores, drop
                )
            else:
                dead = (
                    not drops
                    and words[name] <= len(stores)
                    and _is_only_selected(source, frame, uses, stores, shared)
                )
                dead = dead and not _is_said_elsewhere(project, source, name)
            if dead:
                yield DeadColumn(source, tuple(stores), name, drop)


def _created(source: SourceFacts) -> dict[tuple[str, str], list[Store]]:
    """The plain assignments of a computed column to a named frame, by column and frame."""
    found: dict[tuple[str, str], list[Store]] = defaultdict(list)
    for store in source.facts.stores:
        match store.target:
            case Item(Ref(frame), Const(str() as name)) if store.operator == "=" and _NAME.fullmatch(name):
                if any(isinstance(part, Item | Attr | Called | Ref) for part in walk(store.value)):
                    found[name, frame].append(store)
            case _:
                pass
    return found


def _is_said_elsewhere(project: Project, home: SourceFacts, name: str) -> bool:
    pattern = re.compile(rf"(?<!\w){name}(?!\w)")
    return any(s is not home and pattern.search(s.text()) for s in project.sources(*_TEXTS))


def _dropping(source: SourceFacts) -> dict[str, list[Call]]:
    """The calls that drop columns, by the name of the column."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in source.facts.calls:
        for name in dict.fromkeys(_dropped(call)):
            found[name].append(call)
    return found


def _dropped(call: Call) -> list[str]:
    """The columns that a call drops."""
    if not isinstance(call.func, Attr) or call.func.name not in ("drop", "pop"):
        return []
    given = [*call.args[:1], *(k.value for k in call.keywords if k.name in ("columns", "labels"))]
    return [p.value for expr in given for p in walk(expr) if isinstance(p, Const) and isinstance(p.value, str)]


def _ends(source: SourceFacts, call: Call, frame: str) -> bool:
    """Whether a call takes columns out of a frame for good: in place, or bound to its name again."""
    if not isinstance(call.func, Attr) or not is_name(call.func.base, frame):
        return False
    if call.func.name == "pop" or any(k.name == "inplace" and k.value == Const(True) for k in call.keywords):
        return True
    bound = (b for b in source.facts.bindings if b.name == frame and isinstance(b.value, Called))
    return any(source.facts.calls[b.value.call] is call for b in bound if isinstance(b.value, Called))


def _is_whole_between(source: SourceFacts, uses: list[_Use], stores: list[Store], dropped: Call) -> bool:
    """Whether the whole frame is used between the creation of a column and its end."""
    start, end = stores[0].span.line, dropped.span.line
    if end < start or any(source.scope_of(s.block) != source.scope_of(dropped.block) for s in stores):
        return True
    return any(start <= use.line <= end for use in uses if use.call is not dropped)


def _is_named(source: SourceFacts, name: str, stores: list[Store], dropped: Call) -> bool:
    """Whether anything names a column between its creation and its end, be it in a query."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    start, end = stores[0].span.line, dropped.span.line
    made = {store.span.line for store in stores}
    for line, expr in _placed(source):
        if not start < line < end or line in made:
            continue
        for part in walk(expr):
            if isinstance(part, Attr) and part.name == name:
                return True
            if isinstance(part, Const) and isinstance(part.value, str) and word.search(part.value):
                return True
    return False


def _is_only_selected(
    source: SourceFacts, frame: str, uses: list[_Use], stores: list[Store], is_shared: bool
) -> bool:
    """Whether a function, or a script that nobody imports, makes a column and then takes other columns of the frame by
    name, and nothing else of it.
    """
    scope = source.scope_of(stores[0].block)
    if source.kind is Kind.NOTEBOOK or (is_shared and source.facts.blocks[scope].kind != "function"):
        return False  # the next cell may show it, another file may import it
    if any(source.scope_of(s.block) != scope for s in stores):
        return False
    first = stores[0].span.line
    if any(use.line >= first for use in uses):
        return False
    block, lists = source.facts.blocks[scope].span, _lists(source)
    return any(
        isinstance(part, Item) and is_name(part.base, frame) and _is_list(part.index, lists)
        for line, expr in _expressions(source)
        if block.line <= line <= block.end_line
        for part in walk(expr)
    )


def _whole_uses(source: SourceFacts) -> dict[str, list[_Use]]:
    """Where frames are handed on as a whole, or a method is called that sees all columns, by the frame's name."""
    found: dict[str, list[_Use]] = defaultdict(list)
    kept = {
        binding.value.call: binding.name
        for binding in source.facts.bindings
        if isinstance(binding.value, Called) and not binding.path
    }
    for index, call in enumerate(source.facts.calls):
        if not isinstance(call.func, Attr) or not isinstance(call.func.base, Ref) or call.func.name in _LOOKS:
            continue
        name = call.func.base.name
        in_place = any(k.name == "inplace" and k.value == Const(True) for k in call.keywords)
        if not (call.func.name in _PASSES and (in_place or kept.get(index) == name)):
            found[name].append(_Use(call.span.line, call))
    lists = _lists(source)
    rebound = {(b.span.line, b.name) for b in source.facts.bindings if isinstance(b.value, Item)}
    for line, expr in _expressions(source):
        for part in _bare(expr, lists):
            if isinstance(part, Ref) and (line, part.name) not in rebound:
                found[part.name].append(_Use(line, None))
    return found


def _expressions(source: SourceFacts) -> Iterator[tuple[int, Expr]]:
    facts = source.facts
    for call in facts.calls:
        yield from ((call.span.line, expr) for expr in (*call.args, *(k.value for k in call.keywords)))
    yield from ((b.span.line, b.value) for b in facts.bindings if b.value is not None)
    yield from ((store.span.line, store.value) for store in facts.stores)
    yield from ((result.span.line, result.value) for result in facts.returns)
    yield from ((block.span.line, block.test) for block in facts.blocks if block.test is not None)


def _placed(source: SourceFacts) -> Iterator[tuple[int, Expr]]:
    """All that can name a column, with its line."""
    yield from _expressions(source)
    facts = source.facts
    yield from ((call.span.line, call.func) for call in facts.calls)
    yield from ((use.span.line, use.expr) for use in facts.uses)
    for store in facts.stores:
        if isinstance(store.target, Item):
            yield store.span.line, store.target


def _lists(source: SourceFacts) -> set[str]:
    """The names that are bound once, to a list of names that stands there."""
    counts = Counter(binding.name for binding in source.facts.bindings)
    return {
        binding.name
        for binding in source.facts.bindings
        if counts[binding.name] == 1
        and isinstance(binding.value, Seq)
        and not binding.path
        and all(isinstance(item, Const) and isinstance(item.value, str) for item in binding.value.items)
    }


def _is_list(index: Expr, lists: set[str]) -> bool:
    return isinstance(index, Seq) or (isinstance(index, Ref) and index.name in lists)


def _bare(expr: Expr, lists: set[str]) -> Iterator[Expr]:
    """The names in an expression that stand for a whole frame: not the `df` of `df["x"]` or `df.x`."""
    match expr:
        case Item(Ref(), Const() | Seq()):
            return
        case Item(Ref(), Ref(name)) if name in lists:
            return
        case Item(Ref() as base, _):
            yield base  # rows are taken, with all their columns
        case Attr(Ref() as base, name):
            if name in ("values", "T", "loc", "iloc"):
                yield base
        case Ref():
            yield expr
        case _:
            for part in parts_of(expr):
                yield from _bare(part, lists)
