"""All strings of a source, whatever its kind: literals, settings, words of commands, variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt.facts import Const, Text
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Span

_WRITTEN = frozenset({"argument", "keyword", "binding", "store"})
_LOCAL_FILE = re.compile(r"file:/{2,3}(?=[A-Za-z]:)|file://")


def strings_of(source: SourceFacts) -> Iterator[tuple[str, Span]]:
    """The strings that can be paths or addresses, with their places.

    Of f-strings the literal beginning counts; `--option=value` and `file://` are taken off.
    """
    facts = source.facts
    yield from ((literal.value, literal.span) for literal in facts.literals)
    for held in source.held_expressions:
        if held.role in _WRITTEN:
            for part in walk(held.expr):
                if type(part) is Text and part.parts and isinstance(part.parts[0], Const):
                    yield str(part.parts[0].value), held.span
    for entry in facts.entries:
        if entry.kind == "scalar" and isinstance(entry.value, str):
            yield _LOCAL_FILE.sub("", entry.value, count=1), entry.span
    for command in facts.commands:
        yield from ((word.rpartition("=")[2], command.span) for word in command.argv)
    yield from ((variable.value, variable.span) for variable in facts.variables)
    for requirement in facts.requirements:
        yield _LOCAL_FILE.sub("", requirement.address, count=1), requirement.span
