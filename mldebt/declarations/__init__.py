"""What a project declares about its pipeline: one adapter a tool, each a function of facts alone.

An adapter is a module with one function `declared(project)` that yields Stages and Declared things. It reads
configuration, commands and calls, these through `mldebt.declarations.literals`: none of them asks for symbolic
values, since these depend on what stages pass to the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from mldebt.declarations.model import Declared as Declared
from mldebt.declarations.model import Stage as Stage
from mldebt.declarations.model import StageCommand as StageCommand

if TYPE_CHECKING:
    from mldebt.project import Project

ADAPTERS = (
    "dvc",
    "kedro",
    "mlproject",
    "ploomber",
    "make",
    "snakemake",
    "shell",
    "workflows",
    "containers",
    "airflow",
    "prefect",
    "dagster",
    "metaflow",
    "zenml",
    "hydra",
    "feast",
    "expectations",
    "dbt",
    "contracts",
)
"""The modules that know a tool each, in the order in which their stages are listed."""


def declarations(project: Project) -> Iterator[Stage | Declared]:
    """All that is declared in a project, adapter by adapter. The second stage of an id gets `#2` after it."""
    taken: dict[str, int] = {}
    for name in ADAPTERS:
        for found in import_module(f"mldebt.declarations.{name}").declared(project):
            if isinstance(found, Stage):
                taken[found.id] = taken.get(found.id, 0) + 1
                if taken[found.id] > 1:
                    found = msgspec.structs.replace(found, id=f"{found.id}#{taken[found.id]}")
            yield found
