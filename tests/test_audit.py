"""The audit: its formats agree, its gates hold, its history is git's, and foreign text stays text."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from mldebt.cli import cli
from mldebt.engine import check
from mldebt.finding import Related
from mldebt.git import Commit, activity, first_parents, head, web_address
from mldebt.packs import find_packs
from mldebt.project.graph import data_graph
from mldebt.report.audit import Audit, build_audit
from mldebt.report.audit_html import render_html
from mldebt.report.audit_markdown import render_markdown
from mldebt.report.audit_picture import picture
from mldebt.report.audit_rubric import RULES, rubric
from mldebt.report.audit_words import KINDS
from mldebt.scope import find_scope
from mldebt.settings import Settings, override
from mldebt.source import Location, Span
from mldebt.trend import spread

FIXTURES = Path(__file__).parent.parent / "fixtures"


def git(directory: Path, *arguments: str, day: int = 1) -> None:
    when = f"2024-03-{day:02}T12:00:00+00:00"
    names = {"GIT_AUTHOR_NAME": "Ada", "GIT_COMMITTER_NAME": "Ada"}
    mails = {"GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_EMAIL": "a@example.org"}
    dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", *arguments],
        cwd=directory,
        check=True,
        capture_output=True,
        env={**os.environ, **names, **mails, **dates, **quiet},
    )


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    """A copy of a fixture with debt in a repository of its own, with two commits."""
    root = tmp_path / "legacy"
    shutil.copytree(FIXTURES / "churn-legacy", root)
    late = sorted(root.rglob("*.py"))[0]
    text = late.read_text()
    late.unlink()
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one", day=1)
    late.write_text(text)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "two", day=9)
    git(root, "tag", "v1")
    git(root, "remote", "add", "origin", "https://user:secret@git.example.org/team/legacy.git")
    return root


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


def audit(root: Path, *options: str | Path) -> Result:
    return run("audit", root, "--no-cache", *options)


def test_the_formats_agree(legacy: Path, tmp_path: Path) -> None:
    json_file, html_file = tmp_path / "audit.json", tmp_path / "out" / "audit.html"
    result = audit(legacy, "--output-format", f"json={json_file}", "--output-format", f"html={html_file}")
    assert result.exit_code == 0, result.output
    document = json.loads(json_file.read_text())
    score = document["score"]
    assert score["findings"] == len(document["findings"]) > 5
    assert sum(debt["principal"] for debt in score["debts"]) == pytest.approx(score["principal"], abs=0.1)
    page = html_file.read_text()
    for finding in document["findings"]:
        assert finding["rule"] in page
    listed = {
        fingerprint
        for works in document["backlog"].values()
        for work in works
        for file in work["files"]
        for fingerprint in file["findings"]
    }
    assert listed == {f["fingerprint"] for f in document["findings"] if f["debt"] != "hygiene"}
    markdown = audit(legacy, "--output-format", "markdown").stdout
    text = audit(legacy).stdout
    for worst in document["score"]["debts"]:
        title = worst["debt"].replace("-", " ").split()[0]
        assert title in markdown.lower()
        assert title in text.lower()


def test_the_same_files_give_the_same_bytes(legacy: Path) -> None:
    one, other = (audit(legacy, "--output-format", "html", "--workers", str(n)).stdout for n in (1, 2))
    assert one == other


def test_credentials_of_the_remote_are_not_shown(legacy: Path) -> None:
    page = audit(legacy, "--output-format", "html").stdout
    assert "secret" not in page
    assert "https://git.example.org/team/legacy/blob/" in page


def test_gates(legacy: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    assert audit(legacy, "--output-format", f"json={before}").exit_code == 0
    assert audit(legacy, "--max-density", "1").exit_code == 1
    assert audit(legacy, "--max-density", "1000000").exit_code == 0
    assert audit(legacy, "--ratchet", before).exit_code == 0
    (legacy / "more.py").write_text("import sys\nsys.path.append('..')\nimport src\n" * 3)
    (legacy / "settings.py").write_text("DATA = '/home/ada/data/train.csv'\nopen(DATA)\n")
    grown = audit(legacy, "--ratchet", before)
    assert grown.exit_code == 1
    assert "has grown" in grown.stderr


def test_a_grade_is_a_gate(legacy: Path) -> None:
    (legacy / "long.py").write_text("".join(f"x{n} = {n}\n" for n in range(400)))
    grade = json.loads(audit(legacy, "--output-format", "json").stdout)["score"]["grade"]
    assert grade > "B"
    failed = audit(legacy, "--fail-on-grade", grade)
    assert (failed.exit_code, failed.stderr) == (1, f"failed: grade {grade}\n")
    assert audit(legacy, "--fail-on-grade", "B").exit_code == 1
    if grade < "E":
        assert audit(legacy, "--fail-on-grade", chr(ord(grade) + 1)).exit_code == 0


def test_a_project_without_a_grade_passes_that_gate(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import pandas as pd\npd.read_csv('/home/ada/train.csv')\n")
    assert audit(tmp_path, "--fail-on-grade", "B").exit_code == 0
    assert audit(tmp_path, "--max-density", "0").exit_code == 1


def test_a_ratchet_sees_a_new_kind_of_debt_and_ignores_one_that_shrinks(legacy: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    assert audit(legacy, "--output-format", f"json={before}").exit_code == 0
    document = json.loads(before.read_text())
    kinds = [debt["debt"] for debt in document["score"]["debts"]]
    document["score"]["debts"] = document["score"]["debts"][1:]
    before.write_text(json.dumps(document))
    result = audit(legacy, "--ratchet", before)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"failed: {kinds[0]} has grown from 0 to ")
    document["score"]["debts"] = [{"debt": kind, "principal": 1e6} for kind in kinds]
    before.write_text(json.dumps(document))
    assert audit(legacy, "--ratchet", before).exit_code == 0


def test_a_ratchet_needs_an_audit(legacy: Path, tmp_path: Path) -> None:
    file = tmp_path / "no.json"
    file.write_text("[]")
    result = audit(legacy, "--ratchet", file)
    assert result.exit_code != 0
    assert "no JSON audit" in result.output


@pytest.mark.parametrize("value", ["htm", "json="])
def test_wrong_formats_are_told(tmp_path: Path, value: str) -> None:
    result = audit(tmp_path, "--output-format", value)
    assert result.exit_code != 0
    assert value.rstrip("=") in result.output


def test_a_baseline_is_shown_as_accepted(legacy: Path) -> None:
    assert run("baseline", "write", legacy, "--profile", "audit", "--no-cache").exit_code == 0
    score = json.loads(audit(legacy, "--output-format", "json").stdout)["score"]
    assert score["principal"] == 0
    assert score["accepted"]["findings"] > 5
    page = audit(legacy, "--output-format", "html").stdout
    assert "Accepted and not counted" in page


def test_an_empty_project_has_an_audit(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    for name in ("text", "markdown", "html"):
        assert "No debt was found" in audit(tmp_path, "--output-format", name).stdout


def test_the_rubric_names_rules_that_exist() -> None:
    assert set(find_packs().files) >= RULES


def test_the_rubric_has_its_28_tests_and_gives_evidence(legacy: Path) -> None:
    report = check(override(Settings(), profile="audit"), find_scope([legacy]), find_packs())
    assert report.project is not None
    lines = list(rubric(report, report.project))
    assert Counter(line.section for line in lines) == {
        "Data": 7,
        "Model": 7,
        "Infrastructure": 7,
        "Monitoring": 7,
    }
    against = {line.name: line for line in lines if line.verdict == "against"}
    assert "New features can be added quickly" in against
    assert all(bool(line.evidence) == (line.verdict != "unknown") for line in lines)


def test_every_kind_of_debt_has_its_words() -> None:
    assert set(find_packs().debts) <= set(KINDS)


def test_what_was_not_analysed_is_said_first(legacy: Path) -> None:
    (legacy / "old.py").write_text("print 'x'\n")
    (legacy / "build").mkdir()
    (legacy / "build" / "copy.py").write_text("x = 1\n")
    git(legacy, "add", "-f", ".")
    text = " ".join(audit(legacy).stdout.split())
    assert "1 file or cell could not be analysed (1 in Python 2)" in text.partition("Kind of debt")[0]
    assert "1 file lies in places that are excluded or ignored, and were not read: 1 in `build/`" in text
    page = audit(legacy, "--output-format", "html").stdout
    assert "1 in Python 2" in page.partition("</header>")[0]
    assert "1 in Python 2" in audit(legacy, "--output-format", "markdown").stdout.partition("##")[0]


def test_work_that_saves_next_to_nothing_can_wait(legacy: Path) -> None:
    document = json.loads(audit(legacy, "--output-format", "json").stdout)
    backlog = document["backlog"]
    assert set(backlog) == {"quick", "structural", "minor"}
    works = {name: [work["interest"] for work in works] for name, works in backlog.items()}
    assert works["minor"]
    assert sum(works["minor"]) <= 0.1 * sum(sum(values) for values in works.values())
    errors = {f["fingerprint"] for f in document["findings"] if f["severity"] == "error"}
    assert errors
    assert errors.isdisjoint(f for work in backlog["minor"] for file in work["files"] for f in file["findings"])
    for name in ("quick", "structural"):
        paybacks = [work["payback"] for work in backlog[name]]
        assert paybacks == sorted(paybacks)


# --- history ---


def test_owners_are_declared_or_those_who_commit(legacy: Path) -> None:
    def owners(root: Path) -> dict[str, list[str]]:
        hotspots = json.loads(audit(root, "--output-format", "json").stdout)["hotspots"]
        return {spot["path"]: spot["owners"] for spot in hotspots if spot["commits"]}

    assert set(map(tuple, owners(legacy).values())) == {("Ada",)}
    first = next(iter(owners(legacy)))
    (legacy / ".github").mkdir()
    (legacy / ".github" / "CODEOWNERS").write_text(f"{first} @org/team ada@example.org # first\n")
    seen = owners(legacy)
    assert seen.pop(first) == ["@org/team", "ada@example.org"]
    assert set(map(tuple, seen.values())) == {("Ada",)}
    assert "@org/team" in audit(legacy, "--output-format", "html").stdout


def test_owners_of_a_part_of_a_repository(legacy: Path, tmp_path: Path) -> None:
    above = tmp_path / "above"
    legacy.rename(tmp_path / "part")
    shutil.rmtree(tmp_path / "part" / ".git")
    above.mkdir()
    (tmp_path / "part").rename(above / "part")
    (above / "CODEOWNERS").write_text("* @all\n/part/ @part\n")
    git(above, "init", "-q")
    git(above, "add", ".")
    git(above, "commit", "-q", "-m", "one")
    hotspots = json.loads(audit(above / "part", "--output-format", "json").stdout)["hotspots"]
    assert {tuple(spot["owners"]) for spot in hotspots} == {("@part",)}


def test_programs_own_nothing(legacy: Path) -> None:
    (legacy / "more.py").write_text("import pandas as pd\npd.read_csv('/home/ada/train.csv')\n")
    git(legacy, "add", ".")
    git(legacy, "commit", "-q", "-m", "bump", "--author=dependabot[bot] <b@example.org>")
    hotspots = json.loads(audit(legacy, "--output-format", "json").stdout)["hotspots"]
    assert next(spot["owners"] for spot in hotspots if spot["path"] == "more.py") == []


def test_history_of_a_repository(legacy: Path) -> None:
    late = sorted(p.relative_to(legacy).as_posix() for p in legacy.rglob("*.py"))[0]
    last = head(legacy)
    assert last is not None
    seen = activity(legacy, last)
    assert seen[late].quarter == seen[late].year == 1
    assert seen[late].authors == (("Ada", 1),)
    assert [commit.time for commit in first_parents(legacy)] == sorted(c.time for c in first_parents(legacy))
    assert web_address(legacy) == "https://git.example.org/team/legacy"


def test_files_below_a_directory_have_paths_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "sub dir").mkdir()
    (tmp_path / "sub dir" / 'ü "x".py').write_text("x = 1\n")
    (tmp_path / "top.py").write_text("x = 1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    last = head(tmp_path)
    assert last is not None
    assert set(activity(tmp_path / "sub dir", last)) == {'ü "x".py'}


def test_without_a_repository_there_is_no_history(tmp_path: Path) -> None:
    assert head(tmp_path) is None
    assert web_address(tmp_path) is None


def test_trend_reads_commits_and_not_the_work_tree(legacy: Path) -> None:
    (legacy / "unknown.py").write_text("import sys\nsys.path.append('..')\n")
    result = run("trend", legacy, "--no-cache", "--output-format", "json")
    assert result.exit_code == 0, result.output
    first, last = json.loads(result.stdout)["points"]
    assert (first["tag"], last["tag"]) == (None, "v1")
    assert last["lines"] > first["lines"]
    (legacy / "unknown.py").unlink()
    now = json.loads(audit(legacy, "--output-format", "json").stdout)["score"]
    assert last["principal"] == pytest.approx(now["principal"], abs=0.1)
    assert sum(last["debts"].values()) == pytest.approx(last["principal"], abs=0.1)


def test_trend_without_a_repository_is_an_error(tmp_path: Path) -> None:
    assert run("trend", tmp_path, "--no-cache").exit_code != 0


def test_points_are_spread_over_time() -> None:
    commits = [Commit(str(time), time) for time in (0, 1, 2, 3, 50, 97, 98, 100)]
    assert [commit.time for commit in spread(commits, 3)] == [0, 50, 100]
    assert spread(commits, 100) == commits
    assert spread(commits, 1) == [commits[-1]]
    assert len(spread(commits, 6)) == 6


# --- the page ---


class Outline(HTMLParser):
    """The elements, identifiers and addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)


HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>{{ 7*7 }}"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A project whose names, comments, paths and data try to become markup."""
    root = tmp_path / "<b>project"
    root.mkdir()
    name = "a{{ 7*7 }}'\"<img src=x onerror=alert(3)>&.py"
    (root / name).write_text(
        f"import sys  # {HOSTILE}\nsys.path.append('..')  # {HOSTILE}\nimport pandas as pd\n"
        f"df = pd.read_csv('/home/ada/<script>alert(4)</script>.csv')  # </pre>{HOSTILE}\n"
        "df.to_csv('out/</script>-><b>.csv')\n\x00".replace("\x00", "")
    )
    (root / "b.py").write_text("import pandas as pd\npd.read_csv('out/</script>-><b>.csv').to_csv('z.csv')\n")
    (root / "bad<i>.py").write_text("def (:\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    return root


def hostile_audit(hostile: Path) -> Audit:
    """An audit in which findings say, show and name such things."""
    report = check(override(Settings(), profile="audit"), find_scope([hostile]), find_packs())
    broken = next(finding for finding in report.findings if finding.rule == "unparsable-file")
    path = next(path for path in report.paths if path.startswith("a"))
    place = Location(path, Span.at(1))
    worse = msgspec.structs.replace(
        broken, location=place, message=f"`{HOSTILE}` {HOSTILE}", related=(Related(place, HOSTILE),)
    )
    return build_audit(msgspec.structs.replace(report, findings=(broken, worse)))


def test_foreign_text_stays_text(hostile: Path) -> None:
    """In findings, in the graph, in authors."""
    audited = hostile_audit(hostile)
    page = render_html(audited)
    outline = Outline()
    outline.feed(page)
    assert not {"img", "b", "i"} & set(outline.tags)
    assert outline.handlers == []
    assert outline.tags.count("script") == 6  # data, four libraries, the program
    assert page.count("{{ 7*7 }}") > 3
    assert "onerror" in page
    assert all(address.startswith(("#", "https://")) for address in outline.addresses)
    assert len(outline.ids) == len(set(outline.ids))
    markdown = render_markdown(audited)
    assert "onerror" in markdown
    assert not re.search(r"<(img|script|b|i)\b", markdown)


def test_data_with_the_same_neighbours_is_drawn_once(tmp_path: Path) -> None:
    """Forty files that one script writes are one node; what another reads is another."""
    saved = "".join(f"df.to_csv('out/part_{n}.csv')\n" for n in range(40))
    (tmp_path / "make.py").write_text(f"import pandas as pd\ndf = pd.read_csv('in.csv')\n{saved}")
    (tmp_path / "use.py").write_text("import pandas as pd\npd.read_csv('out/part_7.csv')\n")
    report = check(override(Settings(), profile="audit"), find_scope([tmp_path]), find_packs())
    assert report.project is not None
    dot = picture(data_graph(report.project)).dot
    assert dot.count("out/part_") < 8
    assert "and 38 more" in dot
    assert "out/part_7.csv" in dot


def test_every_anchor_has_its_target(legacy: Path) -> None:
    outline = Outline()
    outline.feed(audit(legacy, "--output-format", "html").stdout)
    wanted = {address[1:] for address in outline.addresses if address.startswith("#")}
    assert wanted
    assert wanted <= set(outline.ids)


def test_the_page_is_small_enough_to_send(legacy: Path) -> None:
    """5,000 findings with evidence, all in the page, in less than 3 MB."""
    settings = override(Settings(), profile="audit")
    report = check(settings, find_scope([legacy]), find_packs())
    place = report.findings[0].location
    seen = tuple(Related(place, "this reads what the other has written") for _ in range(2))
    message = (
        "`data/processed/features_2024.parquet` is written by 2 components: its content depends on which ran last"
    )
    findings = [
        msgspec.structs.replace(
            report.findings[n % len(report.findings)], message=f"{message} ({n})", related=seen
        )
        for n in range(5000)
    ]
    page = render_html(build_audit(msgspec.structs.replace(report, findings=tuple(findings))))
    assert page.count("<li data-k=") == 5000
    assert len(page.encode()) < 3_000_000
