"""Notebooks that are mostly the same, found by the digests of their lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from mldebt.source import Kind, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_FEWEST_LINES = 20
_SHARE = 0.8
_MOST_NOTEBOOKS = 400
_ASIDE = (Role.TUTORIAL, Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS)


def is_exported_notebook(source: SourceFacts) -> bool:
    """Whether a script is what `nbconvert` made of a notebook: it marks each cell."""
    return any(comment.text.startswith("# In[") for comment in source.facts.comments)


class NotebookCopy(NamedTuple):
    """A notebook, the earlier one (by path) that it is like, and how many of its lines of code both have."""

    notebook: SourceFacts
    original: SourceFacts
    shared: int
    total: int


def find_notebook_copies(project: Project) -> Iterator[NotebookCopy]:
    """The notebooks of which four fifths also stand in another one of about the same length, each once."""
    notebooks = [
        (source, lines)
        for source in project.sources(Kind.NOTEBOOK)
        if not source.source.is_any(*_ASIDE) and source.facts.header.code_lines >= _FEWEST_LINES
        for lines in [Counter(line for line in source.facts.lines if line)]
        if lines.total() >= _FEWEST_LINES
    ]
    seen: set[str] = set()
    for (first, one), (second, other) in combinations(notebooks[:_MOST_NOTEBOOKS], 2):
        longer = max(one.total(), other.total())
        if second.path in seen or min(one.total(), other.total()) < _SHARE * longer:
            continue
        shared = (one & other).total()
        if shared >= _SHARE * longer:
            seen.add(second.path)
            yield NotebookCopy(second, first, shared, other.total())
