"""Findings of a change alone: since a reference, in the index, in a diff; across files, renames and notebooks."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mldebt.cli import cli

RULES = {
    "no_print": '''
from mldebt import Rule

class NoPrint(Rule):
    """Prints are debt."""

    def check(self, project):
        for site in project.calls("print"):
            yield self.finding(site.location, "print")
''',
    "needs_readme": '''
from mldebt import Location, Related, Rule, Span

class NeedsReadme(Rule):
    """Every program wants a file of its name."""

    def check(self, project):
        for source in project.code:
            wanted = source.path.removesuffix(".py") + ".txt"
            if source.path.endswith("main.py") and wanted not in project.files:
                related = [Related(Location("other.py", Span.at(1)), "see here")]
                yield self.finding(Location(source.path, Span.at(1)), f"{wanted} is missing", related=related)
''',
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")] + ["CI", "PRE_COMMIT"]:
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "project"
    root.mkdir()
    pack = tmp_path / "pack" / "glue_code"
    pack.mkdir(parents=True)
    for name, code in RULES.items():
        (pack / f"{name}.py").write_text(code)
    monkeypatch.chdir(root)
    git("init", "-q", "-b", "main")
    (root / "a.py").write_text("print(1)\n\nx = 1\n")
    (root / "main.py").write_text("y = 1\n")
    (root / "main.txt").write_text("about main\n")
    (root / "other.py").write_text("z = 1\n")
    commit()
    return root


def git(*arguments: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True).stdout


def commit() -> None:
    git("add", "-A")
    git("commit", "-q", "-m", "m")


def run(*arguments: str, stdin: str | None = None) -> Result:
    given = ["--pack", "../pack", "--select", "no-print,needs-readme", "--no-cache", "--output-format", "json"]
    return CliRunner().invoke(cli, ["check", *given, *arguments], input=stdin)


def places(*arguments: str, stdin: str | None = None) -> list[str]:
    result = run(*arguments, stdin=stdin)
    assert result.exit_code in (0, 1), result.output
    return [f"{f['path']}:{f['line']}" for f in json.loads(result.stdout)["findings"]]


def test_findings_from_before_are_left_out_and_counted(project: Path) -> None:
    (project / "a.py").write_text("print(1)\n\nx = 1\nprint(2)\n")
    (project / "new.py").write_text("print(3)\n")  # not even added
    result = run("--since", "HEAD")
    assert places("--since", "HEAD") == ["a.py:4", "new.py:1"]
    assert json.loads(result.stdout)["summary"]["elsewhere"] == 1


def test_the_reference_is_where_the_branches_part(project: Path) -> None:
    git("checkout", "-q", "-b", "topic")
    (project / "b.py").write_text("print(2)\n")
    commit()
    git("checkout", "-q", "main")
    (project / "a.py").write_text("x = 1\n")
    commit()
    git("checkout", "-q", "topic")
    assert places("--since", "main") == ["b.py:1"]


def test_a_change_elsewhere_brings_a_finding(project: Path) -> None:
    git("rm", "-q", "main.txt")
    assert places("--since", "HEAD") == ["main.py:1"]


def test_a_related_place_in_the_change_counts(project: Path) -> None:
    git("rm", "-q", "main.txt")
    commit()
    assert places("--since", "HEAD") == []
    (project / "other.py").write_text("z = 2\n")
    assert places("--since", "HEAD") == ["main.py:1"]


def test_a_related_place_in_a_file_that_git_has_not_been_told_of_counts(project: Path) -> None:
    git("rm", "-q", "main.txt")
    git("rm", "-q", "--cached", "other.py")
    git("commit", "-q", "-m", "m")
    assert places("--since", "HEAD") == ["main.py:1"]
    git("add", "other.py")
    git("commit", "-q", "-m", "m")
    assert places("--since", "HEAD") == []


def test_a_renamed_file_brings_nothing(project: Path) -> None:
    git("mv", "a.py", "é b.py")
    commit()
    assert places("--since", "HEAD~1") == []


def test_the_index_is_analysed_not_the_work_tree(project: Path) -> None:
    (project / "a.py").write_text("print(1)\n\nx = 1\nprint(2)\n")
    git("add", "a.py")
    (project / "a.py").write_text("\n\n\n\nprint(4)\n")
    assert places("--staged") == ["a.py:4"]


def test_the_first_commit_can_be_staged(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    monkeypatch.chdir(fresh)
    git("init", "-q")
    (fresh / "a.py").write_text("print(1)\n")
    git("add", "a.py")
    assert places("--staged") == ["a.py:1"]


def test_a_diff_from_a_file_or_standard_input(project: Path) -> None:
    (project / "a.py").write_text("print(1)\n\nx = 1\nprint(2)\n")
    diff = git("diff", "-U3")
    (project / "the.diff").write_text(diff)
    assert places("--diff-file", "the.diff") == ["a.py:4"]
    assert places("--diff-file", "-", stdin=diff) == ["a.py:4"]


def test_what_is_no_diff_is_told(project: Path) -> None:
    def told(*arguments: str) -> str:
        result = CliRunner().invoke(cli, ["check", *arguments])
        assert result.exit_code == 2
        return result.stderr

    assert (
        told("--diff-file", "lost.diff")
        == "Error: --diff-file lost.diff: cannot be read: No such file or directory\n"
    )
    assert told("--diff-file", "a.py") == "Error: this is no unified diff: it names no file\n"


@pytest.mark.parametrize("diff", ["", "\n", "diff --git a/a.py b/a.py\nold mode 100644\nnew mode 100755\n"])
def test_a_diff_without_lines_has_no_findings(project: Path, diff: str) -> None:
    assert places("--diff-file", "-", stdin=diff) == []


def test_a_project_below_the_repository(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = project / "part"
    below.mkdir()
    (below / "mldebt.toml").write_text("")
    (below / "c.py").write_text("print(1)\n")
    commit()
    monkeypatch.chdir(below)
    (below / "c.py").write_text("print(1)\nprint(2)\n")
    result = CliRunner().invoke(
        cli,
        ["check", "--pack", "../../pack", "--select", "no-print", "--no-cache", "--since", "HEAD"],
    )
    assert result.stdout.startswith("c.py:2:1 warning"), result.output


def test_a_notebook_counts_at_its_raw_lines(project: Path) -> None:
    def notebook(*lines: str) -> str:
        cells = [
            {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": list(lines)}
        ]
        return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)

    (project / "n.ipynb").write_text(notebook("print(1)\n", "x = 1\n"))
    commit()
    (project / "n.ipynb").write_text(notebook("print(1)\n", "x = 1\n", "print(2)\n"))
    assert places("--since", "HEAD") == ["n.ipynb:3"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--since", "nowhere"], 2, "there is no commit `nowhere`"),
        (["--since", "HEAD", "--staged"], 2, "exclude each other"),
        (["--since", "--output=x"], 2, "there is no commit"),
    ],
)
def test_what_cannot_be_compared_is_told(project: Path, arguments: list[str], code: int, message: str) -> None:
    result = run(*arguments)
    assert message in result.output
    assert result.exit_code != 0
    assert "Traceback" not in result.output


@pytest.mark.parametrize("option", [["--since", "HEAD"], ["--staged"]])
def test_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "a.py").write_text("x = 1\n")
    result = CliRunner().invoke(cli, ["check", *option, "--no-cache"])
    assert result.output == f"Error: {' '.join(option)}: {tmp_path} is in no git repository\n"
    assert result.exit_code == 2


def _hostile(project: Path, tmp_path: Path, *keys: str) -> Path:
    """A repository that wants a program run whenever git looks at it; gives the file that the program writes."""
    program, ran = tmp_path / "program", tmp_path / "ran"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    for key in keys:
        git("config", key, str(program))
    (project / ".gitattributes").write_text("* filter=a=b diff=x\n")
    (project / ".git" / "info").mkdir(exist_ok=True)
    (project / ".git" / "info" / "attributes").write_text("* filter=a=b diff=x\n")
    return ran


def test_programs_that_a_repository_names_are_not_run(project: Path, tmp_path: Path) -> None:
    keys = (
        "core.fsmonitor diff.external diff.x.command diff.x.textconv filter.a=b.clean filter.a=b.process".split()
    )
    git("branch", "before")
    ran = _hostile(project, tmp_path, *keys, "core.pager", "core.sshCommand", "gpg.program")
    git("config", "log.showSignature", "true")
    (project / "a.py").write_text("print(1)\n\nx = 1\nprint(2)\n")
    assert places("--since", "before") == ["a.py:4"]
    assert places("--staged") == []
    assert not ran.exists()
    subprocess.run(["git", "diff", "before"], cwd=project, check=False, capture_output=True)
    assert ran.exists()  # plain git does run them


def test_missing_objects_are_not_fetched(project: Path, tmp_path: Path) -> None:
    git("branch", "before")
    git("commit", "-q", "--allow-empty", "-m", "x")
    ran = _hostile(project, tmp_path, "remote.origin.uploadpack")
    for key, value in {"remote.origin.url": str(project), "remote.origin.promisor": "true"}.items():
        git("config", key, value)
    git("config", "protocol.file.allow", "always")
    git("config", "extensions.partialClone", "origin")
    git("config", "core.repositoryFormatVersion", "1")
    blob = subprocess.run(["git", "rev-parse", "before:other.py"], capture_output=True, text=True, check=True)
    name = blob.stdout.strip()
    (project / ".git" / "objects" / name[:2] / name[2:]).unlink()
    CliRunner().invoke(cli, ["check", "--since", "before", "--no-cache"])
    assert not ran.exists()
    subprocess.run(["git", "cat-file", "-p", name], cwd=project, check=False, capture_output=True)
    assert ran.exists()


def test_variables_of_a_hook_lead_to_no_other_repository(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=other, check=True)
    (project / "a.py").write_text("print(1)\n\nx = 1\nprint(2)\n")
    git("add", "-A")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    assert places("--staged") == ["a.py:4"]


def test_the_index_of_the_hook_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`git commit -a` and `git commit a.py` show hooks an index that is not the usual one."""
    (project / "a.py").write_text("print(1)\n\nx = 1\nprint(2)\n")
    other = project / ".git" / "index.lock"
    other.write_bytes((project / ".git" / "index").read_bytes())
    subprocess.run(["git", "add", "a.py"], check=True, env={**os.environ, "GIT_INDEX_FILE": str(other)})
    assert places("--staged") == []
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index.lock")
    assert places("--staged") == ["a.py:4"]
