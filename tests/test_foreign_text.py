"""Names and texts of the analysed project are text everywhere: no terminal, log or page obeys them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mldebt.cli import cli
from mldebt.report import FORMATS

EVIL = "\x1b[31m\x1b]8;;http://x\x07\x9b2J\u202e[bold]\r::error::PWNED %0A<script>alert(1)</script>`<img src=x>"
FILE = "\x1b[31m\u202e\n::error::PWNED%0A``<img src=x>`<script>.py"
SHELL = "\x1b]0;title\x07.py"
DATA = EVIL.replace("/", "").replace("\r", "")
AS_TEXT = [name for name in FORMATS if name in ("text", "concise", "github", "markdown")]


def quoted(text: str) -> str:
    return json.dumps(text)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose file names, strings, keys, comments, authors and settings try to be more than text."""
    root = tmp_path_factory.mktemp("hostile") / "<b>\x1b[31mproject"
    root.mkdir()
    reader = f"import pandas as pd\ndf = pd.read_csv('/home/ada/' + {quoted(DATA)})  # {EVIL}\n".replace("\r", "")
    (root / FILE).write_text(reader + f"df.to_csv({quoted(DATA + '.csv')})\nprint(df)\n" * 3)
    (root / "::error::PWNED.py").write_text("import pandas as pd\npd.read_csv('/home/ada/x.csv')\ndef (:\n")
    (root / SHELL).write_text(f"import pandas as pd\npd.read_csv({quoted(DATA + '.csv')}).to_csv('/tmp/x.csv')\n")
    with open(os.path.join(os.fsencode(root), b"latin-\xe9.py"), "wb") as file:
        file.write(b"import pandas as pd\npd.read_csv('/home/ada/\x1b[2J.csv')\n")
    (root / "dvc.yaml").write_text(
        f"stages:\n  {quoted(EVIL)}:\n    cmd: python {quoted(FILE)}\n"
        f"    deps: [{quoted(DATA)}]\n    outs: [gone.csv]\n"
    )
    (root / "params.yaml").write_text(f"{quoted(EVIL)}: 1\n{quoted(EVIL)}: 2\nunused: {quoted(EVIL)}\n")
    (root / "Dockerfile").write_text(f"FROM python:latest\x1b[31m<script>\nRUN pip install {DATA}\n")
    (root / "requirements.txt").write_text("pandas\nnumpy\x1b[31m\n<script>\n")
    (root / "broken.ini").write_text(f"{DATA}\n[a]\n")
    (root / "cookie.py").write_text("# coding: \x1b[31mx<script>\n")
    (root / "comment.py").write_text(f"x = 1  # mldebt: ignore[{DATA}]\n# mldebt: {DATA}\n")
    cells = [{"cell_type": "code", "source": f"import pandas as pd\npd.read_csv('/home/ada/' + {quoted(DATA)})"}]
    cells.append({"cell_type": "code", "source": f"{DATA}\n"})
    (root / "n\x1b[31m<img>.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    identity = ("-c", f"user.name={DATA}", "-c", "user.email=a@example.org")
    for arguments in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", EVIL)):
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)
    return root


def run(root: Path, *arguments: str) -> Result:
    """A command that must end as it should, in the repository."""
    before = os.getcwd()
    os.chdir(root)
    try:
        result = CliRunner().invoke(cli, arguments, color=True)
    finally:
        os.chdir(before)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def harmful(text: str) -> set[str]:
    """The characters that steer a terminal or turn the direction of text."""
    found = {char for char in text if unicodedata.category(char) in ("Cc", "Cs") and char != "\n"}
    return found | (set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


@pytest.mark.parametrize("name", FORMATS)
def test_findings(hostile: Path, name: str) -> None:
    result = run(hostile, "check", "--profile", "audit", "--no-cache", "--output-format", name)
    assert result.exit_code == 1, result.output
    assert len(result.stdout) > 1_000
    result.stdout.encode()
    if name in AS_TEXT:
        assert not harmful(result.output)
        assert "PWNED" in result.stdout
        assert not re.search(r"^\s*::(?!(?:error|warning|notice) title=mldebt)", result.output, re.MULTILINE)
    else:
        assert not {char for char in harmful(result.output) if char < " "}
    if name == "github":
        assert "PWNED%250A" in result.stdout
        assert "PWNED%0A" not in result.stdout


def test_the_styled_report_has_no_other_escapes_than_its_own(hostile: Path) -> None:
    result = run(hostile, "check", "--profile", "audit", "--no-cache", "--color", "always")
    rest = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)
    assert rest != result.stdout
    assert not harmful(rest)
    assert "\x1b[31mproject" not in result.stdout
    assert "\x1b[31mx" not in result.stdout


