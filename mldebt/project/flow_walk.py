"""Where rows come from: what they were computed by, and which part of a split they belong to.

An expression is followed backwards through assignments, changed columns, functions of the project and their
callers to where its data is loaded. Only the rows matter: a selection of columns is the same rows, a concatenation
those of all its parts. What is not understood ends the trail, so that a trail says too little, never too much.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mldebt.facts import (
    Attr,
    Binary,
    Binding,
    Call,
    Called,
    Class,
    Compare,
    Const,
    Each,
    Expr,
    Function,
    Hole,
    Item,
    Logic,
    Ref,
    Seq,
    Star,
    Unary,
)
from mldebt.project.flow_crossing import Crossing
from mldebt.project.refills import Refill
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import PART, TARGET, Learned, Trail, first_argument, is_target
from mldebt.project.walk import root_name

if TYPE_CHECKING:
    from mldebt.project.flow import Flow

_MOST_STEPS = 1_500
_DEEPEST = 40
_MOST_ASIDES = 8
_ABOUT = frozenset({"columns", "shape", "index", "dtypes", "size", "ndim", "dtype", "name", "feature_names"})
_JOINS = frozenset(
    {"concat", "concatenate", "hstack", "vstack", "column_stack", "append", "merge", "join", "row_stack"}
)
_DATA_MODULES = re.compile(
    r"(pandas|numpy|scipy|sklearn\.utils|torch|xgboost|lightgbm|catboost|polars|cudf|builtins)\b"
)


class Walker(Crossing):
    """One walk backwards; `arguments` says what the parameters of the functions that were entered stand for."""

    def __init__(self, flow: Flow) -> None:
        super().__init__(flow)
        self._seen: set[tuple[str, int, int, int]] = set()
        self._active: set[tuple[str, int, int]] = set()
        self._asides = 0
        self._steps = 0
        self._depth = 0
        self._single = 0

    def follow(self, source: SourceFacts, expr: Expr | None, line: int) -> None:
        """Add the trail of an expression's rows."""
        self._steps += 1
        if expr is None or self._steps > _MOST_STEPS or self._depth > _DEEPEST:
            return
        self._depth += 1
        match expr:
            case Ref(name, bindings):
                known = bindings or self._outer(source, name)
                if not known:
                    self.trail.places.add((source.path, name, -1))
                for index in known:
                    if index >= 0:
                        self._binding(source, index, line)
            case Attr(base, name) if name not in _ABOUT:
                if not self.enter_attribute(source, base, name, line):
                    self.follow(source, base, line)
            case Item(base, index):
                self._item(source, base, index, line)
            case Called(call):
                self._call(source, call, (), line)
            case Binary(_, left, right):
                self._arithmetic(source, expr, line)
                self.follow(source, left, line)
                self.follow(source, right, line)
            case Seq(_, items):
                for item in items:
                    self.follow(source, item, line)
            case Logic(_, items):
                for item in items[:2]:
                    self.follow(source, item, line)
            case Unary(_, operand) | Star(operand):
                self.follow(source, operand, line)
            case Each(_, element):
                self._single += 1  # what is done to each item says nothing about the others
                self.follow(source, element, line)
                self._single -= 1
        self._depth -= 1

    def apart(self, source: SourceFacts, expr: Expr | None, line: int) -> Trail:
        """The trail of an expression by itself, with the same arguments."""
        whole, self.trail = self.trail, Trail()
        seen, self._seen = self._seen, set()
        self._asides += 1
        if self._asides < _MOST_ASIDES:
            self.follow(source, expr, line)
        self._asides -= 1
        found, self.trail = self.trail, whole
        self._seen = seen
        return found

    # --- names ---

    def _outer(self, source: SourceFacts, name: str) -> list[int]:
        found = source.bindings_by_scope.get(0, {}).get(name, [])
        return found if len(found) <= 6 else []

    def _binding(self, source: SourceFacts, index: int, line: int) -> None:
        binding = source.facts.bindings[index]
        key = (source.path, index, line, len(self._entered))
        active = (source.path, index, self._asides)
        if key in self._seen or active in self._active:
            return
        self._seen.add(key)
        self._active.add(active)
        self.trail.places.add((source.path, "binding", index))
        for change in self.flow.changes(source, index):
            if change.line < line and not TARGET.search(change.column):
                statistic = self.flow.refills.of_value(source, change.value) if change.fills else None
                if statistic:
                    self._refilled(source, statistic, self.trail.places)
                self.follow(source, change.value, change.line)
        if binding.kind == "parameter":
            self.leave(source, index, binding)
        elif binding.value is not None and binding.kind != "import":
            self._value(source, index, binding, binding.span.line)
        self._active.remove(active)

    def _value(self, source: SourceFacts, index: int, binding: Binding, line: int) -> None:
        value, path = binding.value, binding.path
        part = self.flow.sliced(source).parts.get(index)
        if part is not None:
            self.trail.divided.add((source.path, -1 - part))
        if path and self.flow.apis.is_split(source, value):
            self.trail.parts.add("test" if path[0] % 2 else "train")
            if isinstance(value, Called):
                self.trail.divided.add((source.path, value.call))
            if path[0] > 1:
                self.trail.parts.add("target")
        elif self.flow.splitter_of(source, binding) is not None:
            return  # row numbers
        elif path and isinstance(value, Seq) and path[0] < len(value.items):
            self.follow(source, value.items[path[0]], line)
        elif path and isinstance(value, Called):
            self._call(source, value.call, path, line)
        else:
            self.follow(source, value, line)

    # --- parts of rows ---

    def _item(self, source: SourceFacts, base: Expr, index: Expr, line: int) -> None:
        part = self.flow.fold_part(source, index)
        if part:
            self.trail.parts.add(part)
            return
        if isinstance(base, Called) and self.flow.apis.is_split(source, base) and isinstance(index, Const):
            self.trail.parts.add("test" if index.value in (1, 3) else "train")
            return
        rows = index.items[0] if isinstance(index, Seq) and index.kind == "tuple" and index.items else index
        if isinstance(rows, Hole) and rows.cause == "slice" and not isinstance(index, Seq):
            self.trail.sliced = True
        elif isinstance(rows, Compare) or (isinstance(rows, Binary | Unary) and rows.operator in "&|~"):
            self.trail.sampled = True
        self.follow(source, base, line)

    # --- calls ---

    def _call(self, source: SourceFacts, index: int, path: tuple[int, ...], line: int) -> None:
        call = source.facts.calls[index]
        apis = self.flow.apis
        self.trail.places.add((source.path, "call", index))
        if apis.is_split(source, Called(index)):
            return
        target = self.flow.project.callers.target(source, call)
        if target is not None:
            if isinstance(target.fact, Function) and not target.rest:
                self.enter(source, call, target.source, target.fact, path)
            elif isinstance(target.fact, Class) and not target.rest:
                for argument in call.args[:2]:  # a data set of the project's own holds what it is made from
                    self.follow(source, argument, line)
            return
        copied = apis.copies_rows(source, call)
        if copied:
            self.trail.copied.append(Learned(source, index, copied))
        name = apis.name(source, call)
        refill = self.flow.refills.of_call(source, call) or self.flow.refills.encodes_target(source, index)
        if refill:
            filled = call.args[-1] if name == "numpy.where" else call.func
            self._refilled(source, refill, self.apart(source, filled, line).places)
        if name == "numpy.where" and len(call.args) == 3:
            self.follow(source, call.args[1], line)
            self.follow(source, call.args[2], line)
        elif isinstance(call.func, Attr) and (not call.name or call.name[0] in ":."):
            self._method(source, index, call, call.func, line)
        elif apis.learning_function(name):
            self._learn(source, index, apis.learning_function(name), first_argument(call), line)
        elif name.rpartition(".")[2] in _JOINS:
            self.trail.joined = True
            for argument in call.args:
                self.follow(source, argument, line)
        elif _DATA_MODULES.match(name):
            api = apis.tables.lookup(name)
            if api is None or not any(access.effect == "reads" for access in api.accesses):
                self.follow(source, first_argument(call), line)

    def _method(self, source: SourceFacts, index: int, call: Call, func: Attr, line: int) -> None:
        apis, method = self.flow.apis, func.name
        if method in ("fit_transform", "fit_resample", "fit_sample"):
            what = apis.learner(source, func.base) if method == "fit_transform" else ""
            self._learn(source, index, what, first_argument(call), line)
        elif method == "transform" and call.args and (what := apis.learner(source, func.base)):
            rows = self.apart(source, call.args[0], line)
            self._applied(source, func.base, what, (call.args[0], rows), line)
            self.trail.add(rows)
        elif method in ("transform", "inverse_transform"):
            self.follow(source, first_argument(call), line)
        elif not method.startswith("predict"):  # predictions are new data: a stack may be fitted on them
            self.trail.sampled = self.trail.sampled or _takes_some(call, method)
            self.follow(source, func.base, line)
            if method in _JOINS:
                self.follow(source, first_argument(call), line)

    def _learn(self, source: SourceFacts, index: int, what: str, data: Expr | None, line: int) -> None:
        """Rows that something is fitted on and applied to in one go."""
        rows = self.apart(source, data, line)
        if what and not rows.parts and not rows.divided and not self._single and not is_target(source, data):
            named = data is not None and bool(PART.match(root_name(data)))
            self.trail.learned.append(Learned(source, index, what, named))
        self.trail.add(rows)

    def _arithmetic(self, source: SourceFacts, expr: Binary, line: int) -> None:
        for statistic, rows in self.flow.refills.of_arithmetic(source, expr):
            self._refilled(source, statistic, self.apart(source, rows, line).places)

    def _refilled(self, source: SourceFacts, statistic: Refill, filled: set[tuple[str, str, int]]) -> None:
        """Rows into which a statistic is written that was computed from some of them."""
        line = source.facts.calls[statistic.call].span.line
        rows = self.apart(source, statistic.rows, line)
        whole = not rows.parts and not rows.divided and not self._single and not is_target(source, statistic.rows)
        if whole and rows.places & filled:
            named = bool(PART.match(root_name(statistic.rows)))
            self.trail.learned.append(Learned(source, statistic.call, statistic.what, named, refill=True))

    def _fitted_before(self, source: SourceFacts, receiver: Expr, line: int) -> int | None:
        """The fit of the model that `SelectFromModel(model, prefit=True)` selects by."""
        for index in receiver.bindings if isinstance(receiver, Ref) else ():
            value = source.facts.bindings[index].value if index >= 0 else None
            call = source.facts.calls[value.call] if isinstance(value, Called) else None
            if call and any(k.name == "prefit" and k.value == Const(True) for k in call.keywords) and call.args:
                return self.flow.fits(source, call.args[0], line)
        return None

    def _applied(
        self, source: SourceFacts, receiver: Expr, what: str, given: tuple[Expr, Trail], line: int
    ) -> None:
        """Rows to which something is applied that was fitted before: on all of what they come from, or on them."""
        data, rows = given
        fit = self.flow.fits(source, receiver, line)
        if fit is None:
            fit = self._fitted_before(source, receiver, line)
        if fit is None:
            return
        call = source.facts.calls[fit]
        fitted = self.apart(source, first_argument(call), call.span.line)
        same = isinstance(data, Ref) and data == first_argument(call) and not fitted.parts and not fitted.divided
        if (fitted.is_whole or same) and fitted.places & rows.places:
            named = bool(PART.match(root_name(first_argument(call) or Const(None))))
            self.trail.learned.append(Learned(source, fit, what, named))


def _takes_some(call: Call, method: str) -> bool:
    """Whether a method of a frame gives only some of the rows."""
    if method == "sample":
        given = {keyword.name: keyword.value for keyword in call.keywords}
        return given.get("frac") not in (Const(1), Const(1.0))
    return method in ("head", "tail", "query", "take", "nlargest", "nsmallest")
