"""The run as a whole: what is reported, isolation of rules, and output that depends on the content alone."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from mldebt.cache import Cache
from mldebt.engine import Report, check
from mldebt.examples import ExampleFile
from mldebt.packs import Packs, open_directory
from mldebt.report import reporter
from mldebt.scope import find_scope
from mldebt.settings import Settings, SettingsError, load_settings

FIXTURES = Path(__file__).parent.parent / "fixtures"

PRINTS = '''
from mldebt import Confidence, Related, Rule

class NoPrint(Rule):
    """A rule."""

    names: tuple[str, ...] = ("print",)

    def check(self, project):
        for site in project.calls(*self.names):
            yield self.finding(
                site.location, f"`{site.name}`", scope=site.source.scope_name(site.call.block),
                confidence=Confidence.LOW if site.call.args == () else Confidence.HIGH,
            )
'''
READS = '''
from mldebt import Location, Related, Rule, Span

class FirstFile(Rule):
    """A finding at the first source, related to the last one."""

    def check(self, project):
        sources = list(project.sources())
        last = Related(Location(sources[-1].path, Span.at(1)), "here")
        yield self.finding(Location(sources[0].path, Span.at(1)), "first", related=[last])
'''
RAISES = '''
from mldebt import Rule

class Fails(Rule):
    """A rule that fails half-way."""

    def check(self, project):
        for source in project.sources():
            yield self.finding(source.location(__import__("mldebt").Span.at(1)), "m")
            raise KeyError("lost")
'''


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    write(tmp_path / "pack" / "glue_code" / "no_print.py", PRINTS)
    return Packs(open_directory(tmp_path / "pack"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    write(root / "pyproject.toml", "[tool.mldebt]\n")
    write(root / "a.py", "print(1)\n\ndef f():\n    print(2)\n    print( 2 )\n")
    write(root / "sub" / "b.py", "print(3)\nprint()\n")
    write(root / "broken.py", "def (:\n")
    write(root / "old.py", "print 'x'\n")
    write(root / "conflict.py", "x = 1\n<<<<<<< HEAD\ny = 1\n=======\ny = 2\n>>>>>>> b\n")
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run(packs: Packs, *paths: Path, settings: Settings | None = None, cache: Cache | None = None) -> Report:
    scope = find_scope(paths)
    settings = settings or load_settings(scope.root)
    return check(settings, scope, packs, cache=cache, today=date(2026, 1, 1))


def places(report: Report, rule: str = "no-print") -> list[str]:
    return [str(finding.location) for finding in report.findings if finding.rule == rule]


def test_findings_come_in_order_with_what_could_not_be_parsed(packs: Packs, project: Path) -> None:
    report = run(packs, project)
    assert places(report) == ["a.py:1", "a.py:4", "a.py:5", "sub/b.py:1", "sub/b.py:2"]
    unparsable = {f.location.path: (f.severity.label, f.message) for f in report.findings if f.rule != "no-print"}
    assert unparsable["conflict.py"] == ("error", "this file holds an unresolved merge conflict")
    assert unparsable["old.py"] == ("info", "this file is Python 2: a `print` statement")
    assert unparsable["broken.py"][1].startswith("this file does not parse: ")
    assert report.exit_code("error") == 1


def test_fingerprints_differ_and_survive_moved_lines(packs: Packs, project: Path) -> None:
    before = run(packs, project)
    prints = [finding.fingerprint for finding in before.findings]
    assert len(set(prints)) == len(prints)
    assert all(len(fingerprint.partition(":")[0]) == 16 for fingerprint in prints)
    moved = "import os\n\n" + (project / "a.py").read_text().replace("print(1)", "print( 1)")
    write(project / "a.py", moved)
    assert [finding.fingerprint for finding in run(packs, project).findings] == prints


def test_a_rule_that_raises_is_one_finding_and_the_others_go_on(
    packs: Packs, project: Path, tmp_path: Path
) -> None:
    write(tmp_path / "pack" / "glue_code" / "fails_often.py", RAISES)
    write(tmp_path / "pack" / "glue_code" / "no_class.py", "x = 1\n")
    report = run(Packs(open_directory(tmp_path / "pack")), project)
    errors = [finding.message for finding in report.findings if finding.rule == "internal-error"]
    assert errors == [
        "rule `fails-often` raised KeyError: 'lost'",
        "rule `no-class` cannot be used: no_class.py must define one Rule, it defines 0",
    ]
    assert places(report, "fails-often") == []
    assert len(places(report)) == 5
    assert report.exit_code("never") == 2


def test_a_path_narrows_the_report_not_the_analysis(packs: Packs, project: Path, tmp_path: Path) -> None:
    write(tmp_path / "pack" / "glue_code" / "first_file.py", READS)
    packs = Packs(open_directory(tmp_path / "pack"))
    assert places(run(packs, project / "sub")) == ["sub/b.py:1", "sub/b.py:2"]
    assert places(run(packs, project / "sub" / "b.py"), "first-file") == ["a.py:1"]  # its related place is given
    assert places(run(packs, project / "old.py"), "first-file") == []
    assert run(packs, project / "old.py").root == project


def test_settings_filter_and_change_findings(packs: Packs, project: Path) -> None:
    settings = Settings(
        per_file_ignores={"sub/*.py": ("glue-code",)},
        severity={"no-print": "error"},
        ignore=("hygiene",),
    )
    report = run(packs, project, settings=settings)
    assert {finding.severity.label for finding in report.findings} == {"error"}
    assert [str(finding.location) for finding in report.findings] == ["a.py:1", "a.py:4", "a.py:5"]
    assert places(run(packs, project, settings=Settings(min_confidence="medium")))[-1] == "sub/b.py:1"
    assert places(run(packs, project, settings=Settings(rules={"no-print": {"names": ["len"]}}))) == []
    assert len(places(run(packs, project))) == 5  # options of one run do not leak into the next


def test_unknown_names_and_options_are_told_together(packs: Packs, project: Path) -> None:
    settings = Settings(
        select=("glue-cod",),
        severity={"no-prnt": "info"},
        rules={"no-print": {"name": [], "names": 3}},
        per_file_ignores={"*": ("none",)},
    )
    with pytest.raises(SettingsError) as caught:
        run(packs, project, settings=settings)
    assert caught.value.mistakes == [
        "select: there is no rule or kind of debt `glue-cod`; did you mean `glue-code`?",
        "per-file-ignores.*: there is no rule or kind of debt `none`",
        "severity.no-prnt: there is no such rule; did you mean `no-print`?",
        "rules.no-print.name: there is no such option; did you mean `names`?",
        "rules.no-print.names: expected `array`, got `int`",
    ]


def test_suppressed_findings_are_kept_apart(packs: Packs, project: Path) -> None:
    write(project / "a.py", "print(1)  # mldebt: ignore[no-print] wanted\nx = 1  # mldebt: ignore[no-print]\n")
    report = run(packs, project)
    assert [str(finding.location) for finding in report.suppressed] == ["a.py:1"]
    assert places(report, "stale-suppression") == ["a.py:2"]


def test_a_notebook_is_reported_by_cell(packs: Packs, project: Path) -> None:
    cells = ExampleFile("n.ipynb", "# %% [markdown]\nWords\n# %%\nx = 1\nprint(x)\n")
    write(project / "n.ipynb", cells.data.decode())
    assert "n.ipynb:cell 2:2" in places(run(packs, project))


def test_standard_input_stands_for_a_file(packs: Packs, project: Path) -> None:
    scope = find_scope([project / "a.py"])
    stdin = (str(project / "a.py"), b"x = 1\nprint(x)\n")
    report = check(Settings(), scope, packs, stdin=stdin)
    assert places(report) == ["a.py:2"]


def test_an_empty_project_is_clean(packs: Packs, tmp_path: Path) -> None:
    root = tmp_path / "empty"
    write(root / "pyproject.toml", "")
    report = run(packs, root, settings=Settings())
    assert (report.findings, report.errors, report.exit_code("info")) == ((), (), 0)


@pytest.mark.parametrize("fixture", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_a_fixture_gives_the_same_bytes_however_it_is_run(fixture: str, tmp_path: Path) -> None:
    root = tmp_path / fixture
    shutil.copytree(FIXTURES / fixture, root, ignore=shutil.ignore_patterns(".mldebt_cache"))
    outputs = set()
    for seed, options in (
        ("0", ("--no-cache", "--workers", "1")),
        ("1", ("--workers", "4")),
        ("2", ("--workers", "1")),
    ):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(FIXTURES.parent)}
        command = [sys.executable, "-m", "mldebt", "check", ".", "--isolated", "--select", "all", *options]
        done = subprocess.run(
            [*command, "--output-format", "json", "--exit-zero"],
            cwd=root,
            env=environment,
            capture_output=True,
            check=True,
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_output_depends_on_the_content_alone(packs: Packs, project: Path, tmp_path: Path) -> None:
    for number in range(12):
        padding = "# enough text to be worth a worker\n" * 200
        write(
            project / "many" / f"m{number}.py", f"print({number})\n" * 10 + padding + "def (:\n" * (number == 7)
        )
    files = sorted(project.rglob("*.py"))
    shuffled = random.Random(1).sample(files, len(files))
    cache = tmp_path / "cache"
    outputs = set()
    for workers, paths, cached in (
        (1, files, False),
        (4, files, True),
        (1, shuffled, True),
        (4, shuffled[::-1], False),
    ):
        kept = Cache(cache, "1") if cached else None
        report = run(packs, *paths, settings=Settings(workers=workers), cache=kept)
        outputs.add(reporter("json").render(report))
    assert len(outputs) == 1
    assert outputs.pop().count('"rule": "no-print"') == 115
