"""Scripts in other languages: the paths that they quote are data that they use."""

from __future__ import annotations

from pathlib import Path

from mldebt.cache import Cache
from mldebt.cache_keys import extraction_version
from mldebt.engine import check
from mldebt.packs import find_packs
from mldebt.scope import find_scope
from mldebt.settings import load_settings, override

CATALOGUE = (
    "turbines: {type: pandas.CSVDataset, filepath: data/01_raw/metadata/turbines.csv}\n"
    "wind: {type: pandas.CSVDataset, filepath: data/01_raw/wind.csv}\n"
)
SCRIPT = (
    'setwd("data/01_raw")\nturbines <- read.csv("metadata/turbines.csv", sep=";")\n'
    '# turbines <- read.csv("metadata/turbines.csv")\nother <- read.csv("wind.csv")\nplain <- "no path"\n'
)


def project(root: Path) -> Path:
    for name, text in (
        ("conf/base/catalog.yml", CATALOGUE),
        ("src/pipeline.py", "from kedro.pipeline import node, pipeline\n"),
        ("eda/plots.R", SCRIPT),
        ("tests/plots.R", SCRIPT),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def places(root: Path, cache: Cache | None = None) -> list[tuple[str, int]]:
    settings = override(load_settings(root, isolated=True), profile="audit", select=("catalog-bypass",))
    report = check(settings, find_scope([root]), find_packs(), cache=cache)
    assert not report.errors
    return [(finding.location.path, finding.location.span.line) for finding in report.findings]


def test_an_entry_that_a_script_in_r_opens_past_the_catalogue(tmp_path: Path) -> None:
    assert places(project(tmp_path)) == [("eda/plots.R", 2)]


def test_a_remembered_answer_knows_of_these_scripts(tmp_path: Path) -> None:
    root = project(tmp_path / "project")
    cache = Cache(tmp_path / "cache", extraction_version())
    assert places(root, cache) == [("eda/plots.R", 2)]
    (root / "eda/plots.R").write_text("\n\n\n" + SCRIPT)
    assert places(root, cache) == [("eda/plots.R", 5)]
