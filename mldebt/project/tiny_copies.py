"""Helpers of one or two statements that read or write a file and stand in several files, word for word."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Function
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MOST_LINES = 12
_OPENS = re.compile(
    r"(^|[.:])(open|safe_load|full_load|load|loads|dump|dumps|read_(csv|parquet|pickle|json|excel|yaml)|loadtxt|save\w*"
    r"|to_(csv|parquet|pickle|json)|read_text|write_text|from_pretrained|OmegaConf\.load)$"
)


def tiny_copies(project: Project) -> Iterator[tuple[tuple[SourceFacts, Function], ...]]:
    """Groups of such helpers with the same name and the same lines, which the clones are too long for."""
    long = {(m.source.path, m.function.qualname) for found in project.clones for m in found.members}
    groups: dict[tuple[str, str, tuple[int, ...]], list[tuple[SourceFacts, Function]]] = defaultdict(list)
    for source in project.code:
        if source.kind is not Kind.PYTHON:
            continue
        opening = {
            source.scope_of(call.block)
            for call in source.facts.calls
            if _OPENS.search(call.name or (call.func.name if isinstance(call.func, Attr) else ""))
        }
        for function in source.facts.functions:
            if function.block not in opening or (source.path, function.qualname) in long:
                continue
            span = source.facts.blocks[function.block].span
            lines = source.facts.lines[span.line : span.end_line]
            if 1 <= len(lines) <= _MOST_LINES:
                root = project.subprojects.root_of(source.path)
                groups[root, function.name, tuple(lines)].append((source, function))
    for members in groups.values():
        if len({source.path for source, _ in members}) > 1:
            yield tuple(sorted(members, key=lambda member: member[0].path))
