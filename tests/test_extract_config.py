"""YAML, TOML, JSON, INI and `.env` files: values, places, and what is wrong with them."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mldebt.extract import extract
from mldebt.extract.text import slice_span
from mldebt.facts import Entry, Facts
from mldebt.source import Kind

Path = tuple[str | int, ...]


def by_path(facts: Facts) -> dict[Path, Entry]:
    return {entry.path: entry for entry in facts.entries}


def values(facts: Facts) -> dict[Path, Any]:
    return {entry.path: entry.value for entry in facts.entries if entry.kind == "scalar"}


def flat(value: Any, path: Path = ()) -> dict[Path, Any]:
    if isinstance(value, dict):
        return {p: v for key, item in value.items() for p, v in flat(item, (*path, key)).items()}
    if isinstance(value, list):
        return {p: v for number, item in enumerate(value) for p, v in flat(item, (*path, number)).items()}
    return {path: value}


YAML = """\
# mldebt: file-ignore[a-rule] why
train:
  lr: 1e-3
  epochs: 012
  on: yes
  name: "tw o"
  empty:
  items: [1, 2.5, x]
base: &base {a: 1, b: 2}
child:
  <<: *base
  b: 3
  c: !custom z
---
second: true
"""


def test_yaml() -> None:
    facts = extract(Kind.YAML, YAML.encode())
    assert values(facts) == {
        ("train", "lr"): "1e-3",
        ("train", "epochs"): 10,
        ("train", "on"): True,
        ("train", "name"): "tw o",
        ("train", "empty"): None,
        ("train", "items", 0): 1,
        ("train", "items", 1): 2.5,
        ("train", "items", 2): "x",
        ("base", "a"): 1,
        ("base", "b"): 2,
        ("child", "b"): 3,
        ("child", "c"): "z",
        ("child", "a"): 1,
        ("second",): True,
    }
    entries = by_path(facts)
    assert slice_span(YAML, entries["train", "lr"].span) == "1e-3"
    assert slice_span(YAML, entries["train", "lr"].key) == "lr"
    assert slice_span(YAML, entries["train", "name"].span) == '"tw o"'
    assert entries["train", "epochs"].text == "012"
    assert entries["train",].span.end_line == 8
    assert entries["child", "c"].tag == "!custom"
    assert entries["second",].document == 1
    assert facts.comments[0].text == "# mldebt: file-ignore[a-rule] why"
    assert slice_span(YAML, facts.comments[0].span) == facts.comments[0].text


def test_repeated_keys_are_repeated_entries() -> None:
    facts = extract(Kind.YAML, b"a: 1\na: 2\n")
    assert [(entry.path, entry.value) for entry in facts.entries[1:]] == [(("a",), 1), (("a",), 2)]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a, 1]\nb: 2\n",
        "a: &a {b: &b {<<: *a, c: *b}}\n",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in pairwise("abcdefghi")),
        "[" * 5_000 + "]" * 5_000,
        "- " * 2_000 + "x",
        "- a: 1\n" * 100_000,
    ],
    ids=["cycle", "merge-cycle", "bomb", "deep-flow", "deep-block", "long"],
)  # fmt: skip
def test_hostile_yaml_is_bounded(text: str) -> None:
    start = time.process_time()
    facts = extract(Kind.YAML, text.encode())
    assert time.process_time() - start < 5
    (problem,) = facts.header.problems
    assert problem.kind in {"limit-size", "limit-depth", "syntax-error"}
    assert len(facts.entries) <= 20_000


def test_merges_of_merges_do_not_double_with_every_level() -> None:
    levels = "".join(f"l{n}: &l{n} {{<<: [*l{n - 1}, *l{n - 1}], k{n}: {n}}}\n" for n in range(1, 60))
    start = time.process_time()
    facts = extract(Kind.YAML, f"l0: &l0 {{k0: 0}}\n{levels}".encode())
    assert time.process_time() - start < 5
    assert facts.header.problems == ()
    assert [entry.path[1] for entry in facts.entries if entry.path[:1] == ("l3",) and len(entry.path) == 2] == [
        "k3",
        "k2",
        "k1",
        "k0",
    ]


@pytest.mark.parametrize(
    ("kind", "text", "problem", "line"),
    [
        (Kind.YAML, "a: 1\n{% if x %}\nb: 2\n{% endif %}\n", "template", 2),
        (Kind.YAML, "a: 1\nb: c: d\n", "syntax-error", 2),
        (Kind.YAML, "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", "merge-conflict", 2),
        (Kind.TOML, "a = 1\nb = \n", "syntax-error", 2),
        (Kind.TOML, 'a = {{ x }}\nb = "1"\n', "template", 1),
        (Kind.JSON, '{"a": 1,\n"b" 2}', "syntax-error", 2),
        (Kind.JSON, "", "syntax-error", 1),
        (Kind.JSON, '{"a": {{ x }}}', "template", 1),
        (Kind.JSON, "[" * 1_000, "limit-depth", 1),
        (Kind.TOML, "a = " + "[" * 150 + "]" * 150, "limit-depth", 1),
        (Kind.INI, "# c\n\nkey = 1\n[a]\n", "syntax-error", 3),
        (Kind.INI, "{{ a }}\n[a]\n", "template", 1),
    ],
)
def test_broken_configuration_is_one_problem(kind: Kind, text: str, problem: str, line: int) -> None:
    facts = extract(kind, text.encode())
    assert [(found.kind, found.span.line) for found in facts.header.problems] == [(problem, line)]


scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text(min_size=1, max_size=4), inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


@given(trees, st.sampled_from([None, 2]))
def test_json_entries_are_exact(tree: Any, indent: int | None) -> None:
    text = json.dumps(tree, indent=indent)
    facts = extract(Kind.JSON, text.encode())
    assert facts.header.problems == ()
    assert values(facts) == flat(tree)
    for entry in facts.entries:
        written = json.loads(slice_span(text, entry.span))
        assert entry.kind != "scalar" or written == entry.value
        if entry.path and isinstance(entry.path[-1], str):
            assert json.loads(slice_span(text, entry.key)) == entry.path[-1]


lines = scalars.filter(lambda value: not (isinstance(value, str) and set(value) & set("\x85\u2028\u2029")))
plain = st.text(alphabet="abcxyz é", min_size=1, max_size=6).map(lambda text: f"k{text}".strip())


@given(
    st.dictionaries(
        plain, st.recursive(lines, lambda i: st.dictionaries(plain, i, min_size=1, max_size=3), max_leaves=9)
    )
)
def test_yaml_entries_are_what_the_safe_loader_reads(tree: dict[str, Any]) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True)
    facts = extract(Kind.YAML, text.encode())
    assert facts.header.problems == ()
    assert values(facts) == (flat(yaml.safe_load(text)) if tree else {})
    for entry in facts.entries:
        if entry.kind == "scalar":
            assert yaml.safe_load(slice_span(text, entry.span)) == entry.value
        if entry.path:
            assert yaml.safe_load(slice_span(text, entry.key)) == entry.path[-1]


def test_json_with_comments_and_json_lines() -> None:
    assert values(extract(Kind.JSON, b'// c\n{"a": 1, /* b */ "c": [1, 2,],}')) == {
        ("a",): 1,
        ("c", 0): 1,
        ("c", 1): 2,
    }
    lines = extract(Kind.JSON, b'{"a": 1}\n{"a": 2}\n')
    assert lines.header.problems == ()
    assert lines.header.truncated
    assert extract(Kind.JSON, json.dumps(list(range(50_000))).encode()).header.truncated


TOML = '''\
title = "x"  # mldebt: ignore[a-rule] why
[project]
dependencies = [
  "pandas>=1",  # c
  'torch',
]
"quoted key".inner = 0x10
[project.urls]
site = """
two
lines"""
[[tool]]
name = "a"
opts = { deep = { x = 1.5 }, y = 2020-01-01 }
[[tool]]
name = "b"
[tool.sub]
z = true
'''


def test_toml() -> None:
    facts = extract(Kind.TOML, TOML.encode())
    entries = by_path(facts)
    expected = {
        ("title",): '"x"',
        ("project", "dependencies", 0): '"pandas>=1"',
        ("project", "dependencies", 1): "'torch'",
        ("project", "quoted key", "inner"): "0x10",
        ("project", "urls", "site"): '"""\ntwo\nlines"""',
        ("tool", 0, "opts", "deep", "x"): "1.5",
        ("tool", 0, "opts", "y"): "2020-01-01",
        ("tool", 1, "name"): '"b"',
        ("tool", 1, "sub", "z"): "true",
    }
    assert {path: slice_span(TOML, entries[path].span) for path in expected} == expected
    assert slice_span(TOML, entries["project", "quoted key"].key) == '"quoted key"'
    assert slice_span(TOML, entries["tool", 1, "sub"].key) == "sub"
    assert entries["project", "dependencies", 0].value == "pandas>=1"
    assert entries["tool", 0, "opts", "y"].value == "2020-01-01"
    assert [comment.text for comment in facts.comments] == ["# mldebt: ignore[a-rule] why"]
    assert not facts.comments[0].own_line


def test_ini() -> None:
    text = "[a]\nKey = 1\nlist =\n  x\n  y\nflag\n; c\n['remote \"s\"']\n    url = s3://b\n    other: 2\n"
    facts = extract(Kind.INI, text.encode())
    assert values(facts) == {
        ("a", "key"): "1",
        ("a", "list"): "\nx\ny",
        ("a", "flag"): None,
        ("'remote \"s\"'", "url"): "s3://b",
        ("'remote \"s\"'", "other"): "2",
    }
    assert slice_span(text, by_path(facts)["'remote \"s\"'", "url"].span) == "s3://b"
    assert slice_span(text, by_path(facts)["a", "key"].key) == "Key"


def test_env() -> None:
    text = "# c\nA=1\nexport B = 'x y' # c\nC=\nD=a#b\nnonsense\n"
    facts = extract(Kind.ENV, text.encode())
    assert [(v.name, v.value) for v in facts.variables] == [("A", "1"), ("B", "x y"), ("C", ""), ("D", "a#b")]
    assert slice_span(text, facts.variables[1].span) == "B = 'x y'"
