"""Where programs start: scripts, stages, installed commands, documents, notebooks, DAG files, Hydra mains."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from posixpath import basename, dirname
from typing import TYPE_CHECKING, NamedTuple

from mldebt.declarations.commands import stage_command
from mldebt.declarations.contracts import stated
from mldebt.declarations.model import Stage
from mldebt.project.executions import Executions
from mldebt.project.places import Place, places_run
from mldebt.project.programs import console_scripts
from mldebt.project.references import decorator_name
from mldebt.source import Kind, Location, Role, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_FRAMEWORKS = {
    "airflow": "dag",
    "dagster": "dag",
    "prefect": "dag",
    "metaflow": "dag",
    "zenml": "dag",
    "kfp": "dag",
    "luigi": "dag",
    "streamlit": "app",
    "gradio": "app",
    "dash": "app",
    "fastapi": "app",
    "flask": "app",
    "celery": "app",
    "locust": "app",
    "invoke": "tasks",
    "nox": "tasks",
    "fabric": "tasks",
}
"""Packages whose importers are started by the package's own program, if they build something with it."""

_BUILDERS = frozenset(
    {"DAG", "dag", "flow", "job", "asset", "pipeline", "Flow", "FlowSpec", "Definitions", "FastAPI",
     "Flask", "Dash", "Celery", "Interface", "Blocks", "Deployment", "HttpUser", "task", "session"}
)  # fmt: skip


_KEDRO_FUNCTIONS = frozenset({"register_pipelines", "create_pipeline"})
_KEDRO_FILES = frozenset({"settings.py", "hooks.py", "cli.py"})


class EntryPoint(NamedTuple):
    """A place where a program can start.

    `kind` is main (an `if __name__ == "__main__"`), script (a stage runs it), installed, document (a README shows
    how to run it), notebook, dag, app, tasks, hydra, hub (`torch.hub` calls the functions of `hubconf.py`) or stated
    (the settings name it).
    `function` is what is called, empty for the whole file.
    """

    path: str
    function: str
    kind: str
    location: Location

    @property
    def places(self) -> tuple[Place, ...]:
        """Where the call graph starts."""
        return places_run(self.path, self.function)


def find_entry_points(project: Project) -> Iterator[EntryPoint]:
    """All entry points, by path; a place can be one for several reasons."""
    found = {(point.path, point.function, point.kind): point for point in _all(project)}
    for key in sorted(found):
        yield found[key]


def _all(project: Project) -> Iterator[EntryPoint]:
    for stage in project.stages:
        for execution in project.executions(stage):
            yield EntryPoint(execution.path, execution.function, "script", stage.location)
    for script in console_scripts(project):
        yield EntryPoint(script.path, script.function, "installed", script.location)
    yield from _documented(project)
    yield from _stated(project)
    for source in project.code:
        start = Location(source.path, Span.at(1))
        if source.facts.header.main:
            yield EntryPoint(source.path, "", "main", start)
        if source.kind is Kind.NOTEBOOK:
            yield EntryPoint(source.path, "", "notebook", start)
        elif basename(source.path) == "__main__.py":
            yield EntryPoint(source.path, "", "main", start)
        for kind in _started_by_frameworks(source.facts.header.names, source.facts.header.modules):
            if not source.source.is_any(Role.TEST):
                yield EntryPoint(source.path, "", kind, start)
        yield from _found_by_kedro(project, source)
        is_hub = basename(source.path) == "hubconf.py"
        for function in source.facts.functions:
            if is_hub and "." not in function.qualname:
                yield EntryPoint(source.path, function.qualname, "hub", source.location(function.span))
            if any(decorator_name(source, d) == "main" for d in function.decorators):
                yield EntryPoint(source.path, function.qualname, "hydra", source.location(function.span))


def _stated(project: Project) -> Iterator[EntryPoint]:
    """The programs that the settings name: `dags/*.py`, `src/jobs.py:nightly`."""
    for written, location in stated(project, "entry-points"):
        pattern, _, function = written.partition(":")
        for source in project.code:
            if fnmatchcase(source.path, pattern):
                yield EntryPoint(source.path, function, "stated", location)


def _started_by_frameworks(names: tuple[str, ...], modules: tuple[str, ...]) -> Iterator[str]:
    """The kinds of programs that a file is, by the packages whose builders it calls."""
    packages = {module.partition(".")[0] for module in modules}
    for package, kind in _FRAMEWORKS.items():
        if package not in packages:
            continue
        if package == "streamlit" or any(
            name.partition(".")[0] == package and name.rpartition(".")[2] in _BUILDERS for name in names
        ):
            yield kind


def _found_by_kedro(project: Project, source: SourceFacts) -> Iterator[EntryPoint]:
    """Kedro looks for `register_pipelines`, for `create_pipeline`, and for what stands beside the registry."""
    if any(module.partition(".")[0] == "kedro" for module in source.facts.header.modules):
        for function in source.facts.functions:
            if function.qualname in _KEDRO_FUNCTIONS:
                yield EntryPoint(source.path, function.qualname, "dag", source.location(function.span))
    registry = f"{dirname(source.path)}/pipeline_registry.py".lstrip("/")
    if basename(source.path) in _KEDRO_FILES and registry in project.by_path:
        yield EntryPoint(source.path, "", "dag", Location(source.path, Span.at(1)))


def _documented(project: Project) -> Iterator[EntryPoint]:
    """The sources that documents tell the reader to run."""
    executions = Executions(project, {s.name: (s.path, s.function) for s in console_scripts(project)})
    for source in project.sources(Kind.MARKDOWN):
        home = dirname(source.path)
        commands = tuple(stage_command(c, source.location(c.span), home) for c in source.facts.commands)
        where = Location(source.path, Span.at(1))
        stage = Stage(id=source.path, name=source.path, tool="document", location=where, directory=home)
        for command in commands:
            for execution in executions.run(stage, command):
                yield EntryPoint(execution.path, execution.function, "document", command.location)
