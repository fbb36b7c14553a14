"""Which models influence what others are trained on: through the predictions that programs write for them to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Called, Expr, Ref
from mldebt.project.accesses import DataAccess
from mldebt.project.handoffs import Handoff
from mldebt.project.model_outputs import Output
from mldebt.project.source_facts import SourceFacts

if TYPE_CHECKING:
    from mldebt.project.project import Project

_RANDOMISED = re.compile(
    r"explor|random_bucket|propensity|holdout|hold_out|control_group|epsilon|bandit", re.IGNORECASE
)
_MOST_STEPS = 3


class Influence(NamedTuple):
    """Predictions of the model that the program `model` trains reach what the program `learner` trains on.

    `saved` hands the model to the program that predicts (None: the one that trained it); `steps` hand the predictions
    on, from where they are written to where they are trained on.
    """

    model: str
    learner: str
    saved: Handoff | None
    steps: tuple[Handoff, ...]


def influences(project: Project) -> Iterator[Influence]:
    """The influences that may be part of a circle: the others are not looked for. Paths must surely be the same."""
    fitting = {site.source.path for site in project.model_outputs.fits}
    handoffs = _on_circles([handoff for handoff in project.handoffs if handoff.is_sure]) if fitting else []
    following: dict[str, list[Handoff]] = {}
    for handoff in handoffs:
        following.setdefault(handoff.producer, []).append(handoff)
    for handoff in handoffs:
        for output in written_predictions(project, handoff.write):
            for steps in _ways(project, (handoff,), following):
                for model, saved in _origins(output, handoff.producer, handoffs, fitting):
                    yield Influence(model, steps[-1].consumer, saved, steps)


def written_predictions(project: Project, write: DataAccess) -> tuple[Output, ...]:
    """The predictions of supervised models that what a call writes holds."""
    call, outputs = write.call, project.model_outputs
    values = [*call.args, *((call.func.base,) if isinstance(call.func, Attr) else ())]
    found = (output for value in values for output in outputs.inside(write.source, value))
    return tuple(output for output in found if outputs.is_model(output.source, output.model))


def is_trained_on(project: Project, read: DataAccess) -> bool:
    """Whether what a call reads reaches a fit in the same file."""
    for site in project.model_outputs.fits:
        if site.source is read.source:
            for rows in (site.argument(0, "X", "x"), site.argument(1, "y")):
                if _comes_from(project, site.source, rows, site.call.span.line, read):
                    return True
    return False


def is_randomised(source: SourceFacts) -> bool:
    """Whether a file mentions a slice that no model chose: for exploration, held out, a control group."""
    return _RANDOMISED.search(" ".join(source.facts.words)) is not None


# --- inside ---


def _on_circles(handoffs: Sequence[Handoff]) -> list[Handoff]:
    """The hand-offs whose producer can be reached from their consumer."""
    following: dict[str, set[str]] = {}
    for handoff in handoffs:
        following.setdefault(handoff.producer, set()).add(handoff.consumer)
    reached: dict[str, set[str]] = {}
    for handoff in handoffs:
        if handoff.consumer not in reached:
            seen, waiting = {handoff.consumer}, [handoff.consumer]
            while waiting:
                new = following.get(waiting.pop(), set()) - seen
                seen |= new
                waiting += new
            reached[handoff.consumer] = seen
    return [handoff for handoff in handoffs if handoff.producer in reached[handoff.consumer]]


def _ways(
    project: Project, steps: tuple[Handoff, ...], following: Mapping[str, Sequence[Handoff]]
) -> Iterator[tuple[Handoff, ...]]:
    """The ways of what is written to a fit, straight or through programs that only change it."""
    read = steps[-1].read
    if is_trained_on(project, read):
        if not is_randomised(read.source):
            yield steps
        return
    for handoff in following.get(steps[-1].consumer, ()) if len(steps) < _MOST_STEPS else ():
        write = handoff.write
        values = [*write.call.args, *((write.call.func.base,) if isinstance(write.call.func, Attr) else ())]
        line = write.call.span.line
        if any(_comes_from(project, write.source, value, line, read) for value in values):
            yield from _ways(project, (*steps, handoff), following)


def _comes_from(project: Project, source: SourceFacts, value: Expr | None, line: int, read: DataAccess) -> bool:
    """Whether a value's rows are those that a call of the same file reads."""
    if value is None or source is not read.source:
        return False
    number = next((i for i, call in enumerate(source.facts.calls) if call is read.call), -1)
    return (source.path, "call", number) in project.flow.trail(source, value, line).places


def _origins(
    output: Output, program: str, handoffs: Sequence[Handoff], fitting: set[str]
) -> Iterator[tuple[str, Handoff | None]]:
    """The programs that train the model that is asked, each with the hand-off of the saved model.

    Where a helper loads the model, the one saved model that the program reads is meant.
    """
    calls = [output.source.facts.calls[value.call] for value in _values(output) if isinstance(value, Called)]
    read = [handoff for handoff in handoffs if handoff.consumer == program]
    saved = [handoff for handoff in read if any(handoff.read.call is call for call in calls)]
    if not saved and output.source.path not in fitting:
        models = [handoff for handoff in read if handoff.artifact.kind == "model"]
        saved = models if len({handoff.producer for handoff in models}) == 1 else []
    yield from ((handoff.producer, handoff) for handoff in saved)
    if not saved and output.source.path in fitting:
        yield program, None


def _values(output: Output) -> Iterator[Expr]:
    """What the model that is asked can be bound to."""
    yield output.model
    for index in output.model.bindings if isinstance(output.model, Ref) else ():
        value = output.source.facts.bindings[index].value if index >= 0 else None
        if value is not None:
            yield value
