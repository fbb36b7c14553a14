"""pyproject.toml declares what the code imports: nothing is missing, nothing is there for nothing."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = packages_distributions()


def declared(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~;\[ ]", requirement)[0].lower() for requirement in requirements}


def imported(*folders: str) -> set[str]:
    """The distributions whose modules are imported below folders, by the names they are installed under."""
    modules = set()
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            if ".cache" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    modules |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    modules.add(node.module.partition(".")[0])
    local = {file.stem for folder in folders for file in (ROOT / folder).glob("*.py")} | {"mldebt", "benchmarks"}
    third_party = modules - set(sys.stdlib_module_names) - local
    return {DISTRIBUTIONS.get(module, [module])[0].lower() for module in third_party}


def test_the_package_and_the_rules_import_exactly_what_is_declared() -> None:
    assert imported("mldebt", "rules") == declared(PROJECT["dependencies"])


def test_tests_and_benchmarks_import_only_what_is_declared() -> None:
    extras = PROJECT["optional-dependencies"]
    wanted = declared([*PROJECT["dependencies"], *extras["dev"], *extras["fuzz"]])
    assert imported("tests", "benchmarks") <= wanted
