"""Data that lies in git: sizes are those that git stores, and a remembered answer knows of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mldebt.cache import Cache
from mldebt.cache_keys import extraction_version
from mldebt.engine import check
from mldebt.packs import find_packs
from mldebt.scope import find_scope
from mldebt.settings import load_settings, override


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a model, a big table, a small one, and a big table that only tests read."""
    root = tmp_path / "project"
    for name, size in (
        ("models/churn.pkl", 120_000),
        ("data/visits.csv", 1_200_000),
        ("data/shops.csv", 900),
        ("tests/visits.csv", 1_200_000),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x" * size)
    (root / "train.py").write_text("import pandas as pd\n\npd.read_csv('data/visits.csv')\n")
    git(root.parent, "init", "-q", "project")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    return root


def messages(root: Path, cache: Cache | None = None) -> list[tuple[str, str]]:
    settings = override(load_settings(root, isolated=True), profile="audit", select=("data-in-git",))
    report = check(settings, find_scope([root]), find_packs(), cache=cache)
    assert not report.errors
    return [(f.location.path, f.message) for f in report.findings]


def test_one_finding_a_directory_with_its_readers(root: Path) -> None:
    assert messages(root) == [
        ("data/visits.csv", "1.2 MB of data or models in git: `visits.csv`"),
        ("models/churn.pkl", "120 kB of data or models in git: `churn.pkl`"),
    ]


def test_what_git_does_not_store_is_left_alone(root: Path) -> None:
    git(root, "rm", "-q", "--cached", "models/churn.pkl")
    (root / "data/visits.csv").write_text("version https://git-lfs.github.com/spec/v1\n")
    git(root, "add", "data/visits.csv")
    assert messages(root) == []


def test_no_repository(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"x" * 200_000)
    (tmp_path / "a.py").write_text("x = 1\n")
    assert messages(tmp_path) == []


def test_a_remembered_answer_knows_the_sizes(root: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", extraction_version())
    before = messages(root, cache)
    assert messages(root, cache) == before
    (root / "data/shops.csv").write_bytes(b"x" * 1_300_000)
    git(root, "add", "-A")
    assert messages(root, cache) != before
