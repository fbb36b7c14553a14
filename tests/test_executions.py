import pytest
from declaring import project_of, runs, stage

from mldebt.project.command_lines import target_of

SCRIPTS = [
    ("python train.py --x 1", ("script", "train.py", ("--x", "1"))),
    ("/usr/bin/python3.11 -u -W ignore src/a.py b", ("script", "src/a.py", ("b",))),
    ("$(PYTHON) train.py", ("script", "train.py", ())),
    ("${PYTHON_INTERPRETER} train.py", ("script", "train.py", ())),
    ("python -m pkg.train --fast", ("module", "pkg.train", ("--fast",))),
    ("CUDA_VISIBLE_DEVICES=0 python train.py", ("script", "train.py", ())),
    ("env A=1 python train.py", ("script", "train.py", ())),
    ("poetry run python train.py -q", ("script", "train.py", ("-q",))),
    ("uv run --frozen train.py a", ("script", "train.py", ("a",))),
    ("uv run --with pandas python -m pkg", ("module", "pkg", ())),
    ("pipenv run churn-train --fast", ("program", "churn-train", ("--fast",))),
    ("conda run -n env python train.py", ("script", "train.py", ())),
    ("accelerate launch --num_processes 2 train.py --lr 1", ("script", "train.py", ("--lr", "1"))),
    ("torchrun --nproc_per_node=4 train.py", ("script", "train.py", ())),
    ("python -m torch.distributed.launch --nproc_per_node 4 train.py x", ("script", "train.py", ("x",))),
    ("spark-submit --master yarn job.py in", ("script", "job.py", ("in",))),
    ("timeout 10 python train.py", ("script", "train.py", ())),
    ("streamlit run app.py", ("script", "app.py", ())),
    ("coverage run -m pkg.cli", ("module", "pkg.cli", ())),
    ("jupyter nbconvert --to html --execute eda.ipynb", ("script", "eda.ipynb", ())),
    ("papermill in.ipynb out.ipynb -p a 1", ("script", "in.ipynb", ("out.ipynb", "-p", "a", "1"))),
    ("uvicorn api.main:app --port 80", ("application", "api.main:app", ())),
    ("gunicorn -w 4 api.main:create()", ("application", "api.main:create", ())),
    ("bash -e run.sh a", ("shell", "run.sh", ("a",))),
    ("./run.sh", ("shell", "./run.sh", ())),
    ("bash -lc make", ("code", "make", ())),
    ("./train.py a", ("script", "./train.py", ("a",))),
    ("churn-train --fast", ("program", "churn-train", ("--fast",))),
]


@pytest.mark.parametrize(("line", "expected"), SCRIPTS, ids=[line for line, _ in SCRIPTS])
def test_wrappers_are_peeled_off(line: str, expected: tuple[str, str, tuple[str, ...]]) -> None:
    assert target_of(tuple(line.split())) == expected


@pytest.mark.parametrize(
    "line", ["python -c 1", "python", "jupyter nbconvert nb.ipynb", "jupyter lab", "A=1", ""]
)
def test_what_starts_nothing_of_the_project(line: str) -> None:
    assert target_of(tuple(line.split())) is None


def test_shell_scripts_stand_for_their_commands() -> None:
    project = project_of(
        {
            "dvc.yaml": "stages: {all: {cmd: bash scripts/run.sh fast && python src/last.py}}",
            "scripts/run.sh": 'MODE=$1\ncd src\npython train.py --mode "$MODE" --out ${OUT:-model.pkl} "$@"\n',
            "src/train.py": "",
            "src/last.py": "",
        }
    )
    assert runs(project, stage(project, "all")) == [
        ("src/train.py", ("--mode", "fast", "--out", "model.pkl", "fast")),
        ("src/last.py", ()),
    ]


def test_scripts_that_call_each_other_end() -> None:
    project = project_of(
        {"dvc.yaml": "stages: {all: {cmd: bash a.sh}}", "a.sh": "bash b.sh", "b.sh": "bash a.sh"}
    )
    assert runs(project, stage(project, "all")) == []


def test_the_directory_of_a_run_is_where_it_starts() -> None:
    project = project_of(
        {"dvc.yaml": "stages: {a: {cmd: cd code && python train.py}}", "code/train.py": "", "train.py": ""}
    )
    source = project.source("code/train.py")
    assert source is not None
    assert [s.directory for s, _ in project.stages_running(source)] == ["code"]
    assert project.stages_running(project.by_path["train.py"]) == ()


def test_directories_on_another_machine_are_those_of_the_project() -> None:
    project = project_of(
        {
            "run.sh": """\
                (cd /opt/app/jobs && python daily.py)
                (cd /opt/app && python jobs/daily.py --all)
                (cd $HOME/app/jobs && python tools/fix.py)
                python /usr/lib/setup.py
                """,
            "jobs/daily.py": "",
            "jobs/tools/fix.py": "",
            "setup.py": "",
        }
    )
    found = project.executions(stage(project, "run.sh"))
    assert [(e.path, e.directory, e.argv) for e in found] == [
        ("jobs/daily.py", "jobs", ()),
        ("jobs/daily.py", "", ("--all",)),
    ]


def test_a_shell_script_that_says_where_the_code_is_starts_at_the_root() -> None:
    project = project_of({"jobs/run.sh": "python $HOME/src/train.py\n", "src/train.py": ""})
    ((found, _),) = project.stages_running(project.by_path["src/train.py"])
    assert found.directory == ""


def test_installed_commands_lead_to_their_functions() -> None:
    project = project_of(
        {
            "pyproject.toml": '[project.scripts]\nchurn = "churn.cli:main"\n',
            "setup.cfg": "[options.entry_points]\nconsole_scripts =\n  score = churn.score:run\n  x = other:y\n",
            "setup.py": """\
                from setuptools import setup
                setup(entry_points={"console_scripts": ["old = churn.old:main"]})
                """,
            "dvc.yaml": "stages: {a: {cmd: [churn --fast, score, old, x]}}",
            "src/churn/cli.py": "def main(): ...",
            "src/churn/score.py": "",
            "src/churn/old.py": "",
        }
    )
    found = project.executions(stage(project, "a"))
    assert [(e.path, e.function, e.argv) for e in found] == [
        ("src/churn/cli.py", "main", ("--fast",)),
        ("src/churn/score.py", "run", ()),
        ("src/churn/old.py", "main", ()),
    ]
