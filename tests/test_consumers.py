"""What other programs make of the reports on the fixtures: their schemas, or the programs themselves.

`.ci/validate-sarif` runs the validator of SARIF's authors, which is not a Python package.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from mldebt.cli import cli
from mldebt.report import FORMATS

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "data"
TEXT_RANGE = {
    "type": "object",
    "properties": {
        "startLine": {"type": "integer", "minimum": 1},
        "endLine": {"type": "integer", "minimum": 1},
        "startColumn": {"type": "integer", "minimum": 0},
        "endColumn": {"type": "integer", "minimum": 0},
    },
    "required": ["startLine"],
    "additionalProperties": False,
}
PLACE = {
    "type": "object",
    "properties": {"message": {"type": "string"}, "filePath": {"type": "string"}, "textRange": TEXT_RANGE},
    "required": ["message", "filePath"],
    "additionalProperties": False,
}
SONAR = {  # as the documentation of the generic format describes it
    "type": "object",
    "properties": {
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "name", "engineId", "cleanCodeAttribute", "impacts"],
                "properties": {
                    "cleanCodeAttribute": {"enum": ["CONVENTIONAL", "LOGICAL", "COMPLETE", "CLEAR", "TESTED"]},
                    "impacts": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "properties": {
                                "softwareQuality": {"enum": ["MAINTAINABILITY", "RELIABILITY", "SECURITY"]},
                                "severity": {"enum": ["BLOCKER", "HIGH", "MEDIUM", "LOW", "INFO"]},
                            },
                            "required": ["softwareQuality", "severity"],
                        },
                    },
                },
            },
        },
        "issues": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["ruleId", "primaryLocation"],
                "properties": {
                    "ruleId": {"type": "string"},
                    "effortMinutes": {"type": "integer"},
                    "primaryLocation": {**PLACE, "required": ["message", "filePath", "textRange"]},
                    "secondaryLocations": {"type": "array", "items": PLACE},
                },
                "additionalProperties": False,
            },
        },
    },
    "required": ["rules", "issues"],
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports on a copy of the fixtures, in every format, in files named after it."""
    place = tmp_path_factory.mktemp("reports")
    shutil.copytree(ROOT / "fixtures", place / "code", ignore=shutil.ignore_patterns("expected"))
    formats = [part for name in FORMATS for part in ("--output-format", f"{name}={place / name}")]
    before = Path.cwd()
    os.chdir(place / "code")
    try:
        (place / "code" / "mldebt.toml").write_text("")
        result = CliRunner().invoke(cli, ["check", ".", "--no-cache", "--profile", "audit", *formats])
    finally:
        os.chdir(before)
    assert result.exit_code == 1, result.output
    return place


def document(reports: Path, name: str) -> Any:
    return json.loads((reports / name).read_text(encoding="utf-8"))


def expected(reports: Path) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = document(reports, "json")["findings"]
    assert len(findings) > 50
    assert any(finding["cell"] is not None for finding in findings)
    return findings


def test_rdjson_fits_its_schema(reports: Path) -> None:
    schema = json.loads((DATA / "rdjson-schema.json").read_text(encoding="utf-8"))
    log = document(reports, "rdjson")
    jsonschema.Draft4Validator(schema).validate(log)
    assert len(log["diagnostics"]) == len(expected(reports))


def test_gitlab_fits_its_schema(reports: Path) -> None:
    schema = json.loads((DATA / "gitlab-code-quality-schema.json").read_text(encoding="utf-8"))
    issues = document(reports, "gitlab")
    for issue in issues:
        jsonschema.Draft7Validator(schema).validate(issue)
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == len(expected(reports))


def test_sonar_fits_its_documentation(reports: Path) -> None:
    log = document(reports, "sonar")
    jsonschema.validate(log, SONAR)
    assert {issue["ruleId"] for issue in log["issues"]} == {rule["id"] for rule in log["rules"]}


def test_sarif_fits_its_schema(reports: Path) -> None:
    schema = json.loads((DATA / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(document(reports, "sarif"))


def test_junit_fits_the_schema_of_jenkins(reports: Path) -> None:
    xmlschema = pytest.importorskip("xmlschema")
    xmlschema.XMLSchema(str(DATA / "junit-10.xsd")).validate(str(reports / "junit"))


def test_diff_quality_reads_checkstyle(reports: Path) -> None:
    """The reader of diff-quality, a consumer of Checkstyle reports, finds every finding at its line."""
    pytest.importorskip("diff_cover")
    script = (
        "import json, sys\n"
        "from diff_cover.git_path import GitPathTool\n"
        "from diff_cover.violationsreporters.java_violations_reporter import CheckstyleXmlDriver\n"
        "GitPathTool.set_cwd('.')\n"
        "read = CheckstyleXmlDriver().parse_reports([open(sys.argv[1], encoding='utf-8').read()])\n"
        "print(json.dumps({path: [[v.line, v.message] for v in found] for path, found in read.items()}))\n"
    )
    subprocess.run(["git", "init", "-q"], cwd=reports / "code", check=True)
    done = subprocess.run(
        [sys.executable, "-c", script, str(reports / "checkstyle")],
        cwd=reports / "code",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = sorted(
        (f["path"], f["line"], f"{f['severity']}: {f['message']}")
        for f in expected(reports)
        if f["cell"] is None  # in notebooks Checkstyle gets the line of the file
    )
    read = [(path, line, text) for path, found in json.loads(done.stdout).items() for line, text in found]
    assert len(read) == len(expected(reports))
    assert set(made) <= set(read)
