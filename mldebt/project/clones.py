"""Functions and classes that are copies of each other, found by fingerprints of their text and of their lines."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Class, Clone, Function
from mldebt.project.groups import Groups
from mldebt.project.manifests import is_library
from mldebt.project.notebook_copies import is_exported_notebook
from mldebt.project.services import prepares_data, serves
from mldebt.project.source_facts import SourceFacts

if TYPE_CHECKING:
    from mldebt.project.project import Project

_FEWEST_LINES = 6
_FEWEST_LINES_RENAMED = 10
_FEWEST_STATEMENTS = 4
_HOOKS = frozenset(
    {"__init__", "forward", "main", "create_pipeline", "register_pipelines", "configure_optimizers"}
)
_CONFIGURES = re.compile(
    r"(get|make|default|build|create)_?(default_)?(config|cfg|settings|params|options)", re.I
)
"""Functions that hold settings: near copies of them are two configurations."""

_NEAR_LINES = 8
_NEAR = 0.9
_RARE = 12


class CloneMember(NamedTuple):
    """A function, or a class (of code), that takes part in a class of clones."""

    source: SourceFacts
    function: Function | Class
    clone: Clone

    @property
    def lines(self) -> tuple[int, ...]:
        """The digests of the lines of its body."""
        span = self.source.facts.blocks[self.function.block].span
        return self.source.facts.lines[span.line : span.end_line]


class CloneClass(NamedTuple):
    """Functions with the same code. `similarity` is 1 unless some of their lines differ."""

    members: tuple[CloneMember, ...]
    similarity: float

    @property
    def is_exact(self) -> bool:
        """Whether the bodies are the same to the letter."""
        return len({member.clone.exact for member in self.members}) == 1

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that hold the copies, sorted."""
        return tuple(sorted({member.source.path for member in self.members}))


def find_clones(code: Sequence[SourceFacts]) -> Iterator[CloneClass]:
    """All classes of clones. Functions within functions, and methods of classes that are copies, are left out."""
    covered: set[tuple[str, int]] = set()
    for found in _grouped([member for source in code for member in _class_members(source)]):
        covered.update((member.source.path, member.function.block) for member in found.members)
        yield found
    yield from _grouped([member for source in code for member in _members(source, covered)])


def _grouped(members: Sequence[CloneMember]) -> Iterator[CloneClass]:
    """The classes of clones among functions, or among classes, by the place of their first member."""
    groups = Groups[int]()
    for fingerprint in ("exact", "blind"):
        first: dict[int, int] = {}
        for index, member in enumerate(members):
            groups.join(first.setdefault(getattr(member.clone, fingerprint), index), index)
    similarity: dict[int, float] = {}
    for one, two in sorted(_pairs(members, groups)):
        found = line_similarity(members[one].lines, members[two].lines)
        if found >= _NEAR:
            least = min(found, *(similarity.get(groups.leader(i), 1.0) for i in (one, two)))
            groups.join(one, two)
            similarity[groups.leader(one)] = least
    for leader, indexes in groups.of(range(len(members))).items():
        if len(indexes) > 1:
            yield CloneClass(tuple(members[i] for i in indexes), similarity.get(leader, 1.0))


def is_worth_sharing(project: Project, member: CloneMember, is_exact: bool, *, short: bool = False) -> bool:
    """Whether a copy could be one function for all: it is long enough (or `short` ones count), and no form that a
    framework asks for.

    Methods of a published library follow its interface, and what a service computes by itself is another matter.
    """
    function, source = member.function, member.source
    few = isinstance(function, Function) and source.facts.blocks[function.block].size < _FEWEST_STATEMENTS
    if function.name in _HOOKS or (few and not short):  # what stands in methods does not count for their class
        return False
    if is_exported_notebook(source) or (_CONFIGURES.match(function.name) and not is_exact):
        return False
    if serves(source) and prepares_data(function.name):
        return False
    if "." in function.qualname and is_library(project, source.path):
        return False
    return short or member.clone.size >= (_FEWEST_LINES if is_exact else _FEWEST_LINES_RENAMED)


def line_similarity(first: Sequence[int], second: Sequence[int]) -> float:
    """The share of lines of code that two texts have in common, from 0 to 1, whatever their order."""
    one, two = Counter(line for line in first if line), Counter(line for line in second if line)
    total = one.total() + two.total()
    return 2 * (one & two).total() / total if total else 0.0


def _members(source: SourceFacts, covered: set[tuple[str, int]]) -> Iterator[CloneMember]:
    functions = source.facts.functions
    blocks = source.facts.blocks
    for clone in source.facts.clones:
        function = functions[clone.function]
        parent = blocks[function.block].parent
        if source.enclosing(parent, "function") is None and (source.path, parent) not in covered:
            yield CloneMember(source, function, clone)


def _class_members(source: SourceFacts) -> Iterator[CloneMember]:
    """The classes that hold several methods, with fingerprints made of their lines."""
    facts = source.facts
    methods = Counter(facts.blocks[function.block].parent for function in facts.functions)
    for cls in facts.classes:
        span = facts.blocks[cls.block].span
        lines = tuple(line for line in facts.lines[span.line : span.end_line] if line)
        if methods[cls.block] > 1 and len(lines) >= _NEAR_LINES:
            digest = hash(lines)
            yield CloneMember(source, cls, Clone(-1, digest, digest, len(lines)))


def _pairs(members: Sequence[CloneMember], groups: Groups[int]) -> set[tuple[int, int]]:
    """The pairs of functions that share several lines which few others have."""
    holders: dict[int, list[int]] = defaultdict(list)
    seen: set[int] = set()
    for index, member in enumerate(members):
        if member.clone.size >= _NEAR_LINES and member.clone.exact not in seen:
            seen.add(member.clone.exact)
            for line in set(member.lines) - {0}:
                holders[line].append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for indexes in holders.values():
        if 1 < len(indexes) <= _RARE:
            shared.update(combinations(indexes, 2))
    return {
        (a, b)
        for (a, b), n in shared.items()
        if n * 2 >= max(members[a].clone.size, members[b].clone.size) and groups.leader(a) != groups.leader(b)
    }
