"""Stretches of code that stand in several files: what was copied out of the middle of one function into another."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

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


class _Text(NamedTuple):
    """The lines of code of a file: their digests, their numbers, the digests of each two in a row, its statements."""

    digests: list[int]
    numbers: list[int]
    twos: list[int]
    statements: frozenset[int]


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
    texts = [_text(source) for source in sources]
    often = Counter(digest for text in texts for digest in text.digests)
    files = Counter(digest for text in texts for digest in set(text.digests))
    trivial = {digest for digest, times in often.items() if _is_trivial(times, files[digest])}
    for (one, two), seeds in sorted(_seeds(texts, often, seed).items()):
        taken: set[int] = set()
        first, second = texts[one], texts[two]
        for start, other in sorted(seeds):
            if start in taken:
                continue
            pairs = _extended(first, second, start, other)
            taken.update(a for a, _ in pairs)
            rare = [first.numbers[a] for a, _ in pairs if first.digests[a] not in trivial]
            equal = len(rare)
            if equal >= least and 2 * len(first.statements.intersection(rare)) >= least:
                (a, b), (c, d) = pairs[0], pairs[-1]
                yield CopiedBlock(
                    sources[one],
                    sources[two],
                    (first.numbers[a], first.numbers[c]),
                    (second.numbers[b], second.numbers[d]),
                    equal,
                )


def _is_trivial(often: int, files: int) -> bool:
    """Whether a line says nothing: it stands at many places, and several times in one file or in most files."""
    return often > _TRIVIAL and (often > 1.5 * files or files > _RARE)


def _text(source: SourceFacts) -> _Text:
    """The lines of code of a file that are no imports."""
    imports = {line for fact in source.facts.imports for line in range(fact.span.line, fact.span.end_line + 1)}
    statements = _statements(source)
    imports |= {line - 1 for line in imports if line - 1 not in statements}  # `from x import (`
    imports |= _docstrings(source, sorted(statements))
    begin = min((*imports, *statements), default=1)  # after the docstring
    lines = enumerate(source.facts.lines, start=1)
    kept = [(digest, number) for number, digest in lines if digest and begin <= number not in imports]
    digests = [digest for digest, _ in kept]
    return _Text(digests, [number for _, number in kept], [hash(two) for two in pairwise(digests)], statements)


def _docstrings(source: SourceFacts, statements: list[int]) -> set[int]:
    """The lines between the heads of functions with docstrings and their first statements."""
    found: set[int] = set()
    for function in source.facts.functions:
        span = source.facts.blocks[function.block].span
        if function.docstring:
            head = max(
                (source.facts.bindings[p.binding].span.end_line for p in function.params), default=span.line
            )
            begin = max(head, span.line)
            following = bisect_right(statements, begin)
            first = statements[following] if following < len(statements) else span.end_line + 1
            found.update(range(begin + 1, min(first, span.end_line + 1)))
    return found


def _statements(source: SourceFacts) -> frozenset[int]:
    """The lines on which something is assigned, called or returned: no text of a docstring."""
    facts = source.facts
    lines = {binding.span.line for binding in facts.bindings}
    lines.update(call.span.line for call in facts.calls)
    lines.update(store.span.line for store in facts.stores)
    lines.update(result.span.line for result in facts.returns)
    return frozenset(lines)


def _seeds(
    texts: Sequence[_Text], often: Counter[int], length: int
) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """For each pair of files the places where several lines in a row are the same, as positions in both."""
    first: dict[int, tuple[int, int]] = {}
    shared: dict[int, list[tuple[int, int]]] = {}
    for number, text in enumerate(texts):
        run = 0  # so many lines in a row, up to here, stand elsewhere too
        for end, digest in enumerate(text.digests, start=1):
            run = run + 1 if often[digest] > 1 else 0
            if run < length:
                continue
            position = end - length
            key = hash(tuple(text.twos[position : end - 1 : 2]))
            if key in shared:
                shared[key].append((number, position))
            elif key in first:
                shared[key] = [first[key], (number, position)]
            else:
                first[key] = (number, position)
    found: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for places in shared.values():
        if (
            len(places) > _MOST_PLACES
            or len({number for number, _ in places}) > _RARE
            or len(found) > _MOST_PAIRS
        ):
            continue
        for index, (one, start) in enumerate(places):
            for two, other in places[index + 1 :]:
                if one != two:
                    found[one, two].append((start, other))
    return found


def _extended(one: _Text, two: _Text, start: int, other: int) -> list[tuple[int, int]]:
    """The equal lines around a seed, with short stretches that differ between them, in order."""
    after = _walk(one, two, start, other, 1)
    before = _walk(one, two, start - 1, other - 1, -1)
    return [*reversed(before), *after]


def _walk(one: _Text, two: _Text, a: int, b: int, step: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    first, second = one.digests, two.digests
    a_end, b_end = (len(first), len(second)) if step > 0 else (-1, -1)
    while a != a_end and b != b_end:
        if equal := _run(first, second, a, b, step):
            found.extend(zip(range(a, a + step * equal, step), range(b, b + step * equal, step), strict=True))
            a, b = a + step * equal, b + step * equal
            continue
        following = _next_equal(one.twos, two.twos, a, b, step)
        if following is None:
            break
        a, b = following
    return found


def _run(first: list[int], second: list[int], a: int, b: int, step: int) -> int:
    """How many lines in a row are the same from two places on."""
    most = min(len(first) - a, len(second) - b) if step > 0 else 1 + min(a, b)
    equal = 0
    while equal < most and first[a] == second[b]:
        equal, a, b = equal + 1, a + step, b + step
    return equal


def _next_equal(one: list[int], two: list[int], a: int, b: int, step: int) -> tuple[int, int] | None:
    """The nearest place within the gap where two lines in a row are the same again."""
    if step > 0:
        ahead, beyond = one[a : a + _GAP + 1], two[b : b + _GAP + 1]
    else:  # the second of the two lines is the nearer one
        ahead = one[max(a - _GAP - 1, 0) : max(a, 0)][::-1]
        beyond = two[max(b - _GAP - 1, 0) : max(b, 0)][::-1]
    if set(ahead).isdisjoint(beyond):
        return None
    _, skip, other = min(
        (skip + other, skip, other)
        for skip, digest in enumerate(ahead)
        for other, same in enumerate(beyond)
        if digest == same
    )
    return a + step * skip, b + step * other


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
