"""Prefect: flows and tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.declarations.decorated import decorated, step
from mldebt.declarations.model import Stage

if TYPE_CHECKING:
    from mldebt.project import Project


def declared(project: Project) -> Iterator[Stage]:
    """The functions that `@flow` and `@task` decorate; the option `role` tells which."""
    for found in decorated(project, ("prefect",), ("flow", "task")):
        role = found.name.rpartition(".")[2]
        yield step(project, "prefect", found, options=(("role", role),))
