"""The tables of deprecated names, and the versions that manifests allow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.version import Version

from mldebt.extract import extract
from mldebt.project import Project
from mldebt.project.allowed_versions import Wish
from mldebt.source import Kind, Location, Source, Span
from mldebt.symbol_tables import SymbolRow, symbol_table, tabled_modules

MODULES = sorted(tabled_modules())
PLACE = Location("requirements.txt", Span.at(1))


def rows(module: str) -> dict[str, SymbolRow]:
    table = symbol_table(module)
    assert table is not None
    return {**table.names, **table.methods, **table.arguments}


def test_there_are_tables_and_an_unknown_library_has_none() -> None:
    assert {"numpy", "pandas", "sklearn", "tensorflow", "torch", "torchvision"} <= set(MODULES)
    assert symbol_table("nothing") is None
    assert symbol_table("../apis/numpy") is None
    assert sum(len(rows(module)) for module in MODULES) > 500


@pytest.mark.parametrize("module", MODULES)
def test_versions_are_in_order_and_references_are_used(module: str) -> None:
    table = symbol_table(module)
    assert table is not None
    used = set()
    for name, row in rows(module).items():
        assert row.since or row.removed, name
        order = [Version(v) for v in (row.since, row.removed, row.back) if v]
        assert order == sorted(order), name
        assert row.see in table.references, name
        used.add(row.see)
        assert row.use.strip(), name
        assert not row.rename or re.fullmatch(r"[\w.]+", row.use), name
    assert all(link.startswith("https://") for link in table.references.values())
    assert used == set(table.references)


@pytest.mark.parametrize("module", MODULES)
def test_no_row_is_written_twice(module: str) -> None:
    text = (Path(__file__).parents[1] / "mldebt" / "symbols" / f"{module}.yaml").read_text()
    keys = re.findall(r"^  (\S+): \{", text, re.MULTILINE)
    assert len(keys) == len(set(keys)) == len(rows(module))


@pytest.mark.parametrize(
    ("specifier", "version", "below", "start"),
    [
        ("", "2.0", False, False),
        ("<2", "2.0", True, False),
        ("<=1.24", "1.24", False, False),
        ("<=1.23.5", "1.24", True, False),
        (">=1.20", "1.24", False, False),
        (">=1.24", "1.24", False, True),
        (">=1.20,<1.24", "1.24", True, False),
        ("==1.26.4", "1.24", False, True),
        ("==1.19", "1.24", True, False),
        ("==2.1.0+cu118", "2.6", True, False),
        ("==1.26.*", "1.24", False, True),
        ("==1.*", "1.24", False, False),
        ("==1.*", "2.0", True, False),
        ("~=1.15.2", "2.0", True, False),
        ("~=2.4", "2.6", False, False),
        ("~=2.4.1", "2.6", True, False),
    ],
)
def test_what_a_specifier_allows(specifier: str, version: str, below: bool, start: bool) -> None:
    wish = Wish(specifier, PLACE)
    assert (wish.is_below(version), wish.is_from(version)) == (below, start)


def project(**files: str) -> Project:
    kinds = {
        ".py": Kind.PYTHON,
        ".txt": Kind.REQUIREMENTS,
        ".yml": Kind.YAML,
        ".toml": Kind.TOML,
        ".lock": Kind.TOML,
    }
    facts = []
    for name, text in files.items():
        path = name.replace("__", "/").replace("_DOT_", ".")
        kind = kinds[path[path.rindex(".") :]]
        source = Source(path, kind, Path(path), data=text.encode())
        facts.append((source, extract(kind, source.read())))
    return Project(Path(), facts)


def allowed(found: Project, path: str) -> list[str]:
    return sorted(wish.specifier for wish in found.allowed_versions.of(path, ("numpy",)))


def test_the_nearest_manifest_counts_and_a_directory_of_its_own_stands_for_its_parent() -> None:
    found = project(
        requirements_DOT_txt="numpy==1.19.5\n",
        api__requirements_DOT_txt="numpy>=2\n",
        jobs__docker__requirements_DOT_txt="numpy<1.24\n",
    )
    assert allowed(found, "train.py") == ["==1.19.5"]
    assert allowed(found, "api/src/serve.py") == [">=2"]
    assert allowed(found, "jobs/run.py") == ["<1.24"]


def test_setup_scripts_environments_and_locks_are_manifests_too() -> None:
    setup = 'from setuptools import setup\nNEEDED = ["numpy>=1.20,<2"]\nsetup(install_requires=NEEDED)\n'
    assert allowed(project(setup_DOT_py=setup), "a.py") == [">=1.20,<2"]
    assert allowed(project(environment_DOT_yml="dependencies:\n  - numpy=1.19\n"), "a.py") == ["==1.19.*"]
    lock = '[[package]]\nname = "numpy"\nversion = "1.23.5"\n'
    assert allowed(project(uv_DOT_lock=lock), "a.py") == ["==1.23.5"]


def test_an_old_python_bounds_what_runs_on_it() -> None:
    found = project(environment_DOT_yml="dependencies:\n  - python=3.6\n  - numpy\n")
    assert allowed(found, "a.py") == ["", "==1.19.*"]
