"""Flow: where rows come from, what was fitted on them, and which part of a split they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binary, Binding, Call, Called, Compare, Const, Expr, Item, Ref, Seq, Unary
from mldebt.project.flow_apis import FITS, RowApis
from mldebt.project.flow_crossing import LAST
from mldebt.project.flow_walk import Walker
from mldebt.project.node_wiring import NodeWiring
from mldebt.project.refills import FILLS, Refills
from mldebt.project.sliced_splits import SlicedSplits, fold_keys
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import Learned, Trail, first_argument, is_target
from mldebt.project.walk import root_name, walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

_TEST = re.compile(r"(^|_)x?_?test($|_)", re.IGNORECASE)
_VALIDATION = re.compile(r"(^|_)(val|valid|validation|dev|cal|calib|calibration|blend|stack)($|_)", re.IGNORECASE)
_HELD_OUT = re.compile(r"te?st|val|(^|_)te?($|_)", re.IGNORECASE)
_TRAIN = re.compile(r"(^|_)x?_?train(ing)?($|_)", re.IGNORECASE)


class Change(NamedTuple):
    """A value that is written into a column on a line; `fills` says that only some of the rows get it."""

    line: int
    value: Expr
    column: str
    fills: bool = False


class Flow:
    """Follows rows backwards."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.apis = RowApis(project)
        self.refills = Refills()
        self.nodes = NodeWiring(project)
        self._changes: dict[str, dict[int, list[Change]]] = {}
        self._sliced: dict[str, SlicedSplits] = {}
        self._trails: dict[tuple[str, Expr | None, int], Trail] = {}
        self._fits: dict[str, dict[str, list[int]]] = {}

    def learned_outside(self, source: SourceFacts, call: int) -> tuple[Learned, Trail, Trail] | None:
        """For a `transform` of one part of a split: what was fitted, on which rows, and the part's trail.

        None unless the object was fitted before on rows that do not come from a split.
        """
        fact = source.facts.calls[call]
        if not isinstance(fact.func, Attr) or fact.func.name != "transform" or not fact.args:
            return None
        what = self.apis.learner(source, fact.func.base)
        rows = self.trail(source, fact.args[0], fact.span.line) if what else Trail()
        fit = self.fits(source, fact.func.base, fact.span.line) if rows.divided else None
        if fit is None:
            return None
        fitting = source.facts.calls[fit]
        fitted = self.trail(source, first_argument(fitting), fitting.span.line)
        return (Learned(source, fit, what), fitted, rows) if fitted.is_whole else None

    def fit_on_held_out(self, source: SourceFacts, call: Call) -> str:
        """Whether a call fits an object on a test part: `split` (it surely is one), `name` (by its name, and the
        same object was fitted on something that is named training data before), or empty.
        """
        func, data = call.func, first_argument(call)
        if not isinstance(func, Attr) or data is None or is_target(source, data):
            return ""
        if self.apis.encodes_labels(source, func.base) and not isinstance(data, Item | Attr):
            return ""  # a label encoder takes one column: alone, that is the target
        predictor = self.apis.is_predictor(source, func.base)
        if predictor and _VALIDATION.search(root_name(data)):
            return ""  # calibrated, stacked or blended on the rows that are kept for it
        keeps = predictor or self.apis.learner(source, func.base)
        if not keeps and not self.apis.learns_vocabulary(source, func.base):
            return ""
        rows = self.trail(source, data, call.span.line)
        if rows.parts:
            crossed = rows.joined or _TRAIN.search(root_name(data))  # two halves that serve each other
            return "split" if rows.parts == {"test"} and not crossed else ""
        earlier = self.fits(source, func.base, call.span.line - 1)
        before = first_argument(source.facts.calls[earlier]) if earlier is not None else None
        named_test, named_train = _TEST.search(root_name(data)), before and _TRAIN.search(root_name(before))
        return "name" if func.name == "fit_transform" and named_test and named_train else ""

    def trail(self, source: SourceFacts, expr: Expr | None, line: int = LAST) -> Trail:
        """The trail of the rows of an expression that stands on a line; to be read, not changed."""
        key = (source.path, expr, line)
        if key not in self._trails:
            walker = Walker(self)
            walker.follow(source, expr, line)
            self._trails[key] = walker.trail
        return self._trails[key]

    def changes(self, source: SourceFacts, binding: int) -> list[Change]:
        """What is assigned to columns of what a binding holds, and what is filled in place."""
        if source.path not in self._changes:
            found: dict[int, list[Change]] = {}
            for store in source.facts.stores:
                target = store.target
                in_folds = isinstance(target, Item) and self.fold_part(source, target.index)
                while isinstance(target, Item | Attr) and not isinstance(target.base, Ref):
                    target = target.base
                if in_folds or (isinstance(target, Item) and self.fold_part(source, target.index)):
                    continue  # the rows of a fold, filled in one by one
                if isinstance(store.target, Item | Attr) and isinstance(target, Item | Attr):
                    column = _column(store.target)
                    for index in self._tables(source, target.base):
                        found.setdefault(index, []).append(
                            Change(store.span.line, store.value, column, _fills_rows(store.target))
                        )
            for number, call in enumerate(source.facts.calls):
                func = call.func
                if isinstance(func, Attr) and func.name in FILLS and _is_in_place(call):
                    base: Expr = func.base
                    column = _column(base) if isinstance(base, Item | Attr) else ""
                    while isinstance(base, Item | Attr):
                        base = base.base
                    for index in self._tables(source, base):
                        found.setdefault(index, []).append(Change(call.span.line, Called(number), column))
            self._changes[source.path] = found
        return self._changes[source.path].get(binding, [])

    def _tables(self, source: SourceFacts, expr: Expr) -> Iterator[int]:
        """The bindings of a name; for the variable of a loop over several tables those of the tables, too."""
        for index in expr.bindings if isinstance(expr, Ref) else ():
            yield index
            binding = source.facts.bindings[index] if index >= 0 else None
            if binding is not None and binding.kind == "for" and isinstance(binding.value, Seq):
                for item in binding.value.items:
                    yield from item.bindings if isinstance(item, Ref) else ()

    def sliced(self, source: SourceFacts) -> SlicedSplits:
        """The splits of a source that are made by taking rows, by the names of the parts."""
        if source.path not in self._sliced:
            self._sliced[source.path] = SlicedSplits(source, self._fold_keys)
        return self._sliced[source.path]

    @cached_property
    def _fold_keys(self) -> frozenset[str]:
        """The keys under which folds of the project's own keep their rows."""
        return frozenset(key for source in self.project.code for key in fold_keys(source))

    def fits(self, source: SourceFacts, receiver: Expr, before: int) -> int | None:
        """The call that last fitted an object before a line, as an index; None if none is seen."""
        if isinstance(receiver, Called):
            call = source.facts.calls[receiver.call]
            return receiver.call if isinstance(call.func, Attr) and call.func.name in FITS else None
        name = receiver.name if isinstance(receiver, Ref | Attr) else ""
        best: int | None = None
        for index in self._fits_of(source).get(name, ()):
            call = source.facts.calls[index]
            if isinstance(call.func, Attr) and call.span.line <= before and _same(call.func.base, receiver):
                best = index
        for index in receiver.bindings if isinstance(receiver, Ref) else ():
            value = source.facts.bindings[index].value if index >= 0 else None
            if best is None and isinstance(value, Called):
                best = self.fits(source, value, before)
        return best

    def _fits_of(self, source: SourceFacts) -> dict[str, list[int]]:
        if source.path not in self._fits:
            found: dict[str, list[int]] = {}
            for index, call in enumerate(source.facts.calls):
                func = call.func
                if isinstance(func, Attr) and func.name in FITS and isinstance(func.base, Ref | Attr):
                    found.setdefault(func.base.name, []).append(index)
            self._fits[source.path] = found
        return self._fits[source.path]

    def fold_part(self, source: SourceFacts, index: Expr) -> str:
        """train or test if an index holds the row numbers of a fold; else empty."""
        for part in walk(index):
            for number in part.bindings if isinstance(part, Ref) else ():
                if number >= 0 and self.splitter_of(source, source.facts.bindings[number]) is not None:
                    return "test" if source.facts.bindings[number].path[-1] else "train"
        return ""

    def splitter_of(self, source: SourceFacts, binding: Binding) -> Expr | None:
        """The splitter's expression, if a binding unpacks one of the two halves of a fold."""
        if not binding.path or binding.path[-1] > 1 or binding.value is None:
            return None
        if any(b.name.startswith("_") and b.value == binding.value for b in source.facts.bindings if b.path):
            return None  # `_, sample = next(splitter.split(df))` only draws a sample
        return self._splitter(source, binding.value, 0)

    def _splitter(self, source: SourceFacts, expr: Expr, depth: int) -> Expr | None:
        """What an iterated value's folds come from: `kf.split(X)`, `enumerate(folds)`, an old-style `KFold(…)`."""
        if depth > 5:
            return None
        if self.apis.has_role(self.project.type_of(source, expr), "splitter"):
            return expr
        if isinstance(expr, Called):
            call = source.facts.calls[expr.call]
            if isinstance(call.func, Attr) and call.func.name == "split":
                types = list(self.apis.types(source, call.func.base))
                known = any(self.apis.has_role(t, "splitter") for t in types)
                return expr if known or (not types and _gives_folds(source, expr)) else None
            if call.name in ("enumerate", "list", "next", "iter", "tqdm.tqdm", "zip") and call.args:
                return self._splitter(source, call.args[0], depth + 1)
        if isinstance(expr, Item):
            return self._splitter(source, expr.base, depth + 1)
        for index in expr.bindings if isinstance(expr, Ref) else ():
            binding = source.facts.bindings[index] if index >= 0 else None
            if binding is not None and binding.kind == "assign" and binding.value and not binding.path:
                found = self._splitter(source, binding.value, depth + 1)
                if found is not None:
                    return found
        return None


