"""Stretches of code that stand in several files: what was copied out of the middle of one function into another."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from heapq import heapify, heappop, heappush
from itertools import accumulate, chain, combinations
from operator import itemgetter
from typing import NamedTuple

from mldebt.project.code_lines import CodeLines
from mldebt.project.groups import connected
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Location, Span

_SEED = 6
"""So many lines in a row have to be the same for two places to be compared at all."""

_GAP = 4
"""So many lines that differ may stand between lines that are the same."""

_LEAST = 12
_WHOLE = 0.85
_RARE = 24
_TRIVIAL = 10
_MOST_PAIRS = 20_000
_MOST_PLACES = 36
"""A stretch that stands at more places, in few files, has trivial lines alone."""


_Stretch = tuple[int, int, int]
"""Where it begins in the lines of code of one file and of another one, and so many lines."""


class _Read(NamedTuple):
    """The lines of a file in the direction in which they are compared: digests of them, and of each two in a row."""

    digests: list[int]
    twos: list[int]


class _Text(NamedTuple):
    """The lines of a file that is compared with others, in both directions, and of each whether it says something."""

    onward: _Read
    back: _Read
    says: bytes

    @classmethod
    def of(cls, lines: CodeLines, trivial: Set[int]) -> _Text:
        """The text of these lines."""
        digests, twos = lines.digests.tolist(), lines.twos.tolist()
        says = bytes([digest not in trivial for digest in digests])
        return cls(_Read(digests, twos), _Read(digests[::-1], twos[::-1]), says)


class CopiedBlock(NamedTuple):
    """A stretch of two files; `equal` counts the lines that are the same and say something."""

    first: SourceFacts
    second: SourceFacts
    first_lines: tuple[int, int]
    second_lines: tuple[int, int]
    equal: int

    @property
    def places(self) -> tuple[Location, Location]:
        """Where the stretches are; from the first line on where that is most of a script."""
        return self._place(self.first, self.first_lines), self._place(self.second, self.second_lines)

    def _place(self, source: SourceFacts, lines: tuple[int, int]) -> Location:
        begin, end = lines
        imports = len({fact.span.line for fact in source.facts.imports})
        if source.kind is Kind.PYTHON and self.equal >= _WHOLE * (source.facts.header.code_lines - imports):
            begin = 1
        return source.location(Span(begin, 1, end + 1, 1))


def find_copied_blocks(
    sources: Sequence[SourceFacts], least: int = _LEAST, seed: int = _SEED
) -> Iterator[CopiedBlock]:
    """The longest common stretch of each two files that share one, and the others after it, by path.

    Blank lines, comments and imports do not count, nor do lines that stand everywhere (`else:`, `return result`).
    Of the rest there have to be at least `least`, half of them statements, and `seed` the same in a row.
    """
    code = [source.code_lines for source in sources]
    often = Counter(chain.from_iterable(lines.digests for lines in code))
    shared = {digest for digest, times in often.items() if times > 1}
    trivial = _trivial(code, often)
    alike = _common_lines(code, often, shared - trivial)
    seeds = {pair: found for pair, found in _seeds(code, shared, seed).items() if alike[pair] >= least}
    texts = {number: _Text.of(code[number], trivial) for number in set(chain.from_iterable(seeds))}
    for one, two in sorted(seeds):
        says = texts[one].says
        for stretches in _common(texts[one], texts[two], seeds[one, two]):
            equal = sum([says.count(1, a, a + lines) for a, _, lines in stretches])
            if equal >= least and 2 * _statements(code[one], says, stretches) >= least:
                (a, b, _), (c, d, lines) = stretches[0], stretches[-1]
                yield CopiedBlock(
                    sources[one],
                    sources[two],
                    (code[one].numbers[a], code[one].numbers[c + lines - 1]),
                    (code[two].numbers[b], code[two].numbers[d + lines - 1]),
                    equal,
                )


def _trivial(texts: Sequence[CodeLines], often: Mapping[int, int]) -> set[int]:
    """The lines that say nothing: they stand at many places, and several times in one file or in most files."""
    common = {digest for digest, times in often.items() if times > _TRIVIAL}
    files = Counter(chain.from_iterable(common.intersection(text.digests) for text in texts))
    return {digest for digest in common if files[digest] > _RARE or often[digest] > 1.5 * files[digest]}


def _common_lines(
    texts: Sequence[CodeLines], often: Mapping[int, int], telling: set[int]
) -> Mapping[tuple[int, int], int]:
    """How many of the lines that say something two files have in common at most, for each pair with any."""
    holders: dict[int, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        for digest in telling.intersection(text.digests):
            holders[digest].append(number)
    return Counter(
        chain.from_iterable(
            combinations(numbers, 2)
            for digest, numbers in holders.items()
            for _ in range(often[digest] - len(numbers) + 1)  # so often it stands in one file at most
        )
    )


def _statements(text: CodeLines, says: bytes, stretches: Sequence[_Stretch]) -> int:
    """How many lines of stretches are statements that say something."""
    lines = (text.numbers[i] for a, _, lines in stretches for i in range(a, a + lines) if says[i])
    return sum(text.statements[line] for line in lines if line < len(text.statements))


def _seeds(texts: Sequence[CodeLines], shared: Set[int], length: int) -> dict[tuple[int, int], list[_Stretch]]:
    """For each pair of files the places where so many lines in a row are the same.

    Where the next place in both files is one, too, they are counted together: as `lines`.
    """
    starts = [0, *accumulate(len(text.digests) for text in texts)]
    found: dict[tuple[int, int], list[_Stretch]] = defaultdict(list)
    for copies, times in _in_rows(_repeated(texts, shared, length)):
        places = [(bisect_right(starts, copy) - 1, copy) for copy in copies]
        if len({number for number, _ in places}) <= _RARE:
            for (one, a), (two, b) in combinations(places, 2):
                if one != two:
                    found[one, two].append((a - starts[one], b - starts[two], times))
        if len(found) > _MOST_PAIRS:
            break
    return found


def _repeated(texts: Sequence[CodeLines], shared: Set[int], length: int) -> Iterable[list[int]]:
    """The places of what stands at several, so many lines of it, in the order of the second ones.

    Places are counted through all files.
    """
    runs = re.compile(rb"\x01{%d,}" % length)  # lines in a row each of which stands elsewhere too
    found: dict[int, list[int]] = defaultdict(list)
    start = 0
    for text in texts:
        for run in runs.finditer(bytes(map(shared.__contains__, text.digests))):
            twos = text.twos[run.start() : run.end() - 1]
            keys = map(hash, zip(*(twos[i:] for i in range(0, length, 2)), strict=False))
            for place, key in enumerate(keys, start + run.start()):
                found[key].append(place)
        start += len(text.digests)
    several = (places for places in found.values() if 1 < len(places) <= _MOST_PLACES)
    return sorted(several, key=itemgetter(1))


def _in_rows(repeated: Iterable[list[int]]) -> Iterator[tuple[list[int], int]]:
    """The places of what is repeated, and how many such places follow each other everywhere."""
    row: list[int] = []
    last: list[int] = []
    times = 0
    for places in repeated:
        if times and places[0] == last[0] + 1 and places == [place + 1 for place in last]:
            times += 1
        else:
            if times:
                yield row, times
            row, times = places, 1
        last = places
    if times:
        yield row, times


def _common(one: _Text, two: _Text, seeds: list[_Stretch]) -> Iterator[list[_Stretch]]:
    """What two files have in common around seeds, from the first seed on: each a row of stretches in order.

    Seeds in lines that have been found before are passed over.
    """
    length, other_length = len(one.onward.digests), len(two.onward.digests)
    taken = bytearray(length)
    heapify(seeds)
    while seeds:
        start, other, times = heappop(seeds)
        free = taken.find(0, start, start + times)
        if free == start:
            before = _walk(one.back, two.back, length - start, other_length - other)
            stretches = [(length - a - n, other_length - b - n, n) for a, b, n in reversed(before)]
            stretches += _walk(one.onward, two.onward, start, other)
            for a, _, lines in stretches:
                taken[a : a + lines] = b"\x01" * lines
            yield stretches
        elif free > start:
            heappush(seeds, (free, other + free - start, times - free + start))


def _walk(one: _Read, two: _Read, a: int, b: int) -> list[_Stretch]:
    """The equal lines from two places on, with short stretches that differ between them."""
    found: list[_Stretch] = []
    first, second = one.digests, two.digests
    while True:
        most = min(len(first) - a, len(second) - b)
        lines = 0
        while lines < most and first[a + lines] == second[b + lines]:
            lines += 1
        if lines:
            found.append((a, b, lines))
            a, b = a + lines, b + lines
        ahead, beyond = one.twos[a : a + _GAP + 1], two.twos[b : b + _GAP + 1]
        if set(ahead).isdisjoint(beyond):
            return found
        skip, other = _nearest(ahead, beyond)
        a, b = a + skip, b + other


def _nearest(ahead: list[int], beyond: list[int]) -> tuple[int, int]:
    """How many of each are to be passed over, at least, to come to one that is in both."""
    pairs = [(skip, beyond.index(two)) for skip, two in enumerate(ahead) if two in beyond]
    return min(pairs, key=sum)


def connected_blocks(blocks: Sequence[CopiedBlock]) -> list[list[CopiedBlock]]:
    """The stretches by groups of files that share some, directly or not."""
    return connected(blocks, lambda block: (block.first.path, block.second.path))


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
