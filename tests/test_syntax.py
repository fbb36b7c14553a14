"""Python's own syntax tree of a source: places in code points, cells, edits."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from mldebt.edits import apply_edits
from mldebt.extract import extract
from mldebt.project import SourceFacts
from mldebt.project.downloads import downloaded_from
from mldebt.project.project import Project
from mldebt.project.symbol_uses import symbol_uses
from mldebt.project.syntax import parse
from mldebt.source import Kind, Source, Span


def facts_of(path: str, data: bytes) -> SourceFacts:
    kind = Kind.NOTEBOOK if path.endswith(".ipynb") else Kind.PYTHON
    return SourceFacts(Source(path, kind, Path(path), data=data), extract(kind, data))


def project_of(path: str, data: bytes) -> Project:
    source = facts_of(path, data)
    return Project(Path(), [(source.source, source.facts)])


def test_columns_count_code_points() -> None:
    text = 'größe = "ä"; übung = f(größe)\n'
    source = facts_of("a.py", text.encode())
    syntax = parse(source)
    assert syntax is not None
    (call,) = source.facts.calls
    node = syntax.node(call.span, ast.Call)
    assert node is not None
    assert syntax.text_of(node) == "f(größe)"
    assert syntax.span(node) == Span(1, 22, 1, 30)


def test_what_does_not_parse_has_no_syntax() -> None:
    assert parse(facts_of("a.py", b"print 'two'\n")) is None
    assert parse(facts_of("a.ipynb", b"{}")) is None
    assert parse(facts_of("a.py", b"x = '\xff'\n")) is None


def test_a_rename_after_umlauts_hits_the_name() -> None:
    text = 'import numpy as np\nx = "äöü", np.float(1), np.NaN\n'
    project = project_of("a.py", text.encode())
    source = project.by_path["a.py"]
    edits = [use.edit for use in symbol_uses(project, source) if use.edit is not None]
    assert apply_edits(text, edits) == 'import numpy as np\nx = "äöü", float(1), np.nan\n'


def test_a_builtin_that_the_file_binds_is_not_written() -> None:
    project = project_of("a.py", b"import numpy as np\nfloat = 3\nx = np.float(1)\n")
    (use,) = symbol_uses(project, project.by_path["a.py"])
    assert use.edit is None


def test_places_in_notebooks_count_in_their_cell() -> None:
    cells = [["%matplotlib inline\n", "import numpy as np"], ["!ls\n", "x = np.float(1)"]]
    raw = [
        {"cell_type": "code", "source": lines, "metadata": {}, "outputs": [], "execution_count": None}
        for lines in cells
    ]
    data = json.dumps({"cells": raw, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    project = project_of("a.ipynb", data)
    (use,) = symbol_uses(project, project.by_path["a.ipynb"])
    assert use.edit is not None
    place = use.edit.location
    assert (place.cell, place.span) == (1, Span(2, 5, 2, 13))


def test_a_download_is_followed_through_a_file() -> None:
    text = (
        "import pickle, requests\n"
        "def fetch(url):\n"
        "    return requests.get(url).content\n"
        'with open("a.pkl", "wb") as file:\n'
        '    file.write(requests.get("https://example.com/a.pkl").content)\n'
        'model = pickle.load(open("a.pkl", "rb"))\n'
        'other = pickle.load(open("b.pkl", "rb"))\n'
    )
    project = project_of("a.py", text.encode())
    source = project.by_path["a.py"]
    loads = [call for call in source.facts.calls if call.name == "pickle.load"]
    origins = [downloaded_from(project, source, call.args[0]) for call in loads]
    assert origins == ["`a.pkl`, which was downloaded just before", ""]
