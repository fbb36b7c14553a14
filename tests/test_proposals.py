"""Edits that rules propose: items of YAML lists in every layout, whole lines of code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from mldebt.extract import extract
from mldebt.project import SourceFacts
from mldebt.project.proposals import deletion, with_items
from mldebt.project.removals import entry_removal
from mldebt.rewrite import rewritten
from mldebt.source import Kind, Source, Span

STAGE = ("stages", "train")


def source(text: str, kind: Kind) -> SourceFacts:
    data = text.encode()
    return SourceFacts(Source("file", kind, Path("file"), data=data), extract(kind, data))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("cmd: a\n    deps: [a.py]\n", 'cmd: a\n    deps: [a.py, b.py, "data/é x.csv"]\n'),
        ("cmd: a\n    deps: [a.py,\n      c.py,\n    ] # all\n    outs: [m]\n", None),
        (
            "cmd: a\n    deps:\n      - a.py # one\n    outs: [m]\n",
            "cmd: a\n    deps:\n      - a.py # one\n      - b.py\n",
        ),
        ("cmd: a\n    deps:\n    - a.py", "cmd: a\n    deps:\n    - a.py\n    - b.py\n"),
        (
            "cmd: a\n    deps:\n    - a.py:\n        cache: false\n    outs: [m]\n",
            "        cache: false\n    - b.py\n",
        ),
        ("cmd: a\n    outs: [m]\n", "cmd: a\n    deps:\n    - b.py\n"),
        ("cmd: |\n      a\n      b\n", "  train:\n    deps:\n    - b.py\n"),
        ("cmd: >-\n      a\n      b\n    # then\n    outs: [m]\n", "    # then\n    deps:\n    - b.py\n"),
    ],
)
def test_items_are_added_to_lists_of_every_layout(body: str, expected: str | None) -> None:
    text = f"# pipeline\nstages:\n  train:\n    {body}"
    items = ["b.py", "data/é x.csv"]
    edit = with_items(source(text, Kind.YAML), STAGE, "deps", items)
    assert edit is not None
    after = rewritten(text.encode(), Kind.YAML, [edit]).decode()
    before = yaml.safe_load(text)["stages"]["train"]
    wanted = {**before, "deps": [*before.get("deps", []), *items]}
    assert yaml.safe_load(after)["stages"]["train"] == wanted, after
    if expected is not None:
        assert expected in after
    assert [line for line in after.splitlines() if "#" in line] == [
        line for line in text.splitlines() if "#" in line
    ]


@pytest.mark.parametrize(
    "text",
    [
        "stages: {train: {cmd: a}}\n",
        "stages:\n  train:\n    cmd: a\n    deps: x\n",
        "a: [\n",
        "stages:\n  train:\n    cmd: a\n    deps:\n    - []\n",
        "stages:\n  train:\n    cmd: a\n    deps: [{}]\n",
    ],
)
def test_what_leaves_it_open_is_left_alone(text: str) -> None:
    assert with_items(source(text, Kind.YAML), STAGE, "deps", ["b.py"]) is None


def test_line_ends_stay() -> None:
    text = "stages:\r\n  train:\r\n    cmd: a\r\n    deps:\r\n    - a.py\r\n"
    edit = with_items(source(text, Kind.YAML), STAGE, "deps", ["b.py"])
    assert edit is not None
    assert rewritten(text.encode(), Kind.YAML, [edit]) == text.encode() + b"    - b.py\r\n"


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("a\nif x:\n  b\nc\n", Span(2, 1, 3, 4), "a\nc\n"),
        ("if y:\n  f(\n   1)  # why\n", Span(2, 3, 3, 6), "if y:\n  pass\n"),
        ("a; b\n", Span(1, 4, 1, 5), None),
        ("a; b\n", Span(1, 1, 1, 2), None),
        ("a", Span(1, 1, 1, 2), ""),
    ],
)
def test_whole_lines_are_deleted(text: str, span: Span, expected: str | None) -> None:
    edit = deletion(source(text, Kind.PYTHON), span, "pass" if "y" in text else "")
    if expected is None:
        assert edit is None
    else:
        assert edit is not None
        assert rewritten(text.encode(), Kind.PYTHON, [edit]).decode() == expected


def cells(*sources: list[str]) -> str:
    found = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": text} for text in sources]
    return json.dumps({"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


@pytest.mark.parametrize(
    ("before", "span", "after"),
    [
        (["a = 1\n", "# b = 2\n", "c = 3"], Span(3, 1, 3, 8), ["a = 1\n", "c = 3"]),
        (["# a = 1\n", "\n", "b = 2"], Span(2, 1, 2, 8), ["b = 2"]),
        (["a = 1\n", "\n", "# b = 2\n", "# c = 3"], Span(4, 1, 5, 8), ["a = 1"]),
        (["a = 1\n", "# b\n"], Span(3, 1, 3, 4), ["a = 1"]),
        (["# a = 1\n", "# b = 2"], Span(2, 1, 3, 8), None),
        (["%%time\n", "# b = 2"], Span(3, 1, 3, 8), None),
        (["if x:\n", "    f()\n", "b"], Span(3, 5, 3, 8), ["if x:\n", "    pass\n", "b"]),
    ],
)
def test_lines_of_cells_are_deleted(before: list[str], span: Span, after: list[str] | None) -> None:
    """The first cell has one line, so that the second one begins in the second line of the source."""
    text = cells(["first = 0"], before, ["last = 9"])
    edit = deletion(source(text, Kind.NOTEBOOK), span, "pass" if "if" in before[0] else "")
    if after is None:
        assert edit is None
    else:
        assert edit is not None
        written = rewritten(text.encode(), Kind.NOTEBOOK, [edit]).decode()
        assert written == cells(["first = 0"], after, ["last = 9"])


def test_an_entry_whose_value_stands_above_it_is_left_alone() -> None:
    """The value of an alias is at its anchor."""
    found = source("a:\n- &x {}\nb: 1\nc: *x\nd: 2\n", Kind.YAML)
    entry = next(entry for entry in found.facts.entries if entry.path == ("c",))
    assert entry.span.line < entry.key.line
    assert entry_removal(found, entry, "Delete it") is None
