"""Which directories hold the training and the serving of one thing."""

from __future__ import annotations

import re
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.values import lies_in

if TYPE_CHECKING:
    from mldebt.project.project import Project

_TRAINING = re.compile(r"train|pipeline|model|experiment|notebook", re.IGNORECASE)
_SERVING = re.compile(r"serv|api|app|infer|deploy|predict|web", re.IGNORECASE)


def train_and_serve(project: Project, a: str, b: str) -> bool:
    """Whether two directories stand side by side and, by name and by what their code does, one trains for the other."""
    if not a or not b or dirname(a) != dirname(b):
        return False
    for trainer, server in ((a, b), (b, a)):
        if _TRAINING.search(basename(trainer)) and _SERVING.search(basename(server)):
            return "fit" in _phases(project, trainer) and "fit" not in _phases(project, server)
    return False


def _phases(project: Project, home: str) -> set[str]:
    """The phases of the code below a directory."""
    sources = (source for source in project.code if lies_in(source.path, home))
    return {event.phase for source in sources for event in project.phases.events(source)}
