"""`mldebt config`: effective settings, why a rule is on or off, the schema."""

from __future__ import annotations

import itertools
import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from mldebt.cli import cli
from mldebt.packs import find_packs
from mldebt.selection import explain, select
from mldebt.settings import Settings


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def config(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["config", *arguments])


def test_effective_settings_are_toml(project: Path) -> None:
    (project / "mldebt.toml").write_text(
        'profile = "audit"\n[per-file-ignores]\n"a b/*.py" = ["glue-code"]\n[[contract.dataset]]\npath = "x"\n'
    )
    result = config("--ignore", "notebooks")
    shown = tomllib.loads(result.stdout)
    assert (shown["profile"], shown["ignore"]) == ("audit", ["notebooks"])
    assert shown["per-file-ignores"] == {"a b/*.py": ["glue-code"]}
    assert f"# file: {project / 'mldebt.toml'}" in result.stdout
    assert 'fail-on = "warning"  # default' in result.stdout


def test_what_counts_without_a_setting_is_shown(project: Path) -> None:
    shown = tomllib.loads(config("--profile", "hook").stdout)
    assert shown["max-per-rule"] == 10
    assert ".venv/" in shown["exclude"]
    assert shown["baseline"] == f"{project}/.mldebt-baseline.json"
    assert tomllib.loads(config("--exclude", "old/").stdout)["exclude"] == ["old/"]


def test_mistakes_of_the_file_and_of_the_command_line_are_told_at_once(project: Path) -> None:
    (project / "mldebt.toml").write_text(
        """
        selct = []
        packs = 3
        ignore = ["nan-equalty", 3]
        [severity]
        nan-equalty = "eror"
        [rules.copy-per-model]
        leest-lines = 3
        """
    )
    result = config("--select", "corectness", "--per-file-ignores", "a/*.py:notebook")
    assert result.exit_code == 2
    file = project / "mldebt.toml"
    assert result.output.splitlines() == [
        f"error: {file}: selct: unknown key; did you mean `select`?",
        f"error: {file}: packs: expected a list, got a whole number",
        f"error: {file}: ignore[1]: expected a string, got a whole number",
        f"error: {file}: severity.nan-equalty: expected one of `error`, `warning`, `info`, got `eror`;"
        " did you mean `error`?",
        f"error: {file}: ignore: there is no rule or kind of debt `nan-equalty`; did you mean `nan-equality`?",
        f"error: {file}: severity.nan-equalty: there is no such rule; did you mean `nan-equality`?",
        f"error: {file}: rules.copy-per-model.leest-lines: there is no such option; did you mean `least-lines`?",
        "error: --select: there is no rule or kind of debt `corectness`; did you mean `correctness`?",
        "error: --per-file-ignores.a/*.py: there is no rule or kind of debt `notebook`; did you mean `notebooks`?",
    ]


def test_a_kind_of_debt_and_a_check_of_the_run_are_explained(project: Path) -> None:
    lines = config("correctness", "--ignore", "nan-equality").stdout.splitlines()
    assert "nan-equality: off, because `ignore` names `nan-equality`" in lines
    assert len(lines) == sum(file.debt == "correctness" for file in find_packs().files.values())
    assert config("stale-suppression").stdout == "stale-suppression: on, because it is about the run itself\n"
    assert "off" in config("hygiene", "--ignore", "hygiene").stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "nan-equality: on, because it belongs to the profile `ci`"),
        (["--ignore", "nan-equality"], "nan-equality: off, because `ignore` names `nan-equality`"),
        (["--ignore", "correctness"], "nan-equality: off, because `ignore` names `correctness`"),
        (["--select", "correctness"], "nan-equality: on, because `select` names `correctness`"),
        (["--select", "all"], "nan-equality: on, because `select` names `all`"),
        (["--extend-select", "nan-equality"], "nan-equality: on, because `extend-select` names `nan-equality`"),
        (["--select", "notebooks"], "nan-equality: off, because `select` names neither it nor its kind of debt"),
    ],
)
def test_why_a_rule_is_on_or_off(project: Path, options: list[str], said: str) -> None:
    assert config("nan-equality", *options).stdout.splitlines()[0] == said


def test_the_explanation_is_what_happens() -> None:
    packs = find_packs()
    some = [(), ("all",), ("correctness",), ("nan-equality",)]
    for profile, chosen, extended, ignored in itertools.product(("hook", "ci", "audit"), some, some, some):
        settings = Settings(profile=profile, select=chosen, extend_select=extended, ignore=ignored)  # type: ignore[arg-type]
        running = {rule.id for rule in select(packs, settings).rules}
        assert {file.id for file in packs.files.values() if explain(file, settings).on} == running


def test_options_of_a_rule_and_what_is_not_known(project: Path) -> None:
    (project / "mldebt.toml").write_text('[severity]\nnan-equality = "info"\n')
    assert 'severity = "info"' in config("nan-equality").stdout
    assert "did you mean `nan-equality`?" in config("nan-equalty").output
    (project / "mldebt.toml").write_text("selct = []\n")
    assert config().exit_code == 2


def test_rules_in_yaml_have_no_options(project: Path) -> None:
    assert config("unseeded-split").stdout.splitlines()[1:] == ['severity = "warning"']


def test_every_rule_is_explained(project: Path) -> None:
    assert len(config("--rules").stdout.splitlines()) == len(find_packs().files)


def test_the_schema_takes_settings_and_refuses_mistakes(project: Path) -> None:
    schema = json.loads(config("--schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    good = 'profile = "hook"\nworkers = 2\n[rules.nan-equality]\nx = 1\n[[contract.dataset]]\npath = "x"\n'
    jsonschema.validate(tomllib.loads(good), schema)
    for bad in ('profile = "fast"', "selct = []", "workers = 0", "[[contract.dataset]]\nowner = 'x'"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(tomllib.loads(bad), schema)
