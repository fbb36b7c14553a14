"""Scripts of one directory that are copies of each other, one for each model, region or target."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.project.clones import line_similarity
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_WORKS = frozenset(
    "fit train predict predict_proba backward fit_transform train_model evaluate transform read_csv read_sql".split()
)
_NUMBERED = re.compile(r"(?i)(_?v?\d+|_?(copy|old|new|final|backup|bak))+$")
_NOT_OWN = re.compile(
    r"(^|/)(examples?|tutorials?|samples?|templates?|lessons?|chapter\w*|ch\d+|archive\w*|legacy)(/|$)"
)
_ASIDE = (
    Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS, Role.NOTEBOOK, Role.MIGRATION, Role.TUTORIAL,
)  # fmt: skip
LEAST_FILES, LEAST_LINES, SHARE = 3, 12, 0.75
"""How many copies make a family, how many lines of code a file has to have, and which share of them is the same."""


def script_families(
    project: Project, least_files: int = LEAST_FILES, least_lines: int = LEAST_LINES, share: float = SHARE
) -> Iterator[tuple[SourceFacts, ...]]:
    """The families, by directory. Versions of one script, told apart by a number or by a word, count once."""
    folders: dict[str, list[SourceFacts]] = defaultdict(list)
    for source in project.sources(Kind.PYTHON):
        is_aside = source.source.is_any(*_ASIDE) or _NOT_OWN.search(source.path)
        if source.facts.header.code_lines >= least_lines and not is_aside and _works(source):
            folders[dirname(source.path)].append(source)
    for files in folders.values():
        left = files if len(files) >= least_files else []
        while left:
            first, *rest = left
            lines = first.facts.lines
            family = [first] + [s for s in rest if line_similarity(lines, s.facts.lines) >= share]
            left = [s for s in rest if s not in family]
            if len({_NUMBERED.sub("", basename(s.path)[:-3]) for s in family}) >= least_files:
                yield tuple(family)


def are_family(families: Iterable[frozenset[str]], paths: Iterable[str]) -> bool:
    """Whether all files belong to one of some families, given by their paths."""
    wanted = frozenset(paths)
    return any(wanted <= family for family in families)


def _works(source: SourceFacts) -> bool:
    header = source.facts.header
    names = {name.rpartition(".")[2] for name in header.names}
    return not _WORKS.isdisjoint(header.methods) or not _WORKS.isdisjoint(names)
