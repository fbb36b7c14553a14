"""`mldebt calibrate`: cut-offs from many projects, whatever their own settings say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mldebt import __version__
from mldebt.calibration import load_calibration
from mldebt.cli import cli

LONG = "".join(f"x{number} = {number}\n" for number in range(400))


@pytest.fixture
def projects(tmp_path: Path) -> list[Path]:
    """Twenty projects; the n-th has n files with debt, and settings that would hide it. One more is too small."""
    made = []
    for n in range(20):
        root = tmp_path / f"project_{n:02}"
        root.mkdir()
        (root / "mldebt.toml").write_text('exclude = ["*"]\nignore = ["all"]\n')
        (root / "long.py").write_text(LONG)
        for number in range(n):
            (root / f"load_{number}.py").write_text(
                f"import pandas as pd\npd.read_csv('/home/ada/{number}.csv')\n"
            )
        made.append(root)
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "a.py").write_text("x = 1\n")
    return [*made, tmp_path / "small"]


def test_cut_offs_of_projects(projects: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    rule = ("--select", "machine-specific-path", "--no-cache", "--workers", "1")
    result = CliRunner().invoke(cli, ["calibrate", *map(str, projects), "-o", str(file), *rule])
    assert result.exit_code == 0, result.output
    made = load_calibration(file)
    assert (made.version, made.rules, made.repositories) == (__version__, 1, 20)
    assert made.lines == 20 * 400 + 2 * sum(range(20))
    assert list(made.cut_offs) == sorted(made.cut_offs)
    assert made.cut_offs[0] > 0
    assert made.deciles[0] == 0
    assert len(result.stderr.splitlines()) == 21
    again = CliRunner().invoke(cli, ["calibrate", *map(str, reversed(projects)), *rule])
    assert json.loads(again.stdout) == json.loads(file.read_text())


def test_few_projects_are_told(projects: list[Path]) -> None:
    result = CliRunner().invoke(cli, ["calibrate", *map(str, projects[:2]), "--no-cache", "--workers", "1"])
    assert result.exit_code == 2
    assert "at least 20 projects, not 2" in result.output
