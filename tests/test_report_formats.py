"""Formats for other programs: their schemas, their units of columns, their limits, notebooks at their raw lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner

from mldebt.cli import cli
from mldebt.engine import Report
from mldebt.finding import Confidence, Edit, Finding, Fix, Related, Severity
from mldebt.report import FORMATS, reporter
from mldebt.report.line_hash import line_hashes
from mldebt.rule import Rule
from mldebt.rule_runs import RunError
from mldebt.source import Kind, Location, Source, Span
from mldebt.texts import Texts

DATA = Path(__file__).parent / "data"
WIDE = "x = '😀é'; print(1)\n"  # one code point of two UTF-16 units, one of two UTF-8 bytes
NOTEBOOK = (
    '{\n "cells": [\n  {"cell_type": "markdown", "metadata": {}, "source": ["# a"]},\n'
    '  {\n   "cell_type": "code",\n   "source": [\n    "import os\\n",\n    "print(\\"ü\\", 1)"\n   ]\n  }\n ]\n}\n'
)


class NoPrint(Rule):
    """Printing is debt.

    It loses the record.

    ## Found

    ```python title="a.py"
    print(1)
    ```

    ## How to repair

    Log.
    """

    id = "no-print"
    debt = "glue-code"


def finding(place: Location, message: str = "`print` here", **fields: Any) -> Finding:
    given = {
        "severity": Severity.WARNING,
        "confidence": Confidence.HIGH,
        "minutes": 5,
        "fingerprint": "ab",
        **fields,
    }
    return Finding("no-print", "glue-code", place, message, **given)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "part").mkdir()
    return tmp_path / "part"


def report(root: Path, *findings: Finding, **fields: Any) -> Report:
    sources = {
        "wide é.py": Source("wide é.py", Kind.PYTHON, root / "w.py", data=WIDE.encode()),
        "n.ipynb": Source("n.ipynb", Kind.NOTEBOOK, root / "n.ipynb", data=NOTEBOOK.encode()),
    }
    return Report(
        root, findings, (), fields.pop("errors", ()), 2, Texts(sources), choose=lambda: (NoPrint(),), **fields
    )


PRINT = Location("wide é.py", Span(1, 11, 1, 16))
CELL = Location("n.ipynb", Span(2, 1, 2, 6), 1)


def render(name: str, report: Report) -> str:
    return reporter(name).render(report)


def sarif(report: Report) -> dict[str, Any]:
    log = json.loads(render("sarif", report))
    schema = json.loads((DATA / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(log)
    run: dict[str, Any] = log["runs"][0]
    return run


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_holds_every_kind_of_finding(name: str, root: Path) -> None:
    related = (Related(CELL, "there"),)
    fix = Fix("Log", (Edit(PRINT, "log"),))
    findings = (
        finding(CELL, severity=Severity.ERROR),
        finding(PRINT, related=related, fix=fix),
        finding(Location("gone\udcff.py", Span.at(9)), "lost \x1b[31m \ud800", severity=Severity.INFO),
        Finding(
            "unparsable-file", "hygiene", Location("b.py", Span.at(1)), "m", Severity.INFO, Confidence.HIGH, 1
        ),
    )
    errors = (RunError("bad-rule", "raised KeyError: x"),)
    text = render(name, report(root, *findings, errors=errors))
    assert text.endswith("\n")
    assert "\x1b" not in text
    assert text.encode("utf-8")


def test_sarif_counts_utf16_units_and_names_the_repository_path(root: Path) -> None:
    result = sarif(report(root, finding(PRINT)))["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "part/wide%20%C3%A9.py"
    snippet = {"text": WIDE.strip()}
    assert place["region"] == {
        "startLine": 1,
        "startColumn": 12,
        "endLine": 1,
        "endColumn": 17,
        "snippet": snippet,
    }
    assert result["partialFingerprints"] == {"primaryLocationLineHash": line_hashes(WIDE)[0], "mldebt/v1": "ab"}


def test_sarif_points_at_the_line_of_the_notebook_file(root: Path) -> None:
    result = sarif(report(root, finding(CELL)))["results"][0]
    place = result["locations"][0]
    assert place["physicalLocation"]["region"]["startLine"] == 8
    assert place["physicalLocation"]["region"]["startColumn"] == 6
    assert place["logicalLocations"] == [{"name": "cell 2", "kind": "notebookCell"}]
    assert result["message"]["text"] == "cell 2, line 2: `print` here"


def test_sarif_links_related_places_and_describes_rules_without_examples(root: Path) -> None:
    run = sarif(report(root, finding(PRINT, related=(Related(CELL, "written here"),))))
    assert run["results"][0]["message"]["text"].endswith("\n- [n.ipynb:cell 2:2](1): written here")
    assert run["results"][0]["relatedLocations"][0]["id"] == 1
    rule = run["tool"]["driver"]["rules"][0]
    assert rule["help"]["markdown"] == "Printing is debt.\n\nIt loses the record.\n\n## How to repair\n\nLog."


def test_sarif_marks_accepted_findings_and_tells_failed_rules(root: Path) -> None:
    made = report(root, finding(PRINT), baselined=(finding(CELL),), errors=(RunError("bad-rule", "raised"),))
    run = sarif(made)
    assert [result.get("suppressions") for result in run["results"]] == [
        [{"kind": "external", "justification": "baseline"}],
        None,
    ]
    assert run["invocations"][0]["executionSuccessful"] is False


def test_sarif_keeps_the_most_severe_findings_within_the_limit(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mldebt.report.sarif.MOST_RESULTS", 1)
    run = sarif(report(root, finding(CELL), finding(PRINT, severity=Severity.ERROR)))
    assert [result["level"] for result in run["results"]] == ["error"]
    note = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert note.startswith("1 finding is left out")


@pytest.mark.parametrize(
    ("text", "hashes"),
    [  # published test vectors of the consumer
        ("", ["c129715d7a2bc9a3:1"]),
        (
            " a\nb\n  \t\tc\n d",
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
        ),
        (
            " hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r",
            [
                "e9496ae3ebfced30:1",
                "fb7c023a8b9ccb3f:1",
                "ce8ba1a563dcdaca:1",
                "e20e36e16fcb0cc8:1",
                "b3edc88f2938467e:1",
                "c8e28b0b4002a3a0:1",
                "c129715d7a2bc9a3:1",
            ],
        ),
    ],
)
def test_line_hashes_are_those_of_the_consumer(text: str, hashes: list[str]) -> None:
    assert line_hashes(text) == hashes


def test_line_hashes_number_equal_windows() -> None:
    hashes = line_hashes("x\n" * 200)
    assert [h.split(":")[1] for h in hashes[:3]] == ["1", "2", "3"]


def test_github_escapes_and_leaves_columns_of_several_lines_out(root: Path) -> None:
    several = Location("wide é.py", Span(1, 1, 2, 1))
    lines = render("github", report(root, finding(PRINT, "50%\nof, it"), finding(several))).splitlines()
    assert lines[0] == (
        "::warning title=mldebt (no-print),file=part/wide é.py,line=1,endLine=1,col=11,endColumn=16::50%25%0Aof, it"
    )
    assert lines[1] == "::warning title=mldebt (no-print),file=part/wide é.py,line=1,endLine=2::`print` here"


def test_github_says_how_many_annotations_do_not_fit(root: Path) -> None:
    lines = render("github", report(root, *[finding(PRINT)] * 12, finding(CELL, severity=Severity.ERROR), cap=3))
    assert lines.count("::warning") == 10
    assert lines.startswith("::error title=mldebt (no-print),file=part/n.ipynb,line=8,")
    assert "::notice title=mldebt::2 more findings are not annotated" in lines
    assert "… and 10 more of no-print" in lines


def test_gitlab_has_what_the_page_needs(root: Path) -> None:
    issue = json.loads(render("gitlab", report(root, finding(CELL))))[0]
    assert issue == {
        "description": "no-print: cell 2, line 2: `print` here",
        "check_name": "no-print",
        "fingerprint": "ab",
        "severity": "major",
        "location": {
            "path": "part/n.ipynb",
            "positions": {"begin": {"line": 8, "column": 6}, "end": {"line": 8, "column": 11}},
        },
    }


def test_junit_counts_and_a_clean_run_has_a_passed_case(root: Path) -> None:
    tree = ElementTree.fromstring(render("junit", report(root, finding(PRINT, "a & <b> \x00"), finding(CELL))))
    assert tree.attrib["failures"] == "2"
    assert [suite.attrib["name"] for suite in tree] == ["part/wide é.py", "part/n.ipynb"]
    assert tree.find(".//failure").attrib["message"] == "a & <b> \\x00"  # type: ignore[union-attr]
    clean = ElementTree.fromstring(render("junit", report(root)))
    assert (clean.attrib["tests"], clean.attrib["failures"]) == ("1", "0")


def test_checkstyle_names_source_and_severity(root: Path) -> None:
    error = ElementTree.fromstring(render("checkstyle", report(root, finding(CELL)))).find("file/error")
    assert error is not None
    assert (error.attrib["line"], error.attrib["source"]) == ("8", "mldebt.glue-code.no-print")


def test_rdjson_counts_bytes_and_suggests_fixes(root: Path) -> None:
    fix = Fix("Log", (Edit(PRINT, "log"),))
    document = json.loads(render("rdjson", report(root, finding(PRINT, fix=fix))))
    diagnostic = document["diagnostics"][0]
    assert diagnostic["location"]["range"]["start"] == {"line": 1, "column": 15}
    assert diagnostic["suggestions"][0]["text"] == "log"


def test_sonar_counts_columns_from_zero_and_minutes(root: Path) -> None:
    document = json.loads(render("sonar", report(root, finding(PRINT), finding(Location("n.ipynb", Span.at(3))))))
    first, second = document["issues"]
    assert first["effortMinutes"] == 5
    assert first["primaryLocation"]["textRange"] == {
        "startLine": 1,
        "endLine": 1,
        "startColumn": 11,
        "endColumn": 16,
    }
    assert second["primaryLocation"]["textRange"] == {"startLine": 3}
    assert {issue["ruleId"] for issue in document["issues"]} <= {rule["id"] for rule in document["rules"]}


def test_markdown_escapes_and_caps(root: Path) -> None:
    text = render("markdown", report(root, finding(PRINT, "<script> `a_b` *c*"), finding(CELL), cap=1))
    assert "&lt;script&gt; `a_b` \\*c\\*" in text
    assert "- … and 1 more" in text


def test_json_lines_end_with_the_summary(root: Path) -> None:
    lines = [json.loads(line) for line in render("jsonl", report(root, finding(PRINT))).splitlines()]
    assert [line["kind"] for line in lines] == ["finding", "summary"]


def test_people_see_a_few_findings_of_a_rule_and_how_many_more(root: Path) -> None:
    many = report(root, *[finding(PRINT)] * 40, cap=3)
    for name in ("text", "concise"):
        shown = render(name, many)
        assert shown.count("`print` here") == 3
        assert "… and 37 more of no-print (--max-per-rule 0 shows all)\n" in shown
        assert "Found 40 findings" in shown


def test_one_run_writes_several_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "setup.py").write_text("if False:\n    x = 1\n")
    arguments = ["check", "--no-cache", "--output-format", "concise"]
    files = ["--output-format", "sarif=out/a.sarif", "--output-format", "gitlab=gl.json"]
    result = CliRunner().invoke(cli, [*arguments, *files])
    assert result.exit_code in (0, 1), result.output
    assert "setup.py" in result.stdout or "No findings" in result.stdout
    assert json.loads((tmp_path / "out" / "a.sarif").read_text())["version"] == "2.1.0"
    assert isinstance(json.loads((tmp_path / "gl.json").read_text()), list)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--output-format", "sarfi"], "did you mean `sarif`?"),
        (["--output-format", "json", "--output-format", "text"], "Only one report can go to standard output"),
        (["--output-format", "json="], "names no file"),
        (["--output-format", "json=a", "-o", "b"], "--output-file goes with"),
    ],
)
def test_outputs_that_cannot_be_are_refused(options: list[str], message: str) -> None:
    result = CliRunner().invoke(cli, ["check", *options])
    assert result.exit_code == 2
    assert message in result.output
