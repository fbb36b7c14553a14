"""Single-valued switches that keep an experiment's code: enough lines, in an application, and nothing for debugging."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Function
from mldebt.project.branches import DeadSide
from mldebt.project.flags import is_wanted
from mldebt.project.manifests import is_library
from mldebt.project.single_values import SingleValue
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_NO_EXPERIMENT = re.compile(
    r"debug|verbos|quiet|silent|dry_?run|resume|device|cuda|gpu|logg|log_(to|every|dir|level)|seed|test|strict|inplace"
    r"|copy|force|overwrite|cache|show|plot|save|print|profil|version|async|raise|error|colou?r|style|legend|title|figure"
    r"|theme|layout|font|fp16|bf16|amp$|half|precision",
    re.IGNORECASE,
)
_FEWEST_LINES = 2
_ASIDE = (Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS, Role.NOTEBOOK)


class IdleSwitch(NamedTuple):
    """A switch with the branches that it keeps from running, and how many lines that are."""

    switch: SingleValue
    sides: tuple[tuple[SourceFacts, DeadSide], ...]
    lines: int


def find_idle_switches(project: Project) -> Iterator[IdleSwitch]:
    """All such switches but those that a contract wants."""
    for switch in project.single_values.all:
        sides = tuple((s, side) for s, side in switch.sides if not s.source.is_any(*_ASIDE))
        lines = sum(side.lines + _only_there(project, s, side) for s, side in sides)
        fewest = 1 if switch.kind == "attribute" else _FEWEST_LINES
        if lines >= fewest and sides and _counts(project, switch):
            yield IdleSwitch(switch, sides, lines)


def _counts(project: Project, switch: SingleValue) -> bool:
    name = switch.name.partition("(")[2].removesuffix(")") or switch.name
    if _NO_EXPERIMENT.search(name) or switch.source.source.is_any(*_ASIDE, Role.TUTORIAL):
        return False
    return not is_wanted(project, name) and not is_library(project, switch.source.path)


def _only_there(project: Project, source: SourceFacts, side: DeadSide) -> int:
    """The lines of the functions of the project that only a dead side calls."""
    block = source.facts.blocks.index(side.block)
    lines = 0
    for call in source.facts.calls:
        if block in source.ancestors(call.block):
            symbol = project.callers.target(source, call)
            if symbol is None or not isinstance(symbol.fact, Function) or symbol.rest:
                continue
            callers = project.callers.of(symbol.source, symbol.fact.qualname)
            if all(c.source is source and block in source.ancestors(c.call.block) for c in callers):
                span = symbol.source.facts.blocks[symbol.fact.block].span
                lines += span.end_line - span.line
    return lines
