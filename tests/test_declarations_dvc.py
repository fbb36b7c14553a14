from declaring import names, paths, project_of, runs, stage

PIPELINE = """\
vars:
  - config/paths.yaml:data
  - models: [linear, forest]
    fit: {rate: 0.1, quick: true, layers: [8, 4], skip: false}
stages:
  prepare:
    cmd: python src/prepare.py ${data.raw}
    deps:
      - src/prepare.py
      - ${data.raw}
      - https://example.org/regions.csv
    params:
      - split
      - config/paths.yaml:
          - data.raw
      - config/other.toml:
    outs:
      - data/prepared:
          persist: true
  fit:
    wdir: src
    frozen: true
    cmd:
      - python -m trainer.fit ${fit}
      - >-
        python report.py
        --out ../reports/fit.json
    deps: [trainer, ../data/prepared]
    outs: [../models/fit.pkl]
    metrics:
      - ../reports/fit.json:
          cache: false
    plots:
      - ../reports/loss.csv: {x: step, y: loss}
  each:
    foreach: ${models}
    do:
      cmd: python src/train.py --model ${item} ${unknown.key}
      outs: ["models/${item}.pkl"]
  regions:
    foreach:
      north: {file: n.csv}
      south: {file: s.csv}
    do:
      cmd: python src/region.py ${key} ${item.file}
      deps: ["data/${item.file}"]
  grid:
    matrix:
      model: [a, b]
      size: [1, 2]
      options:
        - depth: 3
    cmd: python src/grid.py ${item.model} ${item.size} ${item.options.depth}
plots:
  - reports/loss.csv
  - ROC:
      x: {reports/roc.json: fpr}
      y: {reports/roc.json: tpr}
metrics: [reports/all.json]
params: [config/other.toml]
artifacts:
  churn:
    path: models/fit.pkl
    type: model
datasets:
  - name: pets
    url: s3://bucket/pets
    type: url
"""
PROJECT = {
    "dvc.yaml": PIPELINE,
    "params.yaml": "split: {ratio: 0.2}\n",
    "config/paths.yaml": "data: {raw: data/raw.csv}\nother: 1\n",
    "src/prepare.py": "",
    "src/report.py": "",
    "src/train.py": "",
    "src/trainer/fit.py": "",
}


def test_a_stage_has_what_its_lists_name() -> None:
    project = project_of(PROJECT)
    prepare = stage(project, "prepare")
    assert prepare.id == "dvc.yaml:prepare"
    assert prepare.location.span.line == 6
    assert paths(prepare.inputs) == ["src/prepare.py", "data/raw.csv", "https://example.org/regions.csv"]
    assert [(p.file, p.path) for p in prepare.params] == [
        ("params.yaml", "split"), ("config/paths.yaml", "data.raw"), ("config/other.toml", "")
    ]  # fmt: skip
    assert prepare.outputs[0].path == "data/prepared"
    assert prepare.outputs[0].option("persist") == "true"
    assert prepare.outputs[0].location.span.line == 18
    assert runs(project, prepare) == [("src/prepare.py", ("data/raw.csv",))]


def test_paths_and_commands_start_in_the_working_directory() -> None:
    project = project_of(PROJECT)
    fit = stage(project, "fit")
    assert (fit.directory, fit.option("frozen")) == ("src", "true")
    assert paths(fit.inputs) == ["src/trainer", "data/prepared"]
    assert paths(fit.products) == ["models/fit.pkl", "reports/fit.json", "reports/loss.csv"]
    assert fit.plots[0].options == (("x", "step"), ("y", "loss"))
    assert runs(project, fit) == [
        ("src/trainer/fit.py", ("--rate", "0.1", "--quick", "--layers", "8", "4")),
        ("src/report.py", ("--out", "../reports/fit.json")),
    ]


def test_templates_make_one_stage_an_item() -> None:
    project = project_of(PROJECT)
    assert names(project, "dvc")[2:] == [
        "each@linear", "each@forest", "regions@north", "regions@south",
        "grid@a-1-options0", "grid@a-2-options0", "grid@b-1-options0", "grid@b-2-options0",
    ]  # fmt: skip
    assert paths(stage(project, "each@forest").outputs) == ["models/forest.pkl"]
    assert runs(project, stage(project, "each@forest")) == [
        ("src/train.py", ("--model", "forest", "${unknown.key}"))
    ]
    assert paths(stage(project, "regions@south").inputs) == ["data/s.csv"]
    assert stage(project, "grid@b-2-options0").commands[0].argv[2:] == ("b", "2", "3")


def test_what_stands_beside_the_stages_is_declared_too() -> None:
    project = project_of(PROJECT)
    assert [(d.kind, d.path or d.file) for d in project.declared_data] == [
        ("metric", "reports/all.json"), ("plot", "reports/loss.csv"), ("plot", "reports/roc.json"),
        ("param", "config/other.toml"), ("model", "models/fit.pkl"), ("dataset", "s3://bucket/pets"),
    ]  # fmt: skip


def test_a_stage_that_a_script_runs_in_is_found_from_the_script() -> None:
    project = project_of(PROJECT)
    source = project.source("src/train.py")
    assert source is not None
    assert [(s.name, argv[1]) for s, argv in project.stages_running(source)] == [
        ("each@linear", "linear"), ("each@forest", "forest")
    ]  # fmt: skip


def test_the_lock_is_kept_apart_from_the_pipeline() -> None:
    project = project_of(
        {
            "sub/dvc.lock": """\
                schema: '2.0'
                stages:
                  train:
                    cmd: python train.py
                    deps: [{path: ../data.csv, md5: abc, size: 3}]
                    params: {params.yaml: {train.rate: 0.1}}
                    outs: [{path: model.pkl, md5: def}]
                """
        }
    )
    assert project.stages == ()
    locked = project.locked_stages[0]
    assert (paths(locked.inputs), paths(locked.outputs)) == (["data.csv"], ["sub/model.pkl"])
    assert (locked.params[0].file, locked.params[0].path) == ("sub/params.yaml", "train.rate")
    assert locked.outputs[0].option("md5") == "def"


def test_tracked_and_imported_data() -> None:
    project = project_of(
        {
            "data/raw.csv.dvc": "outs:\n- md5: abc\n  path: raw.csv\n",
            "data/shared.dvc": """\
                frozen: true
                deps:
                - path: sets/a
                  repo: {url: git@example.org:team/data.git, rev: v1.2, rev_lock: 0abc}
                outs:
                - path: shared
                """,
        }
    )
    raw, shared = project.declared_data
    assert (raw.kind, raw.path, raw.option("md5")) == ("dataset", "data/raw.csv", "abc")
    assert shared.path == "data/shared"
    assert [shared.option(name) for name in ("rev", "origin", "frozen")] == ["v1.2", "sets/a", "true"]


def test_odd_documents_declare_nothing_and_break_nothing() -> None:
    texts = ["", "[]", "stages: 3", "stages: {a: }", "stages: {a: {cmd: }}", "stages: {a: {foreach: 3, do: 4}}",
             "stages: {a: {deps: {x: {y: 1}}, matrix: [1], cmd: 5}}", "vars: 3\nplots: {a: }"]  # fmt: skip
    for text in texts:
        project = project_of({"dvc.yaml": text, "x.dvc": text, "dvc.lock": text})
        assert all(s.tool == "dvc" for s in project.stages)
