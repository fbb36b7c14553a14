"""The figures about a project's structure, on projects whose numbers are worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mldebt.cli.graph import command

FIXTURES = Path(__file__).parent.parent / "fixtures"

FILES = {
    # 9 statements, of which reading and to_numpy are glue; what `fit` gives to `dump` is worked out
    "train.py": (
        "import joblib\n"
        "import pandas as pd\n"
        "FAST = False\n"
        "frame = pd.read_csv('raw/orders.csv')\n"
        "rows = frame.to_numpy()\n"
        "if FAST:\n"
        "    rows = shorten(rows)\n"
        "    rows = thin(rows)\n"
        "joblib.dump(fit(rows), 'models/final.joblib')\n"
    ),
    # 5 statements, of which the two reads are glue
    "score.py": (
        "import joblib\n"
        "import pandas as pd\n"
        "model = joblib.load('models/final.joblib')\n"
        "frame = pd.read_csv('raw/new.csv')\n"
        "model.predict(frame)\n"
    ),
    # no part of the project's own code
    "tests/test_train.py": "import json\njson.loads('1')\n",
}


def metrics(root: Path) -> dict[str, object]:
    result = CliRunner().invoke(command, [str(root), "--no-cache", "--metrics", "--output-format", "json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.output)
    assert document["version"] == 1
    found: dict[str, object] = document["metrics"]
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_glue_is_counted_by_statement(project: Path) -> None:
    found = metrics(project)
    assert (found["glue_statements"], found["statements"]) == (4, 14)
    assert found["glue_ratio"] == round(4 / 14, 4)


def test_dead_code_is_the_side_that_a_constant_shuts_off(project: Path) -> None:
    found = metrics(project)
    assert (found["dead_lines"], found["code_lines"]) == (3, 14)  # the `if` and its two lines


def test_handoffs_and_closures(project: Path) -> None:
    found = metrics(project)
    assert (found["handoffs"], found["implicit_handoffs"], found["implicit_handoff_ratio"]) == (1, 1, 1.0)
    assert found["closures"] == [{"model": "models/final.joblib", "sources": ["raw/orders.csv"], "depth": 1}]
    assert found["depth"] == 1


def test_a_package_is_spread_over_modules(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"step{number}.py").write_text("import torch\nimport numpy\n")
    (tmp_path / "plain.py").write_text("x = 1\n")
    assert metrics(tmp_path)["package_spread"] == [{"package": "torch", "modules": 3, "share": 0.75}]


def test_nothing_to_measure(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("")
    found = metrics(tmp_path)
    assert found["glue_ratio"] is None
    assert found["implicit_handoff_ratio"] is None
    assert found["dead_share"] is None
    assert found["depth"] == 0


def test_switches_multiply_and_configurations_select(tmp_path: Path) -> None:
    """Two settings and an option with three choices make 12 paths; two configurations and one command select 2."""
    (tmp_path / "train.py").write_text(
        "import argparse\nimport sys\nimport yaml\nfrom sklearn.linear_model import LogisticRegression\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--kind', choices=['a', 'b', 'c'], default='a')\n"
        "parser.add_argument('--config')\n"
        "args = parser.parse_args()\n"
        "cfg = yaml.safe_load(open('params.yaml'))\n"
        "X = y = load()\n"
        "if cfg['use_text']:\n    X = text(X)\n"
        "if cfg['balance']:\n    X = balance(X)\n"
        "if cfg['verbose']:\n    print(X)\n"
        "if args.kind == 'a':\n    X = scale(X)\n"
        "LogisticRegression().fit(X, y)\n"
    )
    (tmp_path / "params.yaml").write_text("use_text: false\nbalance: true\nverbose: true\n")
    (tmp_path / "nightly.yaml").write_text("use_text: true\n")
    (tmp_path / "Makefile").write_text("train:\n\tpython train.py --kind b\n")
    (space,) = metrics(tmp_path)["experiments"]  # type: ignore[misc]
    assert sorted(space["switches"]) == ["--kind", "balance", "use_text"]
    assert (space["paths"], space["selected"], space["utilisation"]) == (12, 2, round(2 / 12, 4))


def test_fixture_with_a_declared_pipeline() -> None:
    found = metrics(FIXTURES / "dvc-churn")
    # eight edges between files, of which only run_info.json (train to evaluate) is declared nowhere
    assert (found["handoffs"], found["implicit_handoffs"]) == (8, 1)
    # customers -> customers.parquet -> features.parquet -> model
    assert found["depth"] == 3
    assert found["closures"] == [
        {
            "model": "models/churn.joblib",
            "sources": [
                "data/ext/message_vectors.parquet",
                "data/raw/customers.csv",
                "data/raw/events.csv",
                "inputs/regions.csv",
            ],
            "depth": 3,
        }
    ]


def test_fixture_of_plain_scripts() -> None:
    found = metrics(FIXTURES / "plain-scripts")
    assert found["implicit_handoff_ratio"] == 1.0
    # the address -> trips_raw -> trips_clean -> station_days -> model
    assert found["depth"] == 4


def test_text_says_the_same(project: Path) -> None:
    result = CliRunner().invoke(command, [str(project), "--no-cache", "--metrics"])
    lines = result.output.splitlines()
    assert lines[0] == "Glue: 4 of 14 statements (29 %)"
    assert "Data closure of models/final.joblib: 1 source (raw/orders.csv)" in lines
    assert lines[-1] == "Dead: 3 of 14 lines of code (21 %)"


@pytest.mark.parametrize("options", [["--output-format", "dot"], ["--focus", "x"]])
def test_metrics_are_of_the_whole_and_for_reading(project: Path, options: list[str]) -> None:
    result = CliRunner().invoke(command, [str(project), "--metrics", *options])
    assert result.exit_code == 2
    assert "--metrics" in result.output
