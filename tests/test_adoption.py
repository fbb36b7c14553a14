"""What a team copies: init, the action, the recipes of the documentation, shell completion."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import select
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from mldebt.cli import cli

ROOT = Path(__file__).parent.parent
DEBT = "import numpy as np\n\nif x == np.nan:\n    y = 1\n"

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/master\n")
    (root / "train.py").write_text(DEBT)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory with a `mldebt` program that runs this checkout."""
    place = tmp_path / "bin"
    place.mkdir()
    (place / "mldebt").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mldebt "$@"\n')
    (place / "mldebt").chmod(0o755)
    return place


def environment(programs: Path, **variables: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "MLDEBT"))}
    return {**kept, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), **variables}


def test_init_writes_what_is_missing(project: Path) -> None:
    result = CliRunner().invoke(cli, ["init"])
    assert result.exit_code == 0, result.output
    assert tomllib.loads((project / "mldebt.toml").read_text()) == {"profile": "ci"}
    hook = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"][0]
    pattern = re.compile(hook["files"])
    published = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())[0]["files"]
    names = "a.py n.ipynb x/dvc.yaml data.csv.dvc sub/Dockerfile requirements-dev.txt dvc.lock a.md b.csv".split()
    assert [bool(pattern.search(name)) for name in names] == [bool(re.search(published, name)) for name in names]
    assert [bool(pattern.search(name)) for name in names[-3:]] == [True, False, False]
    workflow = yaml.safe_load((project / ".github" / "workflows" / "mldebt.yml").read_text())
    assert workflow[True]["push"]["branches"] == ["master"]
    assert CliRunner().invoke(cli, ["check", "--no-cache"]).exit_code == 1


def test_init_leaves_files_alone_and_shows_what_to_add(project: Path) -> None:
    (project / ".pre-commit-config.yaml").write_text("repos: []\n")
    (project / ".gitlab-ci.yml").write_text("stages: []\n")
    (project / "pyproject.toml").write_text("[tool.mldebt]\n")
    result = CliRunner().invoke(cli, ["init"])
    assert (project / ".pre-commit-config.yaml").read_text() == "repos: []\n"
    assert "exists; add\n\n      - repo: local\n" in result.stdout
    assert "codequality: gl-code-quality-report.json" in result.stdout
    assert not (project / "mldebt.toml").exists()
    assert not (project / ".github").exists()


def test_init_proposes_what_fits_the_repository(project: Path) -> None:
    (project / "Jenkinsfile").write_text("pipeline { agent any }\n")
    (project / "Archive").mkdir()
    result = CliRunner().invoke(cli, ["init"])
    assert "Jenkinsfile: exists; add\n\n    stage('mldebt') {" in result.stdout
    text = (project / "mldebt.toml").read_text()
    assert '# extend-exclude = ["/Archive/"]' in text
    assert tomllib.loads(text.replace("# extend", "extend"))["extend-exclude"] == ["/Archive/"]
    assert not (project / ".github").exists()


def test_a_dry_run_writes_nothing(project: Path) -> None:
    before = sorted(project.rglob("*"))
    assert "would be written" in CliRunner().invoke(cli, ["init", "--dry-run"]).stdout
    assert sorted(project.rglob("*")) == before


