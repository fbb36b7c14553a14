"""Fixes and accepting comments: only the edited bytes change, overlaps take rounds, what breaks is taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, given
from hypothesis import strategies as st

from mldebt.cli import cli
from mldebt.finding import Edit
from mldebt.rewrite import overlap, rewritten
from mldebt.source import Kind, Location, Span

RULES = {
    "no_print": '''
from mldebt import Edit, Fix, Rule, Safety

class NoPrint(Rule):
    """Prints are debt."""

    def check(self, project):
        for site in project.calls("print"):
            place = site.location
            edit = Edit(type(place)(place.path, place.span, place.cell), "log()")
            yield self.finding(place, "print", fix=Fix("Log", (edit,), Safety.SAFE))
''',
    "no_exec": '''
from mldebt import Edit, Fix, Rule

class NoExec(Rule):
    """Executing is debt."""

    def check(self, project):
        for site in project.calls("exec"):
            yield self.finding(site.location, "exec", fix=Fix("Delete", (Edit(site.location, "print(1)"),)))
''',
    "no_eval": '''
from mldebt import Edit, Fix, Rule, Safety

class NoEval(Rule):
    """A fix that breaks the file."""

    def check(self, project):
        for site in project.calls("eval"):
            yield self.finding(site.location, "eval", fix=Fix("Break", (Edit(site.location, "((("),), Safety.SAFE))
''',
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CI", raising=False)
    root = tmp_path / "project"
    root.mkdir()
    (root / "setup.py").write_text("")
    pack = tmp_path / "pack" / "glue_code"
    pack.mkdir(parents=True)
    for name, code in RULES.items():
        (pack / f"{name}.py").write_text(code)
    monkeypatch.chdir(root)
    return root


def check(*arguments: str) -> Result:
    given_ = ["--pack", "../pack", "--select", "glue-code", "--no-cache", "--output-format", "concise"]
    ignored = ["--ignore", "script-subprocess,sys-path-hack,cloned-pipeline-function"]
    return CliRunner().invoke(cli, ["check", *given_, *ignored, *arguments])


def notebook(*sources: object, **format: object) -> str:
    cells = [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [{"data": "é"}], "source": source}
        for source in sources
    ]
    document = {"cells": cells, "metadata": {"b": 1, "a": 2}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, ensure_ascii=False, **format)  # type: ignore[arg-type]


def test_safe_fixes_alone_are_made(project: Path) -> None:
    (project / "a.py").write_text("x = 1\nprint(x)\nexec(x)\n")
    result = check("--fix")
    assert (project / "a.py").read_text() == "x = 1\nlog()\nexec(x)\n"
    assert "Fixed 1 finding in 1 file." in result.stderr
    assert result.exit_code == 1


def test_what_a_fix_brings_is_fixed_in_the_next_round(project: Path) -> None:
    (project / "a.py").write_text("exec(print(2))\n")
    assert check("--unsafe-fixes").exit_code == 0
    assert (project / "a.py").read_text() == "log()\n"


def test_encoding_line_ends_and_the_mark_stay(project: Path) -> None:
    before = b"# -*- coding: latin-1 -*-\r\ns = '\xe9'; print(s)\r\n\tx = 1".replace(b"\t", b"")
    (project / "a.py").write_bytes(before)
    (project / "b.py").write_bytes(b"\xef\xbb\xbfprint('\xc3\xa9')\r\n")
    check("--fix")
    assert (project / "a.py").read_bytes() == before.replace(b"print(s)", b"log()")
    assert (project / "b.py").read_bytes() == b"\xef\xbb\xbflog()\r\n"


def test_notebooks_change_in_the_edited_cell_alone(project: Path) -> None:
    text = notebook(["a = 'é'\n", "print(\n", "  a)\n", "b"], "x\nprint(2)", indent=1) + "\n"
    (project / "n.ipynb").write_text(text, encoding="utf-8")
    check("--fix")
    after = (project / "n.ipynb").read_text(encoding="utf-8")
    cells = json.loads(after)["cells"]
    assert ["".join(cell["source"]) for cell in cells] == ["a = 'é'\nlog()\nb", "x\nlog()"]
    assert cells[0]["source"][1] == "log()\n"
    assert after == text.replace('"print(\\n",\n    "  a)\\n"', '"log()\\n"').replace("print(2)", "log()")


def test_a_fix_that_breaks_the_file_is_taken_back(project: Path) -> None:
    (project / "a.py").write_text("eval(1)\n")
    (project / "b.py").write_text("print(1)\n")
    result = check("--fix")
    assert (project / "a.py").read_text() == "eval(1)\n"
    assert (project / "b.py").read_text() == "log()\n"
    assert "a.py:1 no-eval is not fixed: the file would no longer parse" in result.stderr


def test_a_diff_changes_nothing(project: Path) -> None:
    (project / "a.py").write_text("print(1)")
    result = check("--diff")
    assert result.exit_code == 1
    assert result.stdout == (
        "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-print(1)\n\\ No newline at end of file\n"
        "+log()\n\\ No newline at end of file\n"
    )
    assert (project / "a.py").read_text() == "print(1)"
    (project / "a.py").write_text("")
    assert (check("--diff").exit_code, check("--diff").stdout) == (0, "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # mldebt: ignore[no-print] old\n", "x = 1\n"),
        ("x = 1  # noqa  # mldebt: ignore[no-print] old\n", "x = 1  # noqa\n"),
        ("# mldebt: ignore[no-print] old\nx = 1\n", "x = 1\n"),
        ("print(1)  # mldebt: ignore[no-print, no-exec] both\n", "print(1)  # mldebt: ignore[no-print] both\n"),
        ("# mldebt: file-ignore[no-print] none\nx = 1\n", "x = 1\n"),
        ("x = 1  # mldebt: ignore[no-print] until=2020-01-01\n", "x = 1\n"),
        ("x = 1  # mldebt: ignore[zzz] never was\n", "x = 1\n"),
        ("x = 1  # mldebt: ignore\n", "x = 1\n"),
    ],
)
def test_stale_suppressions_are_deleted(project: Path, before: str, after: str) -> None:
    (project / "a.py").write_text(before)
    result = check("--fix")
    assert (project / "a.py").read_text() == after
    assert result.exit_code == 0, result.output


def test_findings_are_accepted_by_comments(project: Path) -> None:
    lines = ["print(1)", "print(exec(2))", "print('''", "x''')", "print(3)  # mldebt: ignore[no-exec] old"]
    (project / "a.py").write_text("\n".join(lines) + "\n")
    (project / "n.ipynb").write_text(notebook(["x = 1\n", "print(x)"], indent=1), encoding="utf-8")
    result = check("--add-ignore", "ticket 12", "--ignore", "stale-suppression")
    assert (project / "a.py").read_text().splitlines() == [
        "print(1)  # mldebt: ignore[no-print] ticket 12",
        "print(exec(2))  # mldebt: ignore[no-exec, no-print] ticket 12",
        "print('''",
        "x''')  # mldebt: ignore[no-print] ticket 12",
        "print(3)  # mldebt: ignore[no-exec, no-print] old",
    ]
    cell = json.loads((project / "n.ipynb").read_text(encoding="utf-8"))["cells"][0]
    assert cell["source"] == ["x = 1\n", "print(x)  # mldebt: ignore[no-print] ticket 12"]
    assert "Accepted 6 findings in 2 files; 0 stay." in result.stderr
    assert check("--ignore", "stale-suppression").exit_code == 0


def test_a_comment_above_where_none_fits_behind(project: Path) -> None:
    (project / "a.py").write_text("if x:\n    y = print(1) + '''\n    '''\n")
    result = check("--add-ignore", "r")
    assert (project / "a.py").read_text().splitlines()[1] == "    # mldebt: ignore[no-print] r"
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "options",
    [["--add-ignore", ""], ["--add-ignore", "a\nb"], ["--add-ignore", "x", "--fix"], ["--fix", "--staged"]],
)
def test_what_goes_together_with_nothing(project: Path, options: list[str]) -> None:
    assert check(*options).exit_code == 2


TEXTS = st.text(st.sampled_from(list("ab \n\"'\\é😀\t")), max_size=30)


@given(TEXTS, TEXTS, st.data())
def test_an_edit_of_a_cell_is_the_edit_of_its_text(before: str, new: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, len(before)))
    span = Span(*_place(before, start), *_place(before, end))
    style = data.draw(st.sampled_from(["list", "text"]))
    assume(before or style == "text")  # an empty list has no string to edit, and nothing to find in it
    source: object = before.splitlines(keepends=True) if style == "list" else before
    text = notebook("first", source, "last", indent=data.draw(st.sampled_from([None, 1])))
    cells = json.loads(rewritten(text.encode(), Kind.NOTEBOOK, [Edit(Location("n", span, 1), new)]))["cells"]
    assert "".join(cells[1]["source"]) == before[:start] + new + before[end:]
    assert [cells[0], cells[2]] == [json.loads(text)["cells"][0], json.loads(text)["cells"][2]]


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def test_overlaps() -> None:
    def edit(*span: int, text: str = "") -> Edit:
        return Edit(Location("a", Span(*span)), text)

    assert overlap(edit(1, 1, 1, 5), edit(1, 4, 1, 6))
    assert not overlap(edit(1, 1, 1, 5), edit(1, 5, 1, 6))
    assert overlap(edit(1, 1, 1, 1, text="a"), edit(1, 1, 1, 1, text="b"))
    assert not overlap(edit(1, 1, 1, 1), edit(1, 1, 1, 1))
