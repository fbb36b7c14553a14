"""Names, types, calls and callers across the files of a project."""

from __future__ import annotations

import pytest
from declaring import project_of
from hypothesis import given
from hypothesis import strategies as st

from mldebt.facts import Attr, Called
from mldebt.project import Project
from mldebt.project.addresses import addresses, unify
from mldebt.project.subprojects import Subprojects
from mldebt.values import Known


def defined(project: Project, path: str, name: str) -> str:
    """Where a name leads that a file uses: `path:Name`, or `path` for a module; empty for nowhere."""
    symbol = project.names.symbol(project.by_path[path], name)
    if symbol is None:
        return ""
    fact = symbol.fact
    return symbol.source.path + (
        f":{getattr(fact, 'qualname', None) or getattr(fact, 'name', '')}" if fact else ""
    )


PACKAGE = {
    "src/pkg/__init__.py": "from .core import load\nfrom . import deep\n",
    "src/pkg/core.py": "from .deep.io import read as load\nclass Base:\n    def fit(self): ...\n",
    "src/pkg/deep/__init__.py": "",
    "src/pkg/deep/io.py": "def read(path):\n    return path\n",
    "src/pkg/models.py": "from pkg.core import Base\nclass Model(Base):\n    def predict(self): ...\n",
    "train.py": "import pkg\nfrom pkg import load\nfrom pkg.models import *\n",
    "tools/pkg.py": "def load(): ...\n",
}


@pytest.mark.parametrize(
    ("path", "name", "found"),
    [
        ("train.py", "pkg.load", "src/pkg/deep/io.py:read"),
        ("train.py", "pkg.core.load", "src/pkg/deep/io.py:read"),
        ("train.py", "pkg.models.Model", "src/pkg/models.py:Model"),
        ("train.py", "pkg.models.Model.predict", "src/pkg/models.py:Model.predict"),
        ("train.py", "pkg.models.Model.fit", "src/pkg/core.py:Base.fit"),
        ("train.py", "pkg.nothing", ""),
        ("train.py", "pandas.read_csv", ""),
        ("src/pkg/core.py", ".deep.io.read", "src/pkg/deep/io.py:read"),
        ("src/pkg/deep/io.py", "..core.Base", "src/pkg/core.py:Base"),
        ("src/pkg/core.py", ":Base", "src/pkg/core.py:Base"),
    ],
)
def test_symbols(path: str, name: str, found: str) -> None:
    assert defined(project_of(PACKAGE), path, name) == found


def test_circular_imports_and_bases_end() -> None:
    project = project_of(
        {
            "a.py": "from b import x\nfrom b import *\nclass A(B): ...\n",
            "b.py": "from a import x\nfrom a import *\nclass B(A): ...\n",
        }
    )
    assert defined(project, "a.py", "b.x") == ""
    symbol = project.names.symbol(project.by_path["a.py"], "b.A.method")
    assert symbol is not None
    assert symbol.rest == ("method",), "it is not known to be defined"


def test_a_notebook_is_no_module() -> None:
    cells = '{"cells": [{"cell_type": "code", "source": "def f(): ...", "outputs": []}], "nbformat": 4, "metadata": {}}'
    project = project_of({"lib.ipynb": cells, "a.py": "import lib\nlib.f()\n"})
    assert defined(project, "a.py", "lib.f") == ""


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from sklearn.svm import SVC\nm = SVC()\nm.fit(x)\n", "sklearn.svm.SVC"),
        ("import pandas as pd\nd = pd.read_csv('a')\nd.head()\n", "pandas.DataFrame"),
        ("import pandas as pd\nd = pd.read_csv('a').dropna()\nd.head()\n", "pandas.DataFrame"),
        ("import pandas as pd\ndef load():\n    return pd.read_csv('a')\nload().head()\n", "pandas.DataFrame"),
        ("from pkg.core import make\nmake().fit(x)\n", "sklearn.svm.SVC"),
        (
            "import pandas as pd\nfrom sklearn.svm import SVC\nm = SVC() if c else pd.read_csv('a')\nm.fit(x)\n",
            "",
        ),
        ("def f(d):\n    d.head()\n", ""),
        (
            "from sklearn.svm import SVC\nclass T:\n    def __init__(self):\n        self.m = SVC()\n"
            "    def run(self):\n        self.m.fit(x)\n",
            "sklearn.svm.SVC",
        ),
    ],
)
def test_types_of_receivers(code: str, found: str) -> None:
    files = {"pkg/core.py": "from sklearn.svm import SVC\ndef make():\n    return SVC()\n", "a.py": code}
    project = project_of(files)
    source = project.by_path["a.py"]
    func = next(
        call.func
        for call in source.facts.calls
        if isinstance(call.func, Attr) and call.func.name in ("fit", "head")
    )
    assert project.type_of(source, func.base) == found


