"""Drivers: files that run several steps of a project, one after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from mldebt.project.manifests import is_library
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Location, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_ALIKE = 0.7
_FEWEST_STEPS = 3
_TOOLS = frozenset({"dvc", "make", "shell", "workflow", "airflow", "prefect", "zenml", "snakemake", "mlproject"})
_OUTSIDE = (Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS, Role.TUTORIAL)


class Driver(NamedTuple):
    """A file that runs steps: the files of the steps, and where it runs each."""

    path: str
    location: Location
    steps: dict[str, Location]

    @property
    def kind(self) -> str:
        """What it is written in: two scripts of one kind are rather two pipelines of the same programs."""
        return self.path.rpartition(".")[2]


def rival_drivers(project: Project) -> Iterator[tuple[Driver, Driver]]:
    """The pairs of drivers that run the same steps and do not run each other."""
    for one, two in combinations([*_declared(project), *_scripts(project)], 2):
        first, second = set(one.steps), set(two.steps)
        if len(first & second) < _FEWEST_STEPS or len(first & second) < _ALIKE * len(first | second):
            continue
        if one.path not in second and two.path not in first and one.kind != two.kind:
            yield one, two


def _scripts(project: Project) -> Iterator[Driver]:
    """The Python programs that call several files of the project one after the other."""
    for source in project.sources(Kind.PYTHON):
        if len(source.facts.imports) < _FEWEST_STEPS or source.source.is_any(*_OUTSIDE):
            continue
        if source.path in project.imports.importers and not source.facts.header.main:
            continue  # no program
        if not is_library(project, source.path):
            steps = _called(project, source)
            if len(steps) >= _FEWEST_STEPS:
                yield Driver(source.path, min(steps.values()), steps)


def _declared(project: Project) -> Iterator[Driver]:
    """The files that declare stages, with the sources that these run."""
    steps: dict[str, dict[str, Location]] = defaultdict(dict)
    places: dict[str, Location] = {}
    for stage in project.stages:
        if stage.tool in _TOOLS:
            for execution in project.executions(stage):
                steps[stage.path].setdefault(execution.path, stage.location)
                places.setdefault(stage.path, stage.location)
    for path in sorted(steps):
        yield Driver(path, places[path], steps[path])


def _called(project: Project, source: SourceFacts) -> dict[str, Location]:
    """The files of the project whose functions or classes a program calls at its top level, with the first places."""
    found: dict[str, Location] = {}
    for call in source.facts.calls:
        if not call.name or call.name.startswith(":"):
            continue
        symbol = project.names.symbol(source, call.name)
        if symbol is None or symbol.fact is None or symbol.source.path.endswith("__init__.py"):
            continue
        if symbol.source.path != source.path and source.enclosing(call.block, "function", "class") is None:
            found.setdefault(symbol.source.path, source.location(call.span))
    return found
