"""Tables that are read with all of their columns, of which all but a few become features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mldebt.facts import Attr, Call, Called, Const, Expr, Hole, Item, Ref, Seq
from mldebt.project.source_facts import SourceFacts

if TYPE_CHECKING:
    from mldebt.project.project import Project

_BOUNDS = frozenset({"usecols", "columns", "names"})
_SAME_COLUMNS = frozenset({"dropna", "copy", "fillna", "drop", "reset_index"})
_DEEPEST = 8


def left_over_table(project: Project, source: SourceFacts, expr: Expr, depth: int = 0) -> str | None:
    """The name of the table, if an expression is what is left of its columns and the table was loaded whole.

    What a variable takes out of it by position is `magic-column-index`.
    """
    if depth > _DEEPEST:
        return None
    match expr:
        case Ref(_, (index,)) if index >= 0:
            binding = source.facts.bindings[index]
            value = binding.value
            if binding.path and project.flow.apis.is_split(source, value) and isinstance(value, Called):
                call = source.facts.calls[value.call]
                first = call.args[0] if call.args and binding.path[0] < 2 else None
                return left_over_table(project, source, first, depth + 1) if first is not None else None
            if isinstance(value, Seq) and binding.path:
                value = value.items[binding.path[0]] if binding.path[0] < len(value.items) else None
            elif binding.path:
                return None
            return left_over_table(project, source, value, depth + 1) if value is not None else None
        case Attr(base, "values"):
            return left_over_table(project, source, base, depth + 1)
        case Item(Attr(Ref() as table, "iloc"), Seq("tuple", items)) if len(items) == 2 and depth == 0:
            whole = all(isinstance(item, Hole) and item.cause == "slice" for item in items)
            return table.name if whole and _is_whole(project, source, table, 0) else None
        case Called(number):
            call = source.facts.calls[number]
            if not isinstance(call.func, Attr):
                return None
            if call.func.name == "drop" and isinstance(call.func.base, Ref) and _drops_columns(call):
                table = call.func.base
                return table.name if _is_whole(project, source, table, 0) else None
            if call.func.name in ("copy", "fillna", "to_numpy", "astype", "fit_transform", "transform"):
                inner = call.args[0] if "transform" in call.func.name and call.args else call.func.base
                return left_over_table(project, source, inner, depth + 1)
    return None


def _drops_columns(call: Call) -> bool:
    given = {keyword.name: keyword.value for keyword in call.keywords}
    axis = given.get("axis", call.args[1] if len(call.args) > 1 else None)
    return "columns" in given or axis in (Const(1), Const("columns"))


def _is_whole(project: Project, source: SourceFacts, table: Expr, depth: int) -> bool:
    """Whether a table is read with all of its columns and none are chosen on the way."""
    match table:
        case Ref(_, (index,)) if index >= 0 and depth < _DEEPEST:
            binding = source.facts.bindings[index]
            return (
                not binding.path
                and binding.value is not None
                and _is_whole(project, source, binding.value, depth + 1)
            )
        case Called(number):
            call = source.facts.calls[number]
            if call.name.startswith("pandas.read_"):
                return not any(keyword.name in _BOUNDS for keyword in call.keywords)
            kept = isinstance(call.func, Attr) and call.func.name in (
                "dropna",
                "copy",
                "fillna",
                "drop",
                "reset_index",
            )
            return kept and isinstance(call.func, Attr) and _is_whole(project, source, call.func.base, depth + 1)
    return False
