"""Python to facts: which bindings reach a name, scopes, names of calls, places, and purity."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mldebt.extract import extract
from mldebt.extract.text import slice_span
from mldebt.facts import Call, Const, Each, Facts, Ref
from mldebt.source import Kind


def facts_of(code: str) -> Facts:
    return extract(Kind.PYTHON, textwrap.dedent(code).encode())


def seen(code: str) -> list[list[int]]:
    """For each `see(name)`, the lines of the bindings that reach it there."""
    facts = facts_of(code)
    found = []
    for call in facts.calls:
        if isinstance(call.func, Ref) and call.func.name == "see":
            (name,) = call.args
            assert isinstance(name, Ref)
            found.append([facts.bindings[index].span.line for index in name.bindings])
    return found


def names(code: str) -> list[str]:
    return [call.name for call in facts_of(code).calls]


# --- reaching definitions ---


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("x = 1\nx = 2\nsee(x)\n", [2]),
        ("x = 1\nif a:\n    x = 2\nsee(x)\n", [1, 3]),
        ("if a:\n    x = 1\nelse:\n    x = 2\nsee(x)\n", [2, 4]),
        ("x = 0\nif a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\nsee(x)\n", [3, 5, 7]),
        ("x = 0\nif a:\n    x = 1\nelif b:\n    x = 2\nsee(x)\n", [1, 3, 5]),
        ("x = 0\nif a:\n    x = 1\n    raise E\nsee(x)\n", [1]),
    ],
    ids=["last", "if", "both sides", "elif else", "elif", "raise"],
)
def test_branches(code: str, lines: list[int]) -> None:
    assert [sorted(found) for found in seen(code)] == [lines]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("x = 0\nfor i in y:\n    see(x)\n    x = 1\n", [1, 4]),
        ("x = 0\nfor i in y:\n    x = 1\nsee(x)\n", [1, 3]),
        ("x = 0\nwhile c:\n    x = 1\nelse:\n    x = 2\nsee(x)\n", [5]),
        ("for x in y:\n    see(x)\n", [1]),
        ("x = 0\nwhile c:\n    x = 1\n    break\nelse:\n    x = 2\nsee(x)\n", [3, 6]),
    ],
    ids=["next round", "no round", "else", "target", "break"],
)
def test_loops(code: str, lines: list[int]) -> None:
    (found,) = seen(code)
    assert set(lines) <= set(found), "a definition that reaches the place is missing"
    assert code.count("break") or sorted(found) == lines


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("x = 0\ntry:\n    x = 1\n    f()\nexcept E:\n    see(x)\n", [1, 3]),
        ("try:\n    x = 1\nexcept E:\n    x = 2\nsee(x)\n", [2, 4]),
        ("x = 0\ntry:\n    f()\nexcept E:\n    x = 2\nelse:\n    x = 3\nfinally:\n    x = 4\nsee(x)\n", [9]),
        ("try:\n    f()\nexcept E as x:\n    see(x)\n", [3]),
    ],
    ids=["handler", "after", "finally", "as"],
)
def test_handlers(code: str, lines: list[int]) -> None:
    assert [sorted(found) for found in seen(code)] == [lines]


def test_a_match_binds_what_its_patterns_capture() -> None:
    code = """
    x = 0
    match a:
        case [x, *rest]:
            see(x)
            see(rest)
        case {"k": y, **more} if y:
            see(y)
            see(more)
        case C(z=z) | D(z=z) as w:
            see(w)
    see(x)
    """
    found = [sorted(set(lines)) for lines in seen(code)]
    assert found == [[4], [4], [7], [7], [10], [2, 4]]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("with open(p) as x:\n    see(x)\n", [1]),
        ("if (x := f()):\n    see(x)\n", [1]),
        ("x, (y, *z) = f()\nsee(z)\n", [1]),
        ("import a.b as x\nsee(x)\n", [1]),
        ("def x(): ...\nsee(x)\n", [1]),
        ("class x: ...\nsee(x)\n", [1]),
        ("x: int = 3\nsee(x)\n", [1]),
        ("x = 1\nx += 1\nsee(x)\n", [2]),
        ("x = 1\ndel x\nx = 3\nsee(x)\n", [3]),
    ],
)
def test_all_that_binds(code: str, lines: list[int]) -> None:
    assert seen(code) == [lines]


# --- scopes ---


def test_a_function_sees_its_own_names_and_all_that_its_surroundings_bind() -> None:
    code = """
    x = 1
    def f(y=x):
        see(y)
        see(x)
        x = 2
        see(x)
    see(x)
    """
    assert sorted(seen(code)) == [[2], [2], [3], [6]]


def test_comprehensions_and_lambdas_have_scopes_of_their_own() -> None:
    facts = facts_of("i = 1\na = [see(i) for i in f(i)]\nb = lambda i: see(i)\nsee(i)\n")
    calls = {(call.span.line, call.name or "see"): call for call in facts.calls}
    kinds = {line: facts.blocks[call.block].kind for (line, name), call in calls.items() if name == "see"}
    assert kinds == {2: "comprehension", 3: "lambda", 4: "module"}
    (argument,) = next(call for call in facts.calls if isinstance(call.func, Ref) and call.func.name == "f").args
    assert argument == Ref("i", (0,)), "the first iterable belongs to the scope around"
    (last,) = calls[4, "see"].args
    assert last == Ref("i", (0,))


def test_a_comprehension_is_its_element() -> None:
    facts = facts_of("a = {k: k for k in b}\n")
    value = next(binding.value for binding in facts.bindings if binding.name == "a")
    assert isinstance(value, Each)
    assert value.kind == "dict"


def test_class_scopes_are_not_seen_from_methods() -> None:
    code = """
    class A:
        x = 1
        see(x)
        def f(self):
            see(x)
    """
    assert seen(code) == [[3], []]


def test_global_names_are_told() -> None:
    facts = facts_of("x = 1\ndef f():\n    global x\n    x = 2\nf()\n")
    kinds = {(binding.kind, binding.span.line) for binding in facts.bindings if binding.name == "x"}
    assert {("assign", 1), ("global", 4)} == kinds


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("def g(x): ...", "parameter"),
        ("see(lambda x: x)", "parameter"),
        ("see([x for x in y])", "for"),
        ("class A:\n        x = 1", "assign"),
        ("for x in y: ...", "global"),
    ],
)
def test_only_names_of_the_function_itself_are_global(line: str, kind: str) -> None:
    facts = facts_of(f"def f():\n    global x\n    {line}\n    x = 3\n")
    assert [binding.kind for binding in facts.bindings if binding.name == "x"] == [kind, "global"]


# --- names of calls ---


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import pandas as pd\npd.read_csv(p)\n", "pandas.read_csv"),
        ("from pandas import read_csv as r\nr(p)\n", "pandas.read_csv"),
        ("import os.path\nos.path.join(a)\n", "os.path.join"),
        ("from .utils import load\nload()\n", ".utils.load"),
        ("from . import utils\nutils.load()\n", ".utils.load"),
        ("def load(): ...\nload()\n", ":load"),
        ("print(1)\n", "print"),
        ("def print(x): ...\nprint(1)\n", ":print"),
        ("def f(pd):\n    pd.read_csv(p)\n", ""),
        ("import pandas as pd\ndef f():\n    pd.read_csv(p)\n", "pandas.read_csv"),
        ("import numpy as np\nnp = other\nnp.array(a)\n", ""),
        ("try:\n    import a as m\nexcept ImportError:\n    import a as m\nm.f()\n", "a.f"),
    ],
)
def test_calls_are_named_as_far_as_the_file_knows(code: str, name: str) -> None:
    assert names(code)[-1] == name


def test_star_imports_are_kept_as_such() -> None:
    facts = facts_of("from numpy import *\nzeros(3)\n")
    assert [(fact.module, fact.name) for fact in facts.imports] == [("numpy", "*")]
    assert facts.calls[0].func == Ref("zeros")


def test_decorators_and_defaults_belong_outside_of_the_function() -> None:
    facts = facts_of("import click\n@click.option('--n', default=make())\ndef f(n=make()):\n    inside()\n")
    blocks = {call.name or call.func: facts.blocks[call.block].kind for call in facts.calls}  # type: ignore[misc]
    assert blocks["click.option"] == "module"
    assert blocks[Ref("make")] == "module"
    assert blocks[Ref("inside")] == "function"
    (function,) = facts.functions
    assert len(function.decorators) == 1


# --- places ---

NAME = st.sampled_from(["a", "b", "df", "größe", "x1"])
TEXT = st.sampled_from(["'p/q.csv'", '"é"', "b'x'", "f'{a}/b'", "'''two\nlines'''", "1_000", "...", "-1.5e3"])


def expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}({}, k={})".format, NAME, inner, inner),
        st.builds("{}.m( {} )".format, NAME, inner),
        st.builds("({} +\n {})".format, inner, inner),
        st.builds("[{} for b in {}]".format, inner, inner),
        st.builds("{{'k': {}, **{}}}".format, inner, NAME),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("(lambda a: {})".format, inner),
        st.builds("{}[{}]".format, NAME, inner),
    )


EXPRESSION = st.recursive(st.one_of(NAME, TEXT), expressions, max_leaves=12)
STATEMENT = st.one_of(
    st.builds("{} = {}\n".format, NAME, EXPRESSION),
    st.builds("{}\n".format, EXPRESSION),
    st.builds("if {}:\n    {}  # ü\nelse:\n\t{}\n".format, EXPRESSION, EXPRESSION, EXPRESSION),
    st.builds("@f({})\ndef g(a={}):\n    return {}\n".format, EXPRESSION, EXPRESSION, EXPRESSION),
    st.builds("for a in {}: {}; {}\n".format, EXPRESSION, EXPRESSION, EXPRESSION),
    st.builds("with {} as b:\n    {}\n".format, EXPRESSION, EXPRESSION),
)


def same_tree(text: str, node: ast.Call) -> bool:
    return ast.dump(ast.parse(f"({text})", mode="eval").body) == ast.dump(node)


@given(st.lists(STATEMENT, min_size=1, max_size=4).map("".join))
def test_the_span_of_a_call_is_its_text(code: str) -> None:
    facts = extract(Kind.PYTHON, code.encode())
    assert facts.header.problems == ()
    found: list[tuple[Call, str]] = [(call, slice_span(code, call.span)) for call in facts.calls]
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    starts = {(node.lineno, len(code.split("\n")[node.lineno - 1].encode()[: node.col_offset].decode()) + 1,
               node.end_lineno): node for node in nodes}  # fmt: skip
    for call, text in found:
        node = starts.get((call.span.line, call.span.column, call.span.end_line))
        assert node is not None, text
        assert text.endswith(")")
    texts = sorted(text for _, text in found)
    assert texts == sorted(ast.get_source_segment(code, node) or "" for node in nodes)


@given(st.lists(STATEMENT, max_size=4).map("".join))
def test_extraction_is_pure(code: str) -> None:
    first = extract(Kind.PYTHON, code.encode()).pack()
    extract(Kind.PYTHON, b"import a\na.b(1)\n")
    assert extract(Kind.PYTHON, code.encode()).pack() == first
    assert Facts.unpack(first).pack() == first


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_line_ends_and_marks_move_nothing(end: str) -> None:
    code = f"x = 1{end or chr(10)}f('a'){end}"
    for data in (code.encode(), b"\xef\xbb\xbf" + code.encode()):
        (call,) = extract(Kind.PYTHON, data).calls
        assert (call.span.line, call.span.column, call.span.end_column) == (2, 1, 7)
        assert call.args == (Const("a"),)


def test_comments_behind_the_last_code_are_not_lost() -> None:
    assert [comment.text for comment in facts_of("x = 1\n  # TODO: drop\n\x0c").comments] == ["# TODO: drop"]
    assert [comment.text for comment in facts_of("x = 1\n\x0c# a\n\x0c\n\x0c").comments] == ["# a"]
    tail = facts_of("# a\nx = 3  # h\n    # d\n    # e\n\n").comments
    assert [(comment.text, comment.span.line) for comment in tail] == [
        ("# a", 1),
        ("# h", 2),
        ("# d", 3),
        ("# e", 4),
    ]
    assert not facts_of('x = """\n# no comment"""\n').comments
