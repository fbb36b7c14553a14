"""What fuzzing found (`tests/fuzz.py`): each of these files once broke a promise of the extraction."""

from __future__ import annotations

import pytest
from fuzz import examine

from mldebt.extract import extract
from mldebt.source import Kind

_MERGED_INTO_ITSELF = """\
csv: &csv
  type: a.B
  load:
  <<: *csv
  path: x
  load:
  <<: *csv
other:
  <<: *csv
"""


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.PYTHON, 'f(t"htps://data.example.org/{x!r:>{y}}")\n'),  # a template string has a place
        (Kind.PYTHON, '"ma"b"."\n'),  # parses, but is no Python
        (Kind.PYTHON, 'T""T""\n\ncc\n'),
        (Kind.PYTHON, "x = 1\n\n\n  # the parser loses the blank lines\n# more\n"),
        (Kind.NOTEBOOK, '{"cells": [{"cell_type": "code", "source": "\\"ma\\"b\\".\\""}]}'),
        (Kind.YAML, _MERGED_INTO_ITSELF),  # doubled with every level
        (Kind.YAML, "a:\n  - b\n  - c\n?"),  # and a node there is, too
        (Kind.YAML, "a: 1\n---"),
        (Kind.YAML, "data:\n  first: 24\nmo"),  # the parser fails behind the last line
        (Kind.DOCKERFILE, 'FROM a\nRUN pip install \\\n    "tqdm" \\\n'),  # ends in the middle
        (Kind.DOCKERFILE, "RUN a \\\n#    >> b\n"),
    ],
)
def test_promises_are_kept(kind: Kind, text: str) -> None:
    examine(kind, text.encode())


def test_comments_at_the_end_stand_where_they_are() -> None:
    facts = extract(Kind.PYTHON, b"x = 1\n\n \n  # one\n\n# two\n    # three")
    assert [(c.text, c.span.line, c.span.column) for c in facts.comments] == [
        ("# one", 4, 3), ("# two", 6, 1), ("# three", 7, 5)]  # fmt: skip


def test_bytes_beside_text_are_told_at_their_line() -> None:
    (problem,) = extract(Kind.PYTHON, b'x = 1\ny = "ma"b"."\n').header.problems
    assert (problem.kind, problem.span.line) == ("syntax-error", 2)
    assert "bytes" in problem.message


def test_sql_that_breaks_the_parser_has_no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """It raised `ValueError: Cannot convert empty name into var` for one dialect."""

    def fail(sql: str, **_: object) -> None:
        raise ValueError(sql)

    monkeypatch.setattr("sqlglot.parse_one", fail)
    facts = extract(Kind.SQL, b"SELECT a FROM b")
    assert facts.header.problems == ()
    assert facts.statements[0].reads == ()
