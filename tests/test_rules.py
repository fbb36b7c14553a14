"""Every built-in rule: its documentation, its examples, its attributes."""

from __future__ import annotations

import ast
import re
import sys

import msgspec
import pytest

from mldebt.examples import failures, read_documentation
from mldebt.hygiene import CHECKS
from mldebt.packs import Packs, built_in_directory, open_directory
from mldebt.selection import options_of

PACKS = Packs(open_directory(built_in_directory()))
IDS = list(PACKS.files)
PUBLIC = {
    "mldebt",
    "mldebt.facts",
    "libcst",
    "networkx",
    "packaging",
    "packaging.specifiers",
    "packaging.version",
}
"""What rules may import besides the standard library."""


def test_no_rule_is_broken() -> None:
    assert PACKS.broken == []
    assert IDS


@pytest.mark.parametrize("rule_id", IDS)
def test_examples_hold(rule_id: str) -> None:
    assert failures(PACKS.files[rule_id].load()()) == []


@pytest.mark.parametrize("rule_id", IDS)
def test_expected_rules_exist(rule_id: str) -> None:
    page = read_documentation(PACKS.files[rule_id].load().__doc__)
    expected = {rule for example in page.examples for _, rule in example.expected}
    assert expected <= {*IDS, *CHECKS}


@pytest.mark.parametrize("rule_id", IDS)
def test_the_file_holds_the_rule_alone(rule_id: str) -> None:
    file = PACKS.files[rule_id]
    text = file.file.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    documentation = (PACKS.files[rule_id].load().__doc__ or "").count("\n")
    assert lines - documentation <= 120, "a linked view in mldebt/project would make it shorter"
    assert lines <= 320, "fewer, denser examples say as much; each exemption needs one"
    assert not re.search(r"MLD\d{3}", text), "rules have names, not numbers"


@pytest.mark.parametrize("rule_id", IDS)
def test_rules_import_public_names_only(rule_id: str) -> None:
    file = PACKS.files[rule_id].file
    if file.suffix != ".py":
        return
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module or ""]
        else:
            continue
        for module in modules:
            assert module in PUBLIC or module.split(".")[0] in sys.stdlib_module_names, module


@pytest.mark.parametrize("rule_id", IDS)
def test_options_have_defaults_of_their_types(rule_id: str) -> None:
    rule = PACKS.files[rule_id].load()
    if PACKS.files[rule_id].file.suffix == ".yaml":
        return
    for name, kind in options_of(rule).items():
        value = getattr(rule, name)
        assert msgspec.convert(msgspec.to_builtins(value), kind) == value
