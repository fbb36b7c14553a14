"""Reporters: what people and programs read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from mldebt.engine import Report
from mldebt.finding import Confidence, Edit, Finding, Fix, Related, Safety, Severity
from mldebt.report import FORMATS, reporter
from mldebt.report.places import summary
from mldebt.report.terminal import Terminal, terminal
from mldebt.rule_runs import RunError
from mldebt.source import Kind, Location, Source, Span
from mldebt.texts import Texts

PLACE = {
    "path": {"type": "string"},
    "cell": {"type": ["integer", "null"], "minimum": 0},
    "line": {"type": "integer", "minimum": 1},
    "column": {"type": "integer", "minimum": 1},
}
END = {"end_line": {"type": "integer", "minimum": 1}, "end_column": {"type": "integer", "minimum": 1}}
TEXT = {"type": "string"}


def exactly(**properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMA = exactly(
    version={"const": 1},
    root=TEXT,
    findings={
        "type": "array",
        "items": exactly(
            rule=TEXT,
            debt=TEXT,
            **PLACE,
            **END,
            message=TEXT,
            severity={"enum": ["error", "warning", "info"]},
            confidence={"enum": ["high", "medium", "low"]},
            minutes={"type": "integer"},
            fingerprint=TEXT,
            related={"type": "array", "items": exactly(**PLACE, message=TEXT)},
            fix={
                "anyOf": [
                    {"type": "null"},
                    exactly(
                        title=TEXT,
                        safety={"enum": ["safe", "unsafe"]},
                        edits={"type": "array", "items": exactly(**PLACE, **END, text=TEXT)},
                    ),
                ]
            },
        ),
    },
    errors={"type": "array", "items": exactly(rule=TEXT, message=TEXT)},
    summary=exactly(
        files={"type": "integer"},
        findings={"type": "integer"},
        suppressed={"type": "integer"},
        baselined={"type": "integer"},
        elsewhere={"type": "integer"},
        fixable={"type": "integer"},
        errors={"type": "integer"},
        minutes={"type": "integer"},
        by_severity={"type": "object"},
        by_rule={"type": "object"},
    ),
)

SOURCES = {
    "src/train.py": "import os\n\tprint('[bold]x[/bold]', \x1b[31m) # ü\n",
    "wide.py": "x = '" + "é" * 300 + "' + here\n",
    "cjk.py": "名前 = print(1)\n",
}


def finding(place: Location, message: str = "`print` is [red]debt[/red]", **fields: object) -> Finding:
    given = {"severity": Severity.WARNING, "confidence": Confidence.HIGH, "minutes": 5, **fields}
    return Finding("no-print", "glue-code", place, message, **given)  # type: ignore[arg-type]


def report(root: Path, *findings: Finding, errors: tuple[RunError, ...] = ()) -> Report:
    sources = {path: Source(path, Kind.PYTHON, root / path, data=text.encode()) for path, text in SOURCES.items()}
    notebook = json.dumps({"cells": [{"source": "a"}, {"source": ["b\n", "print(b)"]}]})
    sources["n.ipynb"] = Source("n.ipynb", Kind.NOTEBOOK, root / "n.ipynb", data=notebook.encode())
    return Report(root, findings, (), errors, 4, Texts(sources))


def text(*findings: Finding, name: str = "text") -> str:
    return reporter(name).render(report(Path.cwd(), *findings))


def test_text_shows_the_line_with_carets_and_the_evidence() -> None:
    related = (Related(Location("wide.py", Span.at(1, 3)), "written here"),)
    shown = text(finding(Location("src/train.py", Span(1, 8, 1, 10)), related=related))
    assert shown == (
        "src/train.py:1:8 warning no-print `print` is [red]debt[/red]\n"
        "    1 | import os\n"
        "      |        ^^\n"
        "      = wide.py:1:3: written here\n"
        "\n"
        "Found 1 finding (1 warning) in 4 files; 0 baselined, 0 suppressed, 0 fixable.\n"
    )


def test_text_makes_control_characters_visible() -> None:
    shown = text(finding(Location("src/train.py", Span(2, 2, 2, 7)), "tab\there\x1b[0m \u202e"))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "    2 |     print('[bold]x[/bold]', \\x1b[31m) # ü\n      |     ^^^^^\n" in shown


def test_text_cuts_long_lines_around_the_place() -> None:
    shown = text(finding(Location("wide.py", Span(1, 310, 1, 314))))
    excerpt, carets = shown.split("\n")[1:3]
    assert len(excerpt) < 140
    assert excerpt[carets.index("^") : carets.rindex("^") + 1] == "here"


def test_text_aligns_wide_characters() -> None:
    shown = text(finding(Location("cjk.py", Span(1, 6, 1, 11))))
    assert "      |        ^^^^^\n" in shown  # two characters of two cells each


def test_text_names_cells_from_one() -> None:
    shown = text(finding(Location("n.ipynb", Span(2, 1, 2, 9), 1)))
    assert shown.startswith("n.ipynb:cell 2:2:1 warning")
    assert "    2 | print(b)\n" in shown


PLACE_IN_TRAIN = Location("src/train.py", Span(1, 8, 1, 10))


def styled(**fields: bool) -> str:
    return reporter("text", Terminal(**fields)).render(report(Path.cwd(), finding(PLACE_IN_TRAIN)))


def test_text_is_styled_only_where_that_can_be_shown() -> None:
    assert "\x1b" not in text(finding(PLACE_IN_TRAIN))
    bold = styled(styled=True)
    assert "\x1b[1m" in bold
    assert not re.search(r"\x1b\[[\d;]*3\d", bold)
    assert re.search(r"\x1b\[[\d;]*3\d", styled(styled=True, coloured=True))
    assert "\x1b]8;" not in bold


def test_places_link_to_their_files() -> None:
    shown = styled(styled=True, linked=True)
    (address,) = set(re.findall(r"\x1b\]8;[^;]*;([^\x1b]+)\x1b", shown))
    assert address.startswith("file://")
    assert address.endswith("/src/train.py")
    assert re.sub(r"\x1b\][^\\]*\\|\x1b\[[\d;]*m", "", shown) == text(finding(PLACE_IN_TRAIN))


@pytest.mark.parametrize(
    ("choice", "variables", "is_terminal", "expected"),
    [
        ("auto", {}, False, Terminal()),
        (None, {"TERM": "xterm"}, True, Terminal(True, True)),
        ("auto", {"TERM": "dumb"}, True, Terminal()),
        ("auto", {"NO_COLOR": "1"}, True, Terminal(True, False)),
        ("auto", {"NO_COLOR": ""}, True, Terminal(True, True)),
        ("auto", {"FORCE_COLOR": "1"}, False, Terminal(True, True)),
        ("auto", {"FORCE_COLOR": "0"}, False, Terminal()),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, Terminal(True, False)),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, Terminal(True, True)),
        ("always", {"NO_COLOR": "1"}, False, Terminal(True, True)),
        ("never", {"FORCE_COLOR": "1", "TERM": "xterm-kitty"}, True, Terminal()),
        ("auto", {"TERM": "xterm-kitty"}, True, Terminal(True, True, True)),
        ("auto", {"TERM_PROGRAM": "vscode", "CI": "1"}, True, Terminal(True, True)),
        ("auto", {"VTE_VERSION": "6003"}, True, Terminal(True, True, True)),
        ("auto", {"VTE_VERSION": "4900"}, True, Terminal(True, True)),
        ("auto", {"VTE_VERSION": "6003", "FORCE_HYPERLINK": "0"}, True, Terminal(True, True)),
        ("auto", {"FORCE_HYPERLINK": "1", "NO_COLOR": "1"}, True, Terminal(True, False, True)),
        ("auto", {"FORCE_HYPERLINK": "1"}, False, Terminal()),
    ],
)
def test_what_a_terminal_can_show(
    choice: str | None, variables: dict[str, str], is_terminal: bool, expected: Terminal
) -> None:
    assert terminal(choice, variables, is_terminal=is_terminal) == expected


def test_the_summary_always_counts(tmp_path: Path) -> None:
    safe = Fix("a", (Edit(PLACE_IN_TRAIN, "x"),), Safety.SAFE)
    unsafe = Fix("b", (Edit(PLACE_IN_TRAIN, "x"),))
    made = report(tmp_path, finding(PLACE_IN_TRAIN, fix=safe), finding(PLACE_IN_TRAIN, fix=unsafe))
    assert summary(made).endswith("; 0 baselined, 0 suppressed, 2 fixable (1 by --fix, all by --unsafe-fixes).")
    made = msgspec.structs.replace(made, findings=made.findings[:1], suppressed=made.findings, elsewhere=3)
    assert summary(made) == (
        "Found 1 new finding (1 warning) in 4 files; "
        "0 baselined, 2 suppressed, 3 outside the change, 1 fixable (--fix)."
    )


def test_concise_is_one_line_a_finding() -> None:
    shown = text(
        finding(Location("src/train.py", Span(1, 8, 1, 10)), "a\nb"),
        finding(Location("n.ipynb", Span(2, 1, 2, 9), 1), severity=Severity.ERROR),
        name="concise",
    )
    assert shown == (
        "src/train.py:1:8: warning no-print a\\nb\n"
        "n.ipynb:cell 2:2:1: error no-print `print` is [red]debt[/red]\n"
        "Found 2 findings (1 error, 1 warning) in 4 files; 0 baselined, 0 suppressed, 0 fixable.\n"
    )


def test_a_clean_run_says_so() -> None:
    for name in ("text", "concise"):
        assert text(name=name) == "No findings in 4 files; 0 baselined, 0 suppressed.\n"


def test_json_is_as_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = Location("src/train.py", Span(1, 8, 1, 10))
    fix = Fix("Log", (Edit(place, "x"),), Safety.SAFE)
    related = (Related(Location("n.ipynb", Span.at(2), 1), "there"),)
    made = report(
        tmp_path,
        finding(place, fix=fix, related=related, fingerprint="ab"),
        finding(Location("bad\udcff.py", Span.at(1)), severity=Severity.INFO),
        errors=(RunError("broken-rule", "raised ValueError: x"),),
    )
    document = json.loads(reporter("json").render(made))
    jsonschema.validate(document, SCHEMA)
    first, second = document["findings"]
    assert first["fix"]["edits"][0]["end_column"] == 10
    assert (first["cell"], first["related"][0]["cell"]) == (None, 1)
    assert second["path"] == "bad\\udcff.py"
    assert document["root"] == "."
    assert document["summary"]["by_severity"] == {"error": 0, "warning": 1, "info": 1}
    assert document["summary"]["minutes"] == 10


def test_every_format_has_a_reporter() -> None:
    for name in FORMATS:
        assert text(name=name).endswith("\n")
