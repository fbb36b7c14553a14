"""The documentation shows what is so: its commands, outputs, settings and links."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from mldebt.cli import cli
from mldebt.packs import Packs, built_in_directory, open_directory
from mldebt.report import FORMATS
from mldebt.selection import select
from mldebt.settings import load_settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")


def blocks(language: str, page: str = README) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """Every call of mldebt that the README shows, as its words."""
    lines = [
        line.removeprefix("$ ") for block in blocks("bash") + blocks("console") for line in block.splitlines()
    ]
    calls = [part.strip() for line in lines for part in line.split("&&")]
    return [shlex.split(call)[1:] for call in calls if call.startswith("mldebt ")]


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", commands(), ids=shlex.join)
def test_commands_do_their_job(words: list[str], checkout: Path) -> None:
    result = run(*words)
    assert result.exit_code in (0, 1), result.output
    assert isinstance(result.exception, SystemExit | None)


def test_the_first_command_shows_what_the_readme_shows(checkout: Path) -> None:
    output = run(*commands()[0]).stdout
    report, chain = blocks("text")
    for shown in report.split("…\n"):
        assert shown in output
    assert chain.strip() in output


def test_explain_shows_what_the_readme_shows(checkout: Path) -> None:
    shown = next(block for block in blocks("console") if "mldebt explain" in block)
    command, *parts = shown.split("…\n")
    output = run(*shlex.split(command)[2:]).stdout
    flat = " ".join(output.split())
    assert all(" ".join(part.split()) in flat for part in parts)


def test_settings_are_accepted(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    (tmp_path / "pyproject.toml").write_text(text)
    packs = Packs(open_directory(built_in_directory()))
    assert select(packs, load_settings(tmp_path)).rules


def test_formats_are_all_formats() -> None:
    (line,) = re.findall(r"^Formats: (.*)\.$", README, re.MULTILINE)
    assert re.findall(r"`(\w+)`", line) == list(FORMATS)


def test_hooks_are_those_that_there_are() -> None:
    (shown,) = blocks("yaml")
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert re.findall(r"- id: (\S+)", shown) == [hook["id"] for hook in hooks]


def test_the_first_rule_is_written_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, new, test, check = (
        shlex.split(line)[1:] for block in blocks("bash", page)[:4] for line in block.splitlines()
    )
    assert run(*new).exit_code == 0
    assert run(*test).exit_code == 0
    (rule,) = blocks("python", page)
    Path(test[-1]).write_text(rule)
    assert run(*test).exit_code == 0
    Path("load.py").write_text("import pandas\npandas.read_table('a', on_bad_lines='skip')\n")
    assert run(*check[:-1], "load.py", "--pack", "rules").exit_code == 1


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_code_that_pages_name_exists(page: str) -> None:
    """Modules, files and folders of the project, in backticks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    text = text.replace("`mldebt/rules`", "")  # where the rules are once they are installed
    for name in re.findall(r"`((?:mldebt|rules|tests|fixtures|benchmarks)/[\w./-]*)`", text):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"`(mldebt(?:\.(?!toml)\w+)+)`", text):
        parts = name.split(".")
        assert any((ROOT / Path(*parts[:n])).with_suffix(".py").exists() or (ROOT / Path(*parts)).is_dir()
                   for n in (len(parts), len(parts) - 1)), name  # fmt: skip


def test_options_that_pages_name_exist() -> None:
    context = click.Context(cli)
    known = {"--help", "--version", "--test"}
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        known |= {option for parameter in command.params for option in parameter.opts}
    words = (re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(), flags=re.M | re.S) for page in PAGES)
    shown = {option for page in words for option in re.findall(r"`(--[a-z-]+)", page)}
    assert shown <= known
