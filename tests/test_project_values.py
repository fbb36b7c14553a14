"""What expressions can be: across functions, files, classes, configuration and command lines."""

from __future__ import annotations

import time

import pytest
from declaring import project_of

from mldebt.project import Project
from mldebt.values import Gap, Known, Value, alternatives, choice, join_paths, show


def value_in(files: dict[str, str], name: str = "see") -> Value:
    """What the argument of the only call of `see` can be."""
    project = project_of(files)
    return seen(project, name)


def seen(project: Project, name: str = "see") -> Value:
    for source in project.code:
        for call in source.facts.calls:
            if getattr(call.func, "name", "") == name:
                return project.value(source, call.args[0])
    raise AssertionError("nothing is seen")


def options(value: Value) -> list[object]:
    return [option.value if isinstance(option, Known) else show(option) for option in alternatives(value)]


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("see('a' + '/' + 'b')", ["a/b"]),
        ("x = 'data'\nsee(f'{x}/a.csv')", ["data/a.csv"]),
        ("see('%s/%d.csv' % ('a', 3))", ["a/3.csv"]),
        ("see('{}/{name}'.format('a', name='b'))", ["a/b"]),
        ("import os\nsee(os.path.join('a', 'b', 'c.csv'))", ["a/b/c.csv"]),
        ("from pathlib import Path\nsee(Path('a') / 'b.csv')", ["a/b.csv"]),
        ("from pathlib import Path\nsee(Path('a/b.csv').with_suffix('.json'))", ["a/b.json"]),
        ("for x in ['a', 'b']:\n    see(x + '.csv')", ["a.csv", "b.csv"]),
        ("x = 'a'\nif c:\n    x = 'b'\nsee(x)", ["a", "b"]),
        ("see('a' if c else 'b')", ["a", "b"]),
        ("d = {'k': {'p': 'a.csv'}}\nsee(d['k']['p'])", ["a.csv"]),
        ("a, (b, c) = 'x', ('y', 'z')\nsee(c)", ["z"]),
        ("def f(x, y='b'):\n    return x + y\nsee(f('a'))", ["ab"]),
        ("def f(x):\n    see(x)\nf('a')\nf(x='b')", ["a", "b"]),
        ("class C:\n    P = 'a'\nsee(C.P)", ["a"]),
        ("class C:\n    def __init__(self, p):\n        self.p = p\nsee(C('a').p)", ["a"]),
        (
            "from dataclasses import dataclass\n@dataclass\nclass C:\n    p: str = 'a'\n    q: str = 'b'\n"
            "c = C(q='z')\nsee(c.p + c.q)",
            ["az"],
        ),
        ("import enum\nclass E(enum.Enum):\n    A = 'a'\nsee(E.A.value)", ["a"]),
        ("see((lambda: 'a')())", None),
        ("see(input())", None),
        ("x = 1\nx = x + 1\nsee(x)", None),
    ],
)
def test_in_one_file(code: str, values: list[object] | None) -> None:
    found = value_in({"a.py": f"{code}\n"})
    if values is None:
        assert not any(
            isinstance(option, Known) and isinstance(option.value, str) for option in alternatives(found)
        )
    else:
        assert sorted(map(str, options(found))) == sorted(map(str, values))


def test_constants_helpers_and_callers_of_other_files() -> None:
    files = {
        "pkg/__init__.py": "from .paths import ROOT\n",
        "pkg/paths.py": (
            "import os\nROOT = 'data'\ndef path(name, kind='raw'):\n    return os.path.join(ROOT, kind, name)\n"
        ),
        "pkg/read.py": "from .paths import path\ndef load(name):\n    see(path(name))\n",
        "train.py": "from pkg.read import load\nfrom pkg import ROOT\nload('a.csv')\nlook(ROOT)\n",
        "score.py": "import pkg.read as r\nr.load('b.csv')\n",
    }
    project = project_of(files)
    assert sorted(options(seen(project))) == ["data/raw/a.csv", "data/raw/b.csv"]
    assert options(seen(project, "look")) == ["data"]


@pytest.mark.parametrize(
    "read",
    [
        "import yaml\ncfg = yaml.safe_load(open('params.yaml'))\nsee(cfg['train']['path'])\n",
        "import yaml\nwith open('params.yaml') as f:\n    cfg = yaml.safe_load(f)\nsee(cfg['train']['path'])\n",
        "import yaml\ndef read(p):\n    with open(p) as f:\n        return yaml.safe_load(f)\n"
        "see(read('params.yaml')['train']['path'])\n",
        "from omegaconf import OmegaConf\ncfg = OmegaConf.load('params.yaml')\nsee(cfg.train.path)\n",
        "import yaml\ncfg = yaml.safe_load(open('params.yaml'))\ntrain = cfg['train']\nsee(train.get('path'))\n",
    ],
)
def test_configuration(read: str) -> None:
    found = value_in({"params.yaml": "train:\n  path: data/a.csv\n", "a.py": read})
    assert "data/a.csv" in options(found)


def test_options_of_the_command_line_have_defaults_and_commands_that_set_them() -> None:
    code = (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--path', default='a.csv')\n"
        "args = p.parse_args()\nsee(args.path)\n"
    )
    found = value_in({"a.py": code})
    assert "a.csv" in map(show, alternatives(found)) or Known("a.csv") in alternatives(found)


def test_values_from_outside_are_gaps_that_say_why() -> None:
    assert isinstance(value_in({"a.py": "import os\nsee(os.environ['P'])\n"}), Gap)
    assert value_in({"a.py": "import os\nsee(os.environ['P'])\n"}).cause == "environment"  # type: ignore[union-attr]
    assert value_in({"a.py": "def f(x):\n    see(x)\n"}).cause == "parameter"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    return f(x)\nsee(f(1))\n",
        "def f(x):\n    return g(x)\ndef g(x):\n    return f(x)\nsee(g(1))\n",
        "class A:\n    def f(self):\n        self.x = self.x or self.y\n        self.y = self.x\nsee(A().x)\n",
        "class A(A): ...\nsee(A().x)\n",
        "class A(B): ...\nclass B(A): ...\nsee(A().x)\n",
        "x = [x for x in x]\nsee(x)\n",
        "for i in range(9):\n    x = (x, x)\nsee(x)\n",
        "from a import y\nsee(y)\n",
        "from a import *\nsee(nothing)\n",
    ],
)
def test_circles_end(code: str) -> None:
    value_in({"a.py": code})


def test_what_branches_everywhere_ends_soon() -> None:
    """Each attribute is made of all others, by several methods: without a bound this takes ages."""
    names = [f"a{number}" for number in range(12)]
    methods = "".join(
        f"    def m{turn}(self):\n"
        + "".join(
            f"        self.{name} = {' or '.join(f'(self.{other} + 1)' for other in names)}\n" for name in names
        )
        for turn in range(3)
    )
    functions = "".join(
        f"def f{n}(x):\n    return f{n + 1}(x + '1') + f{n + 1}(x + '2') + f{n + 1}(x + '3')\n" for n in range(20)
    )
    code = f"class A:\n{methods}a = A()\n{functions}def f20(x):\n    return x\nsee(a.a0 + f0('y'))\n"
    start = time.process_time()
    value_in({"a.py": code})
    assert time.process_time() - start < 10


def test_none_is_no_part_of_a_path() -> None:
    assert join_paths([choice([Known(None), Known("data")]), Known("a.csv")]) == Known("data/a.csv")
    assert join_paths([Known(None)]) == Gap("name", "None")
