"""Suppressions: which findings a comment covers, and which comments are findings themselves."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mldebt.discover import kind_of
from mldebt.edits import apply_edits
from mldebt.examples import ExampleFile
from mldebt.extract import extract
from mldebt.facts import Comment, Facts, Header
from mldebt.finding import Confidence, Finding, Severity
from mldebt.project import Project
from mldebt.source import Kind, Location, Source, Span
from mldebt.suppress import Suppressed, suppress
from mldebt.texts import Texts

RULES = {
    "no-print": "glue-code",
    "no-loop": "glue-code",
    "nan-equality": "correctness",
    "stale-suppression": "hygiene",
}


def finding(
    line: int, rule: str = "no-print", cell: int | None = None, path: str = "a.py", end: int = 0
) -> Finding:
    place = Location(path, Span(line, 1, end or line, 9), cell)
    return Finding(rule, RULES[rule], place, "m", Severity.WARNING, Confidence.HIGH, 1)


def run(text: str, *findings: Finding, path: str = "a.py", ran: tuple[str, ...] = tuple(RULES)) -> Suppressed:
    kind = Kind.NOTEBOOK if path.endswith(".ipynb") else Kind.PYTHON
    data = ExampleFile(path, text).data
    source = Source(path, kind, Path(path), data=data)
    project = Project(Path("."), [(source, extract(kind, data))])
    texts = Texts({path: source})
    return suppress(findings, project, texts, rules=RULES, ran=set(ran), today=date(2026, 6, 1))


def said(outcome: Suppressed) -> list[str]:
    return [f"{problem.location} {problem.rule}: {problem.message}" for problem in outcome.problems]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("print(1)  # mldebt: ignore[no-print] a reason", 1),
        ("print(1)  # noqa  # mldebt: ignore[no-print, no-loop]", 1),
        ("print(1)  #mldebt:ignore[glue-code]", 1),
        ("# mldebt: ignore[no-print] a reason\nprint(1)", 2),
        ("# mldebt: ignore[no-print]\n\n# more words\nprint(1)", 4),
        ("x = 1\nprint(1)  # mldebt: ignore[no-print] until=2026-06-01", 2),
    ],
)
def test_a_comment_covers_its_line_or_the_next_code(text: str, line: int) -> None:
    outcome = run(text, finding(line), ran=("no-print",))
    assert (outcome.kept, len(outcome.suppressed), said(outcome)) == ([], 1, [])


def test_a_comment_covers_both_ends_of_a_long_statement_but_not_its_middle() -> None:
    for line, covered in ((1, True), (2, False), (3, True)):
        lines = ["print(", "    1,", ")"]
        lines[line - 1] += "  # mldebt: ignore[no-print]"
        assert bool(run("\n".join(lines), finding(1, end=3)).suppressed) is covered


def test_other_lines_and_other_rules_stay() -> None:
    text = "print(1)  # mldebt: ignore[no-print]\nprint(2)\n"
    outcome = run(text, finding(1), finding(2), finding(1, "nan-equality"))
    assert outcome.kept == [finding(2), finding(1, "nan-equality")]


def test_a_file_ignore_covers_the_file() -> None:
    outcome = run("# A file.\n# mldebt: file-ignore[no-print] why\nx = 1\nprint(x)\n", finding(3), finding(4))
    assert (len(outcome.suppressed), said(outcome)) == (2, [])


def test_a_file_ignore_below_code_is_a_finding() -> None:
    outcome = run("x = 1\n# mldebt: file-ignore[no-print]\n", finding(1))
    assert said(outcome) == ["a.py:2 invalid-suppression: `file-ignore` must stand above the first line of code"]
    assert outcome.kept == [finding(1)]


def test_an_expired_comment_covers_nothing_and_says_so() -> None:
    outcome = run("print(1)  # mldebt: ignore[no-print] until=2026-05-31 see #12", finding(1))
    assert outcome.kept == [finding(1)]
    assert said(outcome) == [
        "a.py:1 stale-suppression: the date of this comment, 2026-05-31, has passed: it ignores nothing any more"
    ]


def test_an_unused_comment_is_stale_unless_its_rule_did_not_run() -> None:
    text = "x = 1  # mldebt: ignore[no-print]\n"
    assert said(run(text)) == [
        "a.py:1 stale-suppression: this comment ignores `no-print`, which finds nothing here"
    ]
    assert said(run(text, ran=("no-loop",))) == []
    kind = "x = 1  # mldebt: ignore[glue-code]\n"
    assert said(run(kind, ran=("no-loop",))) == []
    assert len(said(run(kind, ran=("no-loop", "no-print")))) == 1


def test_the_unused_part_of_a_comment_is_stale() -> None:
    outcome = run("print(1)  # mldebt: ignore[no-print, no-loop]", finding(1))
    assert said(outcome) == ["a.py:1 stale-suppression: this comment ignores `no-loop`, which finds nothing here"]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# mldebt: ignore", "`mldebt: ignore` must name the rules that it ignores: `ignore[rule-id]`"),
        ("# mldebt: ignore[]", "`mldebt: ignore` must name the rules that it ignores: `ignore[rule-id]`"),
        ("# mldebt: ignore[no-prnt]", "there is no rule or kind of debt `no-prnt`; did you mean `no-print`?"),
        ("# mldebt: ignroe[no-print]", "`mldebt: ignroe` means nothing; did you mean `ignore`?"),
        ("# mldebt: ignore[no-print] until=soon", "`until=soon` is not a date like 2027-01-31"),
    ],
)
def test_comments_that_are_not_understood_are_findings(comment: str, expected: str) -> None:
    outcome = run(f"print(1)  {comment}\n", finding(1))
    assert outcome.kept == [finding(1)]
    assert said(outcome) == [f"a.py:1 invalid-suppression: {expected}"]


@pytest.mark.parametrize(
    ("before", "after", "safety"),
    [
        ("# mldebt: ignore[no-prnt] why", "# mldebt: ignore[no-print] why", "unsafe"),
        ("# mldebt: ignroe[no-print] why", "# mldebt: ignore[no-print] why", "unsafe"),
        ("# mldebt: ignore[zzz, no-print] why", "# mldebt: ignore[no-print] why", "unsafe"),
        ("# mldebt: ignore[zzz] why", "", "safe"),
        ("# mldebt: ignore why", "", "safe"),
    ],
)
def test_unknown_names_can_be_repaired(before: str, after: str, safety: str) -> None:
    text = f"print(1)  {before}\n"
    (problem,) = run(text, finding(1)).problems
    assert problem.fix is not None
    assert problem.fix.safety == safety
    assert apply_edits(text, problem.fix.edits) == f"print(1)  {after}".rstrip() + "\n"


def test_prose_about_the_tool_is_no_suppression() -> None:
    assert said(run("x = 1  # see the docs of mldebt: ignore[no-print] is explained there\n")) == []


def test_notebooks_count_inside_their_cell() -> None:
    text = "# %% [markdown]\nWords\n# %%\nx = 1\n# %%\n# mldebt: ignore[no-print] shown to readers\nprint(x)\n"
    outcome = run(text, finding(2, cell=2, path="n.ipynb"), finding(2, cell=1, path="n.ipynb"), path="n.ipynb")
    assert [item.location.cell for item in outcome.suppressed] == [2]
    assert [item.location.cell for item in outcome.kept] == [1]


def test_comments_of_configuration_count() -> None:
    text = "# mldebt: ignore[no-print] wanted\na: 1\n"
    comment = Comment("# mldebt: ignore[no-print] wanted", True, Span(1, 1, 1, 34))
    source = Source("a.yaml", Kind.YAML, Path("a.yaml"), data=text.encode())
    project = Project(Path("."), [(source, Facts.of(Header(), comments=[comment]))])
    outcome = suppress(
        [finding(2, path="a.yaml")],
        project,
        Texts({"a.yaml": source}),
        rules=RULES,
        ran=set(RULES),
        today=date(2026, 6, 1),
    )
    assert (len(outcome.suppressed), outcome.problems) == (1, [])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("conf.yaml", "a: 1  # mldebt: ignore[no-print] why\n"),
        ("conf.toml", "# mldebt: ignore[no-print] why\na = 1\n"),
        ("conf.ini", "[a]\nb = 1  # mldebt: ignore[no-print] why\n"),
        ("Dockerfile", "# mldebt: ignore[no-print] why\nFROM python:3.11\n"),
        ("requirements.txt", "pandas  # mldebt: ignore[no-print] why\n"),
        ("run.sh", "python train.py  # mldebt: ignore[no-print] why\n"),
        ("Makefile", "# mldebt: ignore[no-print] why\nall: train\n"),
        (".env", "# mldebt: ignore[no-print] why\nA=1\n"),
    ],
)
def test_every_kind_of_file_with_comments_can_suppress(path: str, text: str) -> None:
    kind = kind_of(path)
    assert kind is not None
    source = Source(path, kind, Path(path), data=text.encode())
    project = Project(Path("."), [(source, extract(kind, text.encode()))])
    texts = Texts({path: source})
    line = text.count("\n", 0, text.index("mldebt")) + 1
    line += text.startswith("#")
    outcome = suppress(
        [finding(line, path=path)], project, texts, rules=RULES, ran=set(RULES), today=date(2026, 1, 1)
    )
    assert (outcome.kept, len(outcome.suppressed), said(outcome)) == ([], 1, [])
