"""Edits that rules propose: delete whole lines, add items to a list of a YAML file without touching the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from posixpath import relpath
from typing import TYPE_CHECKING

from mldebt.extract.text import DecodingError, decode
from mldebt.facts import Entry
from mldebt.finding import Edit, Fix
from mldebt.project.source_facts import SourceFacts
from mldebt.project.syntax import Syntax, syntax_at
from mldebt.source import Location, Span

_PLAIN = re.compile(r"[A-Za-z_./][\w./-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})

if TYPE_CHECKING:
    from mldebt.declarations.model import Stage

Path = tuple[str | int, ...]


def deletion(source: SourceFacts, span: Span, instead: str = "") -> Edit | None:
    """The edit that deletes the lines of a span (of the source), if nothing else stands on them.

    `instead` is a statement that takes their place, with the same indentation. Of empty lines before and after
    what is deleted, those before stay. A cell of a notebook is not left without code.
    """
    syntax = syntax_at(source, span)
    place = source.location(span).span
    if syntax is None or place.end_line - place.line != span.end_line - span.line:
        return None
    return lines_deletion(syntax, place, instead)


def lines_deletion(syntax: Syntax, span: Span, instead: str = "") -> Edit | None:
    """The edit that deletes the lines of a span of a text (see `deletion`)."""
    lines = syntax.lines
    last = span.end_line - (span.end_column == 1 and span.end_line > span.line)
    whole = span if last == span.end_line else Span(span.line, span.column, last, len(lines[last - 1]) + 1)
    if not syntax.stands_alone(whole):
        return None
    before = lines[span.line - 1][: span.column - 1]
    if instead:
        return syntax.edit(Span(span.line, 1, last, len(lines[last - 1]) + 1), f"{before}{instead}")
    first, end = span.line, last
    if first == 1 or not lines[first - 2].strip():
        while end < len(lines) and not lines[end].strip():
            end += 1
    if end >= len(lines) > last:  # nothing follows: no empty lines at the end
        while first > 1 and not lines[first - 2].strip():
            first -= 1
    if not syntax.is_cell:
        return syntax.edit(Span(first, 1, end + 1, 1), "")
    if not any(line.strip() and not line.startswith("%%") for line in (*lines[: first - 1], *lines[end:])):
        return None  # what the cell has printed would belong to nothing
    if any(line.strip() for line in lines[end:]):
        return syntax.edit(Span(first, 1, end + 1, 1), "")
    end = len(lines)
    while first > 2 and not lines[first - 2].strip():
        first -= 1
    return syntax.edit(Span(first - 1, len(lines[first - 2]) + 1, end, len(lines[end - 1]) + 1), "")


def listing_fix(
    source: SourceFacts, stage: Stage, key: str, items: Sequence[str], *, are_paths: bool
) -> Fix | None:
    """The fix that adds items to a list of a DVC stage (`deps`, `outs`, `params`).

    `are_paths` says that the items are paths relative to the root, which DVC wants relative to the stage's
    directory. None where one declaration stands for several stages, or cannot be extended with certainty.
    """
    directory = stage.directory or "."
    if stage.tool != "dvc" or "@" in stage.name or directory.startswith("/") or "$" in directory:
        return None
    wanted = [relpath(item, directory) if are_paths else item for item in items]
    edit = with_items(source, ("stages", stage.name), key, wanted)
    return None if edit is None else Fix(f"Add to `{key}` of the stage `{stage.name}`", (edit,))


def with_items(source: SourceFacts, parent: Path, key: str, items: Sequence[str]) -> Edit | None:
    """The edit that adds items to the list `key` of a mapping in a YAML file, and the list if there is none.

    None where the file is written in a way that leaves it open how to add them.
    """
    lines = _lines(source)
    if lines is None or not items:
        return None
    written = [_scalar(item) for item in items]
    path = (*parent, key)
    entries = {entry.path: entry for entry in source.facts.entries if not entry.document}
    if path in entries:
        return _added(source, lines, entries, path, written)
    return _new_list(source, lines, entries, parent, key, written)


def _added(
    source: SourceFacts, lines: list[str], entries: dict[Path, Entry], path: Path, items: list[str]
) -> Edit | None:
    listed = entries[path]
    children = [entry for entry in entries.values() if entry.path[:-1] == path]
    if listed.kind != "seq" or not children:
        return None
    leaves = [entry for entry in entries.values() if entry.path[: len(path)] == path and entry.kind == "scalar"]
    if not leaves:
        return None
    last = max(leaves, key=lambda entry: (entry.span.end_line, entry.span.end_column)).span
    if lines[listed.span.line - 1][listed.span.column - 1 : listed.span.column] == "[":
        place = Span.at(last.end_line, last.end_column)
        closing = lines[last.end_line - 1][last.end_column - 1 :].lstrip()
        return Edit(Location(source.path, place), ", " + ", ".join(items)) if closing[:1] in ("]", ",") else None
    first = min(children, key=lambda entry: entry.span).span
    dash = re.match(r"[ ]*- +", lines[first.line - 1])
    if dash is None or any(lines[entry.key.line - 1].rstrip()[-1:] == "|" for entry in children):
        return None
    indent = dash[0][: dash[0].index("-")]
    place = Span.at(last.end_line, len(lines[last.end_line - 1]) + 1)
    return Edit(Location(source.path, place), "".join(f"\n{indent}- {item}" for item in items))


def _new_list(
    source: SourceFacts, lines: list[str], entries: dict[Path, Entry], parent: Path, key: str, items: list[str]
) -> Edit | None:
    siblings = [entry for entry in entries.values() if entry.path[:-1] == parent]
    command = entries.get((*parent, "cmd"))
    if command is None or lines[command.key.line - 1][: command.key.column - 1].strip():
        return None  # `{cmd: …}` on one line
    later = [entry for entry in siblings if entry.key > command.key]
    before = min(later, key=lambda entry: entry.key) if later else command
    indent = " " * (command.key.column - 1)
    text = f"{indent}{key}:\n" + "".join(f"{indent}- {item}\n" for item in items)
    return Edit(Location(source.path, Span.at(before.key.line)), text)


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _lines(source: SourceFacts) -> list[str] | None:
    """The lines of the file; None where it cannot be read any more."""
    try:
        return decode(source.source.read(), source.kind).split("\n")
    except (OSError, DecodingError):
        return None
