"""Wheel, sdist, installed package and checkout hold the same rules and the same data files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import click
import pytest

from mldebt import __version__

ROOT = Path(__file__).parent.parent


def run(*command: object, cwd: Path, path: Path | None = None) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the sdist of the checkout, and the wheel made from that sdist."""
    place = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", place, ROOT, cwd=place)
    return place


def rules_of(path: Path, cwd: Path) -> list[str]:
    """The built-in rules as the package in `path` lists them, run with this interpreter's libraries."""
    code = (
        "import json\nfrom mldebt.packs import Packs, built_in_directory, open_directory\n"
        "packs = Packs(open_directory(built_in_directory()))\nassert not packs.broken\n"
        "print(json.dumps([[rule, file.debt, file.load().__doc__] for rule, file in packs.files.items()]))"
    )
    listed = json.loads(run(sys.executable, "-c", code, cwd=cwd, path=path))
    return [" ".join(item) for item in listed]


def shipped(names: list[str]) -> set[str]:
    """The files of the package and of the rules, as paths in a checkout, without what Python makes itself."""
    found = set()
    for name in names:
        for prefix in ("mldebt/", "rules/"):
            if name.startswith(prefix) and "__pycache__" not in name and not name.endswith("/"):
                found.add(name.replace("mldebt/rules/", "rules/"))
    return found


def test_all_forms_list_the_same_rules(built: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "wheel")
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        sdist.extractall(tmp_path / "sdist", filter="data")
    checkout = rules_of(ROOT, tmp_path)
    assert checkout
    assert rules_of(tmp_path / "wheel", tmp_path) == checkout
    assert rules_of(next((tmp_path / "sdist").iterdir()), tmp_path) == checkout


def test_nothing_is_left_out(built: Path) -> None:
    wanted = {
        file.relative_to(ROOT).as_posix()
        for folder in ("mldebt", "rules")
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        assert shipped(wheel.namelist()) >= wanted
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        assert shipped([name.partition("/")[2] for name in sdist.getnames()]) >= wanted


def test_an_installed_wheel_runs(built: Path, tmp_path: Path) -> None:
    """Installed without dependencies, which come from this interpreter: no network, and quick."""
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    wheel = next(built.glob("*.whl"))
    offline = ("--no-deps", "--no-index", "--disable-pip-version-check")
    run(python, "-m", "pip", "install", *offline, wheel, cwd=tmp_path)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    libraries = Path(click.__file__).parent.parent
    Path(site, "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")  # comes after the venv's own
    place = run(python, "-c", "import mldebt; print(mldebt.__file__)", cwd=tmp_path).strip()
    assert Path(place).is_relative_to(tmp_path)
    listing = ("rules", "--output-format", "json")
    installed = json.loads(run(scripts / "mldebt", *listing, cwd=tmp_path))
    assert installed == json.loads(run(sys.executable, "-m", "mldebt", *listing, cwd=tmp_path, path=ROOT))
    assert run(scripts / "mldebt", "--version", cwd=tmp_path) == f"mldebt {__version__}\n"
