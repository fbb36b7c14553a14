"""Properties of the extraction over generated files: it never raises, places lie in the text, answers repeat."""

from __future__ import annotations

import json

import pytest
from fuzz import examine
from hypothesis import given, settings
from hypothesis import strategies as st

from mldebt.extract import extract
from mldebt.extract.text import slice_span
from mldebt.source import Kind

ANY = [
    "\n",
    "\n",
    " ",
    "\t",
    "\r\n",
    "#",
    "'",
    '"',
    "\\",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "=",
    "-",
    "a",
    "é",
    "\f",
]
WORDS = {
    Kind.PYTHON: "x = f(1) def g(a): return class for in if else: import as with lambda f'{a}' t'{b}' ''' @ * await",
    Kind.YAML: "a: b: - ? | > &a *a <<: --- ... !t 'b' {a: [b] # null 1e3 0x1F 12:30",
    Kind.TOML: 'a = [a] [[b]] """ 1979-05-27 {a=1} a.b "c"',
    Kind.JSON: '{"a": [1, null] true // /* */ "\\u00e9" 1e9',
    Kind.INI: "[a] a=b ; %(x)s key : value",
    Kind.ENV: "export A=b A='c ${A}",
    Kind.REQUIREMENTS: "-r -e a==1 a[b]>=2 ; python_version --hash=sha256:x git+https://x @ # \\",
    Kind.DOCKERFILE: "FROM a AS b RUN COPY --from=b \\ <<EOF EOF [\"a\"] ENV A=b ARG CMD # escape=`",
    Kind.SHELL: "a | b && c ; $(d) `e` ${f} <<EOF EOF if then fi for do done ( ) > 2>&1 &",
    Kind.MAKE: "a: b $(c) := ?= .PHONY: ifeq endif \t@d \\ %.o: define endef include",
    Kind.SNAKEMAKE: "rule a: input: output: 'b' shell: ''' run: expand( ) checkpoint use",
    Kind.SQL: "SELECT a FROM b JOIN c ON WITH AS ( ) INSERT INTO CREATE TABLE ; -- /* */ {{ x }} ::int",
    Kind.MARKDOWN: "# ``` ~~~ python <!-- --> [a](b) | >",
    Kind.NOTEBOOK: "%%bash !ls %time x = f(1) ?y def g(): return pip install a",
}  # fmt: skip


def text_of(kind: Kind) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from([*ANY, *WORDS[kind].split(), " "]), max_size=40).map(
        lambda parts: " ".join(parts).replace(" \n ", "\n")
    )


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.NOTEBOOK])
@given(data=st.data())
@settings(max_examples=60)
def test_any_file_keeps_the_promises(kind: Kind, data: st.DataObject) -> None:
    examine(kind, data.draw(text_of(kind)).encode())


@given(st.lists(text_of(Kind.NOTEBOOK) | text_of(Kind.PYTHON), max_size=4), st.booleans())
@settings(max_examples=60)
def test_any_notebook_keeps_the_promises(sources: list[str], lines: bool) -> None:
    cells = [{"cell_type": "code", "source": text.splitlines(True) if lines else text} for text in sources]
    examine(Kind.NOTEBOOK, json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode())


CALLS = st.lists(
    st.sampled_from(["f(1)\n", "%time g('é')\n", "x = (h(\n  2))\n", "!ls\n", "# é\n", "  \n", "é = i(j(3))\n"]),
    max_size=5,
).map("".join)


@given(st.lists(CALLS, min_size=1, max_size=4))
@settings(max_examples=60)
def test_calls_of_a_notebook_are_at_their_cell_and_line(sources: list[str]) -> None:
    cells = [{"cell_type": "code", "source": source} for source in sources]
    facts = extract(Kind.NOTEBOOK, json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode())
    assert facts.header.problems == ()
    found = []
    for call in facts.calls:
        cell = max((cell for cell in facts.cells if cell.line <= call.span.line), key=lambda cell: cell.line)
        shift = cell.line - 1
        span = type(call.span)(
            call.span.line - shift, call.span.column, call.span.end_line - shift, call.span.end_column
        )
        found.append((cell.index, slice_span(sources[cell.index], span)))
    wanted = [
        (index, text)
        for index, source in enumerate(sources)
        for text in ("f(1)", "g('é')", "h(\n  2)", "i(j(3))", "j(3)")
        for _ in range(source.count(text))
    ]
    assert sorted(found) == sorted(wanted)
