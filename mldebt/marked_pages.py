"""A rule's page with its examples as the rule judges them: which lines it flags, and what it says there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, takewhile
from typing import NamedTuple

from mldebt.examples import CELL, FENCE, HEADING, TITLE, Example, Place, findings_of, place_of, read_documentation
from mldebt.rule import Rule


class Mark(NamedTuple):
    """A flagged line (1-based, in the block as it is shown) and the message; empty where the rule says nothing."""

    line: int
    message: str


class Block(NamedTuple):
    """A file of an example. `opening` is its fence with the language and the title, `closing` the one that ends it.

    `stays_silent` stands at the last file of an example in which nothing may be flagged.
    """

    path: str
    language: str
    opening: str
    lines: tuple[str, ...]
    closing: str
    marks: tuple[Mark, ...]
    stays_silent: bool


def pieces(rule: Rule) -> Iterator[str | Block]:
    """The page, piece by piece: Markdown, and the files of its examples. Raises ValueError as its reading does."""
    page = read_documentation(type(rule).__doc__)
    examples = iter(page.examples)
    example: Example | None = None
    prose: list[str] = []
    lines = iter(page.markdown.split("\n"))
    for line in lines:
        if HEADING.match(line):
            example = None
        opened = FENCE.match(line)
        titled = TITLE.search(opened["info"]) if opened else None
        if opened is None:
            prose.append(line)
            continue
        code = _until(lines, opened["fence"])
        if titled is None:  # an illustration
            prose += [line, *code, opened["fence"]]
            continue
        if example is None:
            example = next(examples)
            marks = _marks(rule, example)
        yield "\n".join(prose)
        prose = []
        path = titled["path"]
        found = tuple(sorted(Mark(_shown_line(code, place), said) for place, said in marks if place.path == path))
        is_silent = (
            not marks and path == example.files[-1].path and not (example.is_fixed or example.is_known_gap)
        )
        language = opened["info"].split(" ")[0]
        yield Block(path, language, line, tuple(code), opened["fence"], found, is_silent)
    yield "\n".join(prose)


def _until(lines: Iterator[str], fence: str) -> list[str]:
    """The lines before the one that closes a block, which is read, too."""
    return list(takewhile(lambda line: line.strip() != fence, lines))


def _marks(rule: Rule, example: Example) -> list[tuple[Place, str]]:
    """The places that the rule flags, as the page says, with what it says there if it runs."""
    wanted = sorted(place for place, rule_id in example.expected if rule_id == rule.id)
    if not wanted:
        return []
    try:
        found = [(place_of(finding), finding.message) for finding in findings_of(rule, example.files)]
    except Exception:  # the page can be read all the same; the rule's own test tells what is wrong
        found = []
    marks = []
    for place, same in groupby(wanted):
        messages = [message for other, message in found if other == place]
        marks += [(place, message) for message in messages or [""] * len(list(same))]
    return marks


def _shown_line(code: list[str], place: Place) -> int:
    """The line of a place in a block; that of a notebook has lines between its cells."""
    if place.cell < 0:
        return place.line
    return [number for number, line in enumerate(code, 1) if CELL.match(line)][place.cell] + place.line
