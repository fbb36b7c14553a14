from declaring import project_of

from mldebt.project.declared_flow import StageFlow, stage_flows

STAGES = """\
stages:
  train:
    cmd: python src/train.py {arguments}
    deps: [{deps}]
    outs: [model.pkl]
"""


def flow(code: str, deps: str = "src", arguments: str = "", **files: str) -> StageFlow:
    project = project_of(
        {"dvc.yaml": STAGES.format(deps=deps, arguments=arguments), "src/train.py": code} | files
    )
    (found,) = stage_flows(project, "dvc")
    return found


def test_reads_and_writes_that_nothing_declares_are_found() -> None:
    found = flow(
        "import pandas as pd\npd.read_csv('a.csv').to_csv('b.csv')\npd.read_pickle('data/c.pkl')\n", "src, data"
    )
    assert (list(found.reads), list(found.writes)) == (["a.csv"], ["b.csv"])
    assert found.place("deps").span.line == 4
    assert found.place("params") == found.stage.location


def test_what_a_command_line_passes_replaces_the_default() -> None:
    code = (
        "import argparse\nimport pandas as pd\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--data', default='old')\nargs = parser.parse_args()\n"
        "pd.read_csv('data/' + args.data + '/x.csv')\n"
    )
    assert list(flow(code, arguments="--data new").reads) == ["data/new/x.csv"]


def test_only_functions_that_run_count() -> None:
    code = (
        "import pandas as pd\n"
        "def load(path):\n    return pd.read_csv(path)\n"
        "def unused():\n    return load('old.csv')\n"
        "def main():\n    return load('new.csv')\n"
        "if __name__ == '__main__':\n    main()\n"
    )
    assert list(flow(code).reads) == ["new.csv"]


def test_stages_that_cannot_be_judged_are_left_out() -> None:
    code = "import pandas as pd\npd.read_csv('a.csv')\n"
    for stage in ("{cmd: python a.py, deps: ['${unknown}']}", "{cmd: python a.py, deps: [a.py], frozen: true}"):
        project = project_of({"dvc.yaml": f"stages: {{x: {stage}}}\n", "a.py": code})
        assert list(stage_flows(project, "dvc")) == []


def test_a_pointer_file_declares_what_it_points_to() -> None:
    assert flow("import pandas as pd\npd.read_csv('data/a.csv')\n", "src, data/a.csv.dvc").reads == {}
