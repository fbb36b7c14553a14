"""Exemptions of rules whose examples are too long for their pages."""

from __future__ import annotations

import pytest

from mldebt.examples import ExampleFile, findings_of
from mldebt.packs import Packs, built_in_directory, open_directory

PACKS = Packs(open_directory(built_in_directory()))
SCRIPT = """import pandas as pd
from sklearn.linear_model import LogisticRegression

def load():
    frame = pd.read_csv("data/{name}.csv")
    frame = frame.dropna()
    return frame

def train(frame):
    model = LogisticRegression()
    columns = [name for name in frame.columns if name != "target"]
    model.fit(frame[columns], frame["target"])
    print(model.score(frame[columns], frame["target"]))
    print(model.coef_)
    return model

if __name__ == "__main__":
    train(load())
"""
STAGES = """stages:
  one: {cmd: python train_1.py, deps: [train_1.py]}
  two: {cmd: python train_2.py, deps: [train_2.py]}
"""


def found(rule_id: str, **texts: str) -> list[str]:
    files = tuple(ExampleFile(path, text) for path, text in texts.items())
    return [finding.location.path for finding in findings_of(PACKS.files[rule_id].load()(), files)]


def versions(first: str, second: str, **more: str) -> list[str]:
    return found("versioned-copy", **{first: SCRIPT.format(name="a"), second: SCRIPT.format(name="b"), **more})


def test_a_second_version_of_a_script_is_one() -> None:
    assert versions("train.py", "train_v2.py") == ["train_v2.py"]


@pytest.mark.parametrize(
    ("first", "second", "more"),
    [
        ("train_1.py", "train_2.py", {"dvc.yaml": STAGES}),  # the numbers count data, and each is run
        ("migrations/train.py", "migrations/train_v2.py", {}),
        ("venv/lib/python3.11/site-packages/train.py", "venv/lib/python3.11/site-packages/train_v2.py", {}),
        ("day_1/train.py", "day_2/train.py", {}),
        ("api/v1/train.py", "api/v2/train.py", {}),  # both are served
    ],
)
def test_what_only_looks_like_a_second_version(first: str, second: str, more: dict[str, str]) -> None:
    assert versions(first, second, **more) == []


def test_code_that_cannot_be_parsed_may_read_a_setting() -> None:
    settings = '{"rows_path": "rows.csv", "meta_path": "meta.csv"}'
    reader = 'import json\nrows = json.load(open("settings.json"))["rows_path"]\n'
    old = 'import json\nprint "old"\nmeta = json.load(open("settings.json"))["meta_path"]\n'
    texts = {"settings.json": settings, "rows.py": reader}
    assert found("unused-config-key", **texts) == ["settings.json"]
    assert found("unused-config-key", **texts, **{"old.py": old}) == []
