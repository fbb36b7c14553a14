"""Which values are predictions of a model, and which models are fitted on what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binary, Call, Called, Compare, Const, Expr, Function, Item, Map, Ref, Seq, Star
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import root_name, walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

PREDICTS = frozenset({"predict", "predict_proba", "decision_function", "predict_log_proba", "predict_classes"})
_KEEPS = frozenset(
    "argmax round astype ravel flatten squeeze reshape numpy copy tolist mean clip to_numpy max cpu detach item"
    " values transpose sum loc iloc map apply fillna".split()
)
_KEEPERS = re.compile(
    r"(numpy\.(array|asarray|squeeze|ravel|round|rint|argmax|mean|clip|exp|expm1|log1p|where|maximum|minimum|abs|rank)"
    r"|pandas\.(Series|DataFrame)|float|int|round|list|scipy\.stats\.rankdata)$"
)
_PUTS_TOGETHER = frozenset(
    "concat concatenate hstack vstack column_stack append merge join assign stack c_ r_ insert DataFrame".split()
)
_KEEPS_ROWS = frozenset(
    "drop rename reset_index sort_values sample dropna drop_duplicates query set_index".split()
)
_NO_MODEL = re.compile(r"k_?means|cluster|gmm|pca|encod|embed|extract|iso|outlier|detect|kalman|scaler|lof", re.I)
_LOADS = re.compile(r"(joblib|pickle|cloudpickle|dill)\.loads?$|load_model$")
_VIEWS = frozenset({"values", "T", "iloc", "loc"})
_DEEPEST = 14
Columns = frozenset[str] | None
"""The columns of a table that count; none given: all of them. None: only the value itself counts."""
_ALL: frozenset[str] = frozenset()


class Output(NamedTuple):
    """A prediction: the call that makes it, by its number, and the model that it is asked of."""

    source: SourceFacts
    number: int
    model: Expr

    @property
    def call(self) -> Call:
        """The call that predicts."""
        return self.source.facts.calls[self.number]

    @property
    def place(self) -> tuple[str, int]:
        """What tells one prediction from another."""
        return self.source.path, self.number


class ModelOutputs:
    """Follows values backwards to the predictions that they are, or hold."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def of(self, source: SourceFacts, expr: Expr | None) -> tuple[Output, ...]:
        """The predictions that a value is made of by arithmetic, rounding and choosing of columns alone."""
        return tuple(self._follow(source, expr, 0, set(), held=None))

    def inside(self, source: SourceFacts, expr: Expr | None) -> tuple[Output, ...]:
        """The predictions that a table or array holds, in one of its columns or rows."""
        return tuple(self._follow(source, expr, 0, set(), held=_ALL))

    def is_model(self, source: SourceFacts, receiver: Expr) -> bool:
        """Whether an object surely is a supervised model: by its class, or because it was loaded from a file."""
        if _NO_MODEL.search(root_name(receiver)):
            return False
        apis = self._project.flow.apis
        if apis.is_predictor(source, receiver):
            return True
        values = (
            [source.facts.bindings[i].value for i in receiver.bindings if i >= 0]
            if isinstance(receiver, Ref)
            else []
        )
        called = (
            receiver if isinstance(receiver, Called) else next((v for v in values if isinstance(v, Called)), None)
        )
        return called is not None and bool(_LOADS.search(source.facts.calls[called.call].name))

    @cached_property
    def fits(self) -> tuple[Site, ...]:
        """The calls that fit something that is no transformer, as far as its class is known."""
        apis = self._project.flow.apis
        found = []
        for site in self._project.calls("*.fit"):
            func = site.call.func
            if not isinstance(func, Attr) or _NO_MODEL.search(root_name(func.base)):
                continue
            types = list(apis.types(site.source, func.base))
            known = any(apis.has_role(t, "classifier", "regressor", "estimator", "search") for t in types)
            if known or not types:
                found.append(site)
        return tuple(found)

    # --- inside ---

    def _follow(
        self, source: SourceFacts, expr: Expr | None, depth: int, seen: set[tuple[str, int]], held: Columns
    ) -> Iterator[Output]:
        if expr is None or depth > _DEEPEST:
            return
        match expr:
            case Ref(name, bindings):
                for index in bindings or source.bindings_by_scope.get(0, {}).get(name, [])[:4]:
                    if index >= 0 and (source.path, index) not in seen:
                        seen.add((source.path, index))
                        yield from self._binding(source, index, depth, seen, held)
            case Item(base, index):
                columns = _columns(index) if held == _ALL else None
                yield from self._follow(source, base, depth + 1, seen, columns or held)
            case Attr(base, name):
                column = (
                    frozenset({name}) if held == _ALL and isinstance(base, Ref) and name not in _VIEWS else held
                )
                yield from self._follow(source, base, depth + 1, seen, column)
            case Binary(operator, left, right) if operator in "+-*/":
                yield from self._follow(source, left, depth + 1, seen, held)
                yield from self._follow(source, right, depth + 1, seen, held)
            case Compare(_, left, _) if held is not None:
                yield from self._follow(source, left, depth + 1, seen, held)
            case Seq(_, items) if held is not None:
                for item in items:
                    yield from self._follow(
                        source, item.operand if isinstance(item, Star) else item, depth + 1, seen, held
                    )
            case Map(_, values) if held is not None:
                for value in values:
                    yield from self._follow(source, value, depth + 1, seen, held)
            case Called(number):
                yield from self._called(source, number, depth, seen, held)

    def _binding(
        self, source: SourceFacts, index: int, depth: int, seen: set[tuple[str, int]], held: Columns
    ) -> Iterator[Output]:
        binding = source.facts.bindings[index]
        if binding.kind in ("assign", "annotated", "augmented", "walrus") and not binding.path:
            yield from self._follow(source, binding.value, depth + 1, seen, held)
        elif isinstance(binding.value, Seq) and binding.path and binding.path[0] < len(binding.value.items):
            yield from self._follow(source, binding.value.items[binding.path[0]], depth + 1, seen, held)
        if held is not None:
            for change in self._project.flow.changes(source, index):
                if change.column not in held and (change.fills or (held and change.column)):
                    continue  # another column; missing values of features that a model fills in
                yield from self._follow(source, change.value, depth + 1, seen, held)

    def _called(
        self, source: SourceFacts, number: int, depth: int, seen: set[tuple[str, int]], held: Columns
    ) -> Iterator[Output]:
        call = source.facts.calls[number]
        last = call.name.rpartition(".")[2] or (call.func.name if isinstance(call.func, Attr) else "")
        if isinstance(call.func, Attr) and last in PREDICTS:
            if call.args or call.keywords:
                yield Output(source, number, call.func.base)
            return
        target = self._project.callers.target(source, call)
        if target is not None:
            if (
                isinstance(target.fact, Function)
                and not target.rest
                and (target.source.path, -target.fact.block) not in seen
            ):
                seen.add((target.source.path, -target.fact.block))
                for value in target.source.returns_by_function.get(target.fact.block, ()):
                    yield from self._follow(target.source, value, depth + 2, seen, held)
            return
        if held is not None and last in _PUTS_TOGETHER:
            given: list[Expr] = [*call.args, *(keyword.value for keyword in call.keywords)]
            for argument in given:
                yield from self._follow(source, argument, depth + 1, seen, held)
        if _KEEPERS.match(call.name):
            for argument in call.args[1:] if call.name == "numpy.where" else call.args[:1]:
                yield from self._follow(source, argument, depth + 1, seen, held)
        elif isinstance(call.func, Attr) and (
            last in _KEEPS or (held is not None and last in _PUTS_TOGETHER | _KEEPS_ROWS)
        ):
            yield from self._follow(source, call.func.base, depth + 1, seen, held)


def _columns(index: Expr) -> frozenset[str]:
    """The names of the columns that are chosen; empty where they are not known."""
    if isinstance(index, Seq) and index.kind == "tuple" and len(index.items) == 2:
        index = index.items[1]  # rows, columns
    items = index.items if isinstance(index, Seq) else (index,)
    names = [item.value for item in items if isinstance(item, Const) and isinstance(item.value, str)]
    return frozenset(names) if len(names) == len(items) else _ALL


def is_out_of_fold(project: Project, output: Output) -> bool:
    """Whether a prediction is made for rows that were held out from its model: a fold's or a split's."""
    call = output.call
    rows = call.args[0] if call.args else None
    if rows is None:
        return False
    if any(
        isinstance(part, Ref) and project.flow.fold_part(output.source, part) == "test" for part in walk(rows)
    ):
        return True
    return "test" in project.flow.trail(output.source, rows, call.span.line).parts


def is_number(expr: Expr) -> bool:
    """Whether an expression is a literal number."""
    return isinstance(expr, Const) and isinstance(expr.value, int | float) and not isinstance(expr.value, bool)
