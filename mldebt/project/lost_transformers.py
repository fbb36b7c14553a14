"""Transformers whose fitted state ends with the process, although the model that needs it is saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Called, Expr, Item, Ref
from mldebt.project.model_saves import ModelSave, written_objects
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import first_argument, is_target
from mldebt.project.training_inputs import Fitted
from mldebt.project.walk import is_name, walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

FITS = frozenset({"fit", "fit_transform", "partial_fit"})
USES = FITS | {
    "transform",
    "inverse_transform",
    "set_output",
    "set_params",
    "get_feature_names_out",
    "n_features_in_",
}
LEARN_NOTHING = frozenset(
    "FunctionTransformer Normalizer HashingVectorizer Binarizer FeatureHasher PolynomialFeatures".split()
)
STATELESS = LEARN_NOTHING | {"LabelBinarizer", "MultiLabelBinarizer"}
"""What a model can do without: these two prepare targets."""


class LostTransformer(NamedTuple):
    """`call` fits a transformer of the class `type`; `fitted` is the model that needs it, `save` keeps that one."""

    source: SourceFacts
    call: Call
    name: str
    type: str
    fitted: Fitted
    save: ModelSave


def lost_transformers(project: Project) -> Iterator[LostTransformer]:
    """The transformers that a training program fits and keeps nowhere, by place of the fit."""
    seen: set[tuple[str, str]] = set()
    sources = [source for source in project.code if mentions_transformers(source)]
    saves = {save.program.source.path: save for save in reversed(list(project.model_saves))} if sources else {}
    for _, save in sorted(saves.items()):
        for source in sources:
            path = source.path
            if path not in save.program.reach.paths:
                continue
            for call in source.facts.calls:
                receiver = call.func.base if isinstance(call.func, Attr) and call.func.name in FITS else None
                if not isinstance(receiver, Ref) or (path, receiver.name) in seen:
                    continue
                if not save.program.reach.has(source, call.block):
                    continue
                kind = project.flow.apis.learner(source, receiver) or encoder(project, source, receiver)
                if not kind or kind in STATELESS or is_target(source, first_argument(call)):
                    continue
                if not _is_lost(source, receiver):
                    continue
                fitted = _needed_by(project, source, receiver, save)
                if fitted is not None:
                    seen.add((path, receiver.name))
                    yield LostTransformer(source, call, receiver.name, kind, fitted, save)


def mentions_transformers(source: SourceFacts) -> bool:
    """Whether a file may fit transformers of scikit-learn, by what it imports and calls."""
    header = source.facts.header
    return bool(FITS & set(header.methods)) and any(m.partition(".")[0] == "sklearn" for m in header.modules)


def encoder(project: Project, source: SourceFacts, receiver: Expr) -> str:
    """The class of an encoder of categories."""
    if not project.flow.apis.learns_vocabulary(source, receiver):
        return ""
    return project.type_of(source, receiver).rpartition(".")[2]


def _is_lost(source: SourceFacts, receiver: Ref) -> bool:
    """Whether the name is only fitted and applied: nothing is given the object, and no attribute of it is read."""
    name = receiver.name
    if _made(source, receiver) is None:
        return False
    for call in source.facts.calls:
        if isinstance(call.func, Attr) and is_name(call.func.base, name) and call.func.name not in USES:
            return False
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            if any(is_name(part, name) for part in walk(argument)):
                return False
    for use in source.facts.uses:
        if any(is_name(part, name) for part in walk(use.expr)) and (use.passed or not _is_method(use.expr, name)):
            return False
    exprs = [b.value for b in source.facts.bindings if b.value is not None]
    exprs += [s.value for s in source.facts.stores] + [r.value for r in source.facts.returns]
    return not any(is_name(part, name) for expr in exprs for part in walk(expr))


def _made(source: SourceFacts, receiver: Ref) -> Call | None:
    """The constructing call, if the name is bound to exactly one kind of thing: a new object."""
    made = None
    for binding in source.facts.bindings:
        if binding.name != receiver.name or binding.kind == "global":
            continue
        if binding.kind != "assign" or binding.path or not isinstance(binding.value, Called):
            return None
        made = source.facts.calls[binding.value.call]
    return made


def _is_method(expr: Expr, name: str) -> bool:
    """Whether an expression only looks up a method that is no learned attribute."""
    return isinstance(expr, Ref) or (isinstance(expr, Attr) and is_name(expr.base, name) and expr.name in USES)


def _needed_by(project: Project, source: SourceFacts, receiver: Ref, save: ModelSave) -> Fitted | None:
    """The last fit of the saved model, if its rows went through the transformer."""
    numbers = {
        (source.path, "call", number)
        for number, call in enumerate(source.facts.calls)
        if isinstance(call.func, Attr)
        and call.func.name in ("transform", "fit_transform")
        and is_name(call.func.base, receiver.name)
    }
    bindings, calls = _saved(save)
    fits = [
        fitted
        for fitted in project.training_inputs.fits
        if fitted.event.source is save.access.source
        and isinstance(fitted.event.call.func, Attr)
        and (not bindings.isdisjoint(_bindings(fitted.event.call.func.base)) or fitted.event.call in calls)
        and fitted.event.location < save.access.location
    ]
    last = max(fits, key=lambda fitted: fitted.event.location, default=None)
    return last if last is not None and not numbers.isdisjoint(last.places) else None


def _saved(save: ModelSave) -> tuple[set[int], list[Call]]:
    """The bindings of what a save keeps and of what these are made from (`best = search.best_estimator_`), and the
    calls that made it (`model = Forest().fit(X, y)`).
    """
    bindings: set[int] = set()
    calls: list[Call] = []
    source = save.access.source
    for kept in written_objects(save.access):
        for part in walk(kept):
            if isinstance(part, Called):
                calls.append(source.facts.calls[part.call])
            for index in part.bindings if isinstance(part, Ref) else ():
                bindings.add(index)
                value = source.facts.bindings[index].value if index >= 0 else None
                if isinstance(value, Attr):
                    bindings |= _bindings(value)
                elif isinstance(value, Called):
                    made = source.facts.calls[value.call]
                    calls.append(made)
                    bindings |= _bindings(made.func.base) if isinstance(made.func, Attr) else set()
    return bindings, calls


def _bindings(expr: Expr) -> set[int]:
    """The bindings of the name that a chain of attributes and items starts from."""
    while isinstance(expr, Attr | Item):
        expr = expr.base
    return set(expr.bindings) if isinstance(expr, Ref) else set()
