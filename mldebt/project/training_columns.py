"""The columns that a fit gets: which table, which of its columns are left in, and which one is the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binary, Call, Called, Compare, Const, Expr, Item, Ref, Seq
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

_SAME_COLUMNS = frozenset({"copy", "fillna", "astype", "dropna", "reset_index", "sort_values", "drop_duplicates"})
_ROW_WISE = frozenset(
    {"apply", "map", "astype", "replace", "clip", "round", "abs", "isin", "fillna", "dt", "str"}
)
_DEEPEST = 6


class TrainingColumns(NamedTuple):
    """The features and the target of a fit, where both are columns of one table.

    `kept` are the literal names of the chosen columns, or None; `dropped` those of the columns that were taken out of
    the whole table, or None. `line` is where the features are taken out of the table.
    """

    fit: Site
    table: Ref
    target: str
    kept: tuple[str, ...] | None
    dropped: tuple[str, ...] | None
    line: int


def training_columns(project: Project) -> Iterator[TrainingColumns]:
    """The fits whose columns are known, by path and place."""
    for site in project.model_outputs.fits:
        features, labels = site.argument(0, "X", "x"), site.argument(1, "y")
        if features is None or labels is None or features == labels:
            continue
        source = site.source
        target = _target(source, _before_split(project, source, labels), 0)
        chosen = _chosen(source, _before_split(project, source, features), 0)
        if target is not None and chosen is not None and _is_same_table(chosen[0], target[0]):
            table, kept, dropped = chosen
            line = _line(source, _before_split(project, source, features), site.call.span.line)
            yield TrainingColumns(site, table, target[1], kept, dropped, line)


def made_from(source: SourceFacts, table: Ref, column: str) -> Iterator[tuple[str, Expr]]:
    """The columns that a column of a table is computed from row by row, with what is assigned."""
    for store in source.facts.stores:
        target = store.target
        if (
            isinstance(target, Item)
            and target.index == Const(column)
            and isinstance(target.base, Ref)
            and (
                _is_same_table(target.base, table)
                and store.operator == "="
                and _is_row_wise(source, store.value, 0)
            )
        ):
            for name in _columns_of(source, store.value, table, 0):
                if name != column:
                    yield name, store.value


def made_of(source: SourceFacts, table: Ref, column: str, line: int) -> Iterator[str]:
    """The columns that are computed row by row from a column of a table, before a line."""
    for store in source.facts.stores:
        match store.target:
            case Item(Ref() as base, Const(str() as name)) if name != column and store.span.line < line:
                if base.name != table.name or store.operator != "=" or not _is_row_wise(source, store.value, 0):
                    continue
                if column in _columns_of(source, store.value, base, 0):
                    yield name
            case _:
                pass


def _line(source: SourceFacts, expr: Expr | None, line: int) -> int:
    """The line on which the columns of an expression are chosen."""
    for _ in range(_DEEPEST):
        if not isinstance(expr, Ref) or len(expr.bindings) != 1 or expr.bindings[0] < 0:
            break
        binding = source.facts.bindings[expr.bindings[0]]
        expr, line = binding.value, min(line, binding.span.line)
    return line


def taken_out(source: SourceFacts) -> set[str]:
    """The names of columns that are dropped, popped or deleted anywhere in a source."""
    found: set[str] = set()
    for call in source.facts.calls:
        if isinstance(call.func, Attr) and call.func.name in ("drop", "pop", "difference", "isin", "remove"):
            for value in (*call.args, *(keyword.value for keyword in call.keywords)):
                found.update(_literals(source, value, 0))
    for store in source.facts.stores:
        if store.operator == "del" and isinstance(store.target, Item) and isinstance(store.target.index, Const):
            found.add(str(store.target.index.value))
    return found


# --- inside ---


def _before_split(project: Project, source: SourceFacts, expr: Expr) -> Expr | None:
    """What a part of a split was cut from; the expression itself if it is none."""
    if not isinstance(expr, Ref) or len(expr.bindings) != 1 or expr.bindings[0] < 0:
        return expr
    binding = source.facts.bindings[expr.bindings[0]]
    if binding.path and project.flow.apis.is_split(source, binding.value) and isinstance(binding.value, Called):
        call = source.facts.calls[binding.value.call]
        place = binding.path[0] // 2
        return call.args[place] if place < len(call.args) else None
    return expr


def _target(source: SourceFacts, expr: Expr | None, depth: int) -> tuple[Ref, str] | None:
    match expr:
        case Item(Ref() as table, Const(str() as column)) | Item(
            Ref() as table, Seq("list", (Const(str() as column),))
        ):
            return table, column
        case Attr(base, "values") | Attr(Ref() as base, "T"):
            return _target(source, base, depth + 1)
        case Attr(Ref() as table, column) if table.bindings:
            return table, column
        case Called(number):
            func = source.facts.calls[number].func
            plain = isinstance(func, Attr) and func.name in ("ravel", "copy", "to_numpy", "astype", "reshape")
            return _target(source, func.base, depth + 1) if plain and isinstance(func, Attr) else None
        case Ref(_, (index,)) if index >= 0 and depth < _DEEPEST:
            binding = source.facts.bindings[index]
            return None if binding.path else _target(source, binding.value, depth + 1)
    return None


def _chosen(
    source: SourceFacts, expr: Expr | None, depth: int
) -> tuple[Ref, tuple[str, ...] | None, tuple[str, ...] | None] | None:
    match expr:
        case Item(Ref() as table, Seq("list", items)):
            names = _texts(items)
            return (table, names, None) if names is not None else None
        case Item(Ref() as table, Ref() as columns):
            names = _list(source, columns)
            return (table, names, None) if names is not None else None
        case Attr(base, "values"):
            return _chosen(source, base, depth + 1)
        case Called(number):
            call = source.facts.calls[number]
            if not isinstance(call.func, Attr):
                return None
            if call.func.name == "drop" and isinstance(call.func.base, Ref):
                dropped = _dropped(source, call)
                return (call.func.base, None, dropped) if dropped is not None else None
            return _chosen(source, call.func.base, depth + 1) if call.func.name in _SAME_COLUMNS else None
        case Ref(_, (index,)) if index >= 0 and depth < _DEEPEST:
            binding = source.facts.bindings[index]
            return None if binding.path else _chosen(source, binding.value, depth + 1)
    return None


def _dropped(source: SourceFacts, call: Call) -> tuple[str, ...] | None:
    """The literal names of the columns that a `drop` takes out; None if they are not known, or rows are dropped."""
    given = {keyword.name: keyword.value for keyword in call.keywords}
    columns = given.get("columns")
    axis = given.get("axis", call.args[1] if len(call.args) > 1 else None)
    if columns is None and axis in (Const(1), Const("columns")) and (call.args or "labels" in given):
        columns = call.args[0] if call.args else given["labels"]
    match columns:
        case Const(str() as name):
            return (name,)
        case Seq(_, items):
            return _texts(items)
        case Ref():
            return _list(source, columns)
    return None


def _list(source: SourceFacts, columns: Ref) -> tuple[str, ...] | None:
    """The strings of a list that a name is bound to once."""
    if len(columns.bindings) != 1 or columns.bindings[0] < 0:
        return None
    value = source.facts.bindings[columns.bindings[0]].value
    changed = any(
        isinstance(call.func, Attr)
        and isinstance(call.func.base, Ref)
        and call.func.base.name == columns.name
        and call.func.name in ("append", "extend", "remove", "pop", "insert")
        for call in source.facts.calls
    )
    return _texts(value.items) if isinstance(value, Seq) and not changed else None


def _texts(items: tuple[Expr, ...]) -> tuple[str, ...] | None:
    names = [item.value for item in items if isinstance(item, Const) and isinstance(item.value, str)]
    return tuple(names) if names and len(names) == len(items) else None


def _is_same_table(one: Ref, other: Ref) -> bool:
    return one.name == other.name and bool(set(one.bindings) & set(other.bindings))


def _is_row_wise(source: SourceFacts, expr: Expr, depth: int) -> bool:
    """Whether a value is computed from columns of the same row alone."""
    match expr:
        case Item(Ref(), Const()) | Attr(Ref(), _) | Const():
            return True
        case Compare(_, left, right) | Binary(_, left, right):
            return _is_row_wise(source, left, depth + 1) and _is_row_wise(source, right, depth + 1)
        case Called(number):
            call = source.facts.calls[number]
            if call.name in (
                "numpy.log",
                "numpy.log1p",
                "numpy.where",
                "numpy.sqrt",
                "pandas.cut",
                "pandas.qcut",
            ):
                return all(_is_row_wise(source, argument, depth + 1) for argument in call.args[:1])
            known = isinstance(call.func, Attr) and call.func.name in _ROW_WISE
            return known and isinstance(call.func, Attr) and _is_row_wise(source, call.func.base, depth + 1)
    return False


def _columns_of(source: SourceFacts, expr: Expr, table: Ref, depth: int) -> Iterator[str]:
    for part in walk(expr):
        match part:
            case Item(Ref() as base, Const(str() as column)) if _is_same_table(base, table):
                yield column
            case Attr(Ref() as base, column) if _is_same_table(base, table):
                yield column
            case Called(number) if depth < _DEEPEST:
                call = source.facts.calls[number]
                for argument in (*call.args, *((call.func.base,) if isinstance(call.func, Attr) else ())):
                    yield from _columns_of(source, argument, table, depth + 1)


def _literals(source: SourceFacts, expr: Expr, depth: int) -> Iterator[str]:
    for part in walk(expr):
        if isinstance(part, Const) and isinstance(part.value, str):
            yield part.value
        elif isinstance(part, Ref) and depth < 2:
            for index in part.bindings:
                value = source.facts.bindings[index].value if index >= 0 else None
                if isinstance(value, Seq):
                    yield from _literals(source, value, depth + 1)
