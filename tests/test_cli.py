"""The command line: options, exit codes, what is imported."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mldebt import __version__
from mldebt.cli import cli

RULE = '''
from mldebt import Rule

class NoPrint(Rule):
    """Prints are debt."""

    limit: int = 0

    def check(self, project):
        for site in project.calls("print"):
            yield self.finding(site.location, f"`{site.name}`")
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    (root / "sub").mkdir(parents=True)
    (root / "setup.py").write_text("")
    (root / "a.py").write_text("print(1)\n")
    (root / "sub" / "b.py").write_text("print(2)\n")
    pack = tmp_path / "pack" / "glue_code"
    pack.mkdir(parents=True)
    (pack / "no_print.py").write_text(RULE)
    monkeypatch.chdir(root)
    return root


def mldebt(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=stdin)


def check(*arguments: str, stdin: str | None = None) -> Result:
    return mldebt("check", "--pack", "../pack", "--select", "no-print", "--no-cache", *arguments, stdin=stdin)


def places(result: Result) -> list[str]:
    return [f"{f['path']}:{f['line']}" for f in json.loads(result.stdout)["findings"]]


def test_exit_codes(project: Path) -> None:
    assert check().exit_code == 1
    assert check("--exit-zero").exit_code == 0
    assert check("--fail-on", "error").exit_code == 0
    assert check("--fail-on", "never").exit_code == 0
    assert check("--ignore", "no-print").exit_code == 0
    assert check("--selct", "x").exit_code == 2
    assert check("no-such-file.py").exit_code == 2
    assert mldebt("check", "--pack", "nowhere").exit_code == 2


def test_names_that_do_not_exist_are_told_on_standard_error(project: Path) -> None:
    result = mldebt("check", "--select", "no-prnt", "--pack", "../pack")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: --select: there is no rule or kind of debt `no-prnt`; did you mean `no-print`?\n"
    )


def test_settings_mistakes_are_told_on_standard_error(project: Path) -> None:
    (project / "mldebt.toml").write_text("selct = []\nworkers = 0\n")
    result = check()
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 2)
    assert check("--isolated").exit_code == 1


def test_names_may_be_joined_by_commas(project: Path) -> None:
    result = check("--ignore", "hygiene,no-print", "--output-format", "json")
    assert (result.exit_code, places(result)) == (0, [])


def test_formats_and_files(project: Path) -> None:
    assert "    1 | print(1)" in check().stdout
    assert check("--output-format", "concise").stdout.startswith("a.py:1:1: warning no-print")
    result = check("--output-format", "json", "-o", "out.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads((project / "out.json").read_text())["summary"]["findings"] == 2


def test_what_the_program_writes_is_no_part_of_the_project(project: Path) -> None:
    (project / "mldebt.toml").write_text('baseline = "accepted [old].json"\n')
    (project / "accepted [old].json").write_text('{"version": 1, "findings": {}}')
    given = ["check", "--select", "no-print", "--pack", "../pack", "--output-format", "json=out/a.json"]
    (project / "out").mkdir()
    first = mldebt(*given, "--output-format", "concise").output
    assert (project / "out" / "a.json").exists()
    assert mldebt(*given, "--output-format", "concise").output == first
    assert "in 4 files" in first


def test_statistics_count_rules(project: Path) -> None:
    counts = "     2  warning  no-print\n"
    summary = "Found 2 findings (2 warnings) in 3 files; 0 baselined, 0 suppressed, 0 fixable.\n"
    assert check("--statistics").stdout == counts + summary


def test_color_is_asked_for(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b" not in check().stdout
    assert "\x1b[" in check("--color", "always").stdout
    check("--color", "auto", "-o", "out.txt")
    assert "\x1b" not in (project / "out.txt").read_text()
    assert "\x1b" not in mldebt("check", "--color", "never").stdout


def test_quiet_says_nothing_when_clean(project: Path) -> None:
    assert check("--ignore", "no-print", "-q").output == ""


def test_given_paths_narrow_the_report(project: Path) -> None:
    assert places(check("sub", "--output-format", "json")) == ["sub/b.py:1"]
    assert places(check("sub/b.py", "a.py", "--output-format", "json")) == ["a.py:1", "sub/b.py:1"]
    assert places(check("--extend-exclude", "sub/", "--output-format", "json")) == ["a.py:1"]


def test_paths_are_shown_from_the_current_directory(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".mldebt.toml").write_text("")
    monkeypatch.chdir(project / "sub")
    result = mldebt("check", "--pack", "../../pack", "--select", "no-print", "--no-cache", ".")
    assert result.stdout.startswith("b.py:1:1 warning no-print")


def test_standard_input_has_the_name_it_is_given(project: Path) -> None:
    result = check("-", "--stdin-filename", "sub/new.py", "--output-format", "json", stdin="x = 1\nprint(x)\n")
    assert places(result) == ["sub/new.py:2"]
    assert check("-").exit_code == 2
    assert check("--stdin-filename", "a.py").exit_code == 2


def test_the_cache_is_kept_and_cleaned(project: Path) -> None:
    assert mldebt("check", "--pack", "../pack").exit_code == 1
    assert (project / ".mldebt_cache").is_dir()
    assert mldebt("clean").stdout.startswith("Removed ")
    assert not (project / ".mldebt_cache").exists()
    assert mldebt("clean").stdout.startswith("There is no cache")


def test_a_broken_rule_is_exit_code_2(project: Path, tmp_path: Path) -> None:
    (tmp_path / "pack" / "glue_code" / "bad_rule.py").write_text("raise ValueError('no')\n")
    result = mldebt("check", "--pack", "../pack", "--no-cache", "--output-format", "json", "--exit-zero")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["errors"][0]["rule"] == "bad-rule"
    assert "error: rule bad-rule cannot be used" in result.stderr
    assert mldebt("rules", "--pack", "../pack").exit_code == 2


def test_new_writes_a_rule_whose_examples_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = mldebt("new", "keep-records", "--in", "lint/glue_code")
    assert made.stdout == (
        "Wrote lint/glue_code/keep_records.py. Next: mldebt rules --test lint/glue_code/keep_records.py\n"
    )
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["keep_records.py"]
    for place in ("lint", "lint/glue_code", "lint/glue_code/keep_records.py"):
        tested = mldebt("rules", "--test", place)
        assert (tested.exit_code, tested.stdout) == (0, "ok   keep-records\n1 rules, 0 failures\n")
    assert mldebt("new", "keep-records", "--in", "lint/glue_code").exit_code == 2
    assert mldebt("new", "Keep_Records", "--in", "lint").exit_code == 2


def test_failing_examples_are_exit_code_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mldebt("new", "keep-records", "--in", "lint/glue_code")
    file = tmp_path / "lint" / "glue_code" / "keep_records.py"
    file.write_text(file.read_text().replace('project.calls("print")', 'project.calls("open")'))
    tested = mldebt("rules", "--test", "lint")
    assert tested.exit_code == 1
    assert "keep-records: ## What is found: expected at train.py:1, not found" in tested.stderr


def test_rules_are_listed(project: Path) -> None:
    listed = json.loads(mldebt("rules", "../pack", "--output-format", "json").stdout)
    assert listed[0]["rule"] == "no-print"
    assert listed[0]["options"] == {"limit": 0}
    table = mldebt("rules", "--pack", "../pack").stdout
    assert re.search(r"^  no-print +warning  ci     Prints are debt\.$", table, re.MULTILINE)


def test_explain_shows_the_page(project: Path) -> None:
    shown = mldebt("explain", "no-print", "--pack", "../pack").stdout
    assert "Prints are debt." in shown
    page = mldebt("explain", "no-print", "--pack", "../pack", "--output-format", "markdown").stdout
    assert "# no-print" in page
    assert "- `limit` = `0`" in page
    assert "A rule failed" in mldebt("explain", "internal-error").stdout
    missing = mldebt("explain", "no-prnt", "--pack", "../pack")
    assert (missing.exit_code, "did you mean `no-print`?" in missing.stderr) == (2, True)


def test_explain_names_the_files_of_an_example() -> None:
    lines = [line.strip() for line in mldebt("explain", "undeclared-consumers").stdout.splitlines()]
    assert lines.index("train.py:") < lines.index("1 import joblib") < lines.index("score_batch.py:")
    page = mldebt("explain", "undeclared-consumers", "--output-format", "markdown").stdout
    assert '```python title="train.py"' in page


DOCUMENTED = '''
from mldebt import Rule

class NoPrint(Rule):
    """Prints are debt.

    ## Flagged

    ```python
    print("an illustration")
    ```

    ```python title="a.py"
    x = 1
    print(x)  # expect: no-print
    ```

    ```python title="b.ipynb"
    # %% [markdown]
    A title
    # %%

    print(x)  # expect: no-print
    ```

    ## Silent

    ```python title="a.py"
    x = 1
    ```

    ```python title="b.py"
    y = 1
    ```

    ## Known gap: aliases

    ```python title="a.py"
    say = print
    ```
    """

    def check(self, project):
        for site in project.calls("print"):
            yield self.finding(site.location, f"`{site.name}` speaks")
'''


def test_explain_marks_what_an_example_flags(project: Path) -> None:
    (project.parent / "pack" / "glue_code" / "no_print.py").write_text(DOCUMENTED)
    shown = mldebt("explain", "no-print", "--pack", "../pack").stdout
    assert re.findall(r"^❱ *(\d+) (.*)$", shown, re.MULTILINE) == [("2", "print(x)"), ("5", "print(x)")]
    assert re.findall(r"line (\d): (.*\S)", shown) == [("2", "`print` speaks"), ("5", "`print` speaks")]
    assert shown.count("nothing is flagged") == 1
    assert shown.index("b.py:") < shown.index("nothing is flagged") < shown.index("Known gap")
    page = mldebt("explain", "no-print", "--pack", "../pack", "--output-format", "markdown").stdout
    assert 'title="a.py"\nx = 1\nprint(x)\n```\n\n- line 2: `print` speaks\n' in page
    assert "\nprint(x)\n```\n\n- line 5: `print` speaks\n" in page
    assert page.count("*Nothing is flagged.*") == 1


def test_explain_shows_the_page_of_a_rule_that_fails(project: Path) -> None:
    broken = DOCUMENTED.replace('project.calls("print")', "project.missing")
    (project.parent / "pack" / "glue_code" / "no_print.py").write_text(broken)
    result = mldebt("explain", "no-print", "--pack", "../pack", "--output-format", "markdown")
    assert (result.exit_code, result.stdout.count("- line 2: flagged")) == (0, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams by a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_may_be_closed(project: Path, closed: str) -> None:
    path = str(Path(__file__).parent.parent)
    command = f"exec {sys.executable} -m mldebt check --isolated --no-cache --select unseeded-split a.py {closed}"
    done = subprocess.run(["sh", "-c", command], env={**os.environ, "PYTHONPATH": path}, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams by a shell")
@pytest.mark.parametrize("closed", ["2>&-", "<&-", "<&- >&- 2>&-"])
def test_workers_do_not_miss_closed_streams(project: Path, closed: str, tmp_path: Path) -> None:
    for number in range(30):  # enough for workers
        (project / f"m{number}.py").write_text(
            "from sklearn.model_selection import train_test_split as t\nt(x)\n" * 60
        )
    path, report = str(Path(__file__).parent.parent), tmp_path / "report.txt"
    check = f"{sys.executable} -m mldebt check --isolated --no-cache --output-format concise"
    command = f"exec {check} -o {report} {closed}"
    subprocess.run(
        ["sh", "-c", command], env={**os.environ, "PYTHONPATH": path}, capture_output=True, check=False
    )
    assert "unseeded-split" in report.read_text()
    assert "unanalysed-file" not in report.read_text()


def test_version_and_unknown_commands() -> None:
    assert mldebt("--version").stdout == f"mldebt {__version__}\n"
    assert "did you mean `check`?" in mldebt("chek").stderr


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = str(Path(__file__).parent.parent)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom mldebt.cli import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in {'libcst', 'nbformat', 'networkx', 'jinja2', "
        "'sqlglot', 'rich', 'pebble', 'yaml', 'msgspec', 'pathspec'}))"
    )
    assert python(code).stdout == "[]\n"


def test_the_program_ends_with_the_codes_of_its_commands(project: Path) -> None:
    code = "import sys\nfrom mldebt.cli import main\nsys.argv[0] = 'mldebt'\nmain()"
    for arguments, expected in (
        (("check", "--pack", "../pack", "--select", "no-print", "--no-cache"), 1),
        (("check", "--pack", "../pack", "--ignore", "no-print", "--no-cache", "--select", "no-print"), 0),
        (("--help",), 0),
        (("check", "--worker", "x"), 2),
        (("chek",), 2),
        (("explain", "no-such-rule"), 2),
    ):
        done = python(code, *arguments)
        assert done.returncode == expected, arguments
        assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_causes_no_traceback(project: Path) -> None:
    (project / "a.py").write_text("print(1)\n" * 3000)
    command = f"{sys.executable} -m mldebt check --pack ../pack --no-cache --output-format concise | head -n 1"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


def test_what_is_not_expected_is_a_short_message_and_exit_code_2() -> None:
    code = (
        "import mldebt.cli.rules as module\nfrom mldebt.cli import main\n"
        "import sys; sys.argv = ['mldebt', 'rules']\n"
        "def fail(*_): raise RuntimeError('lost')\nmodule._packs = fail\nmain()"
    )
    short = python(code)
    assert short.returncode == 2
    assert short.stderr.startswith("mldebt: RuntimeError: lost\n")
    assert "Traceback" not in short.stderr
    assert "Traceback" in python(code, MLDEBT_TRACEBACK="1").stderr


def test_workers_that_do_not_start_are_an_error_and_no_finding(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mldebt.pool._BOOT", "raise SystemExit(3)")
    for number in range(60):
        (project / f"m{number}.py").write_text(f"print({number})\n" * 100)
    result = check()
    assert result.exit_code == 2
    assert result.stdout == ""
    assert re.fullmatch(r"error: a worker process ended before it was ready \(.*\)\n", result.stderr)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("n.ipynb", "", "this file is empty"),
        ("c.json", " \n", "this file is empty"),
        ("c.yaml", "a: [1\n", "this file is not valid YAML: "),
        ("c.py", "x = (\n", "this file does not parse: "),
    ],
)
def test_what_does_not_parse_is_told_in_a_sentence(project: Path, name: str, text: str, said: str) -> None:
    (project / name).write_text(text)
    result = mldebt("check", name, "--no-cache", "--output-format", "json")
    (finding,) = json.loads(result.stdout)["findings"]
    assert finding["rule"] == "unparsable-file"
    assert finding["message"].startswith(said)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals")
@pytest.mark.parametrize(("variables", "styled", "linked"), [
    ({"TERM": "xterm"}, True, False),
    ({"TERM": "xterm", "FORCE_HYPERLINK": "1"}, True, True),
    ({"TERM": "dumb"}, False, False),
])  # fmt: skip
def test_a_real_terminal_gets_colours_and_links(
    project: Path, variables: dict[str, str], styled: bool, linked: bool
) -> None:
    master, slave = os.openpty()
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "CI")}
    command = [sys.executable, "-m", "mldebt", "check", "--no-cache", "--pack", "../pack", "--select", "no-print"]
    root = Path(__file__).parent.parent
    environment = {**kept, "PYTHONPATH": str(root), **variables}
    subprocess.run(command, cwd=project, stdout=slave, stderr=subprocess.DEVNULL, check=False, env=environment)
    os.close(slave)
    with open(master, "rb") as terminal:
        shown = terminal.read1(100_000)
    assert b"no-print" in shown
    assert (b"\x1b[" in shown, b"\x1b]8;" in shown) == (styled, linked)
