"""How two modules belong together: by imports, in one program, or by a model that goes from one to the other."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mldebt.project.manifests import is_library
from mldebt.source import Role

if TYPE_CHECKING:
    from mldebt.project.project import Project


class Kinship:
    """Answers how modules are related, in words."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def _models(self) -> set[tuple[str, str]]:
        """The programs that write a model, each with one that reads it."""
        models = (artifact for artifact in self._project.artifacts if artifact.kind == "model")
        return {
            (w.component, r.component) for artifact in models for w in artifact.writes for r in artifact.reads
        }

    def of(self, first: str, second: str, *, closely: bool = False) -> str:
        """What two modules are parts of; empty if they have nothing to do with each other.

        `closely` asks for one program that runs both as well; without it, what they both import is enough.
        """
        imports = self._project.imports
        if is_library(self._project, first):
            return ""  # its modules, and the examples beside it, are used one by one
        if first in imports.reached_from(second) or second in imports.reached_from(first):
            return "two modules, one of which imports the other"
        if (first, second) in self._models or (second, first) in self._models:
            return "two programs that hand a model on"
        if closely:
            runs = imports.reaching(first) & imports.reaching(second)
            return "two modules of one program" if any(map(self._is_program, runs)) else ""
        shared = imports.reached_from(first) & imports.reached_from(second)
        return f"two files that share `{min(shared)}`" if shared else ""

    def _is_program(self, path: str) -> bool:
        source = self._project.source(path)
        return source is not None and not source.source.is_any(Role.TEST, Role.NOTEBOOK)