def test_calls_are_found_by_name_pattern_and_type() -> None:
    code = (
        "import pandas as pd\nfrom sklearn.svm import SVC\nm = SVC()\nm.fit(a, sample_weight=w)\n"
        "other.fit(b)\nm.fit(*c)\npd.read_csv('x', **k)\n"
    )
    project = project_of({"a.py": code})
    fits = list(project.calls("*.fit"))
    assert [site.call.span.line for site in fits] == [4, 5, 6]
    assert [site.hides_arguments for site in fits] == [False, False, True]
    assert [site.call.span.line for site in project.calls("sklearn.svm.SVC.fit")] == [4, 6]
    assert fits[0].argument(2, "sample_weight") is not None
    assert fits[0].argument(5, "nothing") is None
    (read,) = project.calls("pandas.read_csv")
    assert read.hides_arguments


def test_callers_are_found_through_every_kind_of_import() -> None:
    project = project_of(
        {
            "lib/__init__.py": "from .io import save\n",
            "lib/io.py": "def save(x): ...\nclass W:\n    def put(self, x):\n        save(x)\n",
            "a.py": "from lib import save\nsave(1)\n",
            "b.py": "import lib.io as io\nio.save(2)\nio.W().put(3)\n",
            "c.py": "def save(x): ...\nsave(4)\n",
        }
    )
    source = project.by_path["lib/io.py"]
    assert {(c.source.path, c.call.span.line) for c in project.callers.of(source, "save")} == {
        ("a.py", 2),
        ("b.py", 2),
        ("lib/io.py", 4),
    }
    assert [(c.source.path, c.call.span.line) for c in project.callers.of(source, "W.put")] == [("b.py", 3)]


def test_sub_projects_are_directories_with_project_files() -> None:
    found = Subprojects(["one/dvc.yaml", "one/src/a.py", "two/requirements.txt", "two/b.py", "c.py"])
    assert [found.root_of(path) for path in ("one/src/a.py", "two/b.py", "c.py")] == ["one", "two", ""]


def test_settings_name_sub_projects_and_programs() -> None:
    settings = """
        [tool.mldebt.project]
        roots = [".", "services/score"]
        entry-points = ["dags/*.py", "src/jobs.py:nightly"]
    """
    files = {
        "pyproject.toml": settings,
        "services/score/app.py": "",
        "services/web/setup.py": "",
        "dags/daily.py": "",
        "src/jobs.py": "def nightly():\n    pass\n",
        "src/other.py": "",
    }
    project = project_of(files)
    roots = [project.subprojects.root_of(path) for path in ("services/score/app.py", "services/web/setup.py")]
    assert roots == ["services/score", ""]
    stated = [(point.path, point.function) for point in project.entry_points if point.kind == "stated"]
    assert stated == [("dags/daily.py", ""), ("src/jobs.py", "nightly")]


PATHS = st.lists(st.sampled_from(["data", "raw", "a.csv", "..", ".", "b c", "x.parquet"]), min_size=1, max_size=4)


@given(PATHS, PATHS)
def test_unification_is_symmetric_and_reflexive(first: list[str], second: list[str]) -> None:
    a, b = (next(iter(addresses(Known("/".join(parts)), "src")), None) for parts in (first, second))
    if a is None or b is None:
        return
    assert unify(a, b) == unify(b, a)
    assert unify(a, a) >= unify(a, b)


def test_results_of_called_facts_stay_indices() -> None:
    project = project_of({"a.py": "x = f()(1)\n"})
    outer = next(call for call in project.by_path["a.py"].facts.calls if call.args)
    assert isinstance(outer.func, Called)
