"""Phases, programs, unseeded draws and saved models of small projects."""

from pathlib import Path

import pytest

from mldebt.extract import extract
from mldebt.project import Project
from mldebt.project.draws import unseeded_draws
from mldebt.project.model_saves import is_recorded
from mldebt.roles import path_roles
from mldebt.source import Kind, Source

FIT = "from sklearn.svm import SVC\nSVC().fit(X, y)\n"
SAVE = f"import joblib\n{FIT}joblib.dump(SVC().fit(X, y), 'model.pkl')\n"


def project(**files: str) -> Project:
    """A project of modules; `__` in a name stands for a directory."""
    paths = {f"{name.replace('__', '/')}.py": text for name, text in files.items()}
    facts = [
        (Source(p, Kind.PYTHON, Path(p), path_roles(p, Kind.PYTHON)), extract(Kind.PYTHON, text.encode()))
        for p, text in paths.items()
    ]
    return Project(Path("."), facts)


def training(**files: str) -> list[str]:
    return [program.source.path for program in project(**files).phases.training]


@pytest.mark.parametrize(
    ("code", "trains"),
    [
        (FIT, True),
        ("loss.backward()\noptimizer.step()\n", True),
        ("loss.backward()\n", False),
        ("from sklearn.preprocessing import StandardScaler\nStandardScaler().fit(X)\n", False),
        ("model.predict(X)\n", False),
        (f"def later():\n    {FIT.replace(chr(10), chr(10) + '    ')}\nprint(1)\n", False),
    ],
)
def test_a_program_trains_when_what_it_runs_changes_weights(code: str, trains: bool) -> None:
    assert training(train=code) == (["train.py"] if trains else [])


def test_a_module_that_others_import_and_a_test_are_no_programs() -> None:
    assert training(main="import part\nprint(part)\n", part=FIT, tests__test_fit=FIT) == ["main.py"]


def test_draws_are_those_of_generators_that_the_program_does_not_seed() -> None:
    code = "import random\nimport numpy as np\nrandom.seed(1)\nrandom.shuffle(X)\nnp.random.shuffle(X)\n" + FIT
    ((program, draws),) = unseeded_draws(project(train=code))
    assert program.source.path == "train.py"
    assert [draw.generator for draw in draws] == ["numpy"]


@pytest.mark.parametrize(
    "code",
    ["import random\nprint(random.choice(X))\n" + FIT, "import torch\nnet = torch.nn.Linear(2, 1)\n" + FIT],
)
def test_draws_that_decide_nothing_about_training(code: str) -> None:
    assert list(unseeded_draws(project(train=code))) == []


@pytest.mark.parametrize(
    ("more", "recorded"),
    [
        ("", False),
        ("import mlflow\n", True),
        ("open('metrics.json', 'w').write(text)\n", True),
        ("frame.to_csv('scores.csv')\n", True),
        ("frame.to_csv('submission.csv')\n", False),
    ],
)
def test_what_counts_as_a_record(more: str, recorded: bool) -> None:
    found = project(train=SAVE + more)
    (save,) = found.model_saves
    assert str(save.access.address) == "model.pkl"
    assert is_recorded(found, save.program) is recorded


@pytest.mark.parametrize("name", ["scaler.pkl", "model_metrics.pkl", "predictions.csv", "tokenizer_model.pkl"])
def test_what_is_no_model(name: str) -> None:
    assert list(project(train=SAVE.replace("model.pkl", name)).model_saves) == []
