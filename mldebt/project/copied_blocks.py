"""Stretches of code that stand in several files: what was copied out of the middle of one function into another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mldebt.project.source_facts import SourceFacts
from mldebt.source import Location, Span

_SEED = 6
"""So many lines in a row have to be the same for two places to be compared at all."""

_GAP = 4
"""So many lines that differ may stand between lines that are the same."""

_LEAST = 12
_LEAST_STATEMENTS = 6
_RARE = 24
_TRIVIAL = 10
_MOST_PAIRS = 20_000

Line = tuple[int, int]
"""The digest of a line of code, and its number."""


class CopiedBlock(NamedTuple):
    """A stretch of two files; `equal` counts the lines that are the same and say something."""

    first: SourceFacts
    second: SourceFacts
    first_lines: tuple[int, int]
    second_lines: tuple[int, int]
    equal: int

    @property
    def places(self) -> tuple[Location, Location]:
        """Where the stretches are."""
        one, two = self.first_lines, self.second_lines
        return (
            self.first.location(Span(one[0], 1, one[1] + 1, 1)),
            self.second.location(Span(two[0], 1, two[1] + 1, 1)),
        )


def find_copied_blocks(sources: Sequence[SourceFacts]) -> Iterator[CopiedBlock]:
    """The longest common stretch of each two files that share one, and the others after it, by path.

    Blank lines, comments and imports do not count, nor do lines that stand everywhere (`else:`, `return result`),
    and among the rest there have to be statements.
    """
    texts = [_lines(source) for source in sources]
    often = Counter(digest for lines in texts for digest, _ in lines)
    files = Counter(digest for lines in texts for digest in {digest for digest, _ in lines})
    for (one, two), seeds in sorted(_seeds(texts, often).items()):
        taken: set[int] = set()
        for start, other in sorted(seeds):
            if start in taken:
                continue
            pairs = _extended(texts[one], texts[two], start, other)
            taken.update(a for a, _ in pairs)
            rare = [
                texts[one][a][1]
                for a, _ in pairs
                if not _is_trivial(often[texts[one][a][0]], files[texts[one][a][0]])
            ]
            equal = len(rare)
            if equal >= _LEAST and len(_statements(sources[one]).intersection(rare)) >= _LEAST_STATEMENTS:
                (a, b), (c, d) = pairs[0], pairs[-1]
                yield CopiedBlock(
                    sources[one],
                    sources[two],
                    (texts[one][a][1], texts[one][c][1]),
                    (texts[two][b][1], texts[two][d][1]),
                    equal,
                )


def _is_trivial(often: int, files: int) -> bool:
    """Whether a line says nothing: it stands at many places, and several times in one file or in most files."""
    return often > _TRIVIAL and (often > 1.5 * files or files > _RARE)


def _lines(source: SourceFacts) -> list[Line]:
    """The lines of code of a file that are no imports."""
    imports = {line for fact in source.facts.imports for line in range(fact.span.line, fact.span.end_line + 1)}
    begin = min((*imports, *_statements(source)), default=1)  # after the docstring
    digests = enumerate(source.facts.lines, start=1)
    return [(digest, number) for number, digest in digests if digest and begin <= number not in imports]


def _statements(source: SourceFacts) -> frozenset[int]:
    """The lines on which something is assigned, called or returned: no text of a docstring."""
    facts = source.facts
    lines = {binding.span.line for binding in facts.bindings}
    lines.update(call.span.line for call in facts.calls)
    lines.update(store.span.line for store in facts.stores)
    lines.update(result.span.line for result in facts.returns)
    return frozenset(lines)


def _seeds(texts: Sequence[list[Line]], often: Counter[int]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """For each pair of files the places where several lines in a row are the same, as positions in both."""
    first: dict[int, tuple[int, int]] = {}
    shared: dict[int, list[tuple[int, int]]] = {}
    for number, lines in enumerate(texts):
        digests = [digest if often[digest] > 1 else 0 for digest, _ in lines]
        for position in range(len(digests) - _SEED + 1):
            window = digests[position : position + _SEED]
            if not all(window):
                continue
            key = hash(tuple(window))
            if key in shared:
                shared[key].append((number, position))
            elif key in first:
                shared[key] = [first[key], (number, position)]
            else:
                first[key] = (number, position)
    found: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for places in shared.values():
        if len({number for number, _ in places}) > _RARE or len(found) > _MOST_PAIRS:
            continue
        for index, (one, start) in enumerate(places):
            for two, other in places[index + 1 :]:
                if one != two:
                    found[one, two].append((start, other))
    return found


def _extended(one: list[Line], two: list[Line], start: int, other: int) -> list[tuple[int, int]]:
    """The equal lines around a seed, with short stretches that differ between them, in order."""
    after = _walk(one, two, start, other, 1)
    before = _walk(one, two, start - 1, other - 1, -1)
    return [*reversed(before), *after]


def _walk(one: list[Line], two: list[Line], a: int, b: int, step: int) -> list[tuple[int, int]]:
    found = []
    while 0 <= a < len(one) and 0 <= b < len(two):
        if one[a][0] == two[b][0]:
            found.append((a, b))
            a, b = a + step, b + step
            continue
        following = _next_equal(one, two, a, b, step)
        if following is None:
            break
        a, b = following
    return found


def _next_equal(one: list[Line], two: list[Line], a: int, b: int, step: int) -> tuple[int, int] | None:
    """The nearest place within the gap where two lines in a row are the same again."""
    for total in range(1, 2 * _GAP + 1):
        for skip in range(max(0, total - _GAP), min(total, _GAP) + 1):
            x, y = a + step * skip, b + step * (total - skip)
            ahead, beyond = x + step, y + step
            if not (min(x, ahead) >= 0 and max(x, ahead) < len(one)):
                continue
            if not (min(y, beyond) >= 0 and max(y, beyond) < len(two)):
                continue
            if one[x][0] == two[y][0] and one[ahead][0] == two[beyond][0]:
                return x, y
    return None


def connected_blocks(blocks: Sequence[CopiedBlock]) -> list[list[CopiedBlock]]:
    """The stretches by groups of files that share some, directly or not."""
    leader: dict[str, str] = {}

    def find(path: str) -> str:
        while leader.setdefault(path, path) != path:
            path = leader[path]
        return path

    for block in blocks:
        first, second = sorted((find(block.first.path), find(block.second.path)))
        leader[second] = first
    groups: dict[str, list[CopiedBlock]] = defaultdict(list)
    for block in blocks:
        groups[find(block.first.path)].append(block)
    return list(groups.values())


def is_covered(block: CopiedBlock, first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]) -> bool:
    """Whether most of a stretch is in functions or classes that are known as copies of each other."""
    common = {number for number, _, _ in first} & {number for number, _, _ in second}
    start, end = block.first_lines
    lines = {
        line
        for number, begin, last in first
        if number in common
        for line in range(max(begin, start), min(last, end) + 1)
    }
    return 2 * len(lines) > end - start
