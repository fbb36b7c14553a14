"""What training and serving do to the same things: the class whose probability they take, and the form of images."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Called, Const, Expr, Hole, Item, Ref, Seq
from mldebt.project.calls import Site
from mldebt.project.services import serves
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Kind, Location, Role
from mldebt.values import Items, Known

if TYPE_CHECKING:
    from mldebt.project.project import Project

_PARTS = re.compile(
    r"(src|app|apps|api|apis|serv(e|er|ing|ices?)|stages?|scripts?|steps?|pipelines?|models?|modell?ing|train(ing)?|eval\w*"
    r"|back_?end|front_?end|deploy(ment)?|web(app)?|flask\w*|fastapi\w*|streamlit\w*|infer\w*|predict\w*|lib|core|ml|package"
    r"|code|python|source|prediction_service)",
    re.IGNORECASE,
)
"""Directories of one product; others may hold a product each."""

_SAME_ROWS = frozenset({"astype", "tolist", "round", "squeeze", "item", "numpy", "copy"})
_DEEPEST = 6
_OUTSIDE = (Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS, Role.TUTORIAL)


class _Form(NamedTuple):
    """What a call says about images, and the arguments (position, keyword) that say it."""

    what: str
    arguments: tuple[tuple[int | None, str], ...]


_FORMS = {
    "torchvision.transforms.Normalize": _Form("normalisation", ((0, "mean"), (1, "std"))),
    "torchvision.transforms.Resize": _Form("image size", ((0, "size"),)),
    "cv2.resize": _Form("image size", ((1, "dsize"),)),
    "tensorflow.keras.preprocessing.image.load_img": _Form("image size", ((None, "target_size"),)),
    "tensorflow.keras.utils.load_img": _Form("image size", ((None, "target_size"),)),
    "keras.preprocessing.image.load_img": _Form("image size", ((None, "target_size"),)),
    "tensorflow.image.resize": _Form("image size", ((1, "size"),)),
}
_METHODS = {"flow_from_directory": _Form("image size", ((None, "target_size"),))}


class Choice(NamedTuple):
    """One side's value of something, and where it stands."""

    value: str
    location: Location


class Mismatch(NamedTuple):
    """Something (`what`) that serving does with one value, and training or evaluation with others."""

    what: str
    serving: Choice
    training: tuple[Choice, ...]


def find_mismatches(project: Project) -> Iterator[Mismatch]:
    """All such things, by the serving place. A value that stands on both sides is no mismatch."""
    sides: dict[str, tuple[list[Choice], list[Choice]]] = defaultdict(lambda: ([], []))
    for source in project.code:
        if source.kind is not Kind.PYTHON or source.source.is_any(*_OUTSIDE):
            continue
        is_serving = serves(source)
        if not is_serving and not _trains(project, source):
            continue
        for what, choice in (*_classes(source), *_forms(project, source)):
            sides[what][0 if is_serving else 1].append(choice)
    for what, (serving, training) in sorted(sides.items()):
        served = {choice.value for choice in serving}
        trained = {choice.value for choice in training}
        if len(served) == 1 and len(trained) == 1 and served != trained:
            near = tuple(c for c in training if _is_near(project, serving[0].location.path, c.location.path))
            if near:
                yield Mismatch(what, min(serving, key=lambda c: c.location.order), near)


def _trains(project: Project, source: SourceFacts) -> bool:
    return any(event.phase in ("fit", "tune", "evaluate") for event in project.phases.events(source))


def _is_near(project: Project, one: str, other: str) -> bool:
    """Whether two files belong to one product: the same part of the repository, the same directory, or directories
    that are named for what their code does.
    """
    first, second = (project.subprojects.root_of(path) for path in (one, other))
    if first and second and first != second:
        return False
    tops = [path.partition("/")[0] if "/" in path else "" for path in (one, other)]
    return tops[0] == tops[1] or all(not top or _PARTS.fullmatch(top) for top in tops)


def _classes(source: SourceFacts) -> Iterator[tuple[str, Choice]]:
    """Which column of `predict_proba` is taken."""
    if "predict_proba" not in source.facts.header.methods:
        return
    facts = source.facts
    places = [(binding.value, binding.span) for binding in facts.bindings if binding.value is not None]
    places += [(use.expr, use.span) for use in facts.uses]
    places += [(result.value, result.span) for result in facts.returns]
    places += [(argument, call.span) for call in facts.calls for argument in call.args]
    places += [(keyword.value, call.span) for call in facts.calls for keyword in call.keywords]
    seen: set[Location] = set()
    for expr, span in places:
        for part in walk(expr):
            number = _column(source, part) if isinstance(part, Item) else None
            if number in (0, 1) and source.location(span) not in seen:
                seen.add(source.location(span))
                yield "the class of `predict_proba`", Choice(str(number), source.location(span))


def _column(source: SourceFacts, item: Item) -> int | None:
    """The column that `p[:, k]`, `p[0, k]` or `p[0][k]` takes of probabilities; None for anything else."""
    index, base = item.index, item.base
    if isinstance(index, Seq) and len(index.items) == 2:
        first, index = index.items
        if not isinstance(first, Hole) and not (isinstance(first, Const) and first.value == 0):
            return None
    elif isinstance(base, Item) and base.index == Const(0):
        base = base.base
    else:
        return None
    if not isinstance(index, Const) or not isinstance(index.value, int) or not _is_proba(source, base, _DEEPEST):
        return None
    return index.value


def _is_proba(source: SourceFacts, expr: Expr, depth: int) -> bool:
    if depth == 0:
        return False
    if isinstance(expr, Called):
        func = source.facts.calls[expr.call].func
        if not isinstance(func, Attr):
            return False
        return func.name == "predict_proba" or (
            func.name in _SAME_ROWS and _is_proba(source, func.base, depth - 1)
        )
    if isinstance(expr, Ref) and len(expr.bindings) == 1 and expr.bindings[0] >= 0:
        binding = source.facts.bindings[expr.bindings[0]]
        plain = binding.kind == "assign" and not binding.path and binding.value is not None
        return plain and binding.value is not None and _is_proba(source, binding.value, depth - 1)
    return False


def _forms(project: Project, source: SourceFacts) -> Iterator[tuple[str, Choice]]:
    """The sizes and normalisations of images that are written out."""
    names = [name for name in _FORMS if name in source.facts.header.names]
    methods = [name for name in _METHODS if name in source.facts.header.methods]
    if not names and not methods:
        return
    for call in source.facts.calls:
        last = call.func.name if isinstance(call.func, Attr) else ""
        form = _FORMS.get(call.name) or (_METHODS.get(last) if not call.name else None)
        if form is None:
            continue
        site = Site(source, call, call.name or last)
        given = [site.argument(position, keyword) for position, keyword in form.arguments]
        values = ["" if expr is None else _numbers(project, source, expr) for expr in given]
        if all(values):
            yield form.what, Choice(", ".join(values), site.location)


def _numbers(project: Project, source: SourceFacts, expr: Expr) -> str:
    """A number or a list of numbers; a size that is one number is a square. Empty for anything else."""
    value = project.value(source, expr)
    if isinstance(value, Known) and isinstance(value.value, int | float):
        return f"{value.value} × {value.value}"
    if isinstance(value, Items) and all(
        isinstance(v, Known) and isinstance(v.value, int | float) for v in value.items
    ):
        return " × ".join(str(v.value) for v in value.items if isinstance(v, Known))
    return ""
