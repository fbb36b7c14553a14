"""The sessions that the documentation shows: typed into a shell, they show what is written there.

A block of the kind `console` is one session in a copy of `fixtures/plain-scripts`, which git knows. Lines that begin
with `$ ` are typed, the others are shown; `…` stands for anything, and white space counts once.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", *sorted(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """What is typed, and what is shown then."""

    typed: str
    shown: str


def sessions() -> Iterator[object]:
    for page in PAGES:
        for number, block in enumerate(_BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))):
            steps = [
                Step(*part.partition("\n")[::2]) for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
            ]
            yield pytest.param(steps, id=f"{page}-{number}")


def pattern(shown: str) -> str:
    return r"\s*" + ".*".join(r"\s+".join(map(re.escape, part.split())) for part in shown.split("…")) + r"\s*"


@pytest.mark.skipif(shutil.which("bash") is None or shutil.which("git") is None, reason="needs bash and git")
@pytest.mark.parametrize("steps", list(sessions()))
def test_a_session_shows_what_is_written(steps: list[Step], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures" / "plain-scripts", tmp_path / "work")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "mldebt"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mldebt "$@"\n')
    program.chmod(0o755)
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("GIT_", "MLDEBT")) and k not in ("CI", "PRE_COMMIT")
    }
    variables = {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
        "NO_COLOR": "1",
        **{f"GIT_{who}_{what}": "n" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    start = "git init -q -b main && git add -A && git commit -qm m\n"
    script = start + "".join(
        f"code=$?; printf '\\n<<%s>>\\n' {n}; (exit $code)\n{step.typed}\n" for n, step in enumerate(steps)
    )
    done = subprocess.run(
        ["bash"],
        input=script,
        cwd=tmp_path / "work",
        env={**kept, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    parts = re.split(r"\n<<\d+>>\n", done.stdout)[1:]
    assert len(parts) == len(steps), done.stdout
    for step, part in zip(steps, parts, strict=True):
        assert re.fullmatch(pattern(step.shown), part, re.DOTALL), f"$ {step.typed}\n{part}"
