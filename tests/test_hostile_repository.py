"""Repositories whose own files git cannot be asked about: it waits, or refuses, and the run goes on."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from mldebt import git_objects, listing
from mldebt.cli import cli
from mldebt.outside import stamps

GOOD = "import pandas as pd\nframe = pd.read_csv('/home/ada/visits.csv')\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "good.py").write_text(GOOD)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(listing, "_GIT_SECONDS", 0.5)
    monkeypatch.setattr(git_objects, "_silent", set())
    return tmp_path


def found(*arguments: str) -> set[str]:
    """The paths of the findings, of a run that ends in time."""
    start = time.monotonic()
    result = CliRunner().invoke(cli, ["check", "--output-format", "json", *arguments])
    assert time.monotonic() - start < 15
    assert isinstance(result.exception, SystemExit | None), result.exception
    return {finding["path"] for finding in json.loads(result.stdout)["findings"]}


@pytest.mark.parametrize("name", [".gitignore", ".git/info/exclude", ".git/config", ".git/HEAD"])
@pytest.mark.parametrize("profile", ["hook", "audit"])
def test_a_pipe_among_the_files_of_git_is_not_waited_for(repository: Path, name: str, profile: str) -> None:
    (repository / name).unlink(missing_ok=True)
    os.mkfifo(repository / name)
    assert found("--profile", profile) == {"good.py"}


@pytest.mark.parametrize("name", ["HEAD", "refs/heads/main"])
def test_the_commit_is_not_waited_for(repository: Path, name: str) -> None:
    """An unchanged project asks for it without git."""
    file = repository / ".git" / name
    (repository / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    asking = threading.Thread(target=stamps, args=(repository, ["good.py"]), daemon=True)
    asking.start()
    asking.join(10)
    assert not asking.is_alive()


def test_git_that_did_not_answer_is_not_asked_again(repository: Path) -> None:
    os.mkfifo(repository / ".gitignore")
    for _ in range(2):
        with pytest.raises(git_objects.GitError, match="does not answer"):
            git_objects.git(repository, "ls-files", "-o", "--exclude-standard", seconds=0.2)
    assert git_objects._silent == {str(repository)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".git/config", b"[core\n"),
        (".git/index", b"DIRC" + b"\xff" * 500),
        (".git/HEAD", b"\xff\0" * 100),
        (".git/HEAD", b"ref: ../../../../../../dev/zero\n"),
        (".git/HEAD", b""),
    ],
)
def test_a_spoilt_repository_is_analysed_as_files(repository: Path, name: str, content: bytes) -> None:
    (repository / name).write_bytes(content)
    assert found("--profile", "audit") == {"good.py"}


@pytest.mark.parametrize("content", ["gitdir: /dev/zero\n", "gitdir: .git\n", "", "x" * 100_000])
def test_a_file_in_the_place_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / ".git").write_text(content)
    monkeypatch.chdir(tmp_path)
    assert found("--profile", "audit") == {"good.py"}


@pytest.mark.parametrize("target", ["/dev/zero", ".", "gone"])
def test_a_link_in_the_place_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / ".git").symlink_to(target)
    monkeypatch.chdir(tmp_path)
    assert found("--profile", "audit") == {"good.py"}
