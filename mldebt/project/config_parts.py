"""The parts of configuration files that hold several settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Entry
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

_TOOLS = frozenset({"dvc.yaml", "pyproject.toml"})
_EXAMPLE = re.compile(r"(^|[/_.-])(examples?|samples?|templates?)([/_.-])", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")
_SAME = "poisson ridge lasso elastic forest tree logistic linear mlp dbscan kmeans bayes sgd xgb catboost"
_ALGORITHMS = {word: word for word in _SAME.split()} | {
    "rf": "forest", "xgboost": "xgb", "lgb": "lgb", "lgbm": "lgb", "lightgbm": "lgb", "svm": "sv", "svc": "sv",
    "svr": "sv", "knn": "neighbors", "gbm": "boosting",
}  # fmt: skip
"""Words of keys that name an algorithm, and what is in the names of its classes."""


class ConfigPart(NamedTuple):
    """A mapping of a configuration file: its keys and, of those that are simple settings, the values."""

    source: SourceFacts
    entry: Entry
    keys: frozenset[str]
    values: dict[str, object]


def config_parts(project: Project) -> Iterator[ConfigPart]:
    """The mappings with at least two keys in YAML and TOML files that are not those of a tool, by path and place."""
    for source in project.sources(Kind.YAML, Kind.TOML):
        if source.path.rpartition("/")[2] in _TOOLS or _EXAMPLE.search(source.path) or "/." in f"/{source.path}":
            continue
        for entry in source.facts.entries:
            children = project.documents.children(source.path, entry.path) if entry.kind == "map" else []
            if len(children) > 1:
                values: dict[str, object] = {str(c.path[-1]): c.value for c in children if c.kind == "scalar"}
                yield ConfigPart(source, entry, frozenset(str(c.path[-1]) for c in children), values)


def may_configure(part: ConfigPart, model: str) -> bool:
    """Whether a part may hold the settings of a model class: its keys name no other algorithm."""
    words = _WORD.findall(" ".join(map(str, part.entry.path)).lower())
    meant = [_ALGORITHMS[word] for word in words if word in _ALGORITHMS]
    return not meant or any(word in model.lower() for word in meant)
