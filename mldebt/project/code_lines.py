"""The lines of code of a file, as they are compared with those of others."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import compress, count, pairwise
from typing import NamedTuple

from mldebt.facts import Facts


class CodeLines(NamedTuple):
    """What is left of a file without blank lines, comments, docstrings and imports, packed as it is kept.

    `digests` and `numbers` are those of the lines, `twos` the digests of each two in a row. `statements` says of each
    line of the file, by its number, whether something is assigned, called or returned there: no text of a docstring.
    """

    digests: array[int]
    numbers: array[int]
    twos: array[int]
    statements: bytes


def code_lines(facts: Facts) -> CodeLines:
    """The lines of code of a file."""
    starts = _statements(facts)
    statements = bytes(map(starts.__contains__, range(max(starts, default=0) + 1)))
    imports = {line for fact in facts.imports for line in range(fact.span.line, fact.span.end_line + 1)}
    imports |= {line - 1 for line in imports if line - 1 not in starts}  # `from x import (`
    begin = min((*imports, *starts), default=1)  # after the docstring
    lines = list(facts.lines)
    for left_out in (range(begin), imports, *_docstrings(facts, statements)):
        for number in left_out:
            if 0 < number <= len(lines):
                lines[number - 1] = 0
    digests = array("Q", filter(None, lines))
    return CodeLines(
        digests,
        array("L", compress(count(1), lines)),
        array("q", map(hash, pairwise(digests))),
        statements,
    )


def _statements(facts: Facts) -> set[int]:
    lines = {binding.span.line for binding in facts.bindings}
    lines.update(call.span.line for call in facts.calls)
    lines.update(store.span.line for store in facts.stores)
    lines.update(result.span.line for result in facts.returns)
    return lines


def _docstrings(facts: Facts, statements: bytes) -> Iterator[range]:
    """The lines between the heads of functions with docstrings and their first statements."""
    for function in facts.functions:
        if function.docstring:
            span = facts.blocks[function.block].span
            head = max((facts.bindings[p.binding].span.end_line for p in function.params), default=span.line)
            begin = max(head, span.line)
            first = statements.find(1, begin + 1)
            yield range(begin + 1, min(first if first >= 0 else span.end_line + 1, span.end_line + 1))
