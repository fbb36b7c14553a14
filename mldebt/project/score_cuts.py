"""Comparisons of a model's scores with numbers that are written into code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binary, Call, Called, Compare, Const, Expr, Function, Item, Ref, Unary
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Location, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_METHODS = frozenset({"predict_proba", "decision_function", "score_samples", "predict"})
_OPEN_SCALE = frozenset({"decision_function", "score_samples"})
_FUNCTIONS = frozenset(
    "torch.sigmoid torch.softmax torch.nn.functional.softmax torch.nn.functional.sigmoid tensorflow.sigmoid"
    " tensorflow.nn.sigmoid tensorflow.nn.softmax scipy.special.expit scipy.special.softmax keras.activations.sigmoid"
    " jax.nn.sigmoid jax.nn.softmax".split()
)
_KEEPS = frozenset(
    "squeeze flatten ravel reshape numpy cpu detach item tolist astype to copy float double view apply_softmax sigmoid"
    " softmax round".split()
)
_KEEPERS = frozenset(
    "float round numpy.array numpy.asarray numpy.squeeze numpy.ravel numpy.round pandas.Series pandas.DataFrame"
    " numpy.concatenate numpy.hstack enumerate zip list".split()
)
_DRAWERS = ("matplotlib.", "seaborn.", "plotly.", "altair.", "sklearn.metrics.", "torchmetrics.")
_DRAWS = frozenset(
    {"hist", "plot", "scatter", "bar", "barh", "axvline", "axhline", "fill_between", "scatterplot"}
)
_PICTURES = re.compile(
    r"(^|[/_.-])(plots?|plotting|figures?|visuali[sz]e|visuali[sz]ation|viz)([/_.-])", re.IGNORECASE
)
_VIEWS = frozenset({"values", "T", "data", "iloc", "loc"})
_ORDER = frozenset({"<", "<=", ">", ">="})
_DEEPEST = 8


class ScoreCut(NamedTuple):
    """A score that is compared with a number. `score` is what makes the score, for people."""

    source: SourceFacts
    location: Location
    block: int
    score: str
    value: float


def score_cuts(project: Project) -> Iterator[ScoreCut]:
    """The cuts at written numbers other than 0, 1 and one half, by path and place."""
    scores = Scores(project)
    for source in project.code:
        if not scores.made_in(source) or _PICTURES.search(source.path):
            continue
        for comparison, block, span in _comparisons(source):
            if comparison.operator not in _ORDER:
                continue
            for side, other in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
                value = _number(source, other)
                if value is None or value in (0, 1, 0.5):
                    continue
                made = scores.of(source, side)
                if made and (made in _OPEN_SCALE or 0.001 < value < 1) and not _is_drawn(source, span):
                    yield ScoreCut(source, source.location(span), block, made, value)


def _is_drawn(source: SourceFacts, span: Span) -> bool:
    """Whether a place is part of a call that draws, or that measures: what is shown decides nothing."""
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    for call in source.facts.calls:
        around = call.span
        draws = call.name.startswith(_DRAWERS) or getattr(call.func, "name", "") in _DRAWS
        if draws and (around.line, around.column) <= start and end <= (around.end_line, around.end_column):
            return True
    return False


def _comparisons(source: SourceFacts) -> Iterator[tuple[Compare, int, Span]]:
    for condition in source.facts.conditions:
        if isinstance(condition.comparison, Compare):
            yield condition.comparison, condition.block, condition.span
    seen = {condition.comparison for condition in source.facts.conditions}
    for block in source.facts.blocks:
        if block.kind in ("if", "while", "ternary"):
            for part in walk(block.test):
                if isinstance(part, Compare) and part not in seen:
                    yield part, block.parent, block.span


def _number(source: SourceFacts, expr: Expr) -> float | None:
    """A literal number, or a name that a module binds to one once."""
    match expr:
        case Const(bool()):
            return None
        case Const(int() | float() as value):
            return float(value)
        case Unary("-", operand):
            inner = _number(source, operand)
            return None if inner is None else -inner
        case Ref(_, (index,)) if index >= 0:
            binding = source.facts.bindings[index]
            if binding.kind == "assign" and not binding.path and isinstance(binding.value, Const | Unary):
                return _number(source, binding.value)
    return None


class Scores:
    """Tells which expressions are scores of a model."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._made: dict[tuple[str, int], str] = {}

    def made_in(self, source: SourceFacts) -> bool:
        """Whether a source can make scores at all."""
        header = source.facts.header
        return not (_METHODS | {"sigmoid", "softmax"}).isdisjoint(header.methods) or not _FUNCTIONS.isdisjoint(
            header.names
        )

    def of(self, source: SourceFacts, expr: Expr | None, depth: int = 0) -> str:
        """The name of the method or function that makes a score; empty for anything else."""
        if depth > _DEEPEST:
            return ""
        match expr:
            case Called(index):
                return self._of_call(source, source.facts.calls[index], depth)
            case Attr(base, name) if name in _VIEWS:
                return self.of(source, base, depth + 1)
            case Attr(Ref("self"), name):
                return self._stored(source, name, depth)
            case Item(base, Const(str() as column)):
                made = self.of(source, base, depth + 1)
                if not made and isinstance(base, Ref):
                    made = self._stored(source, column, depth, frame=base.name)
                return made
            case Item(base):
                return self.of(source, base, depth + 1)
            case Binary("+" | "-" | "*" | "/", left, right):
                return self.of(source, left, depth + 1) or self.of(source, right, depth + 1)
            case Ref(_, bindings):
                return next((made for b in bindings if b >= 0 and (made := self._bound(source, b, depth))), "")
        return ""

    def _of_call(self, source: SourceFacts, call: Call, depth: int) -> str:
        if call.name in _FUNCTIONS:
            return call.name
        if call.name in _KEEPERS:
            return self.of(source, call.args[0], depth + 1) if call.args else ""
        symbol = self._project.names.symbol(source, call.name) if call.name else None
        if symbol is not None and isinstance(symbol.fact, Function) and not symbol.rest:
            returned = symbol.source.returns_by_function.get(symbol.fact.block, [])
            made = {self.of(symbol.source, expr, depth + 2) for expr in returned}
            return made.pop() if len(made) == 1 else ""
        if not isinstance(call.func, Attr):
            return ""
        if call.func.name in _METHODS:
            return call.func.name
        return self.of(source, call.func.base, depth + 1) if call.func.name in _KEEPS else ""

    def _bound(self, source: SourceFacts, index: int, depth: int) -> str:
        key = (source.path, index)
        if key not in self._made:
            self._made[key] = ""
            binding = source.facts.bindings[index]
            if binding.kind in ("assign", "annotated", "for", "walrus"):
                self._made[key] = self.of(source, binding.value, depth + 1)
        return self._made[key]

    def _stored(self, source: SourceFacts, name: str, depth: int, *, frame: str = "") -> str:
        """What is assigned to a column of a frame, or to an attribute of `self`, in the same file."""
        for store in source.facts.stores:
            target = store.target
            is_it = (
                isinstance(target, Item)
                and target.index == Const(name)
                and getattr(target.base, "name", "") == frame
                if frame
                else isinstance(target, Attr) and target.name == name
            )
            if is_it and not store.path and store.operator == "=":
                made = self.of(source, store.value, depth + 2)
                if made:
                    return made
        return ""
