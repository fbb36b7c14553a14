"""Shell code: scripts, Makefiles, Dockerfiles and documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mldebt.extract import extract
from mldebt.extract.shell import change_directory, parse_commands, parse_script
from mldebt.extract.text import slice_span
from mldebt.facts import Facts
from mldebt.source import Kind, Span


def argvs(facts: Facts) -> list[tuple[str, ...]]:
    return [command.argv for command in facts.commands]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("python train.py --lr 0.1", [("python", "train.py", "--lr", "0.1")]),
        ("a 'b c' \"d $e\" f\\ g", [("a", "b c", "d $e", "f g")]),
        ("a | b && c || d; e & f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("a \\\n  b # c\nd", [("a", "b"), ("d",)]),
        ("X=1 Y=2 a b", [("a", "b")]),
        ("a $(b 'c)' d) `e f` ${g:-h i}", [("a", "$(b 'c)' d)", "`e f`", "${g:-h i}")]),
        ("if a; then b; else c; fi", [("a",), ("b",), ("c",)]),
        ("for i in 1 2; do a $i; done", [("a", "$i")]),
        ('case "$1" in\n x) a ;;\n *) b ;;\nesac', [("a",), ("b",)]),
        ("f() {\n  a\n}\nf", [("a",), ("f",)]),
        ("cat <<EOF > x\npython no.py\nEOF\na", [("cat",), ("a",)]),
        ("cat <<-'E F'\n\tno\n\tE F\na", [("cat",), ("a",)]),
        ("a {{ b c }} ${{ d e }}", [("a", "{{ b c }}", "${{ d e }}")]),
        ("diff <(a b) c", [("diff", "<(a b)", "c")]),
        ("it's broken\na", [("its broken",), ("a",)]),
        ("export A=1; a", [("a",)]),
        ("", []),
        ("# nothing", []),
    ],
)
def test_commands_of_a_script(script: str, expected: list[tuple[str, ...]]) -> None:
    assert [command.argv for command in parse_commands(script)] == expected


def test_redirects_are_not_arguments() -> None:
    (command,) = parse_commands("a < in.csv > out.csv 2>&1 &>> log b")
    assert command.argv == ("a", "b")
    assert command.redirects == (("<", "in.csv"), (">", "out.csv"), ("2>&", "1"), ("&>>", "log"))


def test_the_directory_is_followed() -> None:
    script = "a; cd x/y; b; (cd ../z; c); d; cd $HOME; e; cd /abs; f; pushd q; g; popd; h"
    found = {command.argv[0]: command.directory for command in parse_commands(script)}
    assert found["a"] == ""
    assert found["b"] == found["d"] == "x/y"
    assert found["c"] == "x/z"
    assert found["e"] == "?"
    assert (found["f"], found["g"], found["h"]) == ("/abs", "/abs/q", "/abs")
    assert change_directory("x", "..") == ""
    assert change_directory("?", "x") == "?"


def test_variables_and_places() -> None:
    script = parse_script('A="b c"\nexport D=e\nF=1 run it', line=5, column=3)
    assert [(v.name, v.value) for v in script.variables] == [("A", "b c"), ("D", "e"), ("F", "1")]
    assert script.variables[0].span == Span(5, 3, 5, 10)
    assert script.commands[0].span == Span(7, 5, 7, 11)


@given(st.text(alphabet=st.sampled_from("ab cd=$(){}'\"`\\\n|&;<>#-/é"), max_size=60))
def test_spans_lie_in_the_script(script: str) -> None:
    for command in parse_commands(script):
        written = slice_span(script, command.span)
        assert written
        assert not written[0].isspace()
    assert parse_commands(script) == parse_commands(script)


@given(st.binary(max_size=60), st.sampled_from(list(Kind)))
def test_no_bytes_make_extraction_raise(data: bytes, kind: Kind) -> None:
    facts = extract(kind, data)
    assert not [problem for problem in facts.header.problems if problem.kind == "crash"]


def test_makefiles() -> None:
    text = (
        "PY ?= python  # which\nDATA := data/raw.csv\n.PHONY: all\nall: model.pkl\n\n"
        "model.pkl: train.py $(DATA) | out\n"
        "\t@$(PY) train.py \\\n\t  --out $@\n\tcd src && echo $$HOME\n\tls\nifdef X\nendif\nx: ; @touch x\n"
    )
    facts = extract(Kind.MAKE, text.encode())
    assert [(v.name, v.value) for v in facts.variables] == [("PY", "python"), ("DATA", "data/raw.csv")]
    assert [(t.name, t.prerequisites, t.phony) for t in facts.targets] == [
        ("all", ("model.pkl",), True),
        ("model.pkl", ("train.py", "$(DATA)", "out"), False),
        ("x", (), False),
    ]
    assert [(c.argv, c.context, c.directory) for c in facts.commands] == [
        (("$(PY)", "train.py", "--out", "$@"), "model.pkl", ""),
        (("cd", "src"), "model.pkl", ""),
        (("echo", "$HOME"), "model.pkl", "src"),
        (("ls",), "model.pkl", ""),
        (("touch", "x"), "x", ""),
    ]
    assert slice_span(text, facts.commands[0].span) == "$(PY) train.py \\\n\t  --out $@"
    assert slice_span(text, facts.commands[3].span) == "ls"
    assert slice_span(text, facts.commands[4].span) == "touch x"


def test_dockerfiles() -> None:
    text = (
        "# syntax=docker/dockerfile:1\nFROM python:3.11 AS base\nENV A=1 B='x y'\nENV OLD value here\nARG C\n"
        "RUN --mount=type=cache,target=/x pip install a \\\n    # why\n    && python b.py\n"
        'CMD ["python", "serve.py"]\n'
        'ENTRYPOINT ["sh", "-c", "python d.py"]\nRUN <<EOF\npip install c\nEOF\n'
    )
    facts = extract(Kind.DOCKERFILE, text.encode())
    assert [i.name for i in facts.instructions] == [
        "FROM", "ENV", "ENV", "ARG", "RUN", "CMD", "ENTRYPOINT", "RUN"
    ]  # fmt: skip
    assert [(v.name, v.value) for v in facts.variables] == [
        ("A", "1"),
        ("B", "x y"),
        ("OLD", "value here"),
        ("C", ""),
    ]
    assert argvs(facts) == [
        ("pip", "install", "a"),
        ("python", "b.py"),
        ("python", "serve.py"),
        ("python", "d.py"),
        ("pip", "install", "c"),
    ]
    assert slice_span(text, facts.commands[0].span) == "pip install a"
    assert slice_span(text, facts.commands[1].span) == "python b.py"
    assert slice_span(text, facts.commands[4].span) == "pip install c"


def test_documents() -> None:
    text = (
        "# Use\n```bash\npython a.py  # x\n```\n```console\n$ dvc repro \\\n  --force\nRunning stage\n```\n"
        "```\n$ make all\n```\n```python\nimport os\n```\n```yaml\npython: no\n```\n"
    )
    facts = extract(Kind.MARKDOWN, text.encode())
    assert argvs(facts) == [("python", "a.py"), ("dvc", "repro", "--force"), ("make", "all")]
    assert [slice_span(text, command.span) for command in facts.commands] == [
        "python a.py",
        "dvc repro \\\n  --force",
        "make all",
    ]


def test_code_within_a_line_opens_no_fence() -> None:
    text = "```--- a note ```\n\n```bash\npython a.py\n```\n````sh\npython b.py\n````\n"
    assert argvs(extract(Kind.MARKDOWN, text.encode())) == [("python", "a.py"), ("python", "b.py")]
