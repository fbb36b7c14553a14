"""Who owns a file, by the rules of GitHub and of GitLab."""

from __future__ import annotations

from pathlib import Path

import pytest

from mldebt.owners import Owners, find_owners

GITHUB = """
# the last one that fits decides
*                     @org/everybody
*.py                  @ada  # not the notebooks
/models/              @org/modelling mail@example.org
docs/*                @writer
apps/                 @apps
/models/vendored
/deep/**/train.py     @deep
**/logs               @logs
white\\ space/         @white
!not-possible         @nobody
"""

GITLAB = """
* @everybody
[Data][2] @data-team
/data/
*.sql @dba
^[Docs] @docs
README.md
/docs/*
!/docs/private.md
[Data]
/data/raw/ @raw
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("notes.txt", "@org/everybody"),
        ("src/a.py", "@ada"),
        ("models/a.py", "@org/modelling mail@example.org"),
        ("src/models/a.py", "@ada"),
        ("models/vendored/a.py", ""),
        ("docs/index.md", "@writer"),
        ("docs/api/index.md", "@org/everybody"),
        ("src/docs/index.md", "@org/everybody"),
        ("src/apps/deep/x.yaml", "@apps"),
        ("deep/train.py", "@deep"),
        ("deep/a/b/train.py", "@deep"),
        ("a/logs/x/y.txt", "@logs"),
        ("white space/x.txt", "@white"),
        ("not-possible", "@org/everybody"),
    ],
)
def test_github(path: str, owners: str) -> None:
    assert Owners(GITHUB).of(path) == tuple(owners.split())


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("train.py", "@everybody"),
        ("data/load.py", "@everybody @data-team"),
        ("data/raw/load.py", "@everybody @raw"),
        ("src/q.sql", "@everybody @dba"),
        ("src/README.md", "@everybody @docs"),
        ("docs/a.md", "@everybody @docs"),
        ("docs/private.md", "@everybody"),
        ("docs/a/b.md", "@everybody"),
    ],
)
def test_gitlab(path: str, owners: str) -> None:
    assert Owners(GITLAB).of(path) == tuple(owners.split())


def test_relative_paths_are_anchored_for_github_alone(tmp_path: Path) -> None:
    assert find_owners(tmp_path) is None
    (tmp_path / ".gitlab").mkdir()
    (tmp_path / ".gitlab" / "CODEOWNERS").write_text("conf/base @base\n")
    found = find_owners(tmp_path)
    assert found is not None
    assert found.of("services/conf/base/a.yaml") == ("@base",)
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "CODEOWNERS").write_text("conf/base @base\n")
    found = find_owners(tmp_path)
    assert found is not None
    assert found.of("services/conf/base/a.yaml") == ()
    assert found.of("conf/base/a.yaml") == ("@base",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[x",
        "^[]",
        "@a",
        "* ",
        "*" * 60 + " @a",
        "\\",
        "/ @a",
        "** @a",
        "\0 @a",
        "a*" * 50 + "b/" + "**/a/" * 50 + "b @a",
    ],
)
def test_strange_files_are_read(text: str) -> None:
    assert set(Owners(text).of("a" * 80 + "/a" * 80 + "/b.py")) <= {"@a"}
