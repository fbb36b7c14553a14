"""Accepted findings: what survives moved lines and renamed files, what shrinks, what is locked, what stays."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from mldebt import baseline
from mldebt.cli import cli
from mldebt.engine import fingerprint
from mldebt.entry import entry_of
from mldebt.finding import Confidence, Finding, Related, Severity
from mldebt.matching import Files, match
from mldebt.source import Location, Span

RULE = '''
from mldebt import Rule

class NoPrint(Rule):
    """Prints are debt."""

    name: str = "print"

    def check(self, project):
        for site in project.calls(self.name):
            yield self.finding(
                site.location, f"`{site.name}` é", scope=site.source.scope_name(site.call.block)
            )
'''
FILE = ".mldebt-baseline.json"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CI", "PRE_COMMIT"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "project"
    root.mkdir()
    (root / "setup.py").write_text("")
    (root / "a.py").write_text("print(1)\nprint(1)\n\ndef f():\n    print(1)\n")
    (root / "b.py").write_text("print(2)\n")
    pack = tmp_path / "pack" / "glue_code"
    pack.mkdir(parents=True)
    (pack / "no_print.py").write_text(RULE)
    (pack / "no_exec.py").write_text(RULE.replace('"print"', '"exec"').replace("NoPrint", "NoExec"))
    monkeypatch.chdir(root)
    return root


def mldebt(*arguments: str) -> Result:
    given = ["--pack", "../pack", "--select", "no-print,no-exec", "--no-cache"]
    return CliRunner().invoke(cli, [*arguments, *given])


def check(*arguments: str) -> list[str]:
    result = mldebt("check", "--output-format", "json", *arguments)
    assert result.exit_code in (0, 1), result.output
    return [f"{f['path']}:{f['line']}" for f in json.loads(result.stdout)["findings"]]


def entries(root: Path) -> list[str]:
    return [f"{entry.path} {entry.rule}" for entry in baseline.read(root / FILE)]


def test_only_new_findings_are_reported(project: Path) -> None:
    assert mldebt("baseline", "write").output == f"{FILE}: 4 findings accepted.\n"
    assert check() == []
    (project / "a.py").write_text("import os\n\n\n" + (project / "a.py").read_text() + "print(3)\n")
    assert check() == ["a.py:9"]
    assert len(check("--no-baseline")) == 5
    summary = mldebt("check").stdout.splitlines()[-1]
    assert summary == "Found 1 new finding (1 warning) in 3 files; 4 baselined, 0 suppressed, 0 fixable."


def test_one_more_of_the_same_line_is_new(project: Path) -> None:
    mldebt("baseline", "write")
    (project / "b.py").write_text("print(2)\nprint(2)\n")
    assert len(check()) == 1


def test_equal_lines_are_told_apart_by_their_messages(project: Path) -> None:
    code = RULE.replace('f"`{site.name}` é"', 'f"after line {site.source.facts.bindings[-1].name}"')
    code = code.replace("for site", "for number, site").replace(
        "in project.calls(self.name)", "in enumerate(project.calls(self.name))"
    )
    code = code.replace("bindings[-1].name", "bindings[number].name")
    (project.parent / "pack" / "glue_code" / "no_print.py").write_text(code)
    (project / "b.py").unlink()
    (project / "a.py").write_text("x = 1\nprint(1)\ny = 1\nprint(1)\n")
    mldebt("baseline", "write")
    (project / "a.py").write_text("w = 1\nprint(1)\nx = 1\nprint(1)\ny = 1\nprint(1)\n")
    assert check() == ["a.py:2"]
    assert check() == ["a.py:2"]
    mldebt("baseline", "update")
    assert check() == []
    assert len(entries(project)) == 3


def test_both_sides_of_a_merge_and_a_byte_order_mark_are_read(project: Path) -> None:
    mldebt("baseline", "write", "b.py")
    ours = (project / FILE).read_text()
    block = ours[ours.index('    "b.py"') : ours.index("\n  }\n}")]
    twice = ours.replace(block, f'{block},\n    "b.py": []')
    (project / FILE).write_text(f"\ufeff{twice}", encoding="utf-8")
    assert mldebt("check", "b.py").output.startswith("No findings")
    assert mldebt("baseline", "prune", "b.py").output == f"{FILE}: 1 finding accepted (0 gone).\n"
    assert (project / FILE).read_text() == ours


@pytest.mark.parametrize("path", ["\0", "\ud800.py", "../x.py", "/x.py", ""])
def test_entries_of_files_that_cannot_be_do_no_harm(project: Path, path: str) -> None:
    entry = {"rule": "no-print", "fingerprint": "0", "message": "x"}
    (project / FILE).write_text(json.dumps({"version": 1, "findings": {path: [entry]}}))
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], check=True)
    result = mldebt("check", "b.py", "--baseline-mode", "keep")
    assert result.exit_code == 1
    assert "b.py:1:1" in result.output


def test_a_renamed_file_keeps_its_entries(project: Path) -> None:
    mldebt("baseline", "write")
    (project / "a.py").rename(project / "sub.py")
    assert check() == []
    assert entries(project) == ["b.py no-print", *["sub.py no-print"] * 3]


def test_it_shrinks_by_itself_and_never_grows(project: Path) -> None:
    mldebt("baseline", "write")
    (project / "b.py").write_text("print(4)\n")
    assert check() == ["b.py:1"]
    assert entries(project) == ["a.py no-print"] * 3


def test_in_ci_entries_that_are_gone_fail(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mldebt("baseline", "write")
    before = (project / FILE).read_bytes()
    (project / "b.py").write_text("")
    monkeypatch.setenv("CI", "true")
    result = mldebt("check")
    assert result.exit_code == 1
    assert "1 finding is gone that .mldebt-baseline.json accepts" in result.stderr
    assert (project / FILE).read_bytes() == before
    assert mldebt("check", "--baseline-mode", "keep").exit_code == 0
    assert "(1 gone)" in mldebt("baseline", "prune").output
    assert mldebt("check").exit_code == 0


def test_what_was_not_looked_at_stays(project: Path) -> None:
    mldebt("baseline", "write")
    all_entries = entries(project)
    check("a.py")
    check("--ignore", "no-print")
    check("--extend-exclude", "b.py")
    check("--min-confidence", "high")
    (project / "b.py").write_text("print(\n")  # cannot be parsed: nobody knows what it holds
    check()
    assert entries(project) == all_entries


def test_a_suppressed_finding_needs_no_entry(project: Path) -> None:
    mldebt("baseline", "write")
    (project / "b.py").write_text("print(2)  # mldebt: ignore[no-print] shown to people\n")
    assert check() == []
    assert entries(project) == ["a.py no-print"] * 3


def test_update_accepts_one_rule_alone(project: Path) -> None:
    mldebt("baseline", "write")
    (project / "b.py").write_text("print(5)\nexec(x)\n")
    assert "(1 new, 1 gone)" in mldebt("baseline", "update", "--rule", "no-exec").output
    assert check() == ["b.py:1"]
    assert "(1 new, 0 gone)" in mldebt("baseline", "update").output
    assert check() == []
    assert mldebt("baseline", "update", "--rule", "no-such").exit_code == 2


def test_write_for_some_paths_keeps_the_others(project: Path) -> None:
    mldebt("baseline", "write")
    (project / "b.py").write_text("exec(x)\n")
    mldebt("baseline", "write", "b.py")
    assert entries(project) == [*["a.py no-print"] * 3, "b.py no-exec"]


def test_the_file_is_sorted_and_has_no_line_numbers(project: Path) -> None:
    mldebt("baseline", "write")
    first = (project / FILE).read_text(encoding="utf-8")
    assert first.count("\n      {") == 4
    (project / "a.py").write_text("\n\n" + (project / "a.py").read_text())
    mldebt("baseline", "write")
    assert (project / FILE).read_text(encoding="utf-8") == first


def test_show_counts_rules(project: Path) -> None:
    mldebt("baseline", "write")
    assert CliRunner().invoke(cli, ["baseline", "show"]).output == "     4  no-print\n     4  in 2 files\n"


def test_the_settings_name_the_file(project: Path) -> None:
    (project / "mldebt.toml").write_text('baseline = "debt/known.json"\n')
    (project / "debt").mkdir()
    mldebt("baseline", "write")
    assert (project / "debt" / "known.json").exists()
    assert check() == []
    assert len(check("--isolated")) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<<<<<<< HEAD\n", "is not JSON"),
        ("[]", "is no baseline"),
        ('{"version": 1, "findings": {"a": [1]}}', "is no baseline"),
        ('{"version": 9, "findings": {}}', "has version 9"),
    ],
)
def test_what_is_no_baseline_is_told(project: Path, text: str, message: str) -> None:
    (project / FILE).write_text(text)
    result = mldebt("check")
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_a_baseline_that_is_asked_for_must_exist(project: Path) -> None:
    result = mldebt("check", "--baseline", "nowhere.json")
    assert (result.exit_code, "nowhere.json does not exist" in result.output) == (2, True)


def test_a_missing_baseline_cannot_be_pruned(project: Path) -> None:
    result = mldebt("baseline", "prune")
    assert (result.exit_code, "cannot be read" in result.output) == (2, True)


def test_a_finding_keeps_its_entry_when_its_function_gets_another_name(project: Path) -> None:
    mldebt("baseline", "write")
    (project / "a.py").write_text("print(1)\nprint(1)\n\ndef g():\n    print(1)\n")
    assert check() == []
    (project / "a.py").write_text("print(1)\nprint(1)\n\ndef g():\n    print(9)\n")
    assert check() == ["a.py:5"]


def test_another_new_file_with_such_a_line_is_no_renamed_one(project: Path) -> None:
    (project / "c.py").write_text("print(2)\nprint(3)\nprint(4)\n")
    mldebt("baseline", "write")
    (project / "c.py").unlink()
    (project / "d.py").write_text("print(3)\n")  # a third of what was there
    assert check() == ["d.py:1"]


def test_a_baseline_without_digests_of_lines_is_read(project: Path) -> None:
    mldebt("baseline", "write")
    text = (project / FILE).read_text(encoding="utf-8")
    (project / FILE).write_text(re.sub(r'"line": "\w+", ', "", text), encoding="utf-8")
    assert check() == []


def test_a_finding_about_several_files_is_known_from_each_of_them() -> None:
    def finding(path: str, message: str) -> Finding:
        place = Location(path, Span.at(3))
        return Finding("copies", "glue-code", place, message, Severity.INFO, Confidence.HIGH, 1, fingerprint=path)

    def parts(finding: Finding) -> tuple[str, str, str]:
        return finding.rule, "", f"def {finding.location.path}"

    before = finding("a.py", "3 copies of `load`: a.py:3, b.py:3, c.py:3")
    entries = [entry_of(before, parts)]
    after = finding("b.py", "2 copies of `load`: b.py:3, c.py:3")
    assert match([after], entries, parts, Files()).accepted == {after: entries[0]}
    moved = msgspec.structs.replace(finding("b.py", "copies"), related=(Related(before.location, "the same"),))
    assert match([moved], entries, parts, Files()).accepted == {moved: entries[0]}
    for other in (
        finding("b.py", "2 copies of `save`: b.py:3, c.py:3"),
        finding("d.py", "2 copies of `load`: d.py:3, e.py:3"),
    ):
        assert match([other], entries, parts, Files()).accepted == {}


def test_a_file_that_moved_goes_before_a_new_one_that_looks_alike(project: Path) -> None:
    mldebt("baseline", "write")
    (project / "moved").mkdir()
    (project / "b.py").rename(project / "moved" / "b.py")
    (project / "another.py").write_text("print(2)\n")
    assert check() == ["another.py:1"]


COPIES = '''
from mldebt import Rule
from mldebt.finding import Related

class NoPrint(Rule):
    """All prints are one debt."""

    def check(self, project):
        places = sorted((site.location for site in project.calls("print")), key=lambda place: place.path)
        if places:
            first, *others = places
            yield self.finding(first, f"{len(others) + 1} prints", related=[Related(o, "too") for o in others])
'''


@pytest.fixture
def copies(project: Path) -> Path:
    """A project with one finding that has three places."""
    (project.parent / "pack" / "glue_code" / "no_print.py").write_text(COPIES)
    for name in "abc":
        (project / f"{name}.py").write_text(f"print({name!r})\n")
    return project


def test_a_finding_with_several_places_outlives_the_first(copies: Path) -> None:
    mldebt("baseline", "write")
    (copies / "a.py").write_text("")
    assert check() == []
    assert entries(copies) == ["b.py no-print"]
    (copies / "b.py").unlink()
    assert check() == []
    assert entries(copies) == ["c.py no-print"]
    (copies / "c.py").write_text("print('other')\n")
    assert check() == ["c.py:1"]


def test_edits_at_other_places_do_not_rewrite_the_file(copies: Path) -> None:
    mldebt("baseline", "write")
    before = (copies / FILE).read_bytes()
    (copies / "b.py").write_text("print('edited')\n")
    assert check() == []
    assert (copies / FILE).read_bytes() == before
    mldebt("baseline", "prune")
    assert (copies / FILE).read_bytes() != before


def test_a_file_without_other_places_is_read_and_gets_them(copies: Path) -> None:
    mldebt("baseline", "write")
    with_places = (copies / FILE).read_text(encoding="utf-8")
    assert len(baseline.read(copies / FILE)[0].also) == 2
    former = re.sub(r'"also": \[[^]]*\], ', "", with_places)
    (copies / FILE).write_text(former, encoding="utf-8")
    assert check() == []
    assert (copies / FILE).read_text(encoding="utf-8") == former
    assert "(0 gone)" in mldebt("baseline", "prune").output
    assert (copies / FILE).read_text(encoding="utf-8") == with_places


def test_a_finding_from_elsewhere_is_written_once(copies: Path) -> None:
    mldebt("baseline", "write")
    (copies / "b.py").write_text("print('edited')\n")
    assert mldebt("baseline", "write", "b.py").output == f"{FILE}: 1 finding accepted.\n"


def parts(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, "", f"line {finding.location.span.line}"


def finding_at(*lines: int, message: str = "chain", path: str = "a.py") -> Finding:
    first, *others = (Location(path, Span.at(line)) for line in lines)
    name = f"{path} {lines[0]} {message}"
    related = tuple(Related(other, "goes on") for other in others)
    return Finding(
        "chain", "glue-code", first, message, Severity.INFO, Confidence.HIGH, 1, related, fingerprint=name
    )


def accepted(before: list[Finding], after: list[Finding]) -> list[Finding]:
    known = [entry_of(finding, parts) for finding in before]
    found = match(after, known, parts, Files()).accepted
    assert len(set(found.values())) == len(found)
    return [finding for finding in after if finding in found]


def test_an_entry_accepts_one_of_the_findings_that_its_places_fall_apart_into() -> None:
    second, third, both = finding_at(2), finding_at(3), finding_at(3, 4, 2)
    assert len(accepted([finding_at(1, 2, 3)], [second, third])) == 1
    assert accepted([finding_at(1, 2, 3, 4)], [second, both]) == [both]  # the one that shares the most
    assert accepted([finding_at(1, 2)], [finding_at(5, 6), finding_at(7, 2)]) == []  # shares no first place


def pieces(before: list[Finding], after: list[Finding], *, files: Files | None = None) -> list[list[str] | None]:
    """For each finding the places of its new pieces, none if it is accepted, and None if it is not known at all."""
    known = [entry_of(finding, parts, gathers=True) for finding in before]
    found = match(after, known, parts, files or Files(), {"chain"})
    assert not found.accepted.keys() & found.grown.keys()
    new = {finding: [str(place) for place in places] for finding, (_, places) in found.grown.items()}
    return [[] if finding in found.accepted else new.get(finding) for finding in after]


def test_a_group_is_accepted_as_long_as_all_of_its_pieces_are() -> None:
    before = finding_at(1, 2, 3)
    assert pieces([before], [finding_at(3, 1)]) == [[]]
    assert pieces([before], [finding_at(1, 2, 3, 4)]) == [["a.py:4"]]
    assert pieces([before], [finding_at(0, 1, 2, 3)]) == [["a.py:0"]]  # at the front as well
    assert pieces([before], [finding_at(1, 2), finding_at(3)]) == [[], []]  # fell apart
    assert pieces([finding_at(1, 2), finding_at(3, 4)], [finding_at(4, 3, 2, 1)]) == [[]]  # grew together
    assert pieces([before], [finding_at(5, 6)]) == [None]
    # A new group takes no piece away from the one that has it, even if it comes first.
    assert pieces([before], [finding_at(0, 2), finding_at(1, 2, 3)]) == [None, []]


def test_a_piece_whose_line_was_edited_is_known_beside_others_of_its_file() -> None:
    assert pieces([finding_at(1, 2, 3)], [finding_at(1, 2, 9)]) == [[]]
    assert pieces([finding_at(1, 2, 3)], [finding_at(1, 8, 9)]) == [["a.py:8", "a.py:9"]]
    both = msgspec.structs.replace(finding_at(1), related=(Related(Location("b.py", Span.at(1)), "too"),))
    other = msgspec.structs.replace(finding_at(1), related=(Related(Location("c.py", Span.at(9)), "too"),))
    assert pieces([both], [other]) == [["c.py:9"]]  # one was repaired, another one is there


def test_copies_whose_beginnings_moved_are_known_by_their_files() -> None:
    def copies(line: int, *paths: str) -> Finding:
        first, *others = (Location(path, Span.at(line)) for path in paths)
        names = ", ".join(f"`{path}`" for path in paths)
        related = tuple(Related(other, "too") for other in others)
        return msgspec.structs.replace(finding_at(line, message=names), location=first, related=related)

    assert pieces([copies(5, "a.py", "b.py")], [copies(7, "a.py", "b.py")]) == [[]]
    assert pieces([copies(5, "a.py", "b.py")], [copies(7, "a.py", "b.py", "c.py")]) == [None]
    assert pieces([copies(5, "a.py", "b.py")], [copies(5, "a.py", "b.py"), copies(7, "a.py", "b.py")]) == [
        [],
        None,
    ]


def test_pieces_are_known_in_files_that_git_knows_as_renamed() -> None:
    after = finding_at(1, 2, path="new.py")
    assert pieces([finding_at(1, 2)], [after]) == [None]
    assert pieces([finding_at(1, 2)], [after], files=Files({"a.py"}, {"a.py": "new.py"})) == [[]]


def test_files_without_entries_move_with_their_directory() -> None:
    def copies(directory: str) -> Finding:
        related = (Related(Location(f"{directory}/b.py", Span.at(2)), "too"),)
        after = msgspec.structs.replace(finding_at(1, path=f"{directory}/a.py"), related=related)
        return msgspec.structs.replace(after, fingerprint=fingerprint(after.location.path, *parts(after), 0))

    moved = {"new/a.py", "new/b.py"}
    assert pieces([copies("old")], [copies("new")], files=Files({"old/a.py"}, {}, moved)) == [[]]
    copied = {*moved, "old/b.py"}  # which is no move, as far as this file goes
    assert pieces([copies("old")], [copies("new")], files=Files({"old/a.py"}, {}, copied)) == [["new/b.py:2"]]


GATHERS = COPIES.replace("    def check", "    gathers = True\n\n    def check")


def test_one_piece_more_is_reported_with_its_place_and_can_be_accepted(copies: Path) -> None:
    (copies.parent / "pack" / "glue_code" / "no_print.py").write_text(GATHERS)
    mldebt("baseline", "write")
    assert len(baseline.read(copies / FILE)[0].pieces) == 3
    (copies / "Z.py").write_text("print('one more')\n")  # before all others
    result = mldebt("check", "--output-format", "concise")
    assert "Z.py:1" in result.output
    assert "4 prints (Z.py:1 is new, the rest is in the baseline)" in result.output
    assert len(entries(copies)) == 1  # what is accepted is kept while the new piece is there
    (copies / "Z.py").unlink()
    assert check() == []
    (copies / "Z.py").write_text("print('one more')\n")
    assert "1 finding accepted (1 new, 0 gone)" in mldebt("baseline", "update").output
    assert check() == []
    assert "is new" not in (copies / FILE).read_text(encoding="utf-8")
    for name in ("a", "b"):
        (copies / f"{name}.py").unlink()
    assert mldebt("check").stderr == f"{FILE}: 2 pieces of findings are gone, 1 stays.\n"
    assert len(baseline.read(copies / FILE)[0].pieces) == 2  # it shrinks by itself
    (copies / "d.py").write_text("print('d')\n")
    assert check() == ["d.py:1"]  # at the piece that is new
    (shown,) = json.loads(mldebt("check", "--output-format", "json").stdout)["findings"]
    assert [related["path"] for related in shown["related"]] == ["Z.py", "c.py"]


def test_in_ci_pieces_that_are_gone_fail(copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copies.parent / "pack" / "glue_code" / "no_print.py").write_text(GATHERS)
    mldebt("baseline", "write")
    before = (copies / FILE).read_bytes()
    monkeypatch.setenv("CI", "true")
    (copies / "b.py").write_text("")
    result = mldebt("check")
    assert result.exit_code == 1
    assert f"1 piece of findings is gone that {FILE} accepts; left there they hide new ones" in result.stderr
    assert (copies / FILE).read_bytes() == before
    assert mldebt("check", "--baseline-mode", "keep").exit_code == 0
    assert "(0 gone, 1 of others' pieces)" in mldebt("baseline", "prune").output
    assert mldebt("check").exit_code == 0


def test_in_ci_a_group_whose_places_moved_or_cannot_be_read_is_no_failure(
    copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copies.parent / "pack" / "glue_code" / "no_print.py").write_text(GATHERS)
    mldebt("baseline", "write")
    monkeypatch.setenv("CI", "true")
    (copies / "b.py").write_text("x = 1\n\nprint('b')\n")
    assert mldebt("check").exit_code == 0
    (copies / "b.py").write_text("print('b'\n")  # nobody knows what it holds
    assert mldebt("check", "--exit-zero").stderr == ""
    monkeypatch.delenv("CI")
    mldebt("check")
    assert len(baseline.read(copies / FILE)[0].pieces) == 3


def test_a_baseline_without_pieces_accepts_groups_as_they_are(copies: Path) -> None:
    (copies.parent / "pack" / "glue_code" / "no_print.py").write_text(GATHERS)
    mldebt("baseline", "write")
    with_pieces = (copies / FILE).read_text(encoding="utf-8")
    former = re.sub(r'"pieces": \[[^]]*\], ', "", with_pieces)
    assert former != with_pieces
    (copies / FILE).write_text(former, encoding="utf-8")
    (copies / "d.py").write_text("print('one more')\n")
    assert check() == []
    assert (copies / FILE).read_text(encoding="utf-8") == former
    (copies / "d.py").unlink()
    mldebt("baseline", "prune")
    assert (copies / FILE).read_text(encoding="utf-8") == with_pieces


def test_a_file_is_followed_where_git_knows_that_it_was_renamed(project: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *who, *arguments], cwd=project, check=True, capture_output=True)

    (project / "c.py").write_text("# one\n# two\n# three\nprint(3)\n")
    mldebt("baseline", "write")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "all")
    git("mv", "c.py", "another_name.py")
    (project / "d.py").write_text("print(3)\n")
    assert check() == ["d.py:1"]
    (project / "d.py").unlink()
    (project / FILE).unlink()
    git("checkout", "-q", "--", FILE)
    git("rm", "-q", "-f", "another_name.py")
    (project / "e.py").write_text("print(3)\n")  # says the same in a file of another name: no rename for git
    assert check() == ["e.py:1"]


def test_of_many_places_the_same_ones_are_kept_whatever_their_order() -> None:
    one = entry_of(finding_at(1, *range(2, 40)), parts)
    other = entry_of(finding_at(1, *range(39, 1, -1)), parts)
    assert one == other
    assert len(one.also) == 8
    assert list(one.also) == sorted(set(one.also))


def test_a_line_of_the_same_text_whose_message_names_mostly_the_same() -> None:
    before = finding_at(1, message="stage `fit` reads `root`, `size` of `params.yaml`")
    renamed = finding_at(1, message="stage `fit@all` reads `size` of `params.yaml`")
    another = finding_at(1, message="stage `score` reads `depth` of `params.yaml`")
    assert accepted([before], [another, renamed]) == [renamed]
    assert accepted([finding_at(1, message="a")], [finding_at(2, message="b")]) == []


def test_a_line_without_a_word_tells_a_renamed_file_only_if_the_message_stays() -> None:
    def quotes(finding: Finding) -> tuple[str, str, str]:
        return finding.rule, "", "'''"

    gone = finding_at(3, path="old.py", message="9 lines in a string")
    before = msgspec.structs.replace(gone, fingerprint=fingerprint("old.py", *quotes(gone), 0))
    known = [entry_of(before, quotes)]
    same = finding_at(5, path="new.py", message="9 lines in a string")
    another = finding_at(5, path="new.py", message="20 lines in a string")
    assert match([same], known, quotes, Files({"old.py"})).accepted == {same: known[0]}
    assert match([another], known, quotes, Files({"old.py"})).accepted == {}
