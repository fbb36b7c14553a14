"""TOML to entries: tomllib says what the values are, a scan of the text where they are."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from mldebt.extract.diagnose import conflict_line
from mldebt.extract.text import directive_comments, header_of
from mldebt.extract.toml_places import Path, Place, find_places
from mldebt.facts import Entry, Facts, Problem
from mldebt.source import Span

MAX_ENTRIES = 20_000
"""Entries of one file beyond which the rest is dropped (and the header says so)."""

_MAX_DEPTH = 100
_LINE = re.compile(r"at line (\d+)")


def extract_toml(text: str) -> Facts:
    """The entries of a TOML file."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Facts.of(header_of(text, problems=(_problem(text, error),)))
    if _is_deep(data):
        problem = Problem("limit-depth", f"is nested more than {_MAX_DEPTH} deep", Span.at(1))
        return Facts.of(header_of(text, problems=(problem,)))
    places = find_places(text)
    entries: list[Entry] = []
    _add(entries, places, data, (), places[()])
    truncated = len(entries) > MAX_ENTRIES
    header = header_of(text, truncated=truncated)
    return Facts.of(header, entries=entries[:MAX_ENTRIES], comments=directive_comments(text))


def _is_deep(data: dict[str, Any]) -> bool:
    level: list[Any] = [data]
    for _ in range(_MAX_DEPTH):
        inner = (item for value in level for item in (value.values() if isinstance(value, dict) else value))
        level = [item for item in inner if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _add(entries: list[Entry], places: dict[Path, Place], value: Any, path: Path, around: Place) -> None:
    """Add a value and all below it; what has no place of its own has that of the value around it."""
    if len(entries) > MAX_ENTRIES:
        return
    place = places.get(path, around)
    if isinstance(value, dict):
        entries.append(Entry(path, "map", None, "", "", place.key, place.span))
        for name, item in value.items():
            _add(entries, places, item, (*path, name), place)
    elif isinstance(value, list):
        entries.append(Entry(path, "seq", None, "", "", place.key, place.span))
        for number, item in enumerate(value):
            _add(entries, places, item, (*path, number), place)
    else:
        known = isinstance(value, (bool, int, float, str))
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            known = False
        text = value if isinstance(value, str) else place.text
        entries.append(Entry(path, "scalar", value if known else place.text, text, "", place.key, place.span))


def _problem(text: str, error: ValueError) -> Problem:
    if conflict := conflict_line(text):
        return Problem("merge-conflict", "holds an unresolved merge conflict", Span.at(conflict))
    match = _LINE.search(str(error))
    line = int(match[1]) if match else text.count("\n") + 1
    if "{{" in text or "{%" in text:
        return Problem("template", "is a template, not TOML", Span.at(line))
    return Problem("syntax-error", f"is not valid TOML: {error}", Span.at(line))
