"""Shell scripts and the shell commands of notebooks: each file is one stage."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.declarations.commands import expanded, stage_command
from mldebt.declarations.model import Stage
from mldebt.source import Kind, Location, Span

if TYPE_CHECKING:
    from mldebt.project import Project


def declared(project: Project) -> Iterator[Stage]:
    """One stage for each shell script and each notebook with commands. The script's variables are filled in,
    where they are set once."""
    for source in project.sources(Kind.SHELL, Kind.NOTEBOOK):
        commands = source.facts.commands
        if not commands:
            continue
        values: dict[str, set[str]] = {}
        for variable in source.facts.variables:
            values.setdefault(variable.name, set()).add(variable.value)
        known = {name: next(iter(found)) for name, found in values.items() if len(found) == 1}
        home = dirname(source.path)
        found = (stage_command(command, source.location(command.span), home) for command in commands)
        yield Stage(
            id=source.path,
            name=basename(source.path),
            tool="shell" if source.kind is Kind.SHELL else "notebook",
            location=Location(source.path, Span.at(1)),
            directory=home,
            commands=expanded(found, known),
        )
