"""Which data models are fitted on: the calls that load it, followed backwards from each fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Expr
from mldebt.project.phases import Event
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import first_argument
from mldebt.source import Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_NO_PART = (Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS)
_MOST_FITS = 200


class Fitted(NamedTuple):
    """A fit of a model, and the places that its rows passed through: bindings and calls, by path and index."""

    event: Event
    places: frozenset[tuple[str, str, int]]

    def saw(self, source: SourceFacts, call: int) -> bool:
        """Whether the rows, or a part of them, come from a call, as an index into the source's calls."""
        return (source.path, "call", call) in self.places


def find_fits(project: Project) -> Iterator[Fitted]:
    """The fits of models whose rows can be followed, by path and place; of a large project the first 200."""
    count = 0
    for source in project.code:
        if source.source.is_any(*_NO_PART):
            continue
        for event in project.phases.events(source):
            if event.phase != "fit" or count >= _MOST_FITS:
                continue
            data = first_argument(event.call)
            if data is None or not isinstance(event.call.func, Attr):
                continue
            count += 1
            yield Fitted(event, frozenset(_places(project, source, data, event.call.span.line)))


def _places(project: Project, source: SourceFacts, data: Expr, line: int) -> set[tuple[str, str, int]]:
    """What rows passed through, before they were split, too."""
    trail = project.flow.trail(source, data, line)
    found = set(trail.places)
    waiting = sorted(trail.divided)
    seen = set(waiting)
    while waiting:
        path, index = waiting.pop()
        home = project.by_path[path]
        call = home.facts.calls[index]
        found.add((path, "call", index))
        for argument in call.args[:1]:  # the others are labels, weights and groups
            before = project.flow.trail(home, argument, call.span.line)
            found |= before.places
            waiting += sorted(before.divided - seen)
            seen |= before.divided
    return found


class TrainingInputs:
    """Answers whether what a call gives ends in a fit."""

    def __init__(self, project: Project) -> None:
        self.fits: tuple[Fitted, ...] = tuple(find_fits(project))
        self._seen = {place: fitted for fitted in reversed(self.fits) for place in fitted.places}

    def fit_of(self, source: SourceFacts, call: Call) -> Fitted | None:
        """The first fit whose rows come from a call; None if none is seen."""
        index = next((i for i, other in enumerate(source.facts.calls) if other is call), None)
        if index is None:
            index = next((i for i, other in enumerate(source.facts.calls) if other.span == call.span), -1)
        return self.seeing(source, index)

    def seeing(self, source: SourceFacts, call: int) -> Fitted | None:
        """The first fit whose rows come from a call, given as its index; None if none is seen."""
        return self._seen.get((source.path, "call", call))

    def fit_of_binding(self, source: SourceFacts, binding: int) -> Fitted | None:
        """The first fit whose rows passed through a binding; None if none is seen."""
        return self._seen.get((source.path, "binding", binding))