def test_markdown_has_no_markup_of_others(hostile: Path) -> None:
    page = run(hostile, "check", "--profile", "audit", "--no-cache", "--output-format", "markdown").stdout
    outside = re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", page)
    assert not re.search(r"<(?:script|img)", outside)


class Tags(HTMLParser):
    """The elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        assert not any(name.startswith("on") for name, _ in attributes)


@pytest.mark.parametrize(
    "arguments",
    [
        ("graph",),
        ("graph", "--output-format", "dot"),
        ("graph", "--output-format", "mermaid"),
        ("graph", "--metrics"),
        ("graph", "--focus", "\x1b[31mnothing"),
        ("audit",),
        ("audit", "--output-format", "markdown"),
        ("trend",),
        ("config",),
        ("baseline", "show"),
        ("clean",),
        ("init", "--dry-run"),
        ("explain", "\x1b[31mrule"),
        ("check", "--select", "\x1b[31mrule"),
        ("check", "\x1b[31mgone.py"),
        ("check", "--output-format", "\x1b[31mformat"),
        ("check", "--config", "\x1b[31mgone.toml"),
        ("check", "--since", "\x1b[31mgone"),
        ("check", "--statistics"),
        ("\x1b[31mcommand",),
    ],
    ids=" ".join,
)
def test_other_commands(hostile: Path, arguments: tuple[str, ...]) -> None:
    result = run(hostile, *arguments)
    assert not harmful(result.output)
    result.output.encode()
    if "markdown" in arguments or "mermaid" in arguments:
        assert not re.search(r"<(?:script|img)", result.stdout)


def test_a_patch_is_exact_for_programs_and_harmless_for_terminals(
    hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("check", "--diff", "--unsafe-fixes")
    assert harmful(run(hostile, *arguments).stdout)
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)
    shown = run(hostile, *arguments)
    assert shown.stdout.startswith("--- a/")
    assert not harmful(shown.output)


@pytest.mark.parametrize("command", ["graph", "audit"])
def test_pages(hostile: Path, command: str) -> None:
    safe = Tags(run(hostile, command, "--output-format", "html").stdout).found
    assert "img" not in safe
    assert "b" not in safe
    plain = Tags(run(Path(__file__).parents[1] / "fixtures" / "plain-scripts", command, "--no-cache",
                     "--output-format", "html").stdout).found  # fmt: skip
    assert safe.count("script") == plain.count("script")


@pytest.mark.parametrize("command", ["graph", "audit", "trend", "check"])
def test_json_can_be_read(hostile: Path, command: str) -> None:
    json.loads(run(hostile, command, "--output-format", "json").stdout)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("mldebt.toml", f"{quoted(EVIL)} = 1\n"),
        ("mldebt.toml", f"select = [{quoted(EVIL)}]\nexclude = 3\n"),
        ("mldebt.toml", f"fail-on = {quoted(EVIL)}\n"),
        ("mldebt.toml", f"[rules.{quoted(EVIL)}]\nx = 1\n"),
        ("mldebt.toml", f"packs = [{quoted(EVIL)}]\n"),
        ("mldebt.toml", "a = \x1b[31m\n"),
        ("pyproject.toml", f"[tool.mldebt]\nbaseline = {quoted(DATA)}\n[tool.mldebt.{quoted(EVIL)}]\na = 1\n"),
        ("mldebt-baseline.json", f"{EVIL}\n"),
    ],
)
@pytest.mark.parametrize("command", ["check", "config", "graph", "audit"])
def test_mistakes_in_settings(tmp_path: Path, file: str, text: str, command: str) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / file).write_text(text)
    result = run(tmp_path, command)
    assert not harmful(result.output)
    assert "Traceback" not in result.output


def test_broken_rules_of_a_pack(tmp_path: Path) -> None:
    pack = tmp_path / "pack" / "glue_code"
    pack.mkdir(parents=True)
    (pack / "bad\x1b[31m.yaml").write_text(f"message: {quoted(EVIL)}\n{quoted(EVIL)}: 1\n")
    (tmp_path / "project").mkdir()
    for arguments in (("check", "--pack", "../pack"), ("rules", "../pack"), ("rules", "--pack", "../pack")):
        result = run(tmp_path / "project", *arguments)
        assert result.exit_code == 2
        assert not harmful(re.sub(r"\x1b\[[01]m", "", result.output))
