"""Code and settings that go round in circles, or have no end of alternatives: linking ends, soon, and says so."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from declaring import project_of

from mldebt.project import Project
from mldebt.project.accesses import DataAccess
from mldebt.project.graph import data_graph
from mldebt.values import MOST_ALTERNATIVES

MOST_SECONDS = 10.0
"""Generous: the slow machines of a busy evening."""


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < MOST_SECONDS


def reads(project: Project) -> list[DataAccess]:
    return [access for access in project.accesses if access.effect == "reads"]


def test_cyclic_imports() -> None:
    project = project_of(
        {
            "a.py": (
                "import pandas as pd\nfrom b import *\nfrom b import B\nA = B\nHERE = 'a.csv'\n"
                "pd.read_csv(A)\npd.read_csv(THERE)\n"
            ),
            "b.py": (
                "import pandas as pd\nfrom a import *\nfrom a import A\nB = A\nTHERE = 'b.csv'\npd.read_csv(HERE)\n"
            ),
        }
    )
    assert {str(a.address) for a in reads(project)} == {"None", "a.csv", "b.csv"}
    assert data_graph(project).unresolved


def test_recursive_functions() -> None:
    project = project_of(
        {
            "walk.py": (
                "import os\nimport pandas as pd\n"
                "def load(path, depth):\n    if depth:\n        return load(os.path.join(path, 'sub'), depth - 1)\n"
                "    return pd.read_csv(os.path.join(path, 'x.csv'))\n"
                "def ping(path):\n    return pong(path + 'a')\n"
                "def pong(path):\n    pd.read_csv(path)\n    return ping(path + 'b')\n"
                "def name(n):\n    return name(n - 1) + 'z'\n"
                "load('data', 3)\nping('c')\npd.read_csv(name(9))\nsame = lambda f: same(f)\npd.read_csv(same('x'))\n"
            )
        }
    )
    found = reads(project)
    assert "data/x.csv" in {str(a.address) for a in found}
    assert any(a.address is None or not a.address.is_known for a in found)


def test_names_that_are_defined_by_themselves() -> None:
    project = project_of(
        {
            "a.py": (
                "import pandas as pd\npath = 'a'\nfor i in range(9):\n    path = path + '/b'\npd.read_csv(path)\n"
                "class C:\n    def __init__(self):\n        self.p = self.q\n        self.q = self.p\n"
                "    def run(self):\n        pd.read_csv(self.p)\nC().run()\n"
            )
        }
    )
    assert len(reads(project)) >= 2


def test_settings_that_refer_to_themselves() -> None:
    project = project_of(
        {
            "conf/main.yaml": "a: ${b}\nb: ${c.d}/x\nc: {d: '${a}'}\nself: ${self}\ndeep: &d {inner: ok}\nagain: *d\n",
            "params.yaml": "in: ${out}\nout: ${in}\n",
            "dvc.yaml": (
                "vars: [params.yaml]\nstages:\n  s:\n    cmd: python a.py ${in}\n"
                "    deps: ['${in}', a.py]\n    outs: ['${out}']\n"
            ),
            "a.py": (
                "import pandas as pd\nfrom omegaconf import OmegaConf\nimport yaml\n"
                "cfg = OmegaConf.load('conf/main.yaml')\npd.read_csv(cfg.a)\npd.read_csv(cfg.self)\n"
                "pd.read_csv(yaml.safe_load(open('params.yaml'))['in'])\n"
            ),
        }
    )
    opened = [a for a in reads(project) if a.api == "pandas.read_csv"]
    assert len(opened) == 3
    assert not any(a.address is not None and a.address.is_known for a in opened)
    data_graph(project)


@pytest.mark.parametrize(("word", "number_of_branches"), [("if", 1000), ("elif", 90)])
def test_a_thousand_branches(word: str, number_of_branches: int) -> None:
    lines = [
        "import os, sys",
        "import pandas as pd",
        "kind = sys.argv[1]",
        "if kind == '':",
        "    path = base = ''",
    ]
    for number in range(number_of_branches):
        lines += [f"{word} kind == 'k{number}':", f"    path = 'data/f{number}.csv'", f"    base = 'b{number}'"]
    lines += [
        "pd.read_csv(path)",
        "pd.read_csv(os.path.join(base, base, path))",
        "x = {'a': path}",
        "pd.read_csv(x['a'])",
    ]
    project = project_of({"a.py": "\n".join(lines) + "\n"})
    for line in (len(lines) - 3, len(lines) - 2, len(lines)):
        assert 0 < sum(1 for a in reads(project) if a.location.span.line == line) <= MOST_ALTERNATIVES


def test_a_thousand_callers_and_a_long_chain_of_calls() -> None:
    many = "import pandas as pd\ndef load(p):\n    return pd.read_csv(p)\n"
    many += "".join(f"load('data/f{number}.csv')\n" for number in range(1000))
    chain = "import pandas as pd\ndef f0(p):\n    return pd.read_csv(p)\n"
    chain += "".join(f"def f{n}(p):\n    return f{n - 1}(p) or f{n - 1}(p + 'x')\n" for n in range(1, 60))
    project = project_of({"many.py": many, "chain.py": chain + "f59('a')\n"})
    assert 0 < len([a for a in reads(project) if a.component == "many.py"]) <= 100
    assert [a for a in reads(project) if a.component == "chain.py"]


def test_writers_and_readers_of_each_other() -> None:
    files = {
        f"step_{n}.py": (
            f"import pandas as pd\npd.read_csv('work/table_{(n + 1) % 40}.csv').to_csv('work/table_{n}.csv')\n"
        )
        for n in range(40)
    }
    project = project_of(files)
    assert len(project.handoffs) == 40
    assert project.chains
    assert len(data_graph(project).nodes) >= 80


def test_branches_nested_beyond_the_limit_are_told() -> None:
    text = "import sys\nif sys.argv[1] == '':\n    p = ''\n"
    text += "".join(f"elif sys.argv[1] == '{n}':\n    p = '{n}'\n" for n in range(1000))
    source = project_of({"a.py": text}).source("a.py")
    assert source is not None
    assert [problem.kind for problem in source.facts.header.problems] == ["limit-depth"]


def doubled(first: str, then: str) -> str:
    """A name that is made of the one before, 28 times over; `@` stands for that."""
    lines = [f"a0 = {first}", *(f"a{n} = {then.replace('@', f'a{n - 1}')}" for n in range(1, 28))]
    return "\n".join(lines)


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
from mldebt.cli import main
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits a process")
@pytest.mark.parametrize(
    "text",
    [
        doubled("'x'", "@ + @"),
        doubled("'x'", 'f"{@}{@}"'),
        doubled("'x'", "'%s%s' % (@, @)"),
        doubled("'x'", "'{}{}'.format(@, @)"),
        doubled("'x'", "os.path.join(@, @)"),
        doubled("'x'", "''.join([@, @, @])"),
        doubled("'a'", "@.replace('a', 'aaaaaaaa')"),
        doubled("['x']", "@ + @"),
        doubled("['x']", "[@, @, @, @, @]"),
        doubled("{'a': 'x'}", "{'a': @, 'b': @, 'c': @}"),
        doubled("999999999", "@ * @"),
        doubled("Path('x')", "@ / @ / str(@)"),
        "a27 = '%1000000000d' % 3\na13 = f'{3:1000000000d}'\na12 = '{:.1000000000f}'.format(3.0)",
        f"a27 = {'9' * 5_000}\na13 = 1e400\na12 = -a13",
    ],
    ids=lambda text: text.splitlines()[1][:40],
)
def test_what_is_made_of_itself_again_and_again_stays_small(text: str, tmp_path: Path) -> None:
    used = "pd.read_csv(a27)\npd.read_csv(f'{a27}.csv')\nopen(a12)\nfor p in a13:\n    pd.read_csv(p)\n"
    (tmp_path / "a.py").write_text(
        f"import os\nimport pandas as pd\nfrom pathlib import Path\n{text}\n{used}pd.read_csv('/home/ada/v.csv')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "check", "--profile", "audit", "--no-cache", "--output-format", "concise"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert "machine-specific-path" in done.stdout
