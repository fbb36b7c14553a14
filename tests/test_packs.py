"""Packs: finding rules, loading them, and what a broken one costs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mldebt.packs import Packs, RuleFile, find_packs, kebab, open_directory
from mldebt.rule import BrokenRuleError

RULE = '''
from mldebt import Rule

class {name}(Rule):
    """A rule."""

    limit: int = 3

    def check(self, project):
        yield from ()
'''
YAML = 'documentation: A rule.\nmessage: "`{call}`"\ncall: [print]\n'


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load_error(directory: Path) -> str:
    (file,) = open_directory(directory)
    with pytest.raises(BrokenRuleError) as caught:
        file.load()
    return str(caught.value)


def test_a_file_is_a_rule_and_its_folder_the_kind_of_debt(tmp_path: Path) -> None:
    write(tmp_path / "glue_code" / "first_rule.py", RULE.format(name="FirstRule"))
    write(tmp_path / "glue_code" / "second_rule.yaml", YAML)
    write(tmp_path / "top_rule.py", RULE.format(name="TopRule"))
    packs = Packs(open_directory(tmp_path))
    assert list(packs.files) == ["first-rule", "second-rule", "top-rule"]
    assert packs.files["first-rule"].debt == "glue-code"
    rule = packs.files["first-rule"].load()
    assert (rule.id, rule.debt, rule.__name__) == ("first-rule", "glue-code", "FirstRule")
    assert packs.files["second-rule"].load().id == "second-rule"
    assert packs.files["top-rule"].debt == kebab(tmp_path.name)


def test_listing_imports_no_rule(tmp_path: Path) -> None:
    write(tmp_path / "glue_code" / "bomb_rule.py", "raise SystemError('imported')\n")
    assert list(Packs(open_directory(tmp_path)).files) == ["bomb-rule"]


def test_helpers_are_no_rules_but_rules_may_import_them(tmp_path: Path) -> None:
    write(tmp_path / "_shared.py", "LIMIT = 7\n")
    write(tmp_path / "glue_code" / "_near.py", "LIMIT = 8\n")
    write(tmp_path / "glue_code" / "__init__.py", "")
    rule = "from .._shared import LIMIT as a\nfrom ._near import LIMIT as b\n" + RULE.format(name="Sum")
    write(tmp_path / "glue_code" / "sum_rule.py", rule + "    total = a + b\n")
    (file,) = open_directory(tmp_path)
    assert file.load().total == 15  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def (:\n", "cannot be imported: SyntaxError"),
        ("import no_such_module_at_all\n", "cannot be imported: ModuleNotFoundError"),
        ("from mldebt import Rule\n", "must define one Rule, it defines 0"),
        (RULE.format(name="A") + RULE.format(name="B"), "must define one Rule, it defines 2"),
    ],
)
def test_a_broken_rule_says_why(tmp_path: Path, text: str, expected: str) -> None:
    write(tmp_path / "glue_code" / "some_rule.py", text)
    assert load_error(tmp_path).startswith(expected)


def test_a_name_that_is_no_id_and_an_id_taken_twice_are_broken(tmp_path: Path) -> None:
    write(tmp_path / "glue_code" / "Bad-Name.py", RULE.format(name="A"))
    write(tmp_path / "glue_code" / "twin_rule.py", RULE.format(name="A"))
    write(tmp_path / "other_debt" / "twin_rule.py", RULE.format(name="A"))
    packs = Packs(open_directory(tmp_path))
    assert packs.files["twin-rule"].debt == "glue-code"
    assert [(rule.id, rule.message[:20]) for rule in packs.broken] == [
        ("Bad-Name", "its file name must b"),
        ("twin-rule", "has the id of anothe"),
    ]


def test_settings_may_name_yaml_packs_only(tmp_path: Path) -> None:
    write(tmp_path / "data" / "glue_code" / "yaml_rule.yaml", YAML)
    assert "yaml-rule" in find_packs((), [tmp_path / "data"]).files
    write(tmp_path / "data" / "glue_code" / "python_rule.py", "raise SystemError('run')\n")
    with pytest.raises(BrokenRuleError, match="load only with --pack"):
        find_packs((), [tmp_path / "data"])
    packs = find_packs([tmp_path / "data"], [tmp_path / "data"])
    assert {"yaml-rule", "python-rule"} <= set(packs.files)


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BrokenRuleError, match="is not a directory"):
        find_packs([tmp_path / "none"])


def test_installed_packs_are_found_by_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "acme_rules" / "__init__.py", "")
    write(tmp_path / "acme_rules" / "glue_code" / "acme_rule.py", RULE.format(name="AcmeRule"))
    info = tmp_path / "acme-1.0.dist-info"
    write(info / "METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    write(info / "entry_points.txt", "[mldebt.rules]\nacme = acme_rules\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        assert find_packs().files["acme-rule"].load().debt == "glue-code"
    finally:
        for name in [name for name in sys.modules if name.startswith("acme_rules")]:
            del sys.modules[name]


def test_the_profile_in_the_text_of_a_rule_is_that_of_its_class() -> None:
    told = 0
    for file in find_packs().files.values():
        written = file.written_profile()
        told += written is not None
        assert written in (None, file.load().profile), file.id
    assert told > 0.9 * len(find_packs().files)


def test_a_text_that_does_not_tell_the_profile_leaves_it_to_the_class(tmp_path: Path) -> None:
    for name, text in {
        "twice": "class A(Rule):\n    profile = Profile.HOOK\nclass B:\n    profile = Profile.CI\n",
        "derived": "class A(Base):\n    pass\n",
        "computed": "class A(Rule):\n    profile = choose()\n",
        "binary": "\0",
    }.items():
        file = tmp_path / f"{name}.py"
        file.write_text(text)
        assert RuleFile(name, "debt", file, "pack", "local").written_profile() is None, name
