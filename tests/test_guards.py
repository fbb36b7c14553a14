"""Which way code goes where what a call passes, or a path itself, decides it."""

from __future__ import annotations

import msgspec
import pytest
from declaring import project_of

from mldebt.project import Project
from mldebt.project.guards import happens
from mldebt.source import Role


def reads(project: Project, component: str = "") -> list[str]:
    """What is read, and `?` for what nothing is known of."""
    return sorted(
        str(a.address or "?") for a in project.accesses if a.effect == "reads" and component in ("", a.component)
    )


@pytest.mark.parametrize(
    ("body", "call", "expected"),
    [
        ("if mode == 'a':\n        p = 'x.csv'\n    else:\n        p = 'y.csv'", "'a'", ["x.csv"]),
        ("if mode == 'a':\n        p = 'x.csv'\n    else:\n        p = 'y.csv'", "'b'", ["y.csv"]),
        ("p = 'x.csv'\n    if mode == 'a':\n        p = 'y.csv'", "'a'", ["y.csv"]),
        ("p = 'x.csv'\n    if mode == 'a':\n        p = 'y.csv'", "'b'", ["x.csv"]),
        ("p = 'x.csv' if mode in ('a', 'b') else 'y.csv'", "'c'", ["y.csv"]),
        ("p = mode or 'y.csv'", "'c.csv'", ["c.csv"]),
        ("p = mode or 'y.csv'", "None", ["y.csv"]),
        ("p = mode\n    if p is None:\n        p = 'y.csv'", "some()", ["y.csv"]),
        ("if mode is None:\n        mode = 'y.csv'\n    p = mode", "'c.csv'", ["c.csv"]),
        ("if mode is None:\n        mode = 'y.csv'\n    p = mode", "None", ["y.csv"]),
        ("if not mode:\n        mode = 'y.csv'\n    p = mode", "'c.csv'", ["c.csv"]),
        ("if mode == 'a' and other():\n        p = 'x.csv'\n    else:\n        p = 'y.csv'", "'b'", ["y.csv"]),
    ],
)
def test_branches_that_the_caller_decides(body: str, call: str, expected: list[str]) -> None:
    code = f"def f(mode=None):\n    {body}\n    return open(p)\nf({call})\n"
    assert reads(project_of({"a.py": code})) == expected


def test_results_that_the_caller_decides() -> None:
    code = """
        def where(kind):
            if kind == "raw":
                return "raw.csv"
            return "clean.csv"
        open(where("raw"))
        """
    assert reads(project_of({"a.py": code})) == ["raw.csv"]
    assert reads(project_of({"a.py": code.replace('where("raw"))', 'where("x"))')})) == ["clean.csv"]


def test_calls_that_a_caller_shuts_off() -> None:
    """The candidates under `if path is None` are not tried by who passes a path; a chain can break further out."""
    code = """
        def load(path=None, local=False):
            if path is None:
                return open("default.csv")
            if local:
                return read("local.csv")
            return open(path)
        def read(path):
            return open(path)
        """
    user = "from load import load\nload('mine.csv')\n"
    project = project_of({"load.py": code, "use.py": user, "plain.py": "from load import load\nload()\n"})
    assert reads(project, "use.py") == ["mine.csv"]
    assert reads(project, "plain.py") == ["default.csv"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if p.endswith('.csv'):\n        open(p)", ["a.csv"]),
        ("if not p.endswith('.csv'):\n        raise ValueError(p)\n    open(p)", ["a.csv"]),
        ("if p.endswith(('.csv', '.txt')):\n        return None\n    open(p)", ["b.pkl"]),
        ("if Path(p).suffix == '.pkl':\n        open(p)", ["b.pkl"]),
        ("ending = os.path.splitext(p)[1]\n    if ending == '.pkl':\n        open(p)", ["b.pkl"]),
        ("if p.startswith('b') or p == 'c':\n        open(p)", ["b.pkl"]),
        ("if size(p):\n        open(p)", ["a.csv", "b.pkl"]),
        ("if p != 'a.csv':\n        open(p)", ["b.pkl"]),
    ],
)
def test_paths_that_say_themselves_where_they_get(body: str, expected: list[str]) -> None:
    head = "import os\nfrom pathlib import Path\n"
    code = f"{head}def f(p):\n    {body}\nfor name in ['a.csv', 'b.pkl']:\n    f(name)\nf('a.csv')\n"
    assert sorted(set(reads(project_of({"a.py": code})))) == expected


