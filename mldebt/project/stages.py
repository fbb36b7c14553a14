"""The declared pipeline as a view of the project: its stages, its data, and what the stages run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from mldebt.declarations import declarations
from mldebt.declarations.model import Declared, Stage
from mldebt.project.executions import Execution, Executions
from mldebt.project.programs import console_scripts

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts


class Stages:
    """All declarations of a project, read once. Nothing in it depends on symbolic values."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def _all(self) -> tuple[Stage | Declared, ...]:
        return tuple(declarations(self._project))

    @cached_property
    def declared(self) -> tuple[Stage, ...]:
        """The stages, tool by tool, in the order of their files. What only `dvc.lock` says is not among them."""
        return tuple(d for d in self._all if isinstance(d, Stage) and d.tool != "dvc-lock")

    @cached_property
    def locked(self) -> tuple[Stage, ...]:
        """The stages as `dvc.lock` files remember them."""
        return tuple(d for d in self._all if isinstance(d, Stage) and d.tool == "dvc-lock")

    @cached_property
    def data(self) -> tuple[Declared, ...]:
        """What is declared outside stages: catalogues, tracked files, sources, top-level metrics and plots."""
        return tuple(d for d in self._all if isinstance(d, Declared))

    @cached_property
    def programs(self) -> Mapping[str, tuple[str, str]]:
        """The commands that the project installs: name -> (path, function)."""
        return {script.name: (script.path, script.function) for script in console_scripts(self._project)}

    @cached_property
    def _executions(self) -> tuple[Mapping[str, tuple[Execution, ...]], frozenset[str]]:
        executions = Executions(self._project, self.programs)
        found = {stage.id: tuple(executions.of(stage)) for stage in self.declared}
        return found, frozenset(executions.shell_scripts)

    def executions(self, stage: Stage) -> tuple[Execution, ...]:
        """The sources that a stage runs, in order, with the words that it passes."""
        return self._executions[0].get(stage.id, ())

    @cached_property
    def _runs(self) -> Mapping[str, tuple[tuple[Stage, tuple[str, ...]], ...]]:
        found: dict[str, dict[tuple[str, tuple[str, ...]], tuple[Stage, tuple[str, ...]]]] = {}
        for execution in self._live():
            stage = execution.stage
            if stage.directory != execution.directory:
                stage = msgspec.structs.replace(stage, directory=execution.directory)
            runs = found.setdefault(execution.path, {})
            runs.setdefault((stage.id, execution.argv), (stage, execution.argv))
        return {path: tuple(runs.values()) for path, runs in found.items()}

    def _live(self) -> Iterator[Execution]:
        """All executions, without those of shell scripts that are known to be called by something else."""
        by_stage, called = self._executions
        for stage in self.declared:
            if not (stage.tool == "shell" and stage.path in called):
                yield from by_stage.get(stage.id, ())

    def running(self, source: SourceFacts) -> tuple[tuple[Stage, tuple[str, ...]], ...]:
        """The stages that run a source and the words that each passes; `directory` is where the source starts."""
        return self._runs.get(source.path, ())
