from pathlib import Path

import pytest

from mldebt.discover import kind_of
from mldebt.extract import extract
from mldebt.project import Project
from mldebt.project.manifests import Dependency, is_library, is_locked, manifests
from mldebt.source import Location, Source, Span


def project_of(files: dict[str, str]) -> Project:
    facts = []
    for path, text in files.items():
        kind = kind_of(path)
        assert kind is not None
        facts.append((Source(path, kind, Path(path)), extract(kind, text.encode())))
    return Project(Path("."), facts, files)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("requirements.txt", "pandas>=1\n-r more.txt\nnumpy\n", [("pandas", ">=1"), ("numpy", "")]),
        (
            "pyproject.toml",
            '[project]\ndependencies = ["Scikit_Learn[x] >=1,<2", "t @ https://a/b.whl"]\n',
            [("scikit-learn", ">=1,<2")],
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\npandas = "^2.0"\ntorch = {version = "*", optional = true}\n',
            [("pandas", "^2.0"), ("torch", "*")],
        ),
        (
            "environment.yml",
            "dependencies:\n- conda-forge::xgboost=2\n- pip:\n  - torch\n",
            [("xgboost", "=2"), ("torch", "")],
        ),
        ("Pipfile", '[packages]\npandas = "*"\n', [("pandas", "*")]),
    ],
)
def test_dependencies_of_all_kinds_of_manifests(path: str, text: str, expected: list[tuple[str, str]]) -> None:
    (manifest,) = manifests(project_of({path: text}))
    assert [(d.name, d.specifier) for d in manifest.dependencies] == expected


@pytest.mark.parametrize(
    ("specifier", "is_open"),
    [
        ("", True),
        (">=1", True),
        ("*", True),
        (">1,!=1.5", True),
        ("==1", False),
        ("~=1", False),
        (">=1,<2", False),
    ],
)
def test_what_any_newer_version_satisfies_is_open(specifier: str, is_open: bool) -> None:
    assert Dependency("a", specifier, Location("a", Span.at(1))).is_open is is_open


def test_hashes_and_constraints_are_pins() -> None:
    project = project_of({"requirements.txt": "-c constraints.txt\npandas\n"})
    assert next(iter(manifests(project))).has_pins


def test_locks_count_from_above() -> None:
    project = project_of({"uv.lock": '[[package]]\nname = "pandas"\n', "a/requirements.txt": "pandas\n"})
    assert is_locked(project, "a/requirements.txt", "pandas")
    assert not is_locked(project, "a/requirements.txt", "torch")


def test_published_packages_are_libraries() -> None:
    project = project_of({"pyproject.toml": '[project]\nclassifiers = ["x"]\n', "requirements.txt": "pandas\n"})
    assert is_library(project, "requirements.txt")
    assert not is_library(project_of({"requirements.txt": "pandas\n"}), "requirements.txt")
