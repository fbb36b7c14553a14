"""Stretches of a file that stand in another one, each file's together, told as copies and originals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mldebt.project.copied_blocks import CopiedBlock, find_copied_blocks
from mldebt.project.notebook_copies import is_exported_notebook
from mldebt.project.places import is_main_guard
from mldebt.project.script_families import are_family, script_families
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Location, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_LEAST = 7
_LEAST_OF_DRAFTS = 10
"""What two notebooks have in common is often a plot."""
_LONG = 12
"""So many lines of two scripts are for `copied-block`."""
_SEED = 4
_FORMS = frozenset({"forward", "call", "__init__", "main"})


class CopiedStretch(NamedTuple):
    """A stretch of a file, where it stands in another one, and how many of its lines are equal."""

    source: SourceFacts
    location: Location
    lines: tuple[int, int]
    original: Location
    equal: int


def copied_stretches(project: Project, sources: Sequence[SourceFacts]) -> Iterator[list[CopiedStretch]]:
    """For each of the files with copies these in order; what other rules on copies tell is left out."""
    sources = [source for source in sources if not is_exported_notebook(source)]
    families = [frozenset(source.path for source in family) for family in script_families(project)]
    alike = {frozenset((copy.notebook.path, copy.original.path)) for copy in project.notebook_copies}
    cloned = _cloned(project)
    copied: dict[str, list[CopiedStretch]] = defaultdict(list)
    for block in find_copied_blocks(sources, _LEAST, _SEED):
        paths = (block.first.path, block.second.path)
        if frozenset(paths) in alike or project.versions.are_versions(paths) or are_family(families, paths):
            continue
        roots = {project.subprojects.root_of(path) for path in paths}
        told = _covers(cloned[paths[0]], block.first_lines) and _covers(cloned[paths[1]], block.second_lines)
        if len(roots) == 1 and _is_own(block) and not told:
            copy = _copy(block)
            if not any(_overlap(copy, other) for other in copied[copy.source.path]):
                copied[copy.source.path].append(copy)
    for copies in copied.values():
        yield sorted(copies, key=lambda copy: copy.lines)


def _copy(block: CopiedBlock) -> CopiedStretch:
    """Which side of a stretch is the copy: a notebook of a module, or else the second file by path."""
    one, two = block.places
    if block.first.kind is Kind.NOTEBOOK and block.second.kind is Kind.PYTHON:
        return CopiedStretch(block.first, one, block.first_lines, two, block.equal)
    return CopiedStretch(block.second, two, block.second_lines, one, block.equal)


def _overlap(one: CopiedStretch, two: CopiedStretch) -> bool:
    return one.lines[0] <= two.lines[1] and two.lines[0] <= one.lines[1]


def _is_own(block: CopiedBlock) -> bool:
    """Whether a stretch is for this rule: between two scripts the long ones are not."""
    notebooks = sum(source.kind is Kind.NOTEBOOK for source in (block.first, block.second))
    if notebooks:
        return notebooks == 1 or block.equal >= _LEAST_OF_DRAFTS
    return block.equal < _LONG and not _is_form(block.second, block.second_lines)


def _is_form(source: SourceFacts, lines: tuple[int, int]) -> bool:
    """Whether lines are in a method or branch that each module of its kind has: `forward`, the main guard."""
    content = source.facts
    middle = sum(lines) // 2
    around = [block for block in content.blocks if block.span.line <= middle <= block.span.end_line]
    if any(is_main_guard(block.test) for block in around if block.test is not None):
        return True
    return any(
        function.name in _FORMS and content.blocks[function.block] in around for function in content.functions
    )


def _cloned(project: Project) -> dict[str, list[Span]]:
    """Where the functions are that are known as copies, by file."""
    found: dict[str, list[Span]] = defaultdict(list)
    for clone in project.clones:
        for member in clone.members:
            if member.clone.size >= _LEAST:
                found[member.source.path].append(member.source.facts.blocks[member.function.block].span)
    return found


def _covers(spans: Sequence[Span], lines: tuple[int, int]) -> bool:
    """Whether most of a stretch is one of the functions."""
    begin, end = lines
    return any(2 * (min(span.end_line, end) - max(span.line, begin) + 1) > end - begin for span in spans)
