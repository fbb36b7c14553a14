"""Transformers whose fitted state ends with the process, although the model that needs it is saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Called, Expr, Ref
from mldebt.project.model_saves import ModelSave, model_saves
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import first_argument, is_target
from mldebt.project.training_inputs import Fitted
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

_FITS = frozenset({"fit", "fit_transform", "partial_fit"})
_USES = _FITS | {
    "transform",
    "inverse_transform",
    "set_output",
    "set_params",
    "get_feature_names_out",
    "n_features_in_",
}
_STATELESS = frozenset(
    "FunctionTransformer Normalizer HashingVectorizer Binarizer FeatureHasher PolynomialFeatures LabelBinarizer"
    " MultiLabelBinarizer".split()
)


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
    sources = [source for source in project.code if _mentions_transformers(source)]
    saves = {save.program.source.path: save for save in reversed(list(model_saves(project)))} if sources else {}
    for _, save in sorted(saves.items()):
        for source in sources:
            path = source.path
            if path not in save.program.reach.paths:
                continue
            for index, call in enumerate(source.facts.calls):
                receiver = call.func.base if isinstance(call.func, Attr) and call.func.name in _FITS else None
                if not isinstance(receiver, Ref) or (path, receiver.name) in seen:
                    continue
                if not save.program.reach.has(source, call.block):
                    continue
                kind = project.flow.apis.learner(source, receiver) or _encoder(project, source, receiver)
                if not kind or kind in _STATELESS or is_target(source, first_argument(call)):
                    continue
                if not _is_lost(source, receiver):
                    continue
                fitted = _needed_by(project, source, index, receiver)
                if fitted is not None:
                    seen.add((path, receiver.name))
                    yield LostTransformer(source, call, receiver.name, kind, fitted, save)


def _mentions_transformers(source: SourceFacts) -> bool:
    header = source.facts.header
    return bool(_FITS & set(header.methods)) and any(m.partition(".")[0] == "sklearn" for m in header.modules)


def _encoder(project: Project, source: SourceFacts, receiver: Expr) -> str:
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
        if isinstance(call.func, Attr) and _is(call.func.base, name) and call.func.name not in _USES:
            return False
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            if any(_is(part, name) for part in walk(argument)):
                return False
    for use in source.facts.uses:
        if any(_is(part, name) for part in walk(use.expr)) and (use.passed or not _is_method(use.expr, name)):
            return False
    exprs = [b.value for b in source.facts.bindings if b.value is not None]
    exprs += [s.value for s in source.facts.stores] + [r.value for r in source.facts.returns]
    return not any(_is(part, name) for expr in exprs for part in walk(expr))


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


def _is(expr: Expr, name: str) -> bool:
    return isinstance(expr, Ref) and expr.name == name


def _is_method(expr: Expr, name: str) -> bool:
    """Whether an expression only looks up a method that is no learned attribute."""
    return isinstance(expr, Ref) or (isinstance(expr, Attr) and _is(expr.base, name) and expr.name in _USES)


def _needed_by(project: Project, source: SourceFacts, index: int, receiver: Ref) -> Fitted | None:
    """The fit of a model whose rows the transformer changed."""
    for number, call in enumerate(source.facts.calls):
        applied = isinstance(call.func, Attr) and call.func.name in ("transform", "fit_transform")
        if applied and isinstance(call.func, Attr) and _is(call.func.base, receiver.name):
            fitted = project.training_inputs.seeing(source, number)
            if fitted is not None:
                return fitted
    return None