def _gives_folds(source: SourceFacts, split: Called) -> bool:
    """Whether a loop takes training and test rows from what a `split` of an unknown object gives."""
    call = source.facts.calls[split.call]
    if not call.args or isinstance(call.args[0], Const) or call.args[0] == Ref("self"):
        return False
    named = [
        b.name for b in source.facts.bindings if b.kind == "for" and b.path and _loops_over(source, b, split)
    ]
    return any("tr" in name for name in named) and any(_HELD_OUT.search(name) for name in named)


def _loops_over(source: SourceFacts, binding: Binding, split: Called) -> bool:
    value = binding.value
    if isinstance(value, Called) and value != split and source.facts.calls[value.call].args:
        value = source.facts.calls[value.call].args[0]
    return value == split


def _is_in_place(call: Call) -> bool:
    return any(keyword.name == "inplace" and keyword.value == Const(True) for keyword in call.keywords)


def _fills_rows(target: Expr) -> bool:
    """Whether an assignment is to the rows that a condition selects."""
    index = target.index if isinstance(target, Item) else target
    rows = index.items[0] if isinstance(index, Seq) and index.kind == "tuple" and index.items else index
    if isinstance(rows, Ref | Called):
        return isinstance(index, Seq) or (isinstance(target, Item) and isinstance(target.base, Item))
    return isinstance(rows, Compare | Binary | Unary)


def _column(target: Expr) -> str:
    """The literal name of the column or attribute that is assigned; empty if there is none."""
    if isinstance(target, Attr):
        return target.name
    index = target.index if isinstance(target, Item) else target
    if isinstance(index, Seq) and index.kind == "tuple" and len(index.items) == 2:
        index = index.items[1]  # `frame.loc[rows, column]`
        return index.value if isinstance(index, Const) and isinstance(index.value, str) else ""
    return str(index.value) if isinstance(index, Const) else ""


def _same(one: Expr, other: Expr) -> bool:
    """Whether two receivers are the same object: a name with a common binding, or the same attribute."""
    if isinstance(one, Ref) and isinstance(other, Ref):
        return one.name == other.name and (not one.bindings or bool(set(one.bindings) & set(other.bindings)))
    if isinstance(one, Attr) and isinstance(other, Attr):
        return one.name == other.name and root_name(one) == root_name(other)
    return False
