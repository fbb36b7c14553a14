"""YAML to entries: every node with its place, aliases and merge keys resolved within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from mldebt.extract.diagnose import conflict_line
from mldebt.extract.text import count_lines, header_of, line_comments
from mldebt.facts import Entry, Facts, Problem
from mldebt.source import Span

MAX_ENTRIES = 20_000
"""Entries of one file beyond which the rest is dropped (and the header says so)."""

_MAX_DEPTH = 100
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|<%.*?%>")
_OTHER_BREAKS = {0x85: " ", 0x2028: " ", 0x2029: " "}
"""Characters that end a line for YAML 1.1 alone; read as spaces, so that lines are those of editors."""

_STANDARD_TAG = "tag:yaml.org,2002:"
_MERGE = "tag:yaml.org,2002:merge"

_Pair = tuple[Any, Any]
"""The nodes of a key and its value."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def extract_yaml(text: str) -> Facts:
    """The entries of all documents of a YAML file.

    A file that a template engine fills in first is no mistake: its problem says so.
    """
    walk = _Walk()
    problems: list[Problem] = []
    try:
        for number, node in enumerate(yaml.compose_all(text.translate(_OTHER_BREAKS), Loader=_Loader)):
            walk.begin(number)
            if node is not None:
                walk.add(node, (), Span.at(*_start(node)), 0)
    except yaml.YAMLError as error:
        problems.append(_problem(text, error, fatal=not walk.entries))
    except (ValueError, RecursionError) as error:
        problems.append(Problem("syntax-error", f"is not valid YAML: {error}", Span.at(1), not walk.entries))
    problems += walk.losses
    if not text.endswith("\n"):
        walk.entries = [_within(entry, text) for entry in walk.entries]
    header = header_of(text, problems=tuple(problems), truncated=bool(walk.losses))
    return Facts.of(header, entries=walk.entries, comments=line_comments(text))


