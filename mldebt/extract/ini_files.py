"""INI files to entries, read as configparser reads them (without interpolation)."""

from __future__ import annotations

import re

from mldebt.extract.diagnose import conflict_line
from mldebt.extract.text import directive_comments, header_of
from mldebt.facts import Entry, Facts, Problem
from mldebt.source import Span

_SECTION = re.compile(r"\s*\[(?P<name>.+)\]")
_OPTION = re.compile(r"(?P<indent>\s*)(?P<name>[^=:\s](?:[^=:]*[^=:\s])?)\s*(?:[=:]\s*(?P<value>.*?))?\s*$")


def extract_ini(text: str) -> Facts:
    """The sections and options of an INI file. Option names are in lower case; a repeated one is repeated."""
    entries = [Entry((), "map", None, "", "", Span.at(1), Span.at(1))]
    section = ""
    indent = 0
    open_option = False
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", ";")):
            continue
        width = len(line) - len(line.lstrip())
        if open_option and width > indent:
            entries[-1] = _continued(entries[-1], line, number)
            continue
        open_option = False
        if match := _SECTION.match(line):
            section = match["name"]
            place = Span(number, match.start("name") + 1, number, match.end("name") + 1)
            entries.append(Entry((section,), "map", None, "", "", place, place))
        elif not section:
            return Facts.of(header_of(text, comment=("#", ";"), problems=(_problem(text, number),)))
        elif match := _OPTION.match(line):
            open_option, indent = True, width
            entries.append(_option(section, match, number))
    return Facts.of(header_of(text, comment=("#", ";")), entries=entries, comments=directive_comments(text))


def _option(section: str, match: re.Match[str], line: int) -> Entry:
    key = Span(line, match.start("name") + 1, line, match.end("name") + 1)
    value: str | None = match["value"]
    end = match.end("name") if value is None else match.end("value")
    start = end if value is None else match.start("value")
    span = Span(line, start + 1, line, end + 1)
    return Entry((section, match["name"].lower()), "scalar", value, value or "", "", key, span)


def _continued(entry: Entry, line: str, number: int) -> Entry:
    """The option with one more line of its value."""
    text = f"{entry.text}\n{line.strip()}"
    span = Span(entry.span.line, entry.span.column, number, len(line.rstrip()) + 1)
    return Entry(entry.path, entry.kind, text, text, entry.tag, entry.key, span)


def _problem(text: str, line: int) -> Problem:
    if conflict := conflict_line(text):
        return Problem("merge-conflict", "holds an unresolved merge conflict", Span.at(conflict))
    if "{{" in text or "{%" in text:
        return Problem("template", "is a template, not INI", Span.at(line))
    return Problem("syntax-error", "is not INI: no section starts before this line", Span.at(line))
