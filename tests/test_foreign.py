"""Scripts in other languages that share files with Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from mldebt.load import load_project
from mldebt.project.foreign import find_foreign, is_untyped
from mldebt.scope import find_scope
from mldebt.settings import load_settings

PYTHON = "import pandas as pd\npd.DataFrame().to_csv('data/work/curves.csv')\npd.read_csv('data/work/fits.csv')\n"


def exchanges(root: Path, **files: str) -> list[tuple[str, str, int, str]]:
    for name, text in {"fit__py": PYTHON, **files}.items():
        path = root / name.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    scope = find_scope([root])
    project = load_project(load_settings(scope.root), scope, cache=None)
    return [
        (found.language, exchange.name, exchange.theirs.location.span.line, exchange.ours.path)
        for found in find_foreign(project)
        for exchange in found.exchanges
    ]


def test_both_directions_are_found(tmp_path: Path) -> None:
    script = (
        "x <- read.csv('../work/curves.csv')\n# read.csv('work/fits.csv')\nwrite.csv(x, file = 'work/fits.csv')\n"
    )
    assert exchanges(tmp_path, survival__R=script) == [
        ("R", "data/work/curves.csv", 1, "fit.py"),
        ("R", "data/work/fits.csv", 3, "fit.py"),
    ]


def test_a_catalogue_is_the_other_side(tmp_path: Path) -> None:
    catalogue = "curves:\n  type: pandas.CSVDataset\n  filepath: data/raw/meters.csv\n"
    found = exchanges(
        tmp_path, conf___base___catalog__yml=catalogue, explore__jl='df = CSV.read("raw/meters.csv", DataFrame)\n'
    )
    assert [entry[:3] for entry in found] == [("Julia", "data/raw/meters.csv", 1)]


@pytest.mark.parametrize(
    "script",
    [
        "x <- read.csv('curves.csv')\n",  # a bare name says too little
        "x <- read.csv('other/curves.csv')\n",
        "x <- read.csv(path)\n",
        "write.csv(x, 'work/curves.csv')\n",  # Python does not read it
    ],
)
def test_nothing_is_shared(tmp_path: Path, script: str) -> None:
    assert exchanges(tmp_path, survival__R=script) == []


def test_tests_and_vendored_scripts_do_not_count(tmp_path: Path) -> None:
    script = "x <- read.csv('work/curves.csv')\n"
    assert exchanges(tmp_path, tests___a__R=script, vendor___b__R=script) == []


def test_formats_with_a_schema_are_typed() -> None:
    assert is_untyped("a/b.CSV")
    assert not is_untyped("a/b.parquet")
    assert not is_untyped("a/b")
