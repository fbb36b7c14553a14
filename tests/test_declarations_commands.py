"""MLproject, Make, shell, workflows, containers, Ploomber: tools whose stages are commands."""

from declaring import names, paths, project_of, runs, stage


def test_mlproject_entry_points_get_their_defaults() -> None:
    project = project_of(
        {
            "ml/MLproject": """\
                name: churn
                entry_points:
                  main:
                    parameters:
                      data: {type: path, default: data/churn.csv}
                      rate: {type: float, default: 0.1}
                      mode: str
                    command: "python train.py {data} --rate {rate} --mode {mode}"
                  etl:
                    command: "python -m etl"
                """,
            "ml/train.py": "",
            "ml/etl/__main__.py": "",
        }
    )
    main = stage(project, "main")
    assert runs(project, main) == [("ml/train.py", ("data/churn.csv", "--rate", "0.1", "--mode", "${mode}"))]
    assert paths(main.inputs) == ["ml/data/churn.csv"]
    assert [(p.path, p.option("default")) for p in main.params] == [
        ("data", "data/churn.csv"), ("rate", "0.1"), ("mode", None)
    ]  # fmt: skip
    assert runs(project, stage(project, "etl")) == [("ml/etl/__main__.py", ())]


MAKEFILE = """\
PYTHON = python3
DATA = data
.PHONY: all train

all: models/model.pkl report

$(DATA)/clean.csv: src/clean.py $(DATA)/raw.csv
\t$(PYTHON) $< $(DATA)/raw.csv $@

models/model.pkl: $(DATA)/clean.csv src/train.py
\tcd src && $(PYTHON) train.py --data ../$(DATA)/clean.csv

train: models/model.pkl

report:
\tbash scripts/report.sh $(DATA)
\t@$(PYTHON) src/merge.py $^

data/%.parquet: data/%.csv
\t$(PYTHON) src/convert.py $<
"""


def test_make_targets_with_their_files_and_variables() -> None:
    project = project_of(
        {
            "Makefile": MAKEFILE,
            "src/clean.py": "",
            "src/train.py": "",
            "scripts/report.sh": "python src/clean.py $1 report.html",
        }
    )
    assert names(project, "make") == [
        "all", "data/clean.csv", "models/model.pkl", "train", "report", "data/%.parquet"
    ]  # fmt: skip
    clean, model = stage(project, "data/clean.csv"), stage(project, "models/model.pkl")
    assert (paths(clean.inputs), paths(clean.outputs)) == (["src/clean.py", "data/raw.csv"], ["data/clean.csv"])
    assert runs(project, clean) == [("src/clean.py", ("data/raw.csv", "data/clean.csv"))]
    assert model.after == ("data/clean.csv",)
    assert [s.directory for s, _ in project.stages_running(project.by_path["src/train.py"])] == ["src"]
    assert runs(project, stage(project, "report")) == [("src/clean.py", ("data", "report.html"))]
    assert stage(project, "all").option("phony") == "true"
    assert stage(project, "all").outputs == ()
    assert not stage(project, "data/%.parquet").outputs[0].path.startswith("/")


def test_shell_scripts_and_notebook_commands() -> None:
    project = project_of(
        {
            "scripts/train.sh": """\
                #!/bin/bash
                OUT=models
                for fold in 0 1; do
                  python src/train.py --fold $fold --out $OUT
                done
                cd "$(dirname "$0")"
                python local.py
                """,
            "src/train.py": "",
            "scripts/local.py": "",
        }
    )
    assert runs(project, stage(project, "train.sh")) == [
        ("src/train.py", ("--fold", "$fold", "--out", "models")),
        ("scripts/local.py", ()),
    ]
    ((found, _),) = project.stages_running(project.by_path["src/train.py"])
    assert found.directory == ""


def test_a_shell_script_that_a_stage_calls_does_not_run_by_itself() -> None:
    project = project_of(
        {"dvc.yaml": "stages: {a: {cmd: sh run.sh 5}}", "run.sh": "python train.py --n $1", "train.py": ""}
    )
    assert names(project, "shell") == ["run.sh"]
    assert [argv for _, argv in project.stages_running(project.by_path["train.py"])] == [("--n", "5")]


def test_github_steps_run_in_their_directory_and_environment() -> None:
    project = project_of(
        {
            ".github/workflows/train.yml": """\
                env: {DATA: data/a.csv}
                defaults: {run: {working-directory: ml}}
                jobs:
                  train:
                    needs: [prepare]
                    steps:
                      - uses: actions/checkout@v4
                      - name: Fit
                        env: {RATE: 0.1}
                        run: |
                          python train.py $DATA --rate $RATE --key ${{ secrets.KEY }}
                          cd tools
                          python eval.py
                      - working-directory: other
                        run: python go.py
                """,
            "ml/train.py": "",
            "ml/tools/eval.py": "",
            "other/go.py": "",
        }
    )
    fit = stage(project, "train: Fit")
    assert fit.after == ("prepare",)
    assert runs(project, fit) == [
        ("ml/train.py", ("data/a.csv", "--rate", "0.1", "--key", "${{ secrets.KEY }}")),
        ("ml/tools/eval.py", ()),
    ]
    assert runs(project, stage(project, "train: 3")) == [("other/go.py", ())]


