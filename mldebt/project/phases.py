"""What code does in the life of a model: where it fits, predicts, scores, tracks and saves, and for which program."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call
from mldebt.project.call_graph import Reach, does_something
from mldebt.project.places import Place, places_run
from mldebt.source import Location, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

FIT = frozenset({"fit", "tune"})
_FITTING_METHODS = frozenset({"minimize", "apply_gradients"})
_PREPARING_ROLES = frozenset({"transformer"})
_MOST_PLACES = 40_000
_NEVER_RUN = (Role.TEST, Role.VENDORED, Role.TEMPLATE, Role.DOCS, Role.GENERATED)


class Event(NamedTuple):
    """A call that is part of a phase (fit, tune, predict, evaluate, track, save, …), by the API's full name."""

    source: SourceFacts
    call: Call
    phase: str
    name: str

    @property
    def location(self) -> Location:
        """The place of the call."""
        return self.source.location(self.call.span)


class Program(NamedTuple):
    """A file that is started as a program, and the code that runs then."""

    source: SourceFacts
    reach: Reach


class Phases:
    """The events of a project's code, and the programs that they are part of."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._tables = project.types.tables
        self._events: dict[str, tuple[Event, ...]] = {}

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """What can be started, by path: entry points, and scripts that work at their top level.

        A file that others import and that has no main part of its own is no program. Tests are none either.
        In a large library every program runs nearly everything: once the programs found so far have reached
        40,000 functions together, the rest are left out.
        """
        starts: dict[str, set[Place]] = {}
        for point in self._project.entry_points:
            starts.setdefault(point.path, set()).update(point.places)
        for source in self._project.code:
            if source.path not in starts and self._is_script(source):
                starts[source.path] = set(places_run(source.path))
        found = []
        places = 0
        for path in sorted(starts):
            home = self._project.source(path)
            if home is not None and not home.source.is_any(*_NEVER_RUN) and places < _MOST_PLACES:
                reach = self._project.call_graph.reach(*starts[path])
                places += len(reach.places)
                found.append(Program(home, reach))
        return tuple(found)

    @cached_property
    def training(self) -> tuple[Program, ...]:
        """The programs that fit a model."""
        return tuple(program for program in self.programs if next(self.during(program, *FIT), None) is not None)

    def during(self, program: Program, *phases: str) -> Iterator[Event]:
        """The events of the given phases in the code that a program runs, by path and place."""
        for path in sorted(program.reach.paths):
            source = self._project.source(path)
            for event in self.events(source) if source is not None else ():
                if event.phase in phases and program.reach.has(event.source, event.call.block):
                    yield event

    def events(self, source: SourceFacts) -> tuple[Event, ...]:
        """All events of a file, by place."""
        if source.path not in self._events:
            self._events[source.path] = tuple(self._find(source))
        return self._events[source.path]

    def _find(self, source: SourceFacts) -> Iterator[Event]:
        for call in source.facts.calls:
            name = call.name or self._method(source, call)
            if not name or name.startswith((":", ".")):
                continue
            if not call.name and self._is_step(source, name.rpartition(".")[2]):
                yield Event(source, call, "fit", name)
                continue
            api = self._tables.lookup(name)
            if api is not None and api.phase is not None and not self._only_prepares(api.phase, name):
                yield Event(source, call, api.phase, name)

    def _is_step(self, source: SourceFacts, method: str) -> bool:
        """Whether a method changes weights; gradients alone also explain predictions."""
        return method in _FITTING_METHODS or (method == "backward" and "step" in source.facts.header.methods)

    def _method(self, source: SourceFacts, call: Call) -> str:
        if not isinstance(call.func, Attr):
            return ""
        receiver = self._project.type_of(source, call.func.base)
        typed = f"{receiver}.{call.func.name}"
        return typed if receiver and self._tables.lookup(typed) else f"*.{call.func.name}"

    def _only_prepares(self, phase: str, name: str) -> bool:
        """Whether what is fitted is a scaler or an encoder."""
        owner = self._tables.lookup(name.rpartition(".")[0]) if phase == "fit" else None
        return owner is not None and owner.role in _PREPARING_ROLES

    def _is_script(self, source: SourceFacts) -> bool:
        return source.path not in self._project.imports.importers and does_something(source)