class _Walk:
    """Collects the entries of a tree of nodes, in document order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.losses: list[Problem] = []
        self.document = 0
        self.around: set[int] = set()
        self.merged: dict[int, list[_Pair]] = {}

    def begin(self, document: int) -> None:
        """Begin a document. What was remembered about the nodes of the last one is of no use any more."""
        self.document = document
        self.merged.clear()

    def add(self, node: Any, path: tuple[str | int, ...], key: Span, depth: int) -> None:
        """Add a node and all below it. An alias that leads back to a node around it is left out."""
        if loss := self.loss(node, depth):
            if not self.losses:
                self.losses.append(Problem("limit-size", loss, Span.at(*_start(node)), fatal=False))
            return
        kind = {"mapping": "map", "sequence": "seq"}.get(node.id, "scalar")
        tag = "" if node.tag.startswith(_STANDARD_TAG) else node.tag
        value, text = (scalar_value(node), node.value) if kind == "scalar" else (None, "")
        index = len(self.entries)
        self.entries.append(Entry(path, kind, value, text, tag, key, _span(node, node), self.document))
        if kind == "scalar":
            return
        self.around.add(id(node))
        last = node
        if kind == "seq":
            for number, item in enumerate(node.value):
                self.add(item, (*path, number), Span.at(*_start(item)), depth + 1)
                last = item
        else:
            for key_node, value_node in self.pairs(node):
                name = _key_name(key_node)
                self.add(value_node, (*path, name), _span(key_node, key_node), depth + 1)
            last = node.value[-1][1] if node.value else node
        self.around.discard(id(node))
        if not node.flow_style and last is not node:
            # the end mark of a block collection is the start of what follows it
            self.entries[index] = Entry(
                path, kind, None, "", tag, key, _span(node, _last_leaf(last)), self.document
            )

    def loss(self, node: Any, depth: int) -> str:
        """Why a node and all below it are left out; empty if they are not."""
        if len(self.entries) >= MAX_ENTRIES:
            return f"has more than {MAX_ENTRIES:,} entries, counting aliases; what follows is left out"
        if depth > _MAX_DEPTH:
            return f"is nested more than {_MAX_DEPTH} deep; what is deeper is left out"
        return "has an alias that leads back to a node around it" if id(node) in self.around else ""

    def pairs(self, node: Any) -> list[_Pair]:
        """The pairs of a mapping; those of its merge keys (`<<`) follow where it does not have them itself.

        They are worked out once for each mapping: merges of merges could double with every level. A mapping
        that is merged into itself finds none of its own pairs.
        """
        if id(node) in self.merged:
            return self.merged[id(node)]
        self.merged[id(node)] = []
        pairs = [(key, value) for key, value in node.value if key.tag != _MERGE]
        own = {_key_name(key) for key, _ in pairs}
        for mapping in _merged_mappings(node):
            for key, value in self.pairs(mapping):
                if _key_name(key) not in own:
                    own.add(_key_name(key))
                    pairs.append((key, value))
        self.merged[id(node)] = pairs
        return pairs


def _merged_mappings(node: Any) -> Iterator[Any]:
    """The mappings that the merge keys of a mapping name."""
    for key, value in node.value:
        if key.tag == _MERGE:
            for mapping in value.value if value.id == "sequence" else [value]:
                if mapping.id == "mapping":
                    yield mapping


def scalar_value(node: Any) -> None | bool | int | float | str:
    """The value of a scalar node as the safe loader reads it; dates and binary data stay text."""
    kind = node.tag.removeprefix(_STANDARD_TAG)
    text: str = node.value
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("yes", "true", "on")
    try:
        if kind == "int":
            number = int(yaml.SafeLoader.construct_yaml_int(_CONSTRUCTOR, node))
            return number if -(2**63) <= number < 2**63 else text
        if kind == "float":
            return float(yaml.SafeLoader.construct_yaml_float(_CONSTRUCTOR, node))
    except (ValueError, IndexError, OverflowError):
        return text
    return text


_CONSTRUCTOR = yaml.SafeLoader("")


def _key_name(node: Any) -> str | int:
    if node.id != "scalar":
        return "?"
    value = scalar_value(node)
    return value if type(value) is int else str(node.value)


def _start(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _span(first: Any, last: Any) -> Span:
    """From the start of a node to the end of another; an alias may make the last one come first."""
    start, end = _start(first), (last.end_mark.line + 1, last.end_mark.column + 1)
    return Span(*start, *max(start, end))


def _within(entry: Entry, text: str) -> Entry:
    """The entry with places inside the text: at the end of an unfinished line the parser is a line ahead."""
    lines = count_lines(text)
    if max(entry.span.end_line, entry.key.end_line) <= lines:
        return entry
    last = (lines, len(text) - text.rfind("\n"))
    spans = []
    for span in (entry.key, entry.span):
        start, end = min((span.line, span.column), last), min((span.end_line, span.end_column), last)
        spans.append(Span(*start, *end))
    return msgspec.structs.replace(entry, key=spans[0], span=spans[1])


def _last_leaf(node: Any) -> Any:
    """The node at whose end a block collection really ends."""
    for _ in range(_MAX_DEPTH):
        if node.id == "scalar" or node.flow_style or not node.value:
            return node
        node = node.value[-1] if node.id == "sequence" else node.value[-1][1]
    return node


def _problem(text: str, error: yaml.YAMLError, fatal: bool) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = min(mark.line + 1, max(count_lines(text), 1)) if mark is not None else 1
    if conflict := conflict_line(text):
        return Problem("merge-conflict", "holds an unresolved merge conflict", Span.at(conflict), fatal)
    if _TEMPLATE.search(text):
        return Problem("template", "is a template, not YAML", Span.at(line), fatal)
    message = getattr(error, "problem", None) or str(error).split("\n")[0]
    return Problem("syntax-error", f"is not valid YAML: {message}", Span.at(line), fatal)