def test_an_option_whose_default_never_gets_there() -> None:
    """What `if opt.epoch != 0` loads is not the file of epoch 0."""
    code = """
        import argparse
        import torch
        parser = argparse.ArgumentParser()
        parser.add_argument("--epoch", type=int, default=0)
        parser.add_argument("--mode", default="test")
        parser.add_argument("--data", default="data.pt")
        opt = parser.parse_args()
        if opt.epoch != 0:
            torch.load("model_%d.pt" % opt.epoch)
        if opt.mode == "train":
            torch.load(opt.data)
        """
    assert reads(project_of({"a.py": code})) == ["?", "data.pt"]


def test_options_and_files_decide_nothing() -> None:
    code = """
        import argparse, os
        parser = argparse.ArgumentParser()
        parser.add_argument("--mode", default="test")
        def f(mode):
            if mode == "train":
                open("train.csv")
            if os.path.exists("cache.csv"):
                open("cache.csv")
        f(parser.parse_args().mode)
        """
    assert reads(project_of({"a.py": code})) == ["cache.csv", "train.csv"]


def test_what_tests_pass_says_nothing() -> None:
    files = {
        "src/load.py": "class Loader:\n    def __init__(self, p):\n        self.p = p\n    def read(self):\n"
        "        return open(self.p)\n",
        "tests/test_load.py": "from src.load import Loader\ndef test():\n    Loader('tests/a.csv').read()\n",
    }
    project = project_of(files)
    test = project.by_path["tests/test_load.py"]
    test.source = msgspec.structs.replace(test.source, roles=frozenset({Role.TEST}))
    assert reads(project) == ["?"]


def test_methods_know_the_instance_that_they_are_called_on() -> None:
    files = {
        "store.py": """
            class Store:
                def __init__(self, folder):
                    self.folder = folder
                def load(self, name):
                    return self._open(f"{self.folder}/{name}")
                def _open(self, path):
                    return open(path)
            """,
        "a.py": "from store import Store\nstore = Store('one')\nstore.load('x.csv')\n",
        "b.py": "from store import Store\nStore('two').load('y.csv')\n",
    }
    project = project_of(files)
    assert reads(project, "a.py") == ["one/x.csv"]
    assert reads(project, "b.py") == ["two/y.csv"]


def test_recursion_and_deep_tests_are_bounded() -> None:
    tests = " and ".join(f"x != {n}" for n in range(20))
    code = f"def f(x, p='a.csv'):\n    if {tests}:\n        return f(x, p)\n    return open(p)\nf(1)\nf(f(2))\n"
    assert set(reads(project_of({"a.py": code}))) == {"a.csv"}


HAPPENS = """
import os
def load(path):
    try:
        return read(path)  # sure
    except Exception as error:
        log(error)
        raise
def info():
    if os.path.exists("run.json"):
        return read("run.json")  # sure
    else:
        raise FileNotFoundError("run.json")
def maybe():
    try:
        return read("a.csv")
    except OSError:
        return None
def perhaps(path):
    if os.path.exists(path):
        return read(path)
    try:
        pass
    except OSError:
        read("b.csv")
"""


def test_what_is_raised_again_decides_nothing() -> None:
    source = project_of({"a.py": HAPPENS}).by_path["a.py"]
    made = [call for call in source.facts.calls if getattr(call.func, "name", "") == "read"]
    sure = [call.span.line for call in made if happens(source, call.block)]
    assert sure == [n for n, line in enumerate(HAPPENS.splitlines(), start=1) if "# sure" in line]
