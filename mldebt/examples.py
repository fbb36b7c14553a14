"""A rule's documentation is its test: examples in the docstring, run against the rule.

Each `##` section with titled code blocks is one example, a block is one of its files:

    ## A name for the case

    ```python title="src/train.py"
    print("flagged")  # expect: rule-id
    ```

A line that must be flagged ends in `# expect: rule-id` (several ids separated by commas, `rule-id as info` where
the severity matters; `--`, `//` and `<!--` do for files without `#` comments); the marker is no part of the file.
A section with files and without a marker must stay silent. `## Fixed` shows the files of the section before it
after the rule's fixes. A section whose title starts with `Known gap` expects nothing whatever happens. Blocks without a
title are illustrations.

Notebooks are written in the percent format: `# %%` starts a code cell, `# %% [markdown]` a Markdown cell and
`# %% [7]` a code cell that was executed as number 7; `raises KeyError` after it stores that error as its output,
`tagged raises-exception` gives it a tag.

An example has no history unless it says so: `changed="40 days ago"` behind the title of a text file says when it was
committed, `# changed: 3 days ago` at the end of a line (before an expectation) when that line was; the marker is no
part of the file. What such an example leaves open was committed years ago.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from mldebt.discover import kind_of
from mldebt.edits import apply_edits
from mldebt.extract import extract
from mldebt.finding import Finding
from mldebt.project import Project
from mldebt.project.ages import Ages
from mldebt.roles import path_roles, roles_with
from mldebt.rule import Rule
from mldebt.source import Kind, Source

HEADING = re.compile(r"##\s+(?P<title>.+?)\s*$")
FENCE = re.compile(r"(?P<fence>`{3,}|~{3,})\s*(?P<info>.*)$")
TITLE = re.compile(r"""title=(?P<quote>["'])(?P<path>.+?)(?P=quote)""")
_ID = r"[\w-]+(?: as (?:info|warning|error))?"
_EXPECT = re.compile(rf"\s*(?:#|--|//|<!--)\s*expect:\s*(?P<ids>{_ID}(?:\s*,\s*{_ID})*)\s*(?:-->)?\s*$")
_CHANGED = re.compile(r"""\schanged=(["'])(?P<days>\d+) days? ago\1""")
_CHANGED_LINE = re.compile(r"\s*(?:#|--|//|<!--)\s*changed: (?P<days>\d+) days? ago\s*(?:-->)?\s*$")
CELL = re.compile(r"# %%(?:\s*\[(?P<mark>\w+)\])?(?:\s+raises (?P<error>\w+))?(?:\s+tagged (?P<tag>[\w-]+))?\s*$")


class Place(NamedTuple):
    """Where a finding is expected or was made; `cell` is -1 outside notebooks."""

    path: str
    cell: int
    line: int

    def __str__(self) -> str:
        cell = "" if self.cell < 0 else f"cell {self.cell + 1}:"
        return f"{self.path}:{cell}{self.line}"


class ExampleFile(NamedTuple):
    """A file of an example, without the markers.

    `changed` says how many days ago lines were changed, (number, days) each; the number 0 means all others.
    """

    path: str
    text: str
    changed: tuple[tuple[int, int], ...] = ()

    @property
    def data(self) -> bytes:
        """The file's bytes; a notebook in percent format becomes a real one."""
        return (_notebook(self.text) if self.path.endswith(".ipynb") else self.text).encode()


class _Block(NamedTuple):
    lines: list[str]
    days: int | None


class Example(NamedTuple):
    """A section of the documentation that has files.

    `expected` holds (place, rule id) pairs, `severities` those whose severity is given, with it.
    """

    title: str
    files: tuple[ExampleFile, ...]
    expected: tuple[tuple[Place, str], ...]
    severities: tuple[tuple[Place, str, str], ...] = ()

    @property
    def is_fixed(self) -> bool:
        """Whether the section shows what the fixes of the section before it make."""
        return self.title.lower().startswith("fixed")

    @property
    def is_known_gap(self) -> bool:
        """Whether the section admits what the rule cannot see."""
        return self.title.lower().startswith("known gap")


class Documentation(NamedTuple):
    """A rule's page: its summary, all of it as Markdown without the markers, its sections, its examples."""

    summary: str
    markdown: str
    sections: tuple[str, ...]
    examples: tuple[Example, ...]


def read_documentation(text: str | None) -> Documentation:
    """Read a docstring. Raises ValueError for an unfinished block or two files of one name in a section."""
    lines = inspect.cleandoc(text or "").split("\n")
    shown: list[str] = []
    sections: list[str] = []
    files: list[dict[str, _Block]] = [{}]
    block: list[str] | None = None
    fence = ""
    for line in lines:
        if block is not None and line.strip() == fence:
            block = None
        elif block is not None:
            block.append(line)
            line = _EXPECT.sub("", line)
        elif match := FENCE.match(line):
            fence, block = match["fence"], []
            if title := TITLE.search(match["info"]):
                if title["path"] in files[-1]:
                    raise ValueError(f"`{title['path']}` stands twice in one section")
                age = _CHANGED.search(match["info"])
                files[-1][title["path"]] = _Block(block, int(age["days"]) if age else None)
        elif match := HEADING.match(line):
            sections.append(match["title"])
            files.append({})
        shown.append(line)
    if block is not None:
        raise ValueError("a fenced block is not closed")
    titled = zip(["", *sections], files, strict=True)
    examples = tuple(_example(title, found) for title, found in titled if found)
    return Documentation(lines[0].strip(), "\n".join(shown), tuple(sections), examples)


def failures(rule: Rule) -> list[str]:
    """What is wrong with a rule's documentation and examples; empty if all hold."""
    try:
        page = read_documentation(type(rule).__doc__)
    except ValueError as error:
        return [str(error)]
    found = list(_lacks(rule, page))
    before: Example | None = None
    for example in page.examples:
        found += [f"## {example.title}: {message}" for message in _run(rule, example, before)]
        before = example
    return found


def findings_of(rule: Rule, files: tuple[ExampleFile, ...]) -> list[Finding]:
    """What a rule finds in a project made of the files, in order."""
    gathered = []
    for file in files:
        kind = kind_of(file.path)
        if kind is not None:
            source = Source(file.path, kind, Path(file.path), path_roles(file.path, kind), file.data)
            facts = extract(kind, file.data)
            roles = roles_with(source, facts)
            gathered.append((msgspec.structs.replace(source, roles=roles), facts))
    project = Project(Path("."), gathered, [file.path for file in files])
    stated = {file.path: dict(file.changed) for file in files} if any(file.changed for file in files) else {}
    project.ages = Ages.stated(project, stated)
    return sorted(rule.check(project), key=lambda finding: finding.order)


def _lacks(rule: Rule, page: Documentation) -> Iterator[str]:
    """What every rule must have."""
    positive = [e for e in page.examples if any(rule_id == rule.id for _, rule_id in e.expected)]
    negative = [e for e in page.examples if e not in positive and not e.is_known_gap and not e.is_fixed]
    if not page.summary or not page.summary.endswith("."):
        yield "the first line must be a summary that ends in a full stop"
    if "How to repair" not in page.sections:
        yield "a section `## How to repair` is missing"
    if not positive:
        yield f"no example expects `{rule.id}`"
    if len(negative) < 2:
        yield f"{len(negative)} examples must stay silent; at least 2 are wanted"
    if rule.minutes <= 0:
        yield "`minutes` must be positive"
    if not page.markdown.split("##")[0].removeprefix(page.summary).strip():
        yield "nothing says why it is debt, between the summary and the first section"


def _run(rule: Rule, example: Example, before: Example | None) -> Iterator[str]:
    found = findings_of(rule, example.files)
    for message in _unreadable(example):
        yield message
    if example.is_known_gap:
        return
    made = sorted((place_of(finding), finding.message) for finding in found)
    wanted = sorted(place for place, rule_id in example.expected if rule_id == rule.id)
    for place in sorted(set(wanted)):
        missing = wanted.count(place) - sum(place == other for other, _ in made)
        if missing > 0:
            yield f"expected at {place}, not found"
    for place, message in made:
        if place not in wanted:
            yield f"found at {place}, not expected: {message}"
    for place, rule_id, severity in example.severities:
        given = {finding.severity.label for finding in found if rule_id == rule.id and place_of(finding) == place}
        if given and severity not in given:
            yield f"found at {place} as {', '.join(sorted(given))}, not as {severity}"
    if example.is_fixed:
        yield from _fix_differences(rule, example, before)


def _unreadable(example: Example) -> Iterator[str]:
    """Files that do not parse make an example worthless."""
    for file in example.files:
        kind = kind_of(file.path)
        if kind in (Kind.PYTHON, Kind.NOTEBOOK):
            for problem in extract(kind, file.data).header.problems:
                yield f"{file.path}:{problem.span.line} {problem.message}"


def _fix_differences(rule: Rule, example: Example, before: Example | None) -> Iterator[str]:
    """Where the fixes of the section before give something else than this section shows."""
    from difflib import unified_diff

    if before is None:
        yield "has no section before it to fix"
        return
    edits = [e for f in findings_of(rule, before.files) if f.fix is not None for e in f.fix.edits]
    wanted = {file.path: file.text for file in example.files}
    for file in before.files:
        fixed = apply_edits(file.text, [edit for edit in edits if edit.location.path == file.path])
        if fixed != wanted.get(file.path, file.text):
            shown = unified_diff(
                wanted.get(file.path, file.text).splitlines(), fixed.splitlines(), "shown", "fixed", lineterm=""
            )
            yield "\n".join([f"{file.path} is fixed differently:", *shown])


def _example(title: str, blocks: dict[str, _Block]) -> Example:
    files: list[ExampleFile] = []
    expected: list[tuple[Place, str]] = []
    severities: list[tuple[Place, str, str]] = []
    for path, block in blocks.items():
        cell, first = -1, 0
        clean: list[str] = []
        changed = [] if block.days is None else [(0, block.days)]
        for number, line in enumerate(block.lines, 1):
            if path.endswith(".ipynb") and CELL.match(line):
                cell, first = cell + 1, number
            match = _EXPECT.search(line)
            if match:
                line = line[: match.start()]
                place = Place(path, cell, number - first)
                for rule_id, _, severity in (
                    part.partition(" as ") for part in re.split(r"\s*,\s*", match["ids"])
                ):
                    expected.append((place, rule_id))
                    if severity:
                        severities.append((place, rule_id, severity))
            if age := _CHANGED_LINE.search(line):
                line = line[: age.start()]
                changed.append((number, int(age["days"])))
            clean.append(line)
        files.append(ExampleFile(path, "".join(f"{line}\n" for line in clean), tuple(changed)))
    return Example(title, tuple(files), tuple(expected), tuple(severities))


def _notebook(text: str) -> str:
    """The JSON of a notebook in percent format; what stands above its first cell is left out."""
    marked: list[tuple[re.Match[str], list[str]]] = []
    for line in text.split("\n"):
        if match := CELL.match(line):
            marked.append((match, []))
        elif marked:
            marked[-1][1].append(line)
    cells: list[dict[str, object]] = []
    for match, lines in marked:
        mark, metadata = match["mark"] or "", {"tags": [match["tag"]]} if match["tag"] else {}
        cell = {"id": f"cell-{len(cells)}", "metadata": metadata, "source": "\n".join(lines).rstrip("\n")}
        if mark == "markdown":
            cells.append({"cell_type": "markdown", **cell})
        else:
            count = int(mark) if mark.isdecimal() else None
            error: dict[str, object] = {
                "output_type": "error",
                "ename": match["error"],
                "evalue": "",
                "traceback": [],
            }
            outputs = [error] if match["error"] else []
            cells.append({"cell_type": "code", **cell, "outputs": outputs, "execution_count": count})
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def place_of(finding: Finding) -> Place:
    """Where a finding was made, as examples name places."""
    place = finding.location
    return Place(place.path, -1 if place.cell is None else place.cell, place.span.line)
