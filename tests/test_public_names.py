"""The names that rules may use: what type checkers see is what there is at run time, and rules use nothing else."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import mldebt

ROOT = Path(__file__).parent.parent


def seen_by_type_checkers() -> dict[str, str]:
    """The module that each public name is imported from."""
    tree = ast.parse((ROOT / "mldebt" / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert all(alias.asname == alias.name for node in imports for alias in node.names)
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def test_type_checkers_see_what_there_is() -> None:
    there = {name: module for module, names in mldebt._HOMES.items() for name in names.split()}
    assert seen_by_type_checkers() == {"facts": "mldebt", **there}
    assert set(mldebt.__all__) == {"__version__", "facts", *there}


def test_all_names_can_be_imported() -> None:
    for module, names in mldebt._HOMES.items():
        for name in names.split():
            assert getattr(mldebt, name) is getattr(import_module(module), name)


def test_rules_import_public_names_alone() -> None:
    for file in sorted((ROOT / "rules").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                modules.append(node.module or "")
            ours = [module for module in modules if module.partition(".")[0] == "mldebt"]
            assert set(ours) <= {"mldebt", "mldebt.facts"}, file
