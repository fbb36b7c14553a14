import json
from pathlib import Path

from mldebt.extract import extract
from mldebt.project import SourceFacts
from mldebt.project.undefined_reads import undefined_reads
from mldebt.source import Kind, Source


def undefined(*cells: str) -> list[tuple[str, int | None]]:
    """(name, cell that defines it further below) of a notebook."""
    raw = [
        {"cell_type": "code", "metadata": {}, "source": code, "outputs": [], "execution_count": None}
        for code in cells
    ]
    data = json.dumps({"cells": raw, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()
    source = SourceFacts(Source("a.ipynb", Kind.NOTEBOOK, Path("a.ipynb")), extract(Kind.NOTEBOOK, data))
    return [(read.name, read.defined and read.defined.index) for read in undefined_reads(source)]


def test_names_without_a_definition_and_with_one_below() -> None:
    assert undefined("print(a)", "print(b)", "b = 1") == [("a", None), ("b", 2)]


def test_a_definition_in_the_same_cell_counts() -> None:
    assert undefined("def f():\n    return g()\ndef g():\n    return 1\nf()") == []


def test_what_is_inside_functions_classes_and_comprehensions_does_not_count() -> None:
    assert (
        undefined("def f(x):\n    return x + y", "class A:\n    b = 1\n    c = b", "[i for i in range(3)]") == []
    )


def test_anything_may_be_defined_by_what_is_not_seen() -> None:
    assert undefined("from a import *", "f()") == []
    assert undefined("%run a.ipynb", "f()") == []
    assert undefined("exec(code)", "f()") == []
    assert undefined("f(", "g()") == []
