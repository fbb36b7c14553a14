import json
from pathlib import Path

from mldebt.extract import extract
from mldebt.project import SourceFacts
from mldebt.project.cell_reads import cell_reads
from mldebt.source import Kind, Source


def reads(*cells: tuple[int | None, str]) -> list[tuple[int, str, int, int | None]]:
    """(cell, name, setter above, setter that ran last) of a notebook of (execution count, code) pairs."""
    raw: list[dict[str, object]] = [
        {"cell_type": "code", "metadata": {}, "source": code, "outputs": [], "execution_count": count}
        for count, code in cells
    ]
    data = json.dumps({"cells": raw, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()
    source = SourceFacts(Source("a.ipynb", Kind.NOTEBOOK, Path("a.ipynb")), extract(Kind.NOTEBOOK, data))
    return [
        (r.cell.index, r.name, r.stands_after.index, None if r.ran_after is None else r.ran_after.index)
        for r in cell_reads(source)
    ]


def test_in_order_both_orders_name_the_same_cell() -> None:
    assert reads((1, "a = load()"), (2, "a = clean(a)"), (3, "show(a)")) == [(1, "a", 0, 0), (2, "a", 1, 1)]


def test_the_last_run_before_decides() -> None:
    assert reads((1, "a = load()"), (4, "a = clean(b)"), (3, "show(a)")) == [(2, "a", 1, 0)]
    assert reads((5, "a = load()"), (3, "show(a)")) == [(1, "a", 0, None)]


def test_changing_an_item_sets_the_name() -> None:
    assert reads((1, "a = load()"), (4, "a['x'] = 1"), (3, "a.plot()"))[-1] == (2, "a", 1, 0)


def test_cells_that_were_not_executed_and_reads_in_functions_say_nothing() -> None:
    assert reads((None, "a = load()"), (3, "show(a)")) == []
    assert reads((0, "a = load()"), (0, "show(a)")) == []
    assert reads((5, "a = load()"), (3, "def f():\n    show(a)\n")) == []


def test_imports_constants_and_own_names_are_left_out() -> None:
    assert reads((5, "import a\nb = 3\ndef c(): pass"), (3, "a.run(b, c)")) == []
    assert reads((5, "a = load()"), (3, "a = other()\nshow(a)")) == []
