"""YAML rules: what they match, what they must not match, and what their mistakes are."""

from __future__ import annotations

from pathlib import Path

import pytest

from mldebt.declarative import load_declaration
from mldebt.examples import ExampleFile, findings_of
from mldebt.finding import Profile, Severity
from mldebt.rule import BrokenRuleError, Rule

SPLIT = """
documentation: |
  A summary.
message: "`{call}` has no seed"
severity: error
profile: hook
minutes: 2
call: [sklearn.model_selection.train_test_split, "numpy.random.*"]
without: [{name: random_state, position: 4}, {name: shuffle, value: false}]
unless-called: [numpy.random.seed]
"""


def rule_of(tmp_path: Path, text: str) -> Rule:
    file = tmp_path / "some_rule.yaml"
    file.write_text(text, encoding="utf-8")
    rule = load_declaration(file)()
    type(rule).id = "some-rule"
    return rule


def lines(rule: Rule, text: str, path: str = "train.py") -> list[int]:
    return [finding.location.span.line for finding in findings_of(rule, (ExampleFile(path, text),))]


def test_attributes_come_from_the_file(tmp_path: Path) -> None:
    rule = rule_of(tmp_path, SPLIT)
    assert (rule.severity, rule.profile, rule.minutes) == (Severity.ERROR, Profile.HOOK, 2)
    assert type(rule).__doc__ == "A summary.\n"


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("split(X, y)", True),
        ("split(X, y, random_state=None)", True),
        ("split(X, y, random_state=1)", False),
        ("split(X, y, random_state=seed)", False),
        ("split(X, y, 0.2, 0.8, 3)", False),
        ("split(X, y, shuffle=False)", False),
        ("split(X, y, shuffle=flag)", False),
        ("split(X, y, shuffle=True)", True),
        ("split(X, y, **options)", False),
        ("split(*arrays)", False),
    ],
)
def test_absence_is_never_concluded_from_what_is_unknown(tmp_path: Path, call: str, found: bool) -> None:
    text = f"from sklearn.model_selection import train_test_split as split\n{call}\n"
    assert lines(rule_of(tmp_path, SPLIT), text) == ([2] if found else [])


def test_a_call_elsewhere_in_the_file_excuses(tmp_path: Path) -> None:
    text = "import numpy as np\nfrom sklearn.model_selection import train_test_split\ntrain_test_split(X)\n"
    assert lines(rule_of(tmp_path, SPLIT), text) == [3]
    assert lines(rule_of(tmp_path, SPLIT), text + "np.random.seed(1)\n") == []


def test_tests_are_skipped(tmp_path: Path) -> None:
    text = "from sklearn.model_selection import train_test_split\ntrain_test_split(X)\n"
    assert lines(rule_of(tmp_path, SPLIT), text, "tests/test_split.py") == []


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("f(shuffle=True)", True),
        ("f(0, True)", True),
        ("f(shuffle=1)", False),
        ("f(shuffle=x)", False),
        ("f()", False),
    ],
)
def test_with_wants_the_literal(tmp_path: Path, call: str, found: bool) -> None:
    text = "documentation: A.\nmessage: m\ncall: [lib.f]\nwith: [{name: shuffle, position: 1, value: true}]\n"
    assert bool(lines(rule_of(tmp_path, text), f"from lib import f\n{call}\n")) is found


def test_settings_match_by_key_and_value(tmp_path: Path) -> None:
    text = (
        "documentation: A.\nmessage: '`{key}` is `{value}`'\n"
        "setting: {key: stages.*.frozen, value: true, file: '*.yaml'}\n"
    )
    rule = rule_of(tmp_path, text)
    document = "stages:\n  a:\n    frozen: true\n  b:\n    frozen: false\n"
    (finding,) = findings_of(rule, (ExampleFile("dvc.yaml", document), ExampleFile("x.yml", document)))
    assert (str(finding.location), finding.message) == ("dvc.yaml:3", "`stages.a.frozen` is `true`")
    assert finding.scope == "stages.a.frozen"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("documentation: A.\nmessage: m\n", "give either `call` or `setting`"),
        ("documentation: A.\nmessage: m\ncall: [a]\nsetting: {key: b}\n", "give either `call` or `setting`"),
        ("documentation: A.\nmessage: m\nsetting: {key: b}\nwithout: [{name: a}]\n", "go with `call`"),
        ("documentation: A.\nmessage: '{cal}'\ncall: [a]\n", "placeholders may be {call}"),
        ("documentation: A.\ncall: a\n", "`message` is missing"),
        ("documentation: A.\ncall: a\n", "call: expected a list, got a string"),
        (
            "documentation: A.\nmessage: m\ncall: [a]\nwithot: []\n",
            "withot: unknown key; did you mean `without`?",
        ),
        (
            "documentation: A.\nmessage: m\ncall: [a]\nskip-roles: [tst]\n",
            "skip-roles[0]: invalid enum value 'tst'",
        ),
        ("a: [", "cannot be read"),
        ("- a\n", "expected a table, got a list"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(BrokenRuleError) as caught:
        rule_of(tmp_path, text)
    assert expected in str(caught.value)
