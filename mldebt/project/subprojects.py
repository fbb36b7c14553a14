"""The parts of a repository that stand for themselves: data is matched inside one of them only."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import basename, dirname

_STRONG = frozenset(
    {
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "dvc.yaml",
        "MLproject",
        "Pipfile",
        "environment.yml",
        "poetry.lock",
    }
)
_WEAK = frozenset({"requirements.txt", "Dockerfile", "environment.yaml"})


class Subprojects:
    """Finds the root of the part that a file belongs to.

    A directory is such a root when it holds a project file, a `conf/base` of Kedro, or, where the top of the
    repository says nothing about itself, a requirements file or a Dockerfile. If the settings name `roots`, these are
    the only ones.
    """

    def __init__(self, files: Iterable[str], roots: Iterable[str] = ()) -> None:
        files = tuple(files)
        strong = {dirname(path) for path in files if basename(path) in _STRONG}
        strong |= {path.partition("conf/base/")[0].rstrip("/") for path in files if "conf/base/" in path}
        weak = {dirname(path) for path in files if basename(path) in _WEAK}
        self._roots = frozenset(roots) or (strong if "" in strong or "" in weak else strong | weak)
        self._known: dict[str, str] = {}

    def root_of(self, path: str) -> str:
        """The root directory of a file's part; empty for the repository's own."""
        home = dirname(path)
        if home not in self._known:
            self._known[home] = home if home in self._roots or not home else self.root_of(home)
        return self._known[home]
