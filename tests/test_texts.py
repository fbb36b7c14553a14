"""Lines of sources by place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mldebt.source import Kind, Location, Source, Span
from mldebt.texts import Texts, cell_texts


def texts(data: bytes, path: str = "a.py") -> Texts:
    kind = Kind.NOTEBOOK if path.endswith(".ipynb") else Kind.PYTHON
    return Texts({path: Source(path, kind, Path(path), data=data)})


def test_lines_end_where_editors_end_them() -> None:
    assert texts(b"\xef\xbb\xbfa\r\nb\rc\x0cd\n").lines("a.py", None) == ("a", "b", "c\x0cd", "")
    assert texts(b"# coding: latin-1\n\xe9\n").lines("a.py", None)[1] == "é"


def test_what_cannot_be_decoded_is_shown_as_far_as_possible() -> None:
    assert texts(b"x = '\xff'\n").line(Location("a.py", Span.at(1))) == "x = '\ufffd'"


def test_places_that_are_not_there_are_empty(tmp_path: Path) -> None:
    assert texts(b"a\n").line(Location("a.py", Span.at(9))) == ""
    assert texts(b"a\n").line(Location("b.py", Span.at(1))) == ""
    gone = Texts({"a.py": Source("a.py", Kind.PYTHON, tmp_path / "a.py")})
    assert gone.line(Location("a.py", Span.at(1))) == ""


def test_cells_have_lines_of_their_own() -> None:
    notebook = json.dumps({"cells": [{"source": "a\nb"}, {"source": ["c\n", "d"]}]}).encode()
    found = texts(notebook, "n.ipynb")
    assert found.line(Location("n.ipynb", Span.at(2), 1)) == "d"
    assert found.line(Location("n.ipynb", Span.at(1), 7)) == ""


@pytest.mark.parametrize(
    ("notebook", "cells"),
    [
        ('{"worksheets": [{"cells": [{"input": "a"}]}, {"cells": [{"source": "b"}]}]}', ["a", "b"]),
        ('{"cells": [{}, 1, {"source": 3}]}', ["", "", ""]),
        ('{"cells": 1}', []),
        ("[]", []),
        ("not json", []),
        ("[" * 100_000, []),
    ],
)
def test_notebooks_of_any_shape(notebook: str, cells: list[str]) -> None:
    assert cell_texts(notebook) == cells
