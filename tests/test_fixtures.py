"""Whole small repositories: all findings, and nothing but these.

`fixtures/expected/NAME.txt` lists the findings in `fixtures/NAME`, one a line: `path:line rule`, in notebooks
`path:cell N:line rule`, with the first cell as number 1. `MLDEBT_UPDATE=1` writes these files from what is found;
read the difference before you commit it.
"""

from __future__ import annotations

import difflib
import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mldebt.cli import cli

FIXTURES = Path(__file__).parent.parent / "fixtures"
EXPECTED = FIXTURES / "expected"
NAMES = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir() and path != EXPECTED)


def findings(root: Path) -> list[str]:
    """All findings in a repository, as lines of an expectation."""
    options = ["--output-format", "json", "--profile", "audit", "--no-cache", "--exit-zero"]
    result = CliRunner().invoke(cli, ["check", str(root), *options])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["errors"] == []
    lines = []
    for finding in report["findings"]:
        cell = "" if finding["cell"] is None else f"cell {finding['cell'] + 1}:"
        order = (finding["path"], finding["cell"] or 0, finding["line"], finding["rule"])
        lines.append((order, f"{finding['path']}:{cell}{finding['line']} {finding['rule']}"))
    return [line for _, line in sorted(lines)]


@pytest.mark.parametrize("name", NAMES)
def test_findings_are_those_expected(name: str, tmp_path: Path) -> None:
    """A copy outside of this repository is analysed, so that nothing around it counts."""
    root = tmp_path / name
    shutil.copytree(FIXTURES / name, root)
    found = findings(root)
    file = EXPECTED / f"{name}.txt"
    if os.environ.get("MLDEBT_UPDATE"):
        file.write_text("".join(f"{line}\n" for line in found))
    expected = file.read_text().splitlines()
    difference = difflib.unified_diff(expected, found, "expected", "found", n=0, lineterm="")
    assert found == expected, "\n".join(difference)


def test_every_expectation_has_its_fixture() -> None:
    assert {file.stem for file in EXPECTED.iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_expectations_name_lines_that_exist(name: str) -> None:
    for expected in (EXPECTED / f"{name}.txt").read_text().splitlines():
        place, _, _ = expected.rpartition(" ")
        path, *rest = place.split(":")
        file = FIXTURES / name / path
        if rest[0].startswith("cell "):
            cell = json.loads(file.read_text())["cells"][int(rest[0].removeprefix("cell ")) - 1]
            lines = cell["source"]
        else:
            lines = file.read_text().splitlines()
        assert lines[int(rest[-1]) - 1].strip(), expected
