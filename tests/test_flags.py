"""How long switches and scripts are wanted: contracts, dates in names, and the history of the repository."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from mldebt.examples import ExampleFile, findings_of
from mldebt.outside import stamps
from mldebt.packs import Packs, built_in_directory, open_directory
from mldebt.project import Project
from mldebt.project.flags import last_day

PACKS = Packs(open_directory(built_in_directory()))
FIT = "from sklearn.linear_model import Ridge\nRidge().fit(X, y)\n"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-05-01", date(2024, 5, 1)),
        ("2024/05/01", date(2024, 5, 1)),
        ("2024-02", date(2024, 2, 29)),
        ("Feb. 2023", date(2023, 2, 28)),
        ("2024", date(2024, 12, 31)),
        ("2024-13-01", None),
        ("soon", None),
    ],
)
def test_the_last_day_of_what_a_text_names(text: str, day: date | None) -> None:
    assert last_day(text) == day


def commit(home: Path, day: str, **files: str) -> None:
    for name, text in files.items():
        (home / f"{name}.py").write_text(text, encoding="utf-8")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    env = {"GIT_COMMITTER_DATE": f"{day}T12:00:00Z", "PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(home)}
    subprocess.run(["git", "add", "."], cwd=home, check=True, env=env)
    subprocess.run(["git", *who, "commit", "-q", "-m", day], cwd=home, check=True, env=env)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    commit(tmp_path, "2020-01-01", train=FIT, train_forest=FIT)
    commit(tmp_path, "2020-03-01", **{f"step_{number}": "" for number in range(8)})
    commit(tmp_path, "2020-05-01", train=FIT + "print(1)\n")
    return tmp_path


def test_ages_come_from_the_last_commits(repository: Path) -> None:
    project = Project(repository, [], ["train.py", "train_forest.py", *(f"step_{n}.py" for n in range(8))])
    project.today = date(2020, 7, 15)
    ages = project.ages
    assert ages.known
    assert (ages.changed("train.py"), ages.changed("train_forest.py")) == (date(2020, 5, 1), date(2020, 1, 1))
    assert ages.is_old("train_forest.py", 180)
    assert not ages.is_old("train_forest.py", 200)  # 196 days
    assert not ages.is_old("train.py", 30)  # the newest of all
    assert not ages.is_old("missing.py", 0)


def test_there_are_no_ages_without_a_repository(tmp_path: Path) -> None:
    ages = Project(tmp_path, [], ["train.py"]).ages
    assert not ages.known
    assert ages.changed("train.py") is None


def test_an_answer_depends_on_the_commit(repository: Path) -> None:
    before = stamps(repository, ["train.py"])
    commit(repository, "2020-06-01", other="")
    assert stamps(repository, ["train.py"]) != before


def test_a_contract_ends_on_its_day() -> None:
    rule = PACKS.files["expired-experiment"].load()()
    text = '[tool.mldebt]\ncontract.flag = [{name = "USE_TEXT", owner = "anna", expires = 2021-06-30}]\n'
    code = "USE_TEXT = False\nif USE_TEXT:\n    run()\n"
    (found,) = findings_of(rule, (ExampleFile("pyproject.toml", text), ExampleFile("train.py", code)))
    assert "`USE_TEXT` ended on 2021-06-30" in found.message
    assert [str(related.location) for related in found.related] == ["train.py:1"]
