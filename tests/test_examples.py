"""Examples: reading docstrings, notebooks in percent format, and what a failure says."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mldebt.edits import apply_edits
from mldebt.examples import ExampleFile, Place, failures, findings_of, read_documentation
from mldebt.finding import Edit, Finding, Fix
from mldebt.project import Project
from mldebt.rule import Rule
from mldebt.source import Location, Span

PAGE = """Prints are debt.

    Because of this.

    ## Two files

    ```python title="src/train.py"
    print(1)  # expect: no-print, other-rule
    x = 1
    ```

    ```yaml title='conf.yaml'
    # ## no heading
    a: 1
    ```

    ## A notebook

    ```python title="nb.ipynb"
    # %% [markdown]
    Words
    # %% [3]
    x = 1
    print(x)  # expect: no-print
    ```

    ## Silent

    ```python title="a.py"
    x = 1
    ```

    ## Silent too

    ```python
    print("an illustration")
    ```

    ```python title="b.py"
    printed = 1
    ```

    ## Known gap: aliases

    ```python title="a.py"
    p = print
    ```

    ## How to repair

    Log.
    """


class NoPrint(Rule):
    """Filled in by the tests."""

    id = "no-print"
    debt = "glue-code"

    def check(self, project: Project) -> Iterator[Finding]:
        for site in project.calls("print"):
            span = site.call.span
            fix = Fix("Log", (Edit(site.source.location(Span(span.line, 1, span.line, 6)), "log"),))
            yield self.finding(site.location, "`print`", fix=fix)


def rule(page: str) -> Rule:
    return type("Documented", (NoPrint,), {"__doc__": page})()


def test_sections_with_titled_blocks_are_examples() -> None:
    page = read_documentation(PAGE)
    assert page.summary == "Prints are debt."
    assert page.sections[-1] == "How to repair"
    assert [example.title for example in page.examples] == [
        "Two files",
        "A notebook",
        "Silent",
        "Silent too",
        "Known gap: aliases",
    ]
    first = page.examples[0]
    assert first.files == (
        ExampleFile("src/train.py", "print(1)\nx = 1\n"),
        ExampleFile("conf.yaml", "# ## no heading\na: 1\n"),
    )
    assert first.expected == (
        (Place("src/train.py", -1, 1), "no-print"),
        (Place("src/train.py", -1, 1), "other-rule"),
    )
    assert page.examples[1].expected == ((Place("nb.ipynb", 1, 2), "no-print"),)
    assert "expect:" not in page.markdown


def test_ages_of_files_and_lines_are_markers() -> None:
    page = read_documentation(
        'A.\n\n## Aged\n\n```python title="a.py" changed="90 days ago"\n'
        "x = 1  # changed: 1 day ago\n\ny = 2  # changed: 20 days ago  # expect: no-print as info\n```\n"
    )
    (example,) = page.examples
    assert example.files == (ExampleFile("a.py", "x = 1\n\ny = 2\n", ((0, 90), (1, 1), (3, 20))),)
    assert example.severities == ((Place("a.py", -1, 3), "no-print", "info"),)
    assert "changed: 20 days ago" in page.markdown


def test_ages_reach_the_rule() -> None:
    class Young(Rule):
        id = "young"
        debt = "glue-code"

        def check(self, project: Project) -> Iterator[Finding]:
            for line in range(1, 5):
                place = Location("a.py", Span.at(line))
                if project.ages.is_young("a.py", place.span, 30):
                    yield self.finding(place, str(project.ages.changed("a.py") == project.today))

    text = "1\n2\n3\n4\n"
    aged = (ExampleFile("a.py", text, ((2, 0), (3, 30), (4, 31))), ExampleFile("b.py", "", ((0, 5),)))
    assert [(f.location.span.line, f.message) for f in findings_of(Young(), aged)] == [(2, "True"), (3, "True")]
    assert findings_of(Young(), (ExampleFile("a.py", text),)) == []
    rest = findings_of(Young(), (ExampleFile("a.py", text, ((0, 3), (1, 40))),))
    assert [f.location.span.line for f in rest] == [2, 3, 4]


def test_a_severity_that_is_given_must_be_right() -> None:
    page = PAGE.replace("expect: no-print, other-rule", "expect: no-print as info, other-rule")
    assert failures(rule(page)) == ["## Two files: found at src/train.py:1 as warning, not as info"]
    assert failures(rule(page.replace("as info", "as warning"))) == []


def test_percent_format_becomes_a_notebook() -> None:
    notebook = json.loads(ExampleFile("nb.ipynb", "# %% [markdown]\nWords\n# %% [3]\nx = 1\n\n# %%\ny\n").data)
    cells = notebook["cells"]
    assert [(c["cell_type"], c["source"], c.get("execution_count", "none")) for c in cells] == [
        ("markdown", "Words", "none"),
        ("code", "x = 1", 3),
        ("code", "y", None),
    ]


def test_a_good_page_has_no_failures() -> None:
    assert failures(rule(PAGE)) == []


def test_differences_are_named_with_their_place() -> None:
    page = PAGE.replace("x = 1\n    ```\n\n    ## Silent too", "print(2)\n    ```\n\n    ## Silent too")
    page = page.replace("print(1)  # expect", "log(1)  # expect")
    assert failures(rule(page)) == [
        "## Two files: expected at src/train.py:1, not found",
        "## Silent: found at a.py:1, not expected: `print`",
    ]


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ("## How to repair", "a section `## How to repair` is missing"),
        ("Because of this.", "nothing says why it is debt"),
    ],
)
def test_pages_must_say_why_and_how(cut: str, expected: str) -> None:
    assert any(expected in failure for failure in failures(rule(PAGE.replace(cut, ""))))


def test_pages_must_have_positive_and_negative_examples() -> None:
    found = failures(rule("A summary.\n\n    Why.\n\n    ## How to repair\n\n    So.\n"))
    assert found == ["no example expects `no-print`", "0 examples must stay silent; at least 2 are wanted"]


def test_an_example_that_does_not_parse_fails() -> None:
    assert any("a.py:1" in failure for failure in failures(rule(PAGE.replace("p = print\n", "p = = print\n"))))


def test_unfinished_blocks_and_doubled_names_are_failures() -> None:
    assert failures(rule("A.\n\n    ```python\n    x\n")) == ["a fenced block is not closed"]
    doubled = 'A.\n\n    ```python title="a.py"\n    x\n    ```\n    ```python title="a.py"\n    ```\n'
    assert failures(rule(doubled)) == ["`a.py` stands twice in one section"]


def test_a_fixed_section_shows_what_the_fixes_make() -> None:
    block = '    ```python title="src/train.py"\n    log(1)\n    x = 1\n    ```\n'
    fixed = f"\n    ## Fixed\n\n{block}\n    ## A notebook"
    page = PAGE.replace("\n    ## A notebook", fixed)
    assert failures(rule(page)) == []
    wrong = failures(rule(page.replace("    log(1)", "    logged(1)")))
    assert len(wrong) == 1
    assert "-logged(1)\n+log(1)" in wrong[0]


def test_edits_apply_once_and_never_overlap() -> None:
    def edit(start: int, end: int, text: str) -> Edit:
        return Edit(Location("a.py", Span(1, start, 1, end)), text)

    edits = [edit(5, 6, "Y"), edit(1, 3, "X"), edit(1, 3, "X"), edit(2, 4, "Z")]
    assert apply_edits("abcdef\nx\n", edits) == "XcdYf\nx\n"
    assert apply_edits("ab\ncd", [Edit(Location("a.py", Span(1, 3, 2, 2)), "-")]) == "ab-d"
    assert apply_edits("ab\n", [Edit(Location("a.py", Span(9, 1, 9, 1)), "end")]) == "ab\nend"
