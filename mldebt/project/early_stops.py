"""Fits that stop early, or keep their best state, by rows that are scored afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Called, Const, Expr, Ref, Seq
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk, walk_calls

if TYPE_CHECKING:
    from mldebt.project.project import Project

_HELD_OUT = ("eval_set", "validation_data", "valid_sets", "evals", "eval_X")
_SELECTS = frozenset({"early_stopping_rounds", "use_best_model", "early_stopping"})
_CALLBACKS = re.compile(r"(EarlyStopping|early_stopping|ModelCheckpoint|ReduceLROnPlateau)$", re.IGNORECASE)
_DATA_SETS = re.compile(r"(lightgbm\.Dataset|xgboost\.DMatrix|catboost\.Pool)$")
_SCORES = ("*.predict", "*.predict_proba", "*.score", "*.evaluate", "*.predict_classes")
_VALIDATION = re.compile(r"val|dev|hold|stop|(^|_)(va|vl|es)($|_)", re.IGNORECASE)
_PREDICTS = frozenset({"predict", "predict_proba", "predict_classes"})
_JUDGES = re.compile(
    r"score|accuracy|auc|loss|error|report|matrix|mse|mae|rmse|r2|evaluat|f1|precision|recall|metric|curve|acc$|kappa|corr"
    r"|mean|compare|display",
    re.IGNORECASE,
)
_DEEPEST = 6


class EarlyStop(NamedTuple):
    """A fit that selects on the test part of a split, and the first call that scores the same rows."""

    fit: Site
    scored: Site


def find_early_stops(project: Project) -> Iterator[EarlyStop]:
    """The project's fits that select on a test part which is scored later in the same file, by path and place.

    None where another test part is scored there, too, or where the rows are called validation data.
    """
    for site in project.calls("*.fit", "lightgbm.train", "xgboost.train"):
        watched = _watched(project, site) if _selects(site) else set()
        scored = _scored(project, site, watched) if watched else None
        if scored is not None:
            yield EarlyStop(site, scored)


def _selects(site: Site) -> bool:
    """Whether a fit stops early or keeps its best state."""
    for keyword in site.call.keywords:
        if keyword.name in _SELECTS and keyword.value not in (Const(None), Const(False)):
            return True
        if keyword.name == "callbacks" and any(
            _is_selector(name) for name in _names(site.source, keyword.value, 0)
        ):
            return True
    return False


def _is_selector(name: str) -> bool:
    return bool(_CALLBACKS.search(name))


def _names(source: SourceFacts, expr: Expr, depth: int) -> Iterator[str]:
    """The names of what is called to make an expression's parts."""
    for part in walk(expr):
        if isinstance(part, Called):
            yield source.facts.calls[part.call].name
        elif isinstance(part, Ref) and depth < _DEEPEST:
            for index in part.bindings:
                value = source.facts.bindings[index].value if index >= 0 else None
                if value is not None:
                    yield from _names(source, value, depth + 1)


def _watched(project: Project, site: Site) -> set[tuple[str, int]]:
    """The splits whose test part a fit selects on."""
    found: set[tuple[str, int]] = set()
    for keyword in site.call.keywords:
        if keyword.name in _HELD_OUT and not _is_for_validation(keyword.value):
            for rows in _tables(site.source, keyword.value, 0):
                trail = project.flow.trail(site.source, rows, site.call.span.line)
                named = isinstance(rows, Ref) and _VALIDATION.search(rows.name)
                if "test" in trail.parts and "train" not in trail.parts and not named:
                    found |= trail.divided
    return found


def _is_for_validation(given: Expr) -> bool:
    """Whether the data that a fit watches is called validation data: `valid_sets=[dval]`."""
    names = [part.name for part in walk(given) if isinstance(part, Ref)]
    return bool(names) and any(_VALIDATION.search(name) for name in names)


def _tables(source: SourceFacts, expr: Expr, depth: int) -> Iterator[Expr]:
    """The features in `[(X_train, y_train), (X_test, y_test)]`, and in data sets that hold them."""
    for part in walk(expr):
        if isinstance(part, Called):
            call = source.facts.calls[part.call]
            if _DATA_SETS.search(call.name):
                yield from call.args[:1]
        elif isinstance(part, Ref):
            values = [source.facts.bindings[i].value for i in part.bindings if i >= 0]
            wrapped = [value for value in values if isinstance(value, Called | Seq)]
            if not any(isinstance(value, Seq) or _is_data_set(source, value) for value in wrapped):
                yield part
            for value in wrapped if depth < _DEEPEST else ():
                if isinstance(value, Seq) or _is_data_set(source, value):
                    yield from _tables(source, value, depth + 1)


def _is_data_set(source: SourceFacts, value: Expr) -> bool:
    return isinstance(value, Called) and bool(_DATA_SETS.search(source.facts.calls[value.call].name))


def _scored(project: Project, fit: Site, watched: set[tuple[str, int]]) -> Site | None:
    """A later score of the same rows in the same file, if no other test part is scored there."""
    first: Site | None = None
    models = _models(fit)
    for call in fit.source.facts.calls:
        later = call.span.line > fit.call.span.line
        if not later or not isinstance(call.func, Attr) or f"*.{call.func.name}" not in _SCORES or not call.args:
            continue
        trail = project.flow.trail(fit.source, call.args[0], call.span.line)
        if trail.parts == {"test"}:
            if not trail.divided & watched:
                return None
            if isinstance(call.func.base, Ref) and call.func.base.name in models and _is_judged(fit.source, call):
                first = first or Site(fit.source, call, "")
    return first


def _models(fit: Site) -> set[str]:
    """The names of what a call fits, or gives after fitting."""
    bound = {
        binding.name
        for binding in fit.source.facts.bindings
        if isinstance(binding.value, Called) and fit.source.facts.calls[binding.value.call] is fit.call
    }
    func = fit.call.func
    return bound | ({func.base.name} if isinstance(func, Attr) and isinstance(func.base, Ref) else set())


def _is_judged(source: SourceFacts, call: Call) -> bool:
    """Whether a call scores rows, or predicts what a metric, or a comparison, gets afterwards."""
    if isinstance(call.func, Attr) and call.func.name not in _PREDICTS:
        return True
    index = next(i for i, other in enumerate(source.facts.calls) if other is call)
    names: set[str] = set()
    for binding in source.facts.bindings:
        parts = set(walk_calls(source, binding.value))
        if Called(index) in parts or (binding.span > call.span and names & _names_of(parts)):
            names.add(binding.name)
    for other in source.facts.calls:
        name = other.name or (other.func.name if isinstance(other.func, Attr | Ref) else "")
        if other is call or not _JUDGES.search(name.rpartition(".")[2]):
            continue
        given = (other.func, *other.args, *(keyword.value for keyword in other.keywords))
        parts = {part for expr in given for part in walk_calls(source, expr)}
        if Called(index) in parts or names & _names_of(parts):
            return True
    tests = (condition.comparison for condition in source.facts.conditions)
    return any(names & _names_of(set(walk(test))) for test in tests)


def _names_of(parts: set[Expr]) -> set[str]:
    return {part.name for part in parts if isinstance(part, Ref)}
