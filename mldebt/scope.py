"""What is analysed and what is reported: the whole project below one root, and the paths that were given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mldebt.settings import find_settings

PROJECT_FILES = (
    ".git",
    ".mldebt.toml",
    "mldebt.toml",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "dvc.yaml",
    ".dvc",
    "MLproject",
    "requirements.txt",
    "environment.yml",
)
"""What makes a directory that was given the root of a project by itself."""


class Scope(NamedTuple):
    """The root that is analysed, and the given paths (absolute); the root itself stands for everything.

    `read` are directories below the root that are analysed in its place, if it is a project of no kind.
    """

    root: Path
    given: tuple[Path, ...]
    read: tuple[Path, ...] = ()

    def contains(self, path: str) -> bool:
        """Whether a path relative to the root was given, or lies in a directory that was."""
        if self.root in self.given:
            return True
        place = self.root / path
        return any(place == given or given in place.parents for given in self.given)


def find_scope(paths: Sequence[Path], *, directory: Path | None = None) -> Scope:
    """The scope of a run on `paths` (none: the directory, by default the current one).

    A directory that is a project by itself is its own root. Otherwise the root is the nearest directory above
    all paths with settings, else with `.git`, else with a pyproject.toml, else the current directory if the
    paths lie in it, else the nearest directory around the paths. If nothing says that the root is a project, and
    several directories were given, these alone are read, and not what happens to lie beside them.
    """
    here = Path(os.path.realpath(directory or Path.cwd()))
    given = tuple(sorted({Path(os.path.realpath(here / path)) for path in paths or (here,)}))
    if len(given) == 1 and any((given[0] / name).exists() for name in PROJECT_FILES):
        return Scope(given[0], given)
    directories = [path if path.is_dir() else path.parent for path in given]
    common = Path(os.path.commonpath(directories))
    settings = find_settings(common)
    if settings is not None:
        return Scope(settings.parent, given)
    for name in (".git", "pyproject.toml"):
        for place in (common, *common.parents):
            if (place / name).exists():
                return Scope(place, given)
    root = here if common == here or here in common.parents else common
    stands_for_itself = any((root / name).exists() for name in PROJECT_FILES) or root in given
    several = len(given) > 1 and all(path.is_dir() for path in given)
    return Scope(root, given, given if several and not stands_for_itself else ())
