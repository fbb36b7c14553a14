"""The same commit has the same audit on any machine: nothing of the surroundings gets into it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_audit import git, legacy  # noqa: F401

HOME = Path(__file__).parent.parent


def audited(root: Path, *options: str, **environment: str) -> bytes:
    """The JSON audit, made by a process of its own."""
    command = [sys.executable, "-m", "mldebt", "audit", ".", "--output-format", "json", *options]
    surroundings = {**os.environ, "PYTHONPATH": str(HOME), **environment}
    done = subprocess.run(command, cwd=root, env=surroundings, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (("--no-cache", "--workers", "1"), {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"}),
        (
            ("--no-cache", "--workers", "4"),
            {"LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "2"},
        ),
        (("--no-cache",), {"LC_ALL": "tr_TR.UTF-8", "GIT_CONFIG_GLOBAL": os.devnull, "COLUMNS": "40"}),
    ],
)
def test_surroundings_do_not_matter(
    legacy: Path,  # noqa: F811
    options: tuple[str, ...],
    environment: dict[str, str],
) -> None:
    (legacy / "größe ı.py").write_text("import pandas as pd\npd.read_csv('/home/ada/größe.csv')\n")
    git(legacy, "add", ".")
    git(legacy, "commit", "-q", "-m", "three", day=20)
    assert audited(legacy, *options, **environment) == audited(legacy, "--no-cache")


def test_a_clone_elsewhere_with_a_warm_cache_is_the_same(legacy: Path, tmp_path: Path) -> None:  # noqa: F811
    """Other places, file times, order of files in directories and caches."""
    (tmp_path / "other").mkdir()
    subprocess.run(["git", "clone", "-q", legacy, tmp_path / "other" / "legacy"], check=True)
    clone = tmp_path / "other" / "legacy"
    git(clone, "remote", "set-url", "origin", "https://git.example.org/team/legacy.git")
    files = sorted(path for path in clone.rglob("*") if path.is_file() and ".git" not in path.parts)
    for file in reversed(files):  # another order of creation, another time
        data = file.read_bytes()
        file.unlink()
        file.write_bytes(data)
        os.utime(file, (1, 1))
    first = audited(legacy, "--no-cache")
    cache = str(tmp_path / "cache")
    cold, warm = (audited(clone, "--cache-dir", cache) for _ in range(2))
    assert first == cold == warm
    assert json.loads(first)["score"]["findings"] > 5