def test_steps_of_a_composite_action() -> None:
    project = project_of(
        {
            ".github/actions/fit/action.yml": "runs: {using: composite, steps: [{run: python fit.py, shell: bash}]}",
            "fit.py": "",
        }
    )
    assert runs(project, stage(project, "runs: 1")) == [("fit.py", ())]


def test_gitlab_jobs() -> None:
    project = project_of(
        {
            ".gitlab-ci.yml": """\
                stages: [train]
                variables: {DATA: data}
                default:
                  before_script: [cd src]
                train:
                  stage: train
                  script:
                    - python train.py $DATA
                  artifacts: {paths: [models/]}
                  needs: [etl]
                .hidden: {variables: {A: b}}
                """,
            "src/train.py": "",
        }
    )
    train = stage(project, "train")
    assert names(project, "workflow") == ["train"]
    assert runs(project, train) == [("src/train.py", ("data",))]
    assert (paths(train.outputs), train.after) == (["models"], ("etl",))


def test_images_run_what_was_copied_into_them() -> None:
    project = project_of(
        {
            "docker/Dockerfile": """\
                FROM python:3.11
                WORKDIR /app
                COPY requirements.txt .
                COPY service ./service
                ENV PORT=80
                RUN python service/warm.py
                ENTRYPOINT ["python", "service/main.py"]
                CMD ["--port", "$PORT"]
                """,
            "api/Dockerfile": "FROM x\nWORKDIR /opt/app\nCOPY src/ .\nCMD uvicorn main:app --port 80\n",
            "jobs/Dockerfile": "FROM x\nCOPY job.py /code/job.py\nCMD python /code/job.py\n",
            "api/src/main.py": "app = 1",
            "service/main.py": "",
            "service/warm.py": "",
            "jobs/job.py": "",
        },
        ("requirements.txt",),
    )
    by_file = {s.path: s for s in project.stages if s.tool == "docker"}
    assert runs(project, by_file["docker/Dockerfile"]) == [
        ("service/warm.py", ()), ("service/main.py", ("--port", "80"))
    ]  # fmt: skip
    (served,) = project.executions(by_file["api/Dockerfile"])
    assert (served.path, served.function, served.directory) == ("api/src/main.py", "app", "api/src")
    assert runs(project, by_file["jobs/Dockerfile"]) == [("jobs/job.py", ())]


def test_compose_services() -> None:
    project = project_of(
        {
            "docker-compose.yml": """\
                services:
                  api:
                    build: ./api
                    command: python main.py --port 80
                    environment: [DATA=data, DEBUG=1]
                    depends_on: [db]
                  worker:
                    build: {context: api}
                    command: ["python", "work.py", "$$HOME"]
                  db: {image: postgres}
                  batch: {build: {context: api, dockerfile: batch.Dockerfile}, command: ["work.py", "--all"]}
                """,
            "api/batch.Dockerfile": 'FROM x\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["python", "-u"]\n',
            "api/Dockerfile": "FROM x\nWORKDIR /app\nCOPY . /app\n",
            "api/main.py": "",
            "api/work.py": "",
        }
    )
    api = stage(project, "api")
    assert runs(project, api) == [("api/main.py", ("--port", "80"))]
    assert api.environment == (("DATA", "data"), ("DEBUG", "1"))
    assert api.after == ("db",)
    assert [path for path, _ in runs(project, stage(project, "worker"))] == ["api/work.py"]
    assert names(project, "compose") == ["api", "worker", "batch"]
    assert runs(project, stage(project, "batch")) == [("api/work.py", ("--all",))]


def test_ploomber_tasks() -> None:
    project = project_of(
        {
            "pipeline.yaml": """\
                tasks:
                  - source: scripts/load.py
                    product: {nb: out/load.ipynb, data: out/load.csv}
                    params: {rows: 10}
                  - source: tasks.clean
                    name: clean
                    product: out/clean.csv
                    upstream: [load]
                """,
            "scripts/load.py": "",
            "tasks.py": "def clean(product, upstream): ...",
        }
    )
    load, clean = stage(project, "load"), stage(project, "clean")
    assert [(d.name, d.path) for d in load.outputs] == [("nb", "out/load.ipynb"), ("data", "out/load.csv")]
    assert (clean.code, clean.after) == (("tasks.py:clean",), ("load",))
    assert runs(project, load) == [("scripts/load.py", ())]
