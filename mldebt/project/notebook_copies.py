"""Notebooks that are mostly the same, found by the digests of their lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from mldebt.outside import document
from mldebt.source import Kind, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_FEWEST_LINES = 20
_SHARE = 0.8
_MOST_NOTEBOOKS = 400
_READMES = ("README.md", "readme.md", "Readme.md", "README.rst", "README.txt", "README")
_HEAD = 700
"""Characters of a README that say what it is about."""
_TEACHES = re.compile(
    r"\b(zoomcamp|bootcamp|handbook|textbook|curriculum|syllabus|tutorials?|courses?|books?|lessons|lectures"
    r"|(learning|teaching|course) materials?|(first|second|third|fourth|\d(st|nd|rd|th)) edition)\b"
)
_OWN_WORK = re.compile(
    r"\b(final|capstone|course|my|our|own|assessment|end[- ]to[- ]end) (\w+ ){0,3}project\b|assignment"
)
_ASIDE = (Role.TUTORIAL, Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS)


def is_exported_notebook(source: SourceFacts) -> bool:
    """Whether a script is what `nbconvert` made of a notebook: it marks each cell."""
    return any(comment.text.startswith("# In[") for comment in source.facts.comments)


def is_teaching(project: Project) -> bool:
    """Whether the README begins by saying that this is a course or the code of a book."""
    path = next((name for name in _READMES if name in project.files), "")
    source = project.source(path) if path else None
    text = source.text() if source is not None else document(project.root, path)
    head = text[:_HEAD].lower()
    return bool(_TEACHES.search(head)) and not _OWN_WORK.search(head)


class NotebookCopy(NamedTuple):
    """A notebook, the earlier one (by path) that it is like, and how many of its lines of code both have."""

    notebook: SourceFacts
    original: SourceFacts
    shared: int
    total: int


def find_notebook_copies(project: Project) -> Iterator[NotebookCopy]:
    """The notebooks of which four fifths also stand in another one of about the same length, each once."""
    if is_teaching(project):
        return  # lessons repeat what the last one said
    notebooks = [
        (source, lines)
        for source in project.sources(Kind.NOTEBOOK)
        if not source.source.is_any(*_ASIDE) and source.facts.header.code_lines >= _FEWEST_LINES
        for lines in [_lines(source)]
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


def _lines(source: SourceFacts) -> Counter[int | str]:
    """The digests of the lines of code; of shell commands and magics, which the parser does not see, the text."""
    magics = {magic.span.line: f"{magic.name} {magic.text}" for magic in source.facts.magics}
    found: Counter[int | str] = Counter(magics.values())
    found.update(line for number, line in enumerate(source.facts.lines, 1) if line and number not in magics)
    return found
