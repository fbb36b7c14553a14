from pathlib import Path

import pytest

from mldebt.extract import extract
from mldebt.project import Project
from mldebt.source import Kind, Source


def switches(files: dict[str, str]) -> list[str]:
    """The names of the switches of `a.py`."""
    facts = [
        (Source(path, Kind.PYTHON, Path(path)), extract(Kind.PYTHON, text.encode()))
        for path, text in files.items()
    ]
    project = Project(Path("."), facts)
    source = project.source("a.py")
    assert source is not None
    return [switch.binding.name for switch in project.switches.of(source)]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("A = False\nB = 'x'\nC = None\nD = 0\n", ["A", "B", "C", "D"]),
        ("A = 42\nB = [1]\nC, D = pair()\nE = 0\nE += 1\n", []),
        ("if x:\n    A = True\n", []),
        ("A = 0\ndef f():\n    global A\n    A = 1\n", []),
        ("A = 0\nglobals()['A'] = 1\n", []),
        ("A = 0\nfrom local_settings import *\n", []),
        ("from defaults import *\nA = 0\n", ["A"]),
        ("class C:\n    on = True\n", ["on"]),
        ("class C:\n    on: bool = True\n", []),
        ("class C:\n    on = True\nC(on=False)\n", []),
        ("class C(Base):\n    on = True\n", []),
        ("class C:\n    on = True\n    def set(self, k, v):\n        setattr(self, k, v)\n", []),
        ("print(vars(args))\nA = 0\n", ["A"]),
    ],
)
def test_only_what_nothing_sets_again_is_a_switch(code: str, names: list[str]) -> None:
    assert switches({"a.py": code}) == names


@pytest.mark.parametrize(
    "other", ["import a\na.ON = True\n", "import a\nsetattr(a, 'ON', 1)\n", "monkeypatch.setattr('a.ON', True)\n"]
)
def test_another_file_may_set_it(other: str) -> None:
    assert switches({"a.py": "ON = False\n", "b.py": other}) == []
