from pathlib import Path

import pytest

from mldebt.extract import extract
from mldebt.project import Project
from mldebt.source import Kind, Source


def processes(code: str) -> list[tuple[str, str]]:
    """(command, path of the project's file that it runs) for the processes of `jobs/run.py`."""
    files = {
        "jobs/run.py": code,
        "jobs/clean.py": "",
        "tools/__init__.py": "",
        "tools/__main__.py": "",
        "a.R": "",
    }
    facts = [
        (Source(p, Kind.PYTHON, Path(p)), extract(Kind.PYTHON, t.encode()))
        for p, t in files.items()
        if p.endswith(".py")
    ]
    project = Project(Path("."), facts, files)
    return [(process.text, process.path) for process in project.processes]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os\nos.system('python clean.py')\n", [("python clean.py", "jobs/clean.py")]),
        ("import os\nos.system('python %s.py' % name)\n", [("python {call}.py", "")]),
        ("import os\nos.system(command)\n", []),
        (
            "import subprocess, sys\nsubprocess.run([sys.executable, 'clean.py'])\n",
            [("python clean.py", "jobs/clean.py")],
        ),
        (
            "import subprocess as s\ns.call('cd jobs && python clean.py --n 1 > log', shell=True)\n",
            [("cd jobs", ""), ("python clean.py --n 1", "jobs/clean.py")],
        ),
        (
            "from subprocess import run\nrun(['python', '-m', 'tools'])\n",
            [("python -m tools", "tools/__main__.py")],
        ),
        ("import runpy\nrunpy.run_path('clean.py')\n", [("python clean.py", "jobs/clean.py")]),
        ("import os\nos.system('Rscript a.R')\n", [("Rscript a.R", "a.R")]),
    ],
)
def test_commands_and_the_files_that_they_run(code: str, expected: list[tuple[str, str]]) -> None:
    assert processes(code) == expected
