"""How data gets from one place to another without a step that reads and writes it: copied, or kept."""

from __future__ import annotations

import re
from posixpath import basename
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MOVERS = re.compile(
    r"(shutil|os|distutils\.\w+)\.(copy\w*|move|rename|replace|link|symlink)|\.(upload\w*|download\w*|sync|symlink_to)"
)
_MOVING = frozenset("cp mv ln rsync scp aws gsutil gcloud az docker".split())


def is_kept(project: Project, path: str) -> bool:
    """Whether git or DVC keeps the data at a path: then that is a version of its own."""
    if path in project.files or f"{path}.dvc" in project.files:
        return True
    return any(declared.covers(path) and declared.path for declared in project.declared_data)


def parts_that_copy(project: Project) -> set[str]:
    """The parts of the project in which code or a command copies files about, by their roots."""
    found = set()
    for source in project.sources():
        header = source.facts.header
        started = {basename(command.argv[0]) for command in source.facts.commands if command.argv}
        names = (*header.names, *(f".{method}" for method in header.methods))
        if started & _MOVING or any(_MOVERS.fullmatch(name) for name in names):
            found.add(project.subprojects.root_of(source.path))
    for process in project.processes:
        if process.argv and basename(process.argv[0]) in _MOVING:
            found.add(project.subprojects.root_of(process.path))
    return found
