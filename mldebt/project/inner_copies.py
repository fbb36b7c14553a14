"""Code that repeats other code of its own file: functions, and rows of blocks that are alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from mldebt.project.source_facts import SourceFacts
from mldebt.source import Span

_FEWEST_COMMON = 12
_CONTAINED = 0.6
_FEWEST_BLOCKS = 3
_FEWEST_LINES = 5
_ALIKE = 0.7
_HEADS = frozenset({"try", "if", "for", "with"})
_TAILS = frozenset({"except", "else", "finally"})


def repeated_functions(source: SourceFacts) -> Iterator[tuple[tuple[str, Span], tuple[str, Span], int]]:
    """The functions most of whose lines stand in an earlier one of the file, with that one and the number of lines.

    Functions are given by their qualified names and the places of these.
    """
    content = source.facts
    first_lines = _first_lines(source)
    texts: list[tuple[str, Span, Counter[int]]] = []
    owners: dict[int, list[int]] = defaultdict(list)
    for function in content.functions:
        span = content.blocks[function.block].span
        begin = first_lines.get(function.block, span.line + 1)
        lines = Counter(line for line in content.lines[begin - 1 : span.end_line] if line)
        parent = content.blocks[function.block].parent
        if lines.total() < _FEWEST_COMMON or source.enclosing(parent, "function") is not None:
            continue
        shared: Counter[int] = Counter()
        for line, times in lines.items():
            for owner in owners[line]:
                shared[owner] += min(times, texts[owner][2][line])
            owners[line].append(len(texts))
        texts.append((function.qualname, function.span, lines))
        if not shared:
            continue
        best, common = max(shared.items(), key=lambda item: (item[1], -item[0]))
        name, place, text = texts[best]
        if name != function.qualname and common >= max(
            _FEWEST_COMMON, _CONTAINED * min(text.total(), lines.total())
        ):
            yield (function.qualname, function.span), (name, place), common


def _first_lines(source: SourceFacts) -> dict[int, int]:
    """For each function's block the first line below its parameters."""
    content = source.facts
    found: dict[int, int] = {}
    places = [(call.block, call.span.line) for call in content.calls]
    places += [(store.block, store.span.line) for store in content.stores]
    places += [(returned.block, returned.span.line) for returned in content.returns]
    places += [(block.parent, block.span.line) for block in content.blocks if block.kind != "function"]
    places += [(b.block, b.span.line) for b in content.bindings if b.kind not in ("parameter", "function")]
    for block, line in places:
        if line < found.get(block, line + 1):
            found[block] = line
    return found


def rows_of_blocks(source: SourceFacts) -> Iterator[list[Span]]:
    """Rows of blocks beside each other that share most of their lines."""
    content = source.facts
    beside: dict[int, list[Span]] = defaultdict(list)
    for block in content.blocks:
        if block.kind in _HEADS:
            beside[block.parent].append(block.span)
        elif block.kind in _TAILS and beside[block.parent]:
            last = beside[block.parent][-1]
            beside[block.parent][-1] = Span(last.line, last.column, block.span.end_line, block.span.end_column)
    for spans in beside.values():
        row: list[Span] = []
        for span in spans:
            if not row or not _alike(source, row[0], span):
                if len(row) >= _FEWEST_BLOCKS:
                    yield row
                row = []
            row.append(span)
        if len(row) >= _FEWEST_BLOCKS:
            yield row


def _alike(source: SourceFacts, first: Span, second: Span) -> bool:
    one, two = (Counter(x for x in source.facts.lines[s.line - 1 : s.end_line] if x) for s in (first, second))
    total = min(one.total(), two.total())
    return total >= _FEWEST_LINES and 2 * (one & two).total() >= _ALIKE * (one.total() + two.total())
