from pathlib import Path

from mldebt.extract import extract
from mldebt.project import Project
from mldebt.source import Kind, Source


def project_of(files: dict[str, str]) -> Project:
    facts = [
        (Source(path, Kind.PYTHON, Path(path)), extract(Kind.PYTHON, text.encode()))
        for path, text in files.items()
    ]
    return Project(Path("."), facts)


FILES = {
    "train.py": "from pkg import steps\nfrom pkg.io import load\nimport numpy\n",
    "pkg/__init__.py": "",
    "pkg/steps.py": "from .io import *\nfrom . import io as files\n",
    "pkg/io.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pkg.types import Frame\n",
    "pkg/types.py": "import pkg.steps\n",
}


def test_direct_imports_are_files_of_the_project() -> None:
    direct = project_of(FILES).imports.direct
    assert direct["train.py"] == {"pkg/__init__.py", "pkg/steps.py", "pkg/io.py"}
    assert direct["pkg/steps.py"] == {"pkg/__init__.py", "pkg/io.py"}


def test_imports_for_type_checkers_do_not_count() -> None:
    assert project_of(FILES).imports.direct["pkg/io.py"] == frozenset()


def test_closures_follow_imports_in_both_directions() -> None:
    imports = project_of(FILES).imports
    assert "pkg/io.py" in imports.reached_from("pkg/types.py")
    assert imports.reaching("pkg/io.py") == {"pkg/io.py", "pkg/steps.py", "pkg/types.py", "train.py"}


def test_circles_end() -> None:
    imports = project_of({"a.py": "import b\n", "b.py": "import a\n"}).imports
    assert imports.reached_from("a.py") == imports.reaching("a.py") == {"a.py", "b.py"}
