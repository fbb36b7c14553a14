"""Splits without a splitter: two selections of rows of the same table, one named training and one test data."""

from __future__ import annotations

import re
from typing import NamedTuple

from mldebt.facts import Attr, Binary, Binding, Called, Compare, Const, Expr, Hole, Item, Map, Ref, Seq, Unary
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import is_target
from mldebt.project.walk import root_name
from mldebt.source import Span

_TRAIN = re.compile(r"train|(^|_)tr($|_)", re.IGNORECASE)
_TEST = re.compile(r"test|valid|holdout|hold_out|(^|_)(te|val|va|dev)($|_)", re.IGNORECASE)
_LABELS = re.compile(r"label|target|(^|_)ys?($|_)", re.IGNORECASE)
_COLUMNS = re.compile(r"col|feat|name|var", re.IGNORECASE)
_KEEPS = frozenset(
    {
        "copy",
        "reset_index",
        "astype",
        "to_numpy",
        "as_matrix",
        "reshape",
        "dropna",
        "set_index",
        "drop",
        "sort_values",
    }
)
_LOCATORS = frozenset({"iloc", "loc", "ix", "values"})
_ROWS = re.compile(r"(^|\.)(slice|range|arange|date_range|flatnonzero|where|nonzero|permutation)$")


class SlicedSplit(NamedTuple):
    """The table that is divided, the line up to which its changes count, and the place of the first part."""

    base: Expr
    line: int
    span: Span


class SlicedSplits:
    """The sliced splits of one source: by number, and the numbers of the parts by their binding.

    `keys` are the names under which folds of the project's own keep the rows of their parts: where a table is
    indexed with one of these, the training part alone tells that the rest is held out.
    """

    def __init__(self, source: SourceFacts, keys: frozenset[str] = frozenset()) -> None:
        self.splits: list[SlicedSplit] = []
        self.parts: dict[int, int] = {}
        groups: dict[tuple[str, tuple[int, ...]], dict[str, list[tuple[int, Expr]]]] = {}
        alone: set[tuple[str, tuple[int, ...]]] = set()
        for index, binding in enumerate(source.facts.bindings):
            role = _role(binding.name)
            given = _given(binding) if role else None
            own = _own_fold(given, role, keys)
            base = own if own is not None else _divided(source, given, role, 0) if role else None
            root = _root(base) if base is not None else None
            if base is not None and root is not None and not is_target(source, base):
                table = (root.name, root.bindings)
                groups.setdefault(table, {}).setdefault(role, []).append((index, base))
                if own is not None and role == "train":
                    alone.add(table)
        for table, roles in groups.items():
            if len(roles) == 2 or table in alone:
                first, base = roles["train"][0]
                binding = source.facts.bindings[first]
                for index, _ in (*roles["train"], *roles.get("test", ())):
                    self.parts[index] = len(self.splits)
                self.splits.append(SlicedSplit(base, binding.span.line, binding.span))


def fold_keys(source: SourceFacts) -> set[str]:
    """The keys of dicts that hold the rows of a training part beside those of a held-out one."""
    found: set[str] = set()
    for value in (*(b.value for b in source.facts.bindings), *(s.value for s in source.facts.stores)):
        if isinstance(value, Map):
            keys = {k.value: v for k, v in zip(value.keys, value.values, strict=True) if isinstance(k, Const)}
            named = {key: _role(key) for key in keys if isinstance(key, str)}
            parts = {key for key, role in named.items() if role and _is_rows(source, keys[key])}
            if {named[key] for key in parts} == {"train", "test"}:
                found |= parts
    return found


def _is_rows(source: SourceFacts, value: Expr) -> bool:
    """Whether a value says which rows: a slice, a range, or its two ends."""
    if isinstance(value, Called):
        call = source.facts.calls[value.call]
        return bool(_ROWS.search(call.name))
    return isinstance(value, Seq) and len(value.items) == 2


def _own_fold(value: Expr | None, role: str, keys: frozenset[str]) -> Expr | None:
    """The table in `table[folds[i]["train"]]`, if the key is one of the folds' keys and names that part."""
    if not isinstance(value, Item) or not isinstance(value.index, Item) or value.index.base == value.base:
        return None
    key = value.index.index.value if isinstance(value.index.index, Const) else None
    if not isinstance(key, str) or key not in keys or _role(key) != role:
        return None
    return value.base.base if isinstance(value.base, Attr) and value.base.name in _LOCATORS else value.base


def _role(name: str) -> str:
    train, test = bool(_TRAIN.search(name)), bool(_TEST.search(name))
    if train == test or _LABELS.search(name):
        return ""
    return "train" if train else "test"


def _given(binding: Binding) -> Expr | None:
    value = binding.value if binding.kind == "assign" else None
    if binding.path:
        held = isinstance(value, Seq) and len(binding.path) == 1 and binding.path[0] < len(value.items)
        return value.items[binding.path[0]] if held and isinstance(value, Seq) else None
    return value


def _divided(source: SourceFacts, value: Expr | None, role: str, depth: int) -> Expr | None:
    """The table that an expression takes some rows of, if it does."""
    if depth > 4:
        return None
    match value:
        case Item(base, index) if _takes_rows(source, index, role):
            return base.base if isinstance(base, Attr) and base.name in _LOCATORS else base
        case Item(base, Seq() | Const()) | Attr(base, "values" | "T"):
            return _divided(source, base, role, depth + 1)
        case Called(number):
            call = source.facts.calls[number]
            if not isinstance(call.func, Attr):
                return None
            first = call.args[0] if call.args else None
            if call.func.name == "drop" and isinstance(first, Attr) and first.name == "index":
                return call.func.base
            if call.func.name == "sample" and role == "train":
                return call.func.base
            if call.func.name in _KEEPS:
                return _divided(source, call.func.base, role, depth + 1)
    return None


def _takes_rows(source: SourceFacts, index: Expr, role: str) -> bool:
    rows = index.items[0] if isinstance(index, Seq) and index.kind == "tuple" and index.items else index
    match rows:
        case Hole("slice"):
            return True
        case Compare() | Binary("&" | "|") | Unary("~"):
            return True
        case Ref(name) | Attr(_, name):
            return (_role(name) == role and not _COLUMNS.search(name) and "mask" not in name) or _is_mask(
                source, rows
            )
        case Called(number):
            func = source.facts.calls[number].func
            return isinstance(func, Attr) and func.name in (
                "isin",
                "isnull",
                "notnull",
                "isna",
                "notna",
                "between",
            )
    return False


def _is_mask(source: SourceFacts, rows: Expr) -> bool:
    values = [source.facts.bindings[i].value for i in rows.bindings if i >= 0] if isinstance(rows, Ref) else []
    return any(isinstance(v, Compare | Unary) or (isinstance(v, Binary) and v.operator in "&|") for v in values)


def _root(expr: Expr) -> Ref | None:
    while isinstance(expr, Attr | Item):
        expr = expr.base
    return expr if isinstance(expr, Ref) and root_name(expr) else None
