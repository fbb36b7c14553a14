"""The documents in which a project keeps its settings: those that code reads and that hold sizes, rates or seeds."""

from __future__ import annotations

import re
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MEANT = re.compile(
    r"(^|_)(lr|learning_rate|epochs?|batch_?size|test_size|val_size|split|random_state|seed|n_estimators|max_depth|alpha|gamma"
    r"|C|n_splits|folds?|hidden|dropout|threshold|window|l1_ratio|min_samples\w*|num_leaves|n_clusters|n_neighbors)($|_)",
    re.IGNORECASE,
)
_SETTINGS = re.compile(
    r"(^|/)[\w.-]*(param|conf|setting|option|hyper|train)[\w.-]*(/|\.(ya?ml|toml|json)$)", re.IGNORECASE
)
_ASIDE = re.compile(
    r"(^|/)(logging|log_config|schema|catalog|credentials|docker|mkdocs|pyproject|package)", re.IGNORECASE
)


def setting_documents(project: Project) -> dict[str, tuple[str, set[str]]]:
    """For each part of the project a document of parameters that code reads, and the names of all such settings."""
    found: dict[str, tuple[str, set[str]]] = {}
    reads = project.config_reads
    for path in sorted({path for path, _ in reads.reads} | reads.filled):
        source = project.source(path)
        if (
            source is None
            or _ASIDE.search(basename(path))
            or source.kind not in (Kind.YAML, Kind.TOML, Kind.JSON)
        ):
            continue
        names = {str(e.path[-1]).lower() for e in source.facts.entries if e.path}
        if _SETTINGS.search(path) and any(map(_MEANT.search, names)):
            root = project.subprojects.root_of(path)
            found.setdefault(root, (path, set()))[1].update(names)
    return found


def is_near_settings(document: str, path: str) -> bool:
    """Whether a document stands at the root, among the configuration, or above a file."""
    home = dirname(document)
    return not home or path.startswith(f"{home}/") or bool(re.match(r"(conf\w*|params?|settings)(/|$)", home))
