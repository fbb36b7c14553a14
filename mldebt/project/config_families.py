"""Configuration files that say nearly the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind
from mldebt.values import Document, alternatives

if TYPE_CHECKING:
    from mldebt.project.project import Project

_FOREIGN = re.compile(
    r"(^|/)(\.github|\.gitlab|\.circleci|\.vscode|\.idea|\.dvc|\.azure|\.?k8s|kubernetes|manifests?|helm|charts?|deploy"
    r"\w*|terraform|locales?|i18n|translations?|node_modules|\.hydra|outputs?|multirun|wandb|mlruns|runs|results?|logs?"
    r"|data|datasets?|annotations?|artifacts?|models?/.*checkpoints?|great_expectations|gx|bundles?|resources)(/|$)",
    re.IGNORECASE,
)
_TOOL_FILES = re.compile(
    r"((docker-)?compose|dvc|params|mlproject|conda|environment|environment[-_.].*|pipeline|mkdocs|package|tsconfig|.*lock"
    r"|requirements|codecov|pre-commit|pyproject|setup|tokenizer.*|vocab.*|.*\.dvc|.*_report|metrics?.*|schema.*|results?.*"
    r"|catalog.*|globals.*|logging.*|credentials.*)(\.[\w-]+)?$",
    re.IGNORECASE,
)
_JSON_SETTINGS = re.compile(r"(conf|param|setting|option|experiment)", re.IGNORECASE)
_RUN_NAME = re.compile(
    r"((^|[-_])(?=\w*\d)[0-9a-f]{8,}|^(run[-_]?)?\d{4}[-_]?\d\d[-_]?\d\d.*|^run[-_]?\d+)\.\w+$"
)
"""A record that a run left under its id or its date."""
_FORMATS = frozenset(
    "defaults _base_ extends base inherit inherits _target_ __base__ parent dependencies".split()
)
_SHARE = 0.8

Leaves = dict[tuple[str | int, ...], str]
"""The settings of a file, as written, by their keys."""


def stands_alone(directory: str) -> bool:
    """Whether the files of a directory are settings of the project, not those of tools, runs or translations."""
    return not _FOREIGN.search(directory)


def is_variant(source: SourceFacts) -> bool:
    """Whether a file may be one of several configurations that people wrote."""
    name = basename(source.path)
    if source.kind is Kind.JSON and not _JSON_SETTINGS.search(source.path):
        return False  # results and data, not something that a person wrote
    return stands_alone(dirname(source.path)) and not _TOOL_FILES.match(name) and not _RUN_NAME.search(name)


def leaves_of(source: SourceFacts) -> Leaves:
    """The settings of a file that stands for itself; empty for one that is built on another or holds data."""
    entries = source.facts.entries
    if not entries or entries[0].kind != "map" or any(e.path and e.path[-1] in _FORMATS for e in entries):
        return {}
    return {
        e.path: e.text for e in entries if e.kind == "scalar" and not any(isinstance(k, int) for k in e.path[:-1])
    }


def config_families(files: list[tuple[SourceFacts, Leaves]]) -> Iterator[list[tuple[SourceFacts, Leaves]]]:
    """The files that agree in most settings with the first of their family, family by family."""
    left = list(files)
    while left:
        first, *rest = left
        family = [first] + [other for other in rest if _share(first[1], other[1]) >= _SHARE]
        left = [other for other in rest if other not in family]
        if len(family) > 1:
            yield family


def _share(one: Leaves, other: Leaves) -> float:
    return len(one.items() & other.items()) / len(one.keys() | other.keys())


def merged_documents(project: Project) -> Iterator[set[str]]:
    """The documents that code merges into one, call by call: one of them is the base of the others."""
    for site in project.calls("omegaconf.OmegaConf.merge", "omegaconf.OmegaConf.unsafe_merge", "*.merge_with"):
        options = (o for argument in site.call.args for o in alternatives(project.value(site.source, argument)))
        yield {option.path for option in options if isinstance(option, Document)}
