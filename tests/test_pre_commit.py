"""The hooks, run by the real pre-commit in git repositories (with the interpreter at hand instead of a new one)."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mldebt.cli.init import _HOOK
from mldebt.discover import kind_of

ROOT = Path(__file__).parent.parent
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
DEBT = "import numpy as np\n\nif x == np.nan:\n    y = 1\n"

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or importlib.util.find_spec("pre_commit") is None,
    reason="needs git and pre-commit",
)


class Repository:
    """A git repository that uses one of the hooks."""

    def __init__(self, root: Path, home: Path, hook: str) -> None:
        self.root = root
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        self.environment |= {
            "HOME": str(home),
            "PRE_COMMIT_HOME": str(home / "pre-commit"),
            "PYTHONPATH": str(ROOT),
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        self.environment.pop("CI", None)
        root.mkdir()
        self.git("init", "-q")
        definition = next(item for item in yaml.safe_load(MANIFEST.read_text()) if item["id"] == hook)
        command = definition["entry"].removeprefix("mldebt ")
        definition |= {"entry": f"{sys.executable} -m mldebt {command}", "language": "system"}
        definition.pop("minimum_pre_commit_version")
        config = {"repos": [{"repo": "local", "hooks": [definition]}]}
        self.write(".pre-commit-config.yaml", json.dumps(config))
        self.write(".gitignore", ".mldebt_cache/\n")
        self.git("add", "-A")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
        return self.run("git", *identity, *arguments, check=True).stdout

    def hook(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "pre_commit", "run", "--color=never", *arguments)

    def run(self, *command: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=check
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project", tmp_path, "mldebt")


def test_the_manifest_is_valid(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


NAMES = (
    "a.py", "n.ipynb", "dvc.yaml", "c.yml", "pyproject.toml", "setup.cfg", "tox.ini", "a.json", "requirements.in",
    "data/raw.dvc", ".env", ".env.local", "run.sh", "run.bash", "run.zsh", "q.sql", "rules.smk", "build.mk",
    "MLproject", "sub/Snakefile", "Pipfile", "Pipfile.lock", "Makefile", "makefile", "GNUmakefile", "Makefile.gpu",
    "Dockerfile", "Dockerfile.gpu", "api/Dockerfile-dev", "api.dockerfile", "Containerfile", "dvc.lock", "uv.lock",
    "poetry.lock", "pdm.lock", ".condarc", ".dvc/config", "requirements.txt", "dev-requirements.txt",
    "requirements_gpu.txt", "requirements/base.txt", "constraints.txt", "requirements.pip",
)  # fmt: skip
OTHERS = ("notes.txt", "a.csv", "README.md", "requirementsX.txt.bak", "config", "data.lock", "makefiles/x.c")


def test_the_hook_looks_at_what_is_analysed() -> None:
    pattern = re.compile(yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))[0]["files"])
    assert [name for name in NAMES if kind_of(name) is None] == []
    assert [name for name in NAMES if not pattern.search(name)] == []
    assert [name for name in OTHERS if pattern.search(name)] == []
    written = yaml.safe_load(_HOOK.format(version="1"))[0]["hooks"][0]["files"]
    assert written == pattern.pattern


def test_staged_debt_stops_the_commit_even_the_first_one(repository: Repository) -> None:
    repository.write("a.py", DEBT)
    repository.write("clean.py", "x = 1\n")
    repository.git("add", "-A")
    done = repository.hook()
    assert done.returncode == 1
    assert "a.py:3:4 error nan-equality" in done.stdout
    repository.write("a.py", DEBT.replace("x == np.nan", "np.isnan(x)"))
    repository.git("add", "-A")
    assert repository.hook().returncode == 0


def test_only_what_is_staged_counts(repository: Repository) -> None:
    repository.write("a.py", "x = 1\n")
    repository.write("old.py", DEBT)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "m")
    repository.write("a.py", "x = 2\n")
    repository.git("add", "a.py")
    repository.write("a.py", "x = 2\n" + DEBT)
    done = repository.hook()
    assert done.returncode == 0, done.stdout
    repository.git("add", "a.py")
    done = repository.hook()
    assert "a.py:4:4 error nan-equality" in done.stdout
    assert "old.py" not in done.stdout


def notebook(*sources: str) -> str:
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1)


def test_notebooks_are_shown_by_cell(repository: Repository) -> None:
    repository.write("n.ipynb", notebook("x = 1", DEBT))
    repository.git("add", "-A")
    done = repository.hook()
    assert "n.ipynb:cell 2:3:4 error nan-equality" in done.stdout


def test_of_a_notebook_only_what_is_staged_counts(repository: Repository) -> None:
    repository.write("n.ipynb", notebook("x = 1"))
    repository.git("add", "-A")
    repository.git("commit", "-qm", "m")
    repository.write("n.ipynb", notebook("x = 2"))
    repository.git("add", "-A")
    repository.write("n.ipynb", notebook("x = 2", DEBT))
    assert repository.hook().returncode == 0
    assert json.loads((repository.root / "n.ipynb").read_text())["cells"][1]["source"] == DEBT  # put back


def test_a_deletion_alone_gives_the_first_hook_nothing_to_do(repository: Repository) -> None:
    repository.write("a.py", DEBT)
    repository.write("b.py", DEBT)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "m")
    repository.git("rm", "-q", "a.py")
    done = repository.hook()
    assert (done.returncode, "(no files to check)Skipped" in done.stdout) == (0, True)


def test_strange_names(repository: Repository) -> None:
    repository.write("a b/ä - ü.py", DEBT)
    repository.write("-x.py", DEBT)
    repository.git("add", "-A")
    assert repository.hook().stdout.count("nan-equality") == 2


@pytest.fixture
def whole(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project", tmp_path, "mldebt-project")


def test_the_project_hook_looks_at_everything_even_before_the_first_commit(whole: Repository) -> None:
    whole.write("old.py", DEBT)
    whole.write("n.ipynb", notebook(DEBT))
    whole.git("add", "-A")
    done = whole.hook()
    assert done.returncode == 1
    assert ("old.py:3:4 error" in done.stdout, "n.ipynb:cell 1:3:4 error" in done.stdout) == (True, True)
    whole.git("commit", "-qm", "m", "--no-verify")
    whole.write("README.md", "about\n")
    whole.git("add", "-A")
    assert "old.py:3:4 error" in whole.hook().stdout


def test_the_project_hook_sees_what_is_staged(whole: Repository) -> None:
    whole.write("a.py", "x = 1\n")
    whole.git("add", "-A")
    whole.git("commit", "-qm", "m")
    whole.write("a.py", "x = 2\n")
    whole.git("add", "-A")
    whole.write("a.py", "x = 2\n" + DEBT)
    assert whole.hook().returncode == 0
    whole.git("add", "-A")
    assert "a.py:4:4 error nan-equality" in whole.hook().stdout


def test_the_project_hook_sees_what_a_deletion_leaves_behind(whole: Repository) -> None:
    whole.write(
        "dvc.yaml", "stages:\n  train:\n    cmd: python train.py\n    deps: [train.py]\n    outs: [m.pkl]\n"
    )
    whole.write("train.py", "from prepare import load\n\nload()\n")
    whole.write("prepare.py", "def load():\n    pass\n")
    whole.write("Makefile", "all:\n\tdvc repro\n")
    whole.git("add", "-A")
    done = whole.hook()
    assert "undeclared-stage-code" in done.stdout
    whole.write("train.py", "def load():\n    pass\n\nload()\n")
    whole.git("add", "-A")
    whole.git("rm", "-qf", "prepare.py")
    assert whole.hook().returncode == 0


def test_a_deletion_can_bring_a_finding(whole: Repository) -> None:
    whole.write("dvc.yaml", "stages:\n  train:\n    cmd: python train.py\n    deps: [train.py, data.csv]\n")
    whole.write("train.py", "import pandas as pd\n\nprint(pd.read_csv('data.csv'))\n")
    whole.git("add", "-A")
    assert whole.hook().returncode == 0
    whole.git("commit", "-qm", "m", "--no-verify")
    whole.git("rm", "-q", "train.py")
    done = whole.hook()
    assert (done.returncode, "train.py" in done.stdout) == (1, True), done.stdout


def test_thousands_of_files_in_several_calls(repository: Repository) -> None:
    names = [f"part_{number % 10}/a_rather_long_name_of_a_module_{number}.py" for number in range(5000)]
    for name in names:
        repository.write(name, "x = 1\n")
    repository.write("z.py", DEBT)
    repository.git("add", "-A")
    done = repository.hook("--all-files")
    assert done.returncode == 1
    assert done.stdout.count("error nan-equality") == 1, done.stdout[-500:]
