"""Model outputs that are changed by hand before they are used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binary, Called, Compare, Const, Expr, Item, Logic, Ref, Seq
from mldebt.project.branches import written
from mldebt.project.model_outputs import is_number
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_PREDICTED = re.compile(r"^(y_?)?(pred|preds|prediction|predictions|predicted|y_?hat)$", re.IGNORECASE)
_LOADS = re.compile(r"(^|\.)(read_csv|loadtxt|load|open|float|genfromtxt|read_table)$")


class Patch(NamedTuple):
    """A change, roughly as it is written, the block that it stands in, its place, and what is changed."""

    shown: str
    block: int
    span: Span
    score: Expr


def prediction_patches(project: Project, source: SourceFacts) -> Iterator[Patch]:
    """The places of a source where a model's output is changed by hand, each once, by place."""
    header = source.facts.header
    predicts = any(name.startswith("predict") for name in header.methods)
    if predicts or any(_PREDICTED.match(binding.name) for binding in source.facts.bindings):
        yield from sorted(set(_patches(project, source)), key=lambda patch: patch.span)


def _patches(project: Project, source: SourceFacts) -> Iterator[Patch]:
    for binding in source.facts.bindings:
        value = binding.value
        if binding.kind in ("assign", "augmented") and isinstance(value, Binary) and not binding.path:
            number = value.right if is_number(value.right) else value.left
            score = value.left if number is value.right else value.right
            if _is_odd(number) and _is_prediction(project, source, score, binding.name):
                yield Patch(
                    f"{binding.name} {value.operator} {written(number)}", binding.block, binding.span, score
                )
        elif isinstance(value, Called):
            yield from _chosen(project, source, value, binding.block, binding.span)
    for store in source.facts.stores:
        if isinstance(store.target, Item) and store.operator == "=" and is_number(store.value):
            base, mask = _masked(store.target)
            same = _is_cut(project, source, mask, base)
            if _reads_other(mask, base) and not same and _is_prediction(project, source, base, ""):
                yield Patch(f"{written(base)}[…] = {written(store.value)}", store.block, store.span, base)
        elif isinstance(store.value, Called):
            yield from _chosen(project, source, store.value, store.block, store.span)

    for block in source.facts.blocks:
        if block.kind == "if" and (bounds := _range(block.test)):
            score, low, high = bounds
            if _is_prediction(project, source, score, ""):
                yield Patch(f"{low} <= {written(score)} <= {high}", block.parent, block.span, score)


def _chosen(project: Project, source: SourceFacts, value: Called, block: int, span: Span) -> Iterator[Patch]:
    """`np.where(condition on the input, constant, prediction)`."""
    call = source.facts.calls[value.call]
    if call.name != "numpy.where" or len(call.args) != 3:
        return
    condition, one, other = call.args
    constant, score = (one, other) if is_number(one) else (other, one)
    patches = is_number(constant) and not is_number(score) and _reads_other(condition, score)
    if patches and _is_prediction(project, source, score, ""):
        yield Patch(f"where(…, {written(one)}, {written(other)})", block, span, score)


def _range(test: Expr | None) -> tuple[Expr, int, int] | None:
    """What a condition keeps between two whole numbers above one, which are no probabilities."""
    match test:
        case Logic("and", (Compare("<=" | "<", Const(int() as low), one), other)):
            match other:
                case Compare("<=" | "<", same, Const(int() as high)) if same == one and 1 < low < high:
                    return one, low, high
    return None


def _is_odd(number: Expr) -> bool:
    """Whether a number is none that converts units or halves."""
    value = number.value if isinstance(number, Const) else None
    return (
        isinstance(value, float) and value not in (0.0, 1.0, -1.0, 2.0, 0.5) and not _is_power_of_ten(abs(value))
    )


def _is_power_of_ten(value: float) -> bool:
    return any(abs(value - 10.0**exponent) < 1e-12 for exponent in range(-9, 10))


def _is_prediction(project: Project, source: SourceFacts, expr: Expr, name: str) -> bool:
    """Whether a value is what a supervised model predicts, or is named so and comes from a file."""
    outputs = project.model_outputs.of(source, expr)
    if outputs:
        return len({output.place for output in outputs}) == 1
    return bool(_PREDICTED.match(name)) and isinstance(expr, Ref) and _is_loaded(source, expr)


def _is_loaded(source: SourceFacts, expr: Ref) -> bool:
    for index in expr.bindings:
        value = source.facts.bindings[index].value if index >= 0 else None
        if isinstance(value, Called) and _LOADS.search(source.facts.calls[value.call].name):
            return True
    return False


def _masked(target: Item) -> tuple[Expr, Expr]:
    """What a store changes, and the condition on the rows."""
    index = target.index
    if isinstance(target.base, Attr) and target.base.name in ("loc", "iloc"):
        if isinstance(index, Seq) and len(index.items) == 2:
            return Item(target.base.base, index.items[1]), index.items[0]
        return target.base.base, index
    return target.base, index


def _is_cut(project: Project, source: SourceFacts, mask: Expr, score: Expr) -> bool:
    """Whether a condition compares the prediction itself, under another name: then it makes classes of it."""
    outputs = {output.place for output in project.model_outputs.of(source, score)}
    compared = [part.left for part in walk(mask) if isinstance(part, Compare)]
    return bool(compared) and all(
        outputs & {output.place for output in project.model_outputs.of(source, expr)} for expr in compared
    )


def _reads_other(mask: Expr, score: Expr) -> bool:
    """Whether a condition compares something else than the prediction itself."""
    own = {part.name for part in walk(score) if isinstance(part, Ref)}
    compared = [part for part in walk(mask) if isinstance(part, Compare)]
    names = {part.name for part in walk(mask) if isinstance(part, Ref)}
    columns = {part.index for part in walk(mask) if isinstance(part, Item)}
    target = {part.index for part in walk(score) if isinstance(part, Item)}
    return bool(compared) and (bool(names - own) or bool(columns - target))
