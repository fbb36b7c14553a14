"""Every view and rule does work in proportion to what it is given: steps are counted, no clock is asked.

A step is a call of a function. Each pattern is a project that grows by repeating itself; twice as much of it may
take a little more than twice the steps, wherever the steps are made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from mldebt import clock
from mldebt.clock import Clock
from mldebt.discover import kind_of
from mldebt.extract import extract
from mldebt.packs import find_packs
from mldebt.project import Project
from mldebt.roles import path_roles
from mldebt.rule import Rule
from mldebt.rule_runs import run_all
from mldebt.selection import select
from mldebt.settings import Settings
from mldebt.source import Source

Files = dict[str, str]
MOST = 2.6
"""So many times the steps may be for twice the size, and a few more that do not depend on it."""
FEW = 4_000

HEAD = "import os, sys\nimport pandas as pd\n"
SKLEARN = (
    "from sklearn.linear_model import Ridge\nfrom sklearn.preprocessing import StandardScaler\n"
    "from sklearn.model_selection import train_test_split\nimport joblib\n"
)


def lines(text: str, count: int) -> str:
    """A text as often as wanted, with the number for `@`, the next one for `@+` and the one before for `@-`."""
    return "".join(
        text.replace("@+", str(n + 1)).replace("@-", str(n - 1)).replace("@", str(n)) for n in range(count)
    )


def repeated_assignment(count: int) -> Files:
    return {"a.py": "x = 0\n" + "x = x + 1\n" * (5 * count)}


def filled_frame(count: int) -> Files:
    return {"a.py": f"{HEAD}df = pd.read_csv('a.csv')\n" + "df = df.fillna(0)\n" * count + "df.to_csv('b.csv')\n"}


def methods_of_one_name(count: int) -> Files:
    calls = "def g@(made):\n    made.run('p@.csv')\n"
    return {
        "a.py": HEAD + lines("class C@:\n    def run(self, p):\n        return pd.read_csv(p)\n" + calls, count)
    }


def reads_and_writes_of_one_file(count: int) -> Files:
    return {
        "a.py": HEAD + lines("a@ = pd.read_csv('a.csv')\na@.to_csv('b.csv')\nb@ = pd.read_csv('b.csv')\n", count)
    }


def training_loops(count: int) -> Files:
    loop = (
        "def train@(m, data):\n    o = torch.optim.Adam(m.parameters())\n    for x, y in data:\n"
        "        o.zero_grad()\n        loss = m(x, y)\n        loss.backward()\n        o.step()\n"
        "    torch.save(m.state_dict(), 'm@.pt')\n"
    )
    return {"a.py": "import torch\n" + lines(loop, count)}


def flags(count: int) -> Files:
    return {"a.py": lines("ENABLE_@ = False\n", count) + lines("if ENABLE_@:\n    print(@)\n", count)}


def logged_parameters(count: int) -> Files:
    return {"a.py": "import mlflow\n" + lines("mlflow.log_param('p@', @)\nf(p@=@)\n", count)}


def commands_with_options(count: int) -> Files:
    command = "@click.command()\n@click.option('--p#')\n@click.argument('q')\ndef f#(p#, q):\n    print(p#)\n"
    return {"a.py": "import click\n" + "".join(command.replace("#", str(n)) for n in range(count))}


def documented_commands(count: int) -> Files:
    return {"README.md": lines("# h@\n\n```bash\npython a@.py --x d@.csv\n```\n\n", count)}


def many_instances(count: int) -> Files:
    items = ", ".join(f"v{n}" for n in range(2 * count))
    return {
        "dvc.yaml": f"stages:\n  s:\n    foreach: [{items}]\n    do:\n      cmd: python s.py ${{item}}\n"
        "      outs: ['out/${item}.csv']\n",
        "s.py": "import sys\nprint(sys.argv)\n",
    }


def options_and_command_lines(count: int) -> Files:
    reads = lines("if a.o@:\n    pd.read_csv(a.o@)\n", count)
    options = lines("p.add_argument('--o@', default='d@.csv')\n", count)
    return {
        "a.py": f"{HEAD}import argparse\np = argparse.ArgumentParser()\n{options}a = p.parse_args()\n{reads}",
        "run.sh": "python a.py " + lines("--o@ x@.csv ", count) + "\n",
    }


def reads_of_unknown_origin(count: int) -> Files:
    body = lines(
        "    d = pd.read_csv(f'{a}/@.csv')\n    d.to_csv(f'o/{a}@.csv')\n    pd.read_csv('x/@.csv')\n", count
    )
    return {"a.py": f"{HEAD}for a in ['x', 'y', 'z']:\n{body}"}


def catalogue(count: int) -> Files:
    home = "src/p/pipelines/a"
    nodes = lines("node(f@, 'd@', 'd@+', name='n@'), ", count)
    return {
        "pyproject.toml": "[tool.kedro]\npackage_name = 'p'\nproject_name = 'p'\nkedro_init_version = '0.19.0'\n",
        "conf/base/catalog.yml": lines("d@:\n  type: pandas.CSVDataset\n  filepath: data/d@.csv\n", count),
        f"{home}/nodes.py": lines("def f@(x):\n    return x\n", count),
        f"{home}/pipeline.py": "from kedro.pipeline import pipeline, node\nfrom .nodes import *\n"
        f"def create_pipeline(**k):\n    return pipeline([{nodes}])\n",
    }


def handlers(count: int) -> Files:
    handler = "@app.post('/p#')\ndef p#(x: dict):\n    d = pd.DataFrame([x])\n    return m.predict(d)\n"
    text = "".join(handler.replace("#", str(n)) for n in range(count))
    return {
        "a.py": f"{HEAD}from fastapi import FastAPI\nimport joblib\napp = FastAPI()\nm = joblib.load('m')\n{text}"
    }


def workflow(count: int) -> Files:
    steps = lines("      - name: s@\n        run: python s@.py --x d@.csv\n", count)
    return {".github/workflows/a.yml": f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}"}


def branches(count: int) -> Files:
    branch = "if k == '@':\n    p = 'a@.csv'\npd.read_csv(p)\n"
    return {"a.py": f"{HEAD}k = sys.argv[1]\np = ''\n{lines(branch, count)}"}


def instructions(count: int) -> Files:
    return {"Dockerfile": "FROM a:1\n" + lines("RUN python b@.py\nENV SHOP_A@=$SHOP_A@-\n", count)}


def models_in_use(count: int) -> Files:
    use = "m@ = torch.load('m@.pt')\nm@.eval()\nfor x in data:\n    print(m@(x))\n"
    return {"a.py": "import torch\n" + lines(use, count)}


def fits(count: int) -> Files:
    fit = (
        "s@ = StandardScaler()\nX@ = s@.fit_transform(X)\nm@ = Ridge(alpha=@)\nm@.fit(X@, y)\n"
        "joblib.dump(m@, 'm@.pkl')\n"
    )
    start = "df = pd.read_csv('a.csv')\nX = df.drop('y', axis=1)\ny = df['y']\n"
    return {"a.py": HEAD + SKLEARN + start + lines(fit, count)}


PATTERNS: list[Callable[[int], Files]] = [
    repeated_assignment,
    filled_frame,
    methods_of_one_name,
    reads_and_writes_of_one_file,
    training_loops,
    flags,
    logged_parameters,
    commands_with_options,
    documented_commands,
    many_instances,
    options_and_command_lines,
    reads_of_unknown_origin,
    catalogue,
    handlers,
    workflow,
    branches,
    instructions,
    models_in_use,
    fits,
]


@contextmanager
def counting() -> Iterator[SimpleNamespace]:
    """Count the calls of functions, and have clocks show that count."""
    counter = SimpleNamespace(steps=0)

    def count(frame: FrameType, event: str, argument: Any) -> None:
        counter.steps += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield counter
    finally:
        sys.setprofile(before)


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    return select(find_packs(()), Settings(profile="audit")).rules


def steps(files: Files, rules: tuple[Rule, ...], monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The steps of each view and rule for a project."""
    root = Path("/nowhere")
    pairs = []
    for path, text in sorted(files.items()):
        kind = kind_of(path)
        assert kind is not None, path
        facts = extract(kind, text.encode())
        assert facts.header.problems == ()
        pairs.append((Source(path, kind, root / path, path_roles(path, kind), text.encode()), facts))
    project = Project(root, pairs, frozenset(files))
    project.clock, project.today = Clock(), date(2026, 1, 1)
    with counting() as counter, monkeypatch.context() as patch:
        patch.setattr(clock, "time", SimpleNamespace(process_time=lambda: counter.steps))
        outcomes = run_all(rules, project)
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    return {f"{cost.kind} {cost.name}": cost.seconds for cost in project.clock.costs()}


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.__name__)
def test_work_grows_with_what_there_is(
    pattern: Callable[[int], Files], rules: tuple[Rule, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps(pattern(3), rules, monkeypatch)  # what is made once for all
    small, large = (steps(pattern(count), rules, monkeypatch) for count in (60, 120))
    grown = {name: (small.get(name, 0), most) for name, most in large.items()}
    assert {name: pair for name, pair in grown.items() if pair[1] > MOST * pair[0] + FEW} == {}
