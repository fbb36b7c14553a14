"""Hostile projects through the command line: a finding or an error at its place, in bounded time, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mldebt import gather as gathering
from mldebt.cli import cli
from mldebt.extract import extract
from mldebt.source import Kind

CHECKOUT = Path(__file__).parents[1]
GOOD = "import pandas as pd\nframe = pd.read_csv('/home/ada/visits.csv')\n"
NAMES = {
    Kind.PYTHON: "n.py", Kind.NOTEBOOK: "n.ipynb", Kind.YAML: "n.yaml", Kind.TOML: "n.toml", Kind.JSON: "n.json",
    Kind.INI: "n.ini", Kind.ENV: ".env", Kind.REQUIREMENTS: "requirements.txt", Kind.DOCKERFILE: "Dockerfile",
    Kind.SHELL: "n.sh", Kind.MAKE: "Makefile", Kind.SNAKEMAKE: "Snakefile", Kind.SQL: "n.sql",
    Kind.MARKDOWN: "n.md",
}  # fmt: skip


def notebook(*sources: str, **fields: Any) -> str:
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **fields})


def check(root: Path, *arguments: str, code: int | None = None) -> list[dict[str, Any]]:
    """The findings of `mldebt check` in a directory, of two rules unless the arguments name a profile."""
    before = os.getcwd()
    os.chdir(root)
    try:
        options = ["--no-cache", "--output-format", "json"]
        if "--profile" not in arguments:
            options += ["--select", "machine-specific-path,floating-image"]
        result = CliRunner().invoke(cli, ("check", *options, *arguments))
    finally:
        os.chdir(before)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in ((0, 1) if code is None else (code,)), result.output
    document = json.loads(result.stdout)
    assert document["errors"] == []
    found: list[dict[str, Any]] = document["findings"]
    return found


def problems(findings: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """The path and line of what could not be read or parsed."""
    return [(f["path"], f["line"]) for f in findings if f["rule"] in ("unparsable-file", "unanalysed-file")]


def mldebt(root: Path, *arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, which must end in time without a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "mldebt", *arguments],
        cwd=root, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, capture_output=True, text=True,
        errors="replace", timeout=seconds, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "should not happen" not in done.stderr
    return done


def good(root: Path) -> Path:
    """A file with a finding of its own: what is beside it must not matter."""
    (root / "good.py").write_text(GOOD)
    return root


# --- texts that are none ---


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"# caf\xe9\n", 1),
        (b"# a\n# \xff\xfe\n", 2),
        ("x = 1\n".encode("utf-16"), 1),
        ("x = 1\n".encode("utf-16-be"), 1),
        ("x = 1\n".encode("utf-32"), 1),
        (b"x = 1\n" * 40 + b"\0\n", 41),
        (bytes(range(256)) * 8, 1),
    ],
    ids=["latin-1", "line 2", "utf-16", "utf-16-be", "utf-32", "nul", "binary"],
)
def test_what_is_no_text_is_one_finding_in_each_kind_of_file(tmp_path: Path, data: bytes, line: int) -> None:
    for name in NAMES.values():
        (tmp_path / name).write_bytes(data)
    findings = check(good(tmp_path))
    assert problems(findings) == sorted((name, line) for name in NAMES.values())
    assert any(finding["path"] == "good.py" for finding in findings)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_marks_and_line_ends_change_nothing(tmp_path: Path, mark: bytes, end: str) -> None:
    def write(name: str, text: str) -> None:
        (tmp_path / name).write_bytes(mark + text.replace("\n", end).encode())

    write("good.py", f"\x0c\n{GOOD}")
    write("n.ipynb", notebook(GOOD.replace("\n", end), f"\x0c{GOOD}"))
    write("dvc.yaml", "stages:\n  a:\n    cmd: python good.py\n")
    write("requirements.txt", "\npandas\n")
    write("Dockerfile", "\nFROM python:latest\n")
    findings = {(f["rule"], f["path"], f["cell"], f["line"]) for f in check(tmp_path)}
    assert ("machine-specific-path", "good.py", None, 3) in findings
    assert ("floating-image", "Dockerfile", None, 2) in findings
    assert not {rule for rule, *_ in findings} & {"unparsable-file", "unanalysed-file"}


@pytest.mark.parametrize("name", NAMES.values())
def test_empty_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    told = problems(check(good(tmp_path)))
    assert told == ([(name, 1)] if name in ("n.ipynb", "n.json") else [])


# --- size and shape ---


def long_texts(kind: Kind) -> list[str]:
    """A line of a million characters in some ways, and a hundred thousand lines."""
    word, blank = "b" * 900_000, " " * 900_000
    match kind:
        case Kind.PYTHON:
            return [f"x = '{word}'\n", f"x = 1{blank}#\n", "x = 1\n" * 100_000]
        case Kind.NOTEBOOK:
            return [notebook(f"x = '{word}'"), notebook(f"x = 1{blank}#"), notebook("x = 1\n" * 100_000)]
        case Kind.JSON:
            return [f'{{"a": "{word}"}}', f'{{"a":{blank}1}}', "[\n" + "1,\n" * 100_000 + "1]"]
        case Kind.TOML:
            lines = "".join(f"a{number} = 1\n" for number in range(100_000))
            return [f'a = "{word}"', f"a = {blank}1", lines]
        case Kind.INI:
            return [
                f"[a]\nb = {word}",
                f"[a]\nb{blank}= c",
                "[a]\n" + "".join(f"k{n} = 1\n" for n in range(100_000)),
            ]
        case Kind.YAML:
            return [f"a: {word}", f"a: {blank}b", "- a: 1\n" * 100_000]
        case Kind.MAKE:
            return [f"a: {word}", f"a: {blank}b", "a: b\n\tc\n" * 50_000]
        case Kind.DOCKERFILE:
            return [f"FROM {word}", f"FROM {blank}a", "FROM a\n" + "RUN b\n" * 100_000]
        case Kind.SNAKEMAKE:
            return [
                f"rule a:\n  input: '{word}'",
                f"rule a:\n  input: {blank}'b'",
                "rule a:\n  input: 'b'\n" * 50_000,
            ]
        case _:
            return [f"A={word}", f"A{blank}=b", "A=b\n" * 100_000]


@pytest.mark.parametrize("kind", list(Kind))
def test_long_lines_and_many_lines_take_bounded_time(kind: Kind) -> None:
    start = time.process_time()
    for text in [*long_texts(kind), "print x ( = ` <> {{ $( %% ' \" " * 4_000, "\\\n" * 50_000]:
        facts = extract(kind, text.encode())
        assert [problem.kind for problem in facts.header.problems if problem.kind == "crash"] == []
    assert time.process_time() - start < 60


def test_many_instructions_are_linked_in_linear_time(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a:1\n" + "COPY a b\nWORKDIR c\nRUN python d.py\n" * 3_000)
    start = time.process_time()
    assert problems(check(tmp_path, "--profile", "audit")) == []
    assert time.process_time() - start < 30


def test_a_notebook_of_a_hundred_megabytes(tmp_path: Path) -> None:
    (tmp_path / "large.ipynb").write_text(notebook(GOOD, metadata={"pad": "y" * 95_000_000}))
    (tmp_path / "larger.ipynb").write_text(notebook(GOOD, metadata={"pad": "y" * 101_000_000}))
    findings = check(tmp_path)
    assert problems(findings) == [("larger.ipynb", 1)]
    assert any((f["path"], f["cell"]) == ("large.ipynb", 0) for f in findings)


@pytest.mark.parametrize("depth", [900, 50_000])
@pytest.mark.parametrize("field", ["metadata", "outputs", "source"])
def test_deeply_nested_notebooks(tmp_path: Path, depth: int, field: str) -> None:
    nested = "[" * depth + "]" * depth
    (tmp_path / "deep.ipynb").write_text(
        f'{{"cells": [{{"cell_type": "code", "source": "x = 1", "{field}": {nested}}}], "metadata": {{}}}}'
    )
    findings = check(good(tmp_path))
    assert len(problems(findings)) <= 1
    assert any(finding["path"] == "good.py" for finding in findings)


def test_a_notebook_with_a_merge_conflict_is_an_error_at_the_mark(tmp_path: Path) -> None:
    text = json.dumps(json.loads(notebook(GOOD, GOOD)), indent=1)
    lines = text.split("\n")
    lines[4:4] = ["<<<<<<< HEAD", ' "a": 1,', "=======", ' "a": 2,', ">>>>>>> other"]
    (tmp_path / "n.ipynb").write_text("\n".join(lines))
    (finding,) = check(tmp_path, code=1)
    assert (finding["rule"], finding["severity"], finding["line"]) == ("unparsable-file", "error", 5)


@pytest.mark.parametrize(
    "document",
    [
        {"cells": 3}, {"cells": {}}, {"cells": None}, {"cells": "x"}, {"cells": [3, None, [], "x"]}, {}, [], 3,
        None, "x",
        {"cells": [{"source": 3}, {"source": [3, None]}, {"source": {}}, {"cell_type": 3}, {"cell_type": []}]},
        {"cells": [{"cell_type": "code", "source": ["x = 1\n", 3], "outputs": 3, "metadata": 3, "id": 3}]},
        {"cells": [{"cell_type": "markdown", "source": {"a": 1}}, {"cell_type": "code", "source": GOOD}]},
        {"cells": [], "metadata": 3, "nbformat": "4"}, {"cells": [], "metadata": {"kernelspec": 3, "language_info": 3}},
        {"worksheets": 3, "nbformat": 3}, {"worksheets": [3, {"cells": 3}, {"cells": [3]}], "nbformat": 3},
    ],
    ids=str,
)  # fmt: skip
def test_rules_bear_any_notebook(tmp_path: Path, document: Any) -> None:
    """Also those that read it again: for texts above cells, for names of tables."""
    (tmp_path / "n.ipynb").write_text(json.dumps(document))
    (tmp_path / "data").mkdir()
    for name in ("a.csv", "b.csv", "c.parquet"):
        (tmp_path / "data" / name).write_text("x,y\n1,2\n")
    (tmp_path / "README.md").write_text("# Shop\n\nRun `n.ipynb`.\n")
    (tmp_path / "read.py").write_text("import pandas as pd\nprint(pd.read_csv('data/a.csv').sum())\n")
    findings = check(good(tmp_path), "--profile", "audit")
    assert any(finding["path"] == "good.py" for finding in findings)


_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (_BOMB, 1),
        (f"{_BOMB}stages: {{a: {{cmd: [*a9], deps: *a9}}}}\n", 1),
        ("stages: &s\n  a: *s\n", 2),
        ("stages:\n  a: &a\n    deps: [*a]\n", 3),
        ("a: " + "[" * 3_000 + "]" * 3_000, 1),
    ],
    ids=["bomb", "bomb in stages", "cycle", "cycle in a stage", "deep"],
)
@pytest.mark.parametrize("name", ["dvc.yaml", "params.yaml", "docker-compose.yml", "conf/base/catalog.yml"])
def test_aliases_without_end(tmp_path: Path, name: str, text: str, line: int) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    start = time.process_time()
    findings = check(good(tmp_path), "--profile", "audit")
    assert [path for path, _ in problems(findings)] == [name]
    assert time.process_time() - start < 20
    assert any(finding["path"] == "good.py" for finding in findings)


# --- names ---


def test_names_that_are_options_separators_or_no_text(tmp_path: Path) -> None:
    names = [
        b"--.py",
        b"-rf.py",
        b"::.py",
        b"a::b.py",
        b"new\nline.py",
        b"bell\x07.py",
        b"latin-\xe9.py",
        b" .py",
    ]
    for name in names:
        with open(os.path.join(os.fsencode(tmp_path), name), "w") as file:
            file.write(GOOD)
    findings = check(tmp_path)
    assert len({finding["path"] for finding in findings}) == len(names)
    narrowed = check(tmp_path, "--", "-rf.py", "::.py")
    assert {finding["path"] for finding in narrowed} == {"-rf.py", "::.py"}
    for output in ("text", "sarif"):
        done = mldebt(tmp_path, "check", "--no-cache", "--profile", "audit", "--output-format", output)
        assert done.returncode == 1


def test_deep_directories(tmp_path: Path) -> None:
    place = tmp_path
    for _ in range(150):
        place /= "d"
    place.mkdir(parents=True)
    (place / "a.py").write_text(GOOD)
    assert [path.count("/") for path, _ in problems(check(good(tmp_path)))] == [100]


# --- what is no file, and what does not stay one ---


def test_devices_pipes_and_links(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.py").write_text(GOOD)
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "secret.py").write_text(GOOD)
    os.mkfifo(root / "pipe.py")
    os.mkfifo(root / ".gitignore")
    os.mkfifo(root / "CODEOWNERS")
    os.mkfifo(root / "README.rst")
    os.mkfifo(root / "settings.cfg.template")
    for name, target in (
        ("zero.py", "/dev/zero"), ("zero.yaml", "/dev/zero"), ("loop", "."), ("self.py", "self.py"),
        ("out.py", "../secret.py"), ("out", "../away"), ("broken.py", "gone.py"),
    ):  # fmt: skip
        os.symlink(target, root / name)
    done = mldebt(good(root), "check", "--profile", "audit", "--no-cache", "--output-format", "json")
    paths = {finding["path"] for finding in json.loads(done.stdout)["findings"]}
    assert paths == {"good.py"}
    assert "secret" not in done.stdout


@pytest.mark.parametrize("how", ["away", "index"])
def test_files_behind_a_link_are_not_read(tmp_path: Path, how: str) -> None:
    """Git lists what it tracks, also where the directory has become a link that leads out of the tree."""
    root = tmp_path / "root"
    (root / "data").mkdir(parents=True)
    (root / "data" / "a.py").write_text("x = 1\n")
    good(root)
    for arguments in (("init", "-q"), ("add", ".")):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "a.py").write_text(GOOD)
    (tmp_path / "secret.py").write_text(GOOD)
    if how == "away":
        (root / "data" / "a.py").unlink()
        (root / "data").rmdir()
        os.symlink("../away", root / "data")
    else:  # a name that git would not write itself
        index = root / ".git" / "index"
        index.write_bytes(_spoilt_index(index.read_bytes()))
    assert {finding["path"] for finding in check(root)} == {"good.py"}


def _spoilt_index(index: bytes) -> bytes:
    from hashlib import sha1

    body = index[:-20].replace(b"data/a.py\0", b"../away/a\0"[:10]).replace(b"good.py", b"good.py")
    return body + sha1(body).digest()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs permissions")
def test_files_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed.py").write_text(GOOD)
    (tmp_path / "closed.py").chmod(0)
    if os.geteuid() == 0:  # root may read everything
        may = os.access
        monkeypatch.setattr(
            os, "access", lambda path, mode: not str(path).endswith("closed.py") and may(path, mode)
        )
    findings = check(good(tmp_path))
    assert problems(findings) == [("closed.py", 1)]
    assert any(finding["path"] == "good.py" for finding in findings)


@pytest.mark.parametrize("change", ["vanish", "directory", "pipe", "link", "grow"])
def test_files_that_change_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    file = good(tmp_path) / "changing.py"
    file.write_text(GOOD)
    jobs = gathering._Gathering.jobs

    def changed(gathered: Any) -> Any:
        file.unlink()
        if change == "directory":
            file.mkdir()
        elif change == "pipe":
            os.mkfifo(file)
        elif change == "link":
            file.symlink_to(Path(__file__))
        elif change == "grow":
            file.write_text("x = 1\n" * 1_000_000)
        return jobs(gathered)

    monkeypatch.setattr(gathering._Gathering, "jobs", changed)
    findings = check(tmp_path)
    assert problems(findings) == [("changing.py", 1)]
    assert any(finding["path"] == "good.py" for finding in findings)


def test_files_that_shrink_before_they_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "changing.py"
    file.write_text("\n" * 50 + GOOD)
    pairs = gathering._Gathering.pairs

    def shrunk(gathered: Any) -> Any:
        file.write_text("")
        return pairs(gathered)

    monkeypatch.setattr(gathering._Gathering, "pairs", shrunk)
    assert [finding["line"] for finding in check(tmp_path)] == [52]
    monkeypatch.chdir(tmp_path)
    for output in ("text", "sarif", "github", "markdown"):
        file.write_text("\n" * 50 + GOOD)
        result = CliRunner().invoke(cli, ["check", "--profile", "audit", "--no-cache", "--output-format", output])
        assert isinstance(result.exception, SystemExit)
        assert result.exit_code == 1


# --- what the project says about itself ---


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pyproject.toml", "tool = 3\n[mldebt]\n", ""),
        ("pyproject.toml", "[tool]\nmldebt = 3\n", "expected a table"),
        ("pyproject.toml", "# mldebt\na = " + "[" * 20_000 + "]" * 20_000, ""),
        ("mldebt.toml", "a = " + "[" * 20_000 + "]" * 20_000, "nested too deeply"),
        ("mldebt.toml", 'extend = "pipe.toml"\n', "not a regular file"),
        ("mldebt.toml", 'extend = "/dev/zero"\n', "not a regular file"),
        ("mldebt.toml", 'extend = "mldebt.toml"\n', "is a circle"),
        ("mldebt.toml", 'extend = "."\n', "cannot be read"),
        ("mldebt.toml", 'baseline = "pipe.toml"\n', "not a regular file"),
        ("mldebt.toml", 'packs = ["pipe.toml"]\n', "is not a directory"),
        (".mldebt-baseline.json", "[" * 100_000, "baseline"),
        (".mldebt-baseline.json", '{"version": 1, "findings": 3}', "baseline"),
        (".mldebt-baseline.json", "", "is not JSON"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, name: str, text: str, said: str) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (good(tmp_path) / name).write_text(text)
    done = mldebt(tmp_path, "check", "--profile", "audit", "--no-cache")
    assert done.returncode == (2 if said else 1), done.stderr
    assert said in done.stderr
    assert not said or len(done.stderr.splitlines()) == 1


def test_python_rules_of_the_project_are_not_loaded(tmp_path: Path) -> None:
    pack = tmp_path / "rules" / "glue_code"
    pack.mkdir(parents=True)
    witness = tmp_path / "witness"
    (pack / "own_rule.py").write_text(f"open({str(witness)!r}, 'w')\n")
    (tmp_path / "rules" / "__init__.py").write_text(f"open({str(witness)!r}, 'w')\n")
    (tmp_path / "sitecustomize.py").write_text(f"open({str(witness)!r}, 'w')\n")
    (good(tmp_path) / "pyproject.toml").write_text('[tool.mldebt]\npacks = ["rules"]\n')
    done = mldebt(tmp_path, "check", "--profile", "audit", "--no-cache", str(tmp_path))
    assert done.returncode == 2
    assert "only YAML rules" in done.stderr or "--pack" in done.stderr
    assert not witness.exists()


def test_paths_out_of_the_tree_are_not_followed(tmp_path: Path) -> None:
    """Whatever was opened outside of the root would never end: it is a pipe."""
    root = tmp_path / "outer" / "root"
    (root / ".dvc").mkdir(parents=True)
    for name in (
        "secret.yaml",
        "secret.py",
        "secret.csv",
        "params.yaml",
        "dvc.yaml",
        "Makefile",
        "requirements.txt",
    ):
        for place in (tmp_path, tmp_path / "outer"):
            os.mkfifo(place / name)
    up = str(tmp_path / "secret.yaml")
    (root / "dvc.yaml").write_text(
        f"vars: [../secret.yaml, ../../secret.yaml, {up}]\n"
        "stages:\n  a:\n    cmd: python ../secret.py ../../secret.csv\n"
        f"    wdir: ../..\n    deps: [../../../../etc/passwd, ../secret.csv, {up}]\n    outs: [../../secret.csv]\n"
        f"    params: [../secret.yaml:, {{{up}: [a]}}]\n  b:\n    foreach: ${{item}}\n    do: {{cmd: sh ../x.sh}}\n"
    )
    (root / "a.csv.dvc").write_text("outs: [{path: ../../secret.csv}]\nwdir: ../..\n")
    (root / "MLproject").write_text(
        "conda_env: ../secret.yaml\nentry_points: {main: {command: python ../secret.py}}\n"
    )
    (root / "config.yaml").write_text("defaults: [../../secret, _self_]\nhydra: {searchpath: [file://../..]}\n")
    (root / "requirements.txt").write_text("-r ../requirements.txt\n-c ../../requirements.txt\n-e ..\n")
    (root / "Makefile").write_text(
        "include ../Makefile\n-include ../../Makefile\nall: ../secret.csv\n\tcd .. && make\n"
    )
    (root / "docker-compose.yml").write_text(
        "services: {a: {build: ../.., env_file: ../secret.yaml, command: x}}\n"
    )
    (root / "pyproject.toml").write_text('[project]\nname = "x"\nreadme = "../secret.yaml"\n')
    (good(root) / "b.py").write_text(
        "import yaml\nyaml.safe_load(open('../secret.yaml'))['a']\nfrom ..secret import x\n"
    )
    done = mldebt(root, "check", "--profile", "audit", "--no-cache", "--output-format", "json")
    assert any(finding["path"] == "good.py" for finding in json.loads(done.stdout)["findings"])
    assert not any(finding["path"].startswith("..") for finding in json.loads(done.stdout)["findings"])


def test_templates_are_told_and_not_filled_in(tmp_path: Path) -> None:
    text = "{% for x in range(10 ** 9) %}\n{{ x.__class__.__mro__ }}: 1\n{% endfor %}\n"
    for name in NAMES.values():
        (tmp_path / name).write_text(text)
    findings = check(good(tmp_path))
    assert {path for path, _ in problems(findings)} >= {"n.py", "n.yaml", "n.toml", "n.json", "n.ini", "n.ipynb"}


def test_templates_of_a_template_are_one_finding(tmp_path: Path) -> None:
    root = good(tmp_path) / "{{ cookiecutter.name }}"
    root.mkdir()
    for name in ("a.py", "b.py", "c.yaml"):
        (root / name).write_text("{% for x in y %}\n{{ x }}: 1\n{% endfor %}\n")
    (found,) = (f for f in check(tmp_path) if f["rule"] == "unparsable-file")
    assert found["message"] == "this file is a template, not Python; so are 2 more"
    assert [Path(r["path"]).name for r in found["related"]] == ["b.py", "c.yaml"]


def test_programs_that_a_repository_names_are_not_run(tmp_path: Path) -> None:
    """Neither by listing, history and comparison, nor by an object that a remote would have to be asked for."""
    root = tmp_path / "root"
    root.mkdir()
    program, witness = tmp_path / "program", tmp_path / "ran"
    program.write_text(f'#!/bin/sh\necho "$0 $@" >> {witness}\n')
    program.chmod(0o755)
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")

    def git(*arguments: str) -> None:
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    (good(root) / ".gitattributes").write_text("*.py filter=f diff=d\n*.ipynb filter=f diff=d\n")
    (root / "n.ipynb").write_text(notebook(GOOD))
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    (root / "more.py").write_text(GOOD)
    git("add", ".")
    git("commit", "-q", "-m", "two")
    for key in (
        "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy",
        "diff.external", "diff.d.command", "diff.d.textconv", "filter.f.clean", "filter.f.smudge",
        "filter.f.process", "gpg.program", "credential.helper", "sequence.editor", "alias.ls-files",
        "alias.log", "alias.diff", "uploadpack.packObjectsHook", "core.alternateRefsCommand",
    ):  # fmt: skip
        git("config", key, f"!{program}" if key.startswith("alias") else str(program))
    for key, value in (
        ("filter.f.required", "true"), ("log.showSignature", "true"), ("extensions.partialClone", "origin"),
        ("remote.origin.url", f"ext::{program} %S"), ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", str(program)), ("protocol.allow", "always"), ("protocol.ext.allow", "always"),
        ("diff.submodule", "log"), ("submodule.recurse", "true"), ("status.submoduleSummary", "true"),
    ):  # fmt: skip
        git("config", key, value)
    included = tmp_path / "included"
    included.write_text(f"[core]\n\tfsmonitor = {program}\n[diff]\n\texternal = {program}\n")
    git("config", "include.path", str(included))
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in (
        "post-index-change",
        "pre-commit",
        "post-checkout",
        "fsmonitor-watchman",
        "reference-transaction",
    ):
        (hooks / hook).symlink_to(program)
    git("config", "core.hooksPath", str(hooks))
    (root / "good.py").write_text(f"{GOOD}print(frame)\n")
    (root / "n.ipynb").write_text(notebook(GOOD, GOOD))
    missing = subprocess.run(
        ["git", "rev-parse", "HEAD:more.py"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.strip()
    (root / ".git" / "objects" / missing[:2] / missing[2:]).unlink()
    witness.unlink(missing_ok=True)
    for arguments in (
        ("check",), ("check", "--since", "HEAD~1"), ("check", "--staged"), ("audit",), ("trend",), ("graph",),
        ("config",), ("init", "--dry-run"), ("check", "--diff", "--unsafe-fixes"),
    ):  # fmt: skip
        mldebt(root, *arguments)
        assert not witness.exists(), (arguments, witness.read_text())
