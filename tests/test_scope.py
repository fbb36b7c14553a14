"""Which root is analysed for the paths that are given."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mldebt.cli import cli
from mldebt.scope import find_scope


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with a project in it that has requirements of its own."""
    for name in ("repo/.git/HEAD", "repo/api/requirements.txt", "repo/api/app.py", "repo/src/deep/train.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def test_nothing_given_is_the_current_directory(tree: Path) -> None:
    assert find_scope([], directory=tree / "repo").root == tree / "repo"
    assert find_scope([], directory=tree / "repo" / "src").root == tree / "repo"


def test_a_directory_that_is_a_project_is_its_own_root(tree: Path) -> None:
    scope = find_scope([tree / "repo" / "api"])
    assert (scope.root, scope.contains("app.py")) == (tree / "repo" / "api", True)


def test_a_file_belongs_to_the_repository_around_it(tree: Path) -> None:
    scope = find_scope([Path("app.py")], directory=tree / "repo" / "api")
    assert scope.root == tree / "repo"
    assert scope.contains("api/app.py")
    assert not scope.contains("src/deep/train.py")


def test_settings_are_a_nearer_root_than_git(tree: Path) -> None:
    (tree / "repo" / "src" / "mldebt.toml").write_text("")
    assert find_scope([tree / "repo" / "src" / "deep" / "train.py"]).root == tree / "repo" / "src"


def test_several_paths_share_a_root(tree: Path) -> None:
    scope = find_scope([tree / "repo" / "api", tree / "repo" / "src"])
    assert scope.root == tree / "repo"
    assert scope.contains("src/deep/train.py")
    assert not scope.contains("setup.py")


def test_without_any_project_the_current_directory_is_the_root(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x.py").write_text("")
    assert find_scope([Path("b/x.py")], directory=tmp_path / "a").root == tmp_path / "a"
    assert find_scope([tmp_path / "a" / "b"], directory=tmp_path / "a" / "b").root == tmp_path / "a" / "b"
    elsewhere = tmp_path / "c"
    elsewhere.mkdir()
    assert find_scope([tmp_path / "a" / "b" / "x.py"], directory=elsewhere).root == tmp_path / "a" / "b"


def test_several_directories_that_no_project_holds_are_read_alone(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
    scope = find_scope([tmp_path / "a", tmp_path / "b"], directory=tmp_path)
    assert scope.root == tmp_path
    assert scope.read == (tmp_path / "a", tmp_path / "b")
    assert find_scope([tmp_path / "a"], directory=tmp_path).read == ()
    assert find_scope([tmp_path, tmp_path / "a"], directory=tmp_path).read == ()
    (tmp_path / "requirements.txt").write_text("")
    assert find_scope([tmp_path / "a", tmp_path / "b"], directory=tmp_path).read == ()


def test_what_lies_beside_such_directories_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.py").write_text("x = 1\n")
    result = CliRunner().invoke(cli, ["check", "a", "b", "--no-cache"])
    assert "in 2 files" in result.output


def test_paths_that_are_links_are_followed(tree: Path) -> None:
    (tree / "link").symlink_to(tree / "repo")
    assert find_scope([tree / "link"]).root == tree / "repo"