@needs_bash
def test_the_action_reports_in_every_place(project: Path, programs: Path, tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    step = next(step for step in action["runs"]["steps"] if step["id"] == "check")
    (tmp_path / "summary").write_text("")
    variables = {name: action["inputs"][_input(value)]["default"] for name, value in step["env"].items()}
    variables["MLDEBT_ARGUMENTS"] = "--no-cache --fail-on error"
    variables |= {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=project,
        env=environment(programs, **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "::error title=mldebt (nan-equality),file=train.py,line=3," in done.stdout
    assert (tmp_path / "output").read_text().splitlines() == ["sarif-file=mldebt.sarif", "exit-code=1"]
    assert "| `nan-equality` |" in (tmp_path / "summary").read_text()
    assert json.loads((project / "mldebt.sarif").read_text())["runs"][0]["results"]


@needs_bash
def test_the_action_installs_and_runs_without_a_network(project: Path, tmp_path: Path) -> None:
    """Both steps as a runner does them; the packages of this environment stand for those of the index."""
    pytest.importorskip("hatchling")
    steps = {step["id"]: step for step in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]}
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "python3").symlink_to(sys.executable)
    variables = {
        "ACTION_PATH": str(ROOT),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_PATH": str(tmp_path / "path"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "PYTHONPATH": sysconfig.get_paths()["purelib"],
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it as a value of `--build-isolation`
        "MLDEBT_PATHS": ".",
        "MLDEBT_ARGUMENTS": "--no-cache",
        "MLDEBT_SARIF": "",
        "MLDEBT_SUMMARY": "false",
    }
    done = None
    for name in ("install", "check"):
        path = tmp_path / "path"
        added = path.read_text().strip() if path.exists() else str(tmp_path / "python")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", steps[name]["run"]],
            cwd=project,
            env={**environment(Path(added)), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == (name == "check"), done.stdout + done.stderr
    assert done is not None
    assert "::error title=mldebt (nan-equality),file=train.py,line=3," in done.stdout


def _blocks(language: str) -> list[str]:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(importlib.util.find_spec("check_jsonschema") is None, reason="needs check-jsonschema")
def test_actions_workflows_and_jobs_fit_the_schemas_of_their_platforms(project: Path) -> None:
    CliRunner().invoke(cli, ["init"])
    hooks, github, gitlab = _blocks("yaml")
    (project / "github.yml").write_text(github)
    (project / "gitlab.yml").write_text(gitlab)
    (project / "hooks.yaml").write_text(hooks)
    workflow = project / ".github" / "workflows" / "mldebt.yml"
    for schema, files in {
        "vendor.github-actions": [ROOT / "action.yml"],
        "vendor.github-workflows": [workflow, project / "github.yml"],
        "vendor.gitlab-ci": [project / "gitlab.yml"],
    }.items():
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    if importlib.util.find_spec("pre_commit") is not None:
        files = [project / "hooks.yaml", project / ".pre-commit-config.yaml"]
        command = [sys.executable, "-m", "pre_commit", "validate-config", *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_pipeline_of_jenkins_is_closed() -> None:
    (text,) = _blocks("groovy")
    assert text.count("{") == text.count("}")
    assert "recordIssues tools: [sarif(pattern: 'mldebt.sarif')]" in text


def _input(expression: str) -> str:
    match = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", expression)
    assert match
    return match[1]


def _commands() -> list[str]:
    """The lines of the recipes that call mldebt."""
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    found = re.findall(
        r"^[ \t]*(?:- )?(?:run: |sh '|\$ )?(mldebt (?:check|baseline)[^'\n]*)", text, flags=re.MULTILINE
    )
    return sorted(set(found))


@needs_bash
@pytest.mark.parametrize("command", _commands())
def test_recipes_of_the_documentation_run(command: str, project: Path, programs: Path, tmp_path: Path) -> None:
    shutil.rmtree(project / ".git")
    script = "git init -q -b main && git add -A && git commit -qm m && git branch origin/main"
    script += " && git diff HEAD > change.diff && mldebt baseline write > /dev/null"
    identity = {f"GIT_{who}_{what}": "n" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    variables = {
        "GITHUB_STEP_SUMMARY": str(tmp_path / "s"),
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD",
        "CHANGE_TARGET": "main",
        **identity,
    }
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{command}"],
        cwd=project,
        env=environment(programs, **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    assert "Usage:" not in done.stderr


COMPLETED = [
    ("mldebt bas", "baseline"),
    ("mldebt check --output-format sa", "sarif"),
    ("mldebt check --select nan-e", "nan-equality"),
    ("mldebt check --select hidden-state,nan-e", "nan-equality"),
]


@needs_bash
@pytest.mark.parametrize(("words", "expected"), COMPLETED)
def test_bash_completes_commands_formats_and_rules(words: str, expected: str, programs: Path) -> None:
    script = (
        'eval "$(_MLDEBT_COMPLETE=bash_source mldebt)"\n'
        f"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _mldebt_completion mldebt\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script], env=environment(programs), capture_output=True, text=True, check=False
    )
    assert any(line.endswith(expected) for line in done.stdout.splitlines()), done.stderr


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
@pytest.mark.parametrize(("words", "expected"), COMPLETED)
def test_fish_completes_them_too(words: str, expected: str, programs: Path, tmp_path: Path) -> None:
    script = f"_MLDEBT_COMPLETE=fish_source mldebt | source; complete -C '{words}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        env=environment(programs, HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    assert any(word.endswith(expected) for word in found), done.stderr


@pytest.mark.skipif(shutil.which("zsh") is None or not hasattr(os, "openpty"), reason="needs zsh")
@pytest.mark.parametrize(("words", "expected"), COMPLETED)
def test_zsh_completes_them_when_tab_is_pressed(
    words: str, expected: str, programs: Path, tmp_path: Path
) -> None:
    (tmp_path / ".zshrc").write_text(
        "PS1='ready> '\nautoload -U compinit && compinit -D -u\neval \"$(_MLDEBT_COMPLETE=zsh_source mldebt)\"\n"
    )
    variables = {"ZDOTDIR": str(tmp_path), "HOME": str(tmp_path), "TERM": "dumb", "COLUMNS": "200"}
    shown = _typed(["zsh", "-i"], environment(programs, **variables), "ready> ", f"{words}\t", expected)
    assert expected in shown


def _typed(command: list[str], variables: dict[str, str], prompt: str, keys: str, wanted: str) -> str:
    """What a terminal shows after somebody has typed keys at the prompt; ends with what is wanted, or with time."""
    master, slave = os.openpty()
    process = subprocess.Popen(
        command, env=variables, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    shown, typed, end = "", False, time.monotonic() + 30
    try:
        while time.monotonic() < end and wanted not in shown.partition(prompt)[2]:
            if select.select([master], [], [], 0.5)[0]:
                shown += os.read(master, 4096).decode(errors="replace")
            if prompt in shown and not typed:
                os.write(master, keys.encode())
                typed = True
    finally:
        process.kill()
        process.wait()
        os.close(master)
    return shown.partition(prompt)[2]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str, programs: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mldebt"],
        env=environment(programs, _MLDEBT_COMPLETE=f"{shell}_source"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "mldebt" in done.stdout, done.stderr
