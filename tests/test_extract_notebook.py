"""Notebooks: joined text, masked magics, broken cells, broken files, and places in the raw file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mldebt.extract import extract
from mldebt.extract.magics import mask_cell, syntax_mistake
from mldebt.extract.notebook import source_of
from mldebt.extract.text import slice_span
from mldebt.facts import Facts
from mldebt.notebook_positions import NotebookPositions
from mldebt.source import Kind


def notebook(*cells: Any, **metadata: Any) -> bytes:
    made = [{"cell_type": "code", "source": c, "outputs": []} if isinstance(c, (str, list)) else c for c in cells]
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def facts_of(*cells: Any, **metadata: Any) -> Facts:
    return extract(Kind.NOTEBOOK, notebook(*cells, **metadata))


def called(facts: Facts) -> list[tuple[str, int, int]]:
    return [(call.name, call.span.line, call.span.column) for call in facts.calls]


def test_cells_are_joined_with_a_table() -> None:
    facts = facts_of(
        "import pandas as pd\n",
        {"cell_type": "markdown", "source": "# Title"},
        ["x = 1\n", "pd.read_csv('a')"],
    )
    assert [(cell.index, cell.kind, cell.line, cell.lines) for cell in facts.cells] == [
        (0, "code", 1, 2),
        (1, "markdown", 0, 1),
        (2, "code", 3, 2),
    ]
    assert called(facts) == [("pandas.read_csv", 4, 1)]
    assert facts.header.problems == ()


@pytest.mark.parametrize(
    ("source", "masked", "magics"),
    [
        ("%matplotlib inline\nx", "pass              \nx", [("%matplotlib", "inline", "")]),
        ("if x:\n    !pip install a b", "if x:\n    pass            ", [("!", "pip install a b", "")]),
        ("files = !ls *.csv", "files = _        ", [("!", "ls *.csv", "files")]),
        ("c = %sql select 1", "c = _            ", [("%sql", "select 1", "c")]),
        ("%time x = f(1)", "pass; x = f(1)", [("%time", "x = f(1)", "")]),
        ("%timeit -n 10 f(1)", "pass;         f(1)", [("%timeit", "-n 10 f(1)", "")]),
        ("%%time\nx = 1", "pass  \nx = 1", [("%%time", "", "")]),
        ("\n%%bash\necho 1\n", "\npass  \n      \n", [("%%bash", "\necho 1\n", "")]),
        ("%%writefile a.py\nx = (\n", "pass            \n     \n", [("%%writefile", "a.py\nx = (\n", "")]),
        ("pd.read_csv?", "pass        ", [("?", "pd.read_csv", "")]),
        ("?x", "0 ", [("?", "x", "")]),
        ("%sql\nselect 1 from t", "pass\n               ", [("%sql", "\nselect 1 from t", "")]),
        ("pip install a", "pass         ", [("%pip", "install a", "")]),
        ("!a \\\n  b\nx = 1", "pass\n   \nx = 1", [("!", "a \\\n  b", "")]),
        ("s = '''\n!no\n'''\n!yes", "s = '''\n!no\n'''\npass", [("!", "yes", "")]),
        ("x = (1\n% 2)", "x = (1\n% 2)", []),
        ("x = {'a#': 1,\n  # !no\n}\n!yes", "x = {'a#': 1,\n  # !no\n}\npass", [("!", "yes", "")]),
    ],
)
def test_magics_are_masked_at_equal_length(source: str, masked: str, magics: list[tuple[str, str, str]]) -> None:
    found = mask_cell(source)
    assert found.text == masked
    assert [(magic.name, magic.text, magic.target) for magic in found.magics] == magics
    assert [len(line) for line in masked.split("\n")] == [len(line) for line in source.split("\n")]
    assert syntax_mistake(masked) is None


def test_shell_escapes_are_commands() -> None:
    facts = facts_of(
        "x = 1\n  ",
        "!cd data && wget http://a/b.zip",
        "%cd src",
        "!python train.py > log.txt",
        "%pip install a==1",
    )
    assert [(command.argv, command.directory) for command in facts.commands] == [
        (("cd", "data"), ""),
        (("wget", "http://a/b.zip"), "data"),
        (("python", "train.py"), "src"),
        (("pip", "install", "a==1"), "src"),
    ]
    joined = "x = 1\n  \n!cd data && wget http://a/b.zip\n%cd src\n!python train.py > log.txt\n%pip install a==1"
    assert [slice_span(joined, command.span) for command in facts.commands] == [
        "cd data",
        "wget http://a/b.zip",
        "python train.py > log.txt",
        "pip install a==1",
    ]


def test_a_shell_cell_is_commands() -> None:
    facts = facts_of("x = 1", "%%bash\n# note\npython a.py\n")
    assert [(c.argv, c.context, c.span.line) for c in facts.commands] == [(("python", "a.py"), "%%bash", 4)]


def test_a_broken_cell_costs_that_cell() -> None:
    facts = facts_of("a()", "x = (\n", "print 'old'", "b()")
    assert [(problem.kind, problem.span.line, problem.fatal) for problem in facts.header.problems] == [
        ("syntax-error", 2, False),
        ("python-2", 4, False),
    ]
    assert [(name_line[1]) for name_line in called(facts)] == [1, 5]


def test_other_kernels_have_cells_but_no_code() -> None:
    facts = facts_of("library(x)", kernelspec={"name": "ir", "language": "R"})
    assert [(cell.kind, cell.line) for cell in facts.cells] == [("code", 0)]
    assert facts.header.problems == ()


def test_outputs_and_old_formats_are_read() -> None:
    cell = {
        "cell_type": "code",
        "source": "f()",
        "execution_count": 7,
        "id": "abc",
        "metadata": {"tags": ["parameters", 3]},
        "outputs": [
            {"output_type": "stream", "text": ["ab"]},
            {"output_type": "error", "ename": "E", "evalue": "v"},
        ],
    }
    found = facts_of(cell).cells[0]
    assert (found.execution_count, found.identity, found.tags, found.outputs) == (
        7,
        "abc",
        ("parameters",),
        ("stream", "error"),
    )
    assert (found.error, found.error_message) == ("E", "v")
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": [
        {"cell_type": "heading", "level": 1, "source": "T", "metadata": {}},
        {"cell_type": "code", "input": ["import os\n", "os.remove('a')"], "outputs": [], "language": "python",
         "prompt_number": 3, "metadata": {}, "collapsed": False},
    ]}]}  # fmt: skip
    facts = extract(Kind.NOTEBOOK, json.dumps(old).encode())
    assert called(facts) == [("os.remove", 2, 1)]
    assert facts.cells[1].execution_count == 3


@pytest.mark.parametrize(
    ("data", "kind", "line"),
    [
        (b"", "syntax-error", 1),
        (b"[]", "syntax-error", 1),
        (b'{"cells": 3}', "syntax-error", 1),
        (b'{\n"cells": [,]}', "syntax-error", 2),
        (b'{"cells": [\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> x\n]}', "merge-conflict", 2),
        (b'{"worksheets": 1, "nbformat": 3}', "syntax-error", 1),
        (b"[" * 100_000, "limit-depth", 1),
        ('{"cells": []}'.encode("utf-16"), "encoding", 1),
        (b'{"cells": [\n\xff]}', "encoding", 2),
        (b'{"cells": [\r\n\0]}', "encoding", 2),
    ],
)
def test_broken_files_are_one_problem(data: bytes, kind: str, line: int) -> None:
    facts = extract(Kind.NOTEBOOK, data)
    assert [(problem.kind, problem.span.line) for problem in facts.header.problems] == [(kind, line)]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
fields = ("cell_type", "source", "outputs", "execution_count", "id", "metadata")


@given(st.lists(st.dictionaries(st.sampled_from(fields), anything) | anything, max_size=4), anything)
def test_wrong_types_in_any_field_are_survived(cells: list[Any], metadata: Any) -> None:
    data = json.dumps({"cells": cells, "metadata": metadata}).encode()
    facts = extract(Kind.NOTEBOOK, data)
    assert not [problem for problem in facts.header.problems if problem.kind == "crash"]
    assert len(facts.cells) == len(cells)
    assert facts.pack() == extract(Kind.NOTEBOOK, data).pack()


cell_text = st.text(alphabet=st.sampled_from("ab=%!?'\"#\\\n()[] é\U0001f600\t"), max_size=40)


@given(cell_text)
def test_masking_keeps_every_column(source: str) -> None:
    masked = mask_cell(source)
    assert [len(line) for line in masked.text.split("\n")] == [len(line) for line in source.split("\n")]
    for magic in masked.magics:
        assert magic.name.strip("%!?") in slice_span(source, magic.span)


@given(
    st.lists(st.text(max_size=30) | st.lists(st.text(max_size=9), max_size=4), min_size=1, max_size=4),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_raw_places_round_trip(sources: list[Any], indent: int | None, ascii_only: bool) -> None:
    cells = [{"cell_type": "code", "metadata": {"source": "no"}, "source": source} for source in sources]
    raw = json.dumps({"metadata": {"cells": [1]}, "cells": cells}, indent=indent, ensure_ascii=ascii_only)
    raw = raw.encode("utf-8", "replace").decode()
    positions = NotebookPositions(raw)
    lines = raw.split("\n")
    for index, cell in enumerate(json.loads(raw)["cells"]):
        for number, text in enumerate(source_of(cell).split("\n"), 1):
            for column, character in enumerate(text, 1):
                line, raw_column = positions.raw(index, number, column)
                written = lines[line - 1][raw_column - 1 :]
                assert written.startswith((character, "\\")), (character, written)


def test_raw_places_are_exact() -> None:
    raw = '{"cells": [\n 3,\n {"source": ["a\\n",\n  "b\\u00e9c"]},\n {"source": []}]}'
    positions = NotebookPositions(raw)
    assert positions.raw(1, 1, 1) == (3, 15)
    assert positions.raw(1, 2, 3) == (4, 11)
    assert positions.raw(1, 2, 99) == (4, 12)
    assert positions.raw(2, 1, 1) == (5, 13)
    assert positions.raw(9, 1, 1) == (1, 1)
    assert NotebookPositions("not json").raw(0, 1, 1) == (1, 1)


def test_a_bare_pip_line_is_the_same_command_as_with_its_mark() -> None:
    cells = [{"cell_type": "code", "source": "pip install torch\n%pip install numpy", "outputs": []}]
    facts = extract(Kind.NOTEBOOK, json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}).encode())
    assert [(command.argv, command.span.column) for command in facts.commands] == [
        (("pip", "install", "torch"), 1),
        (("pip", "install", "numpy"), 2),
    ]
