"""How the services of a project are started where they are used."""

from __future__ import annotations

import re
from posixpath import basename
from typing import TYPE_CHECKING

from mldebt.outside import document

if TYPE_CHECKING:
    from mldebt.project.project import Project

_SERVERS = re.compile(
    r"(^|[\s/])(gunicorn|waitress-serve|waitress|hypercorn|uwsgi|daphne|uvicorn)\s(?!.*--reload)"
)


def production_servers(project: Project) -> frozenset[str]:
    """The parts of the repository, by their roots, in which a command starts a server made for production."""
    found = set()
    for stage in project.stages:
        if any(_SERVERS.search(" ".join(command.argv)) for command in stage.commands):
            found.add(project.subprojects.root_of(stage.path))
    for path in project.files:
        if basename(path) == "Procfile" and _SERVERS.search(document(project.root, path)):
            found.add(project.subprojects.root_of(path))
    return frozenset(found)
