"""Functions that are copies of each other, found by the fingerprints of their text and of their lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from mldebt.facts import Clone, Function
from mldebt.project.source_facts import SourceFacts

_NEAR_LINES = 8
_NEAR = 0.9
_RARE = 12


class CloneMember(NamedTuple):
    """A function that takes part in a class of clones."""

    source: SourceFacts
    function: Function
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


def find_clones(code: Iterable[SourceFacts]) -> Iterator[CloneClass]:
    """All classes of clones, by the place of their first member; functions within functions are left out."""
    members = [member for source in code for member in _members(source)]
    groups = _Groups(members)
    for fingerprint in ("exact", "blind"):
        first: dict[int, int] = {}
        for index, member in enumerate(members):
            groups.join(first.setdefault(getattr(member.clone, fingerprint), index), index)
    similarity: dict[int, float] = {}
    for one, two in sorted(_pairs(members, groups)):
        found = line_similarity(members[one].lines, members[two].lines)
        if found >= _NEAR:
            least = min(found, *(similarity.get(groups.root(i), 1.0) for i in (one, two)))
            groups.join(one, two)
            similarity[groups.root(one)] = least
    for root, indexes in groups.classes():
        yield CloneClass(tuple(members[i] for i in indexes), similarity.get(root, 1.0))


def line_similarity(first: Sequence[int], second: Sequence[int]) -> float:
    """The share of lines of code that two texts have in common, from 0 to 1, whatever their order."""
    one, two = Counter(line for line in first if line), Counter(line for line in second if line)
    total = one.total() + two.total()
    return 2 * (one & two).total() / total if total else 0.0


def _members(source: SourceFacts) -> Iterator[CloneMember]:
    functions = source.facts.functions
    blocks = source.facts.blocks
    for clone in source.facts.clones:
        function = functions[clone.function]
        if source.enclosing(blocks[function.block].parent, "function") is None:
            yield CloneMember(source, function, clone)


def _pairs(members: Sequence[CloneMember], groups: _Groups) -> set[tuple[int, int]]:
    """The pairs of functions that share several lines which few others have."""
    holders: dict[int, list[int]] = defaultdict(list)
    for index, member in enumerate(members):
        if member.clone.size >= _NEAR_LINES and groups.root(index) == index:
            for line in set(member.lines) - {0}:
                holders[line].append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for indexes in holders.values():
        if 1 < len(indexes) <= _RARE:
            shared.update(combinations(indexes, 2))
    return {(a, b) for (a, b), n in shared.items() if n * 2 >= max(members[a].clone.size, members[b].clone.size)}


class _Groups:
    """Disjoint sets of members, each named by its first one."""

    def __init__(self, members: Sequence[CloneMember]) -> None:
        self._parents = list(range(len(members)))

    def root(self, index: int) -> int:
        """The first member of the set."""
        while self._parents[index] != index:
            self._parents[index] = self._parents[self._parents[index]]
            index = self._parents[index]
        return index

    def join(self, one: int, two: int) -> None:
        """Make one set of two."""
        first, second = sorted((self.root(one), self.root(two)))
        self._parents[second] = first

    def classes(self) -> Iterator[tuple[int, list[int]]]:
        """The sets of at least two members."""
        found: dict[int, list[int]] = defaultdict(list)
        for index in range(len(self._parents)):
            found[self.root(index)].append(index)
        for root, indexes in found.items():
            if len(indexes) > 1:
                yield root, indexes
