"""Fixes that delete: statements, definitions, branches that never run, comments, entries of configuration files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from mldebt.facts import Entry
from mldebt.finding import Edit, Fix
from mldebt.project.branches import DeadSide
from mldebt.project.proposals import deletion, lines_deletion
from mldebt.project.source_facts import SourceFacts
from mldebt.project.syntax import Syntax, syntax_at
from mldebt.source import Kind, Location, Span

_ONE_LINE = frozenset({Kind.TOML, Kind.INI})


def statement_removal(source: SourceFacts, spans: Iterable[Span], title: str) -> Fix | None:
    """The fix that deletes the statements at some places."""
    edits = [_without_statement(source, span) for span in spans]
    found = tuple(edit for edit in edits if edit is not None)
    return Fix(title, found) if found and len(found) == len(edits) else None


def _without_statement(source: SourceFacts, span: Span) -> Edit | None:
    syntax = syntax_at(source, span)
    statement = None if syntax is None else syntax.statement(span)
    if syntax is None or statement is None:
        return None
    place = syntax.span(statement)
    is_alone = syntax.suite_of(statement) == [statement] and statement not in syntax.tree.body
    return lines_deletion(syntax, place, "pass" if is_alone else "")


def comment_removal(source: SourceFacts, span: Span, title: str) -> Fix | None:
    """The fix that deletes the lines of comments."""
    edit = deletion(source, span)
    return None if edit is None else Fix(title, (edit,))


def branch_removal(source: SourceFacts, sides: Iterable[DeadSide]) -> tuple[Edit, ...]:
    """The edits that leave of an `if` what runs; none unless all can be made."""
    edits = [_without_side(source, side) for side in sides]
    found = tuple(edit for edit in edits if edit is not None)
    return found if len(found) == len(edits) else ()


def _without_side(source: SourceFacts, side: DeadSide) -> Edit | None:
    block = source.facts.blocks[side.block.partner] if side.block.kind == "else" else side.block
    syntax = syntax_at(source, block.span)
    statement = None if syntax is None else syntax.statement(block.span)
    if syntax is None or not isinstance(statement, ast.If) or _is_elif(syntax, statement):
        return None
    if syntax.span(statement).line != source.location(block.span).span.line:
        return None
    runs = statement.body if side.block.kind == "else" else statement.orelse
    place = syntax.span(statement)
    if not runs:
        is_alone = syntax.suite_of(statement) == [statement] and statement not in syntax.tree.body
        return lines_deletion(syntax, place, "pass" if is_alone else "")
    text = _moved_out(syntax, statement, runs)
    return None if text is None or not syntax.stands_alone(place) else syntax.edit(place, text)


def _is_elif(syntax: Syntax, statement: ast.If) -> bool:
    place = syntax.span(statement)
    return syntax.lines[place.line - 1][place.column - 1 :].startswith("elif")


def _moved_out(syntax: Syntax, statement: ast.If, runs: list[ast.stmt]) -> str | None:
    """The text of the statements that run, with the indentation of the `if`; None where that may change texts."""
    first, last = syntax.span(runs[0]), syntax.span(runs[-1])
    if isinstance(runs[0], ast.If) and _is_elif(syntax, runs[0]):
        return None
    for part in (part for run in runs for part in ast.walk(run)):
        if isinstance(part, ast.Constant | ast.JoinedStr) and part.end_lineno != part.lineno:
            return None
    inner, outer = first.column - 1, syntax.span(statement).column - 1
    lines = syntax.lines[first.line - 1 : last.end_line]
    if syntax.lines[first.line - 1][:inner].strip():
        return None  # on the line of the `if`
    if any(line.strip() and line[:inner].strip() for line in lines):
        return None
    moved = [line[:outer] + line[inner:] if line.strip() else line for line in lines]
    return "\n".join(moved)[outer:]


def entry_removal(source: SourceFacts, entry: Entry, title: str) -> Fix | None:
    """The fix that deletes an entry of a document with all that it holds; the last one goes with what held it.

    None where it stands on a line with others, is referred to by an alias, or is all that the document has.
    """
    entries = [other for other in source.facts.entries if other.document == entry.document]
    while True:
        parent = entry.path[:-1]
        siblings = [other for other in entries if other.path[:-1] == parent and other.path]
        if len(siblings) > 1:
            break
        if len(parent) < 2:
            return None
        entry = next(other for other in entries if other.path == parent)
    place = _whole(source, entry, entries)
    edit = None if place is None else deletion(source, place)
    return None if edit is None else Fix(title, (edit,))


def _whole(source: SourceFacts, entry: Entry, entries: list[Entry]) -> Span | None:
    """The lines from an entry's key, or the dash of an item, to the end of the last value in it."""
    syntax = syntax_at(source, entry.key)
    if syntax is None or source.kind not in (Kind.YAML, *_ONE_LINE):
        return None
    held = [other for other in entries if other.path[: len(entry.path)] == entry.path]
    last = max((other.span for other in held if other.kind == "scalar"), default=entry.span, key=_end)
    first = entry.key.line
    start = syntax.lines[first - 1]
    indent = len(start) - len(start.lstrip())
    is_item = start.lstrip().startswith("- ") and isinstance(entry.path[-1], int)
    if not is_item and entry.key.column - 1 != indent:
        return None
    if source.kind in _ONE_LINE and (entry.kind != "scalar" or last.end_line != first):
        return None
    lines = syntax.lines[first - 1 : last.end_line - (last.end_column == 1 and last.end_line > first)]
    if (
        not lines
        or any(re.search(r"(^|[\s\[{,:-])&\w", line) for line in lines)
        or _goes_on(syntax, first, len(lines), indent)
    ):
        return None
    return Span(first, indent + 1, first + len(lines) - 1, len(lines[-1]) + 1)


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


def _goes_on(syntax: Syntax, first: int, count: int, indent: int) -> bool:
    """Whether lines that are indented more follow: a bracket of several lines, a value of another form."""
    for line in syntax.lines[first - 1 + count :]:
        if line.strip() and not line.lstrip().startswith("#"):
            return len(line) - len(line.lstrip()) > indent or line.lstrip()[0] in "]}"
    return False


def location_entry(source: SourceFacts, location: Location) -> Entry | None:
    """The entry whose key or value lies at a place."""
    for entry in source.facts.entries:
        if location in (source.location(entry.key), source.location(entry.span)) and entry.path:
            return entry
    return None
