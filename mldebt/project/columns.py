"""Columns that are computed and that nothing uses."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Called, Const, Expr, Item, Ref, Seq, Store
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import parts_of, walk
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

_LOOKS = frozenset(
    "head tail info describe shape columns dtypes index sample nunique isnull isna sum drop".split()
)
"""What only shows a frame, or takes columns away."""
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

    The name of such a column stands nowhere else: in no other file, setting or query, in no string or comment.
    """
    for source in project.code:
        packages = {module.partition(".")[0] for module in source.facts.header.modules}
        created = {} if packages.isdisjoint(_FRAMES) else _created(source)
        if not created:
            continue
        words = Counter(_WORD.findall(source.source.read().decode("utf-8", "replace")))
        dropping = _dropping(source)
        whole = _whole_uses(source)
        for (name, frame), stores in sorted(created.items()):
            drops, uses = dropping.get(name, []), whole.get(frame, [])
            if words[name] > len(stores) + len(drops) or len(drops) > 1:
                continue
            if drops:
                dead = _is_of(drops[0], frame) and not _is_whole_between(source, uses, stores, drops[0])
            else:
                dead = _is_only_selected(source, frame, uses, stores)
            if dead and not _is_said_elsewhere(project, source, name):
                yield DeadColumn(source, tuple(stores), name, drops[0] if drops else None)


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
    pattern = re.compile(rf"(?<!\w){name}(?!\w)".encode())
    return any(s is not home and pattern.search(s.source.read()) for s in project.sources(*_TEXTS))


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


def _is_of(call: Call, frame: str) -> bool:
    return isinstance(call.func, Attr) and _is_frame(call.func.base, frame)


def _is_frame(expr: Expr, frame: str) -> bool:
    return isinstance(expr, Ref) and expr.name == frame


def _is_whole_between(source: SourceFacts, uses: list[_Use], stores: list[Store], dropped: Call) -> bool:
    """Whether the whole frame is used between the creation of a column and its end."""
    start, end = stores[0].span.line, dropped.span.line
    if end < start or any(source.scope_of(s.block) != source.scope_of(dropped.block) for s in stores):
        return True
    return any(start <= use.line <= end for use in uses if use.call is not dropped)


def _is_only_selected(source: SourceFacts, frame: str, uses: list[_Use], stores: list[Store]) -> bool:
    """Whether a function makes a column and then takes other columns of the frame by name, and nothing else of it."""
    scope = source.scope_of(stores[0].block)
    if source.kind is Kind.NOTEBOOK or source.facts.blocks[scope].kind != "function":
        return False  # the next cell may show it, another file may import it
    if any(source.scope_of(s.block) != scope for s in stores):
        return False
    first = stores[0].span.line
    if any(use.line >= first for use in uses):
        return False
    block = source.facts.blocks[scope].span
    return any(
        isinstance(part, Item) and _is_frame(part.base, frame) and isinstance(part.index, Seq)
        for line, expr in _expressions(source)
        if block.line <= line <= block.end_line
        for part in walk(expr)
    )


def _whole_uses(source: SourceFacts) -> dict[str, list[_Use]]:
    """Where frames are handed on as a whole, or a method is called that sees all columns, by the frame's name."""
    found: dict[str, list[_Use]] = defaultdict(list)
    for call in source.facts.calls:
        if isinstance(call.func, Attr) and isinstance(call.func.base, Ref) and call.func.name not in _LOOKS:
            found[call.func.base.name].append(_Use(call.span.line, call))
    for line, expr in _expressions(source):
        for part in _bare(expr):
            if isinstance(part, Ref):
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


def _bare(expr: Expr) -> Iterator[Expr]:
    """The names in an expression that stand for a whole frame: not the `df` of `df["x"]` or `df.x`."""
    match expr:
        case Item(Ref(), Const() | Seq()):
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
                yield from _bare(part)
