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
from mldebt.source import Span

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


def test_lines_have_ages_of_their_own(repository: Path) -> None:
    (repository / "new.py").write_text("x = 1\n")
    project = Project(repository, [], ["train.py", "train_forest.py", "new.py"])
    project.today = date(2020, 7, 15)
    ages = project.ages
    young = [ages.is_young("train.py", Span.at(line), 100) for line in (1, 2, 3)]
    assert young == [False, False, True]  # the third line is 75 days old, the others 196
    assert ages.is_young("train.py", Span(1, 1, 3, 1), 100)
    assert not ages.is_young("train.py", Span.at(3), 70)
    assert not ages.is_young("train.py", Span.at(9), 100)  # there is no such line
    assert ages.is_young("new.py", Span.at(1), 10)  # not committed yet
    assert not ages.is_young("train.py", Span.at(3), 200)  # nothing is that old: finished code was put there
    (repository / "train_forest.py").write_text(FIT.replace("Ridge()", "Ridge( )") + "y = 2\n")
    assert not ages.is_young("train_forest.py", Span.at(2), 100)  # white space
    assert ages.is_young("train_forest.py", Span.at(3), 100)


def test_nothing_is_run_for_the_age_of_a_line(repository: Path) -> None:
    (repository / ".gitattributes").write_text("*.py diff=evil filter=evil\n")
    for key in ("diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge"):
        subprocess.run(["git", "config", key, "touch was_run; cat"], cwd=repository, check=True)
    project = Project(repository, [], ["train.py"])
    project.today = date(2020, 7, 15)
    assert project.ages.is_young("train.py", Span.at(3), 100)
    assert not (repository / "was_run").exists()


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
