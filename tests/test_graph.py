"""The data dependency graph of a small project, and the formats it is shown in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from declaring import project_of

from mldebt.cli import cli
from mldebt.cli.graph import command
from mldebt.project.graph import data_graph

FILES = {
    "dvc.yaml": (
        "stages:\n  clean:\n    cmd: python clean.py\n    deps: [clean.py, raw/orders.csv]\n"
        "    outs: [work/orders.parquet]\n"
    ),
    "clean.py": (
        "import pandas as pd\npd.read_csv('raw/orders.csv').to_parquet('work/orders.parquet')\n"
        "pd.DataFrame().to_csv('work/skipped.csv')\n"
    ),
    "train.py": (
        "import sys\nimport joblib\nimport pandas as pd\n"
        "x = pd.read_parquet('work/orders.parquet')\ny = pd.read_csv('work/skipped.csv')\n"
        "z = pd.read_csv(sys.argv[1])\njoblib.dump(x, 'models/final.joblib')\n"
    ),
    'odd"<b>.py': "import pandas as pd\npd.read_csv('work/skipped.csv')\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(project: Path, *options: str) -> str:
    result = CliRunner().invoke(command, [str(project), "--no-cache", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_json_names_who_writes_reads_and_declares(project: Path) -> None:
    graph = json.loads(run(project, "--output-format", "json"))
    assert graph["version"] == 1
    nodes = {node["id"]: node for node in graph["nodes"]}
    assert nodes["dataset:work/orders.parquet"]["declared_by"] == ["dvc.yaml:5"]
    assert nodes["model:models/final.joblib"]["kind"] == "model"
    edges = {(e["from"], e["to"], e["kind"]): e for e in graph["edges"]}
    assert edges["script:clean.py", "dataset:work/orders.parquet", "writes"]["declared"]
    assert not edges["dataset:work/orders.parquet", "module:train.py", "reads"]["declared"]
    assert not edges["script:clean.py", "dataset:work/skipped.csv", "writes"]["declared"]
    assert edges["stage:dvc.yaml:clean", "script:clean.py", "runs"]["line"] == 2
    assert edges["dataset:raw/orders.csv", "stage:dvc.yaml:clean", "depends"]
    assert [(u["path"], u["line"], u["cause"]) for u in graph["unresolved"]] == [("train.py", 6, "argv 1")]


def test_focus_follows_the_data_in_one_direction(project: Path) -> None:
    def names(*options: str) -> set[str]:
        graph = json.loads(run(project, "--output-format", "json", "--focus", "orders.parquet", *options))
        return {node["name"] for node in graph["nodes"]}

    assert "models/final.joblib" in names("--downstream")
    assert "raw/orders.csv" not in names("--downstream")
    assert "raw/orders.csv" in names("--upstream")
    assert "models/final.joblib" not in names("--upstream")
    assert {"raw/orders.csv", "models/final.joblib"} <= names()


def test_what_is_read_is_chosen_as_in_all_commands(project: Path) -> None:
    (project / "mldebt.toml").write_text('extend-exclude = ["odd*"]\n')
    assert "odd" not in run(project)
    assert "odd" in run(project, "--isolated")
    assert "train.py" in run(project)
    assert "train.py" not in run(project, "--extend-exclude", "train.py")


def test_focus_on_nothing_is_an_error(project: Path) -> None:
    result = CliRunner().invoke(command, [str(project), "--no-cache", "--focus", "nowhere"])
    assert result.exit_code != 0
    assert "`nowhere`" in result.output


def test_text_marks_what_is_undeclared(project: Path) -> None:
    text = run(project)
    assert "  -> ! reads    train.py  (train.py:4)" in text
    assert "  <-   writes   clean.py  (clean.py:2)" in text
    assert "train.py:6 pandas.read_csv: argv 1" in text


def test_pictures_escape_names(project: Path) -> None:
    dot = run(project, "--output-format", "dot")
    assert dot.startswith("digraph mldebt {")
    assert 'label="odd\\"<b>.py"' in dot
    mermaid = run(project, "--output-format", "mermaid")
    assert "odd&quot;&lt;b>.py" in mermaid
    assert "linkStyle" in mermaid


def test_html_is_one_page_without_markup_from_names(project: Path) -> None:
    page = run(project, "--output-format", "html")
    assert "<b>.py" not in page.replace("\\u003cb\\u003e.py", "")
    assert "odd&#34;&lt;b&gt;.py" in page
    assert "src=" not in page.split("<script>", 1)[0]
    assert page.count("<tr>") > 6


def test_the_graph_is_the_same_every_time(project: Path) -> None:
    assert run(project, "--output-format", "json") == run(project, "--output-format", "json")


def test_graph_is_a_command() -> None:
    assert "graph" in CliRunner().invoke(cli, ["--help"]).output


def test_a_declared_directory_is_about_all_that_lies_in_it_and_parameters_declare_their_file() -> None:
    code = "import pandas as pd\nimport yaml\nyaml.safe_load(open('params.yaml'))\n"
    code += "for n in ('a', 'b'):\n    pd.DataFrame().to_csv(f'data/{n}.csv')\n"
    stage = "stages:\n  s:\n    cmd: python s.py\n    deps: [s.py]\n    params: [x]\n    outs: [data]\n"
    graph = data_graph(project_of({"s.py": code, "dvc.yaml": stage, "params.yaml": "x: 1\n"}))
    made = {edge.target for edge in graph.edges if edge.kind == "produces"}
    assert made == {"dataset:data/a.csv", "dataset:data/b.csv"}
    assert all(edge.declared for edge in graph.edges)


def test_what_stays_in_memory_belongs_to_its_own_kedro_project() -> None:
    nodes = "from kedro.pipeline import node, pipeline\ndef f(x):\n    return x\ndef g(x):\n    return x\n"
    nodes += "def create_pipeline(**k):\n    return pipeline([node(f, 'raw', 'mid'), node(g, 'mid', 'end')])\n"
    files = {}
    for name in ("one", "two"):
        files[f"{name}/conf/base/catalog.yml"] = "raw: {type: pandas.CSVDataset, filepath: data/raw.csv}\n"
        files[f"{name}/src/p/pipeline.py"] = nodes
    graph = data_graph(project_of(files))
    names = {node.name for node in graph.nodes if node.kind == "dataset"}
    assert {"one:mid", "two:mid", "one:end", "two:end"} <= names
    assert "mid" not in names
