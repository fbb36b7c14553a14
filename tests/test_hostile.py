"""Hostile files through the real extraction: each costs itself, in bounded time, and says which limit it met."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mldebt.facts import Facts
from mldebt.gather import gather
from mldebt.limits import DEPTH, Limits, chain_bound, depth_bound, is_harmless, is_too_deep
from mldebt.source import Kind, Source

QUICK = Limits(seconds=1.5, seconds_per_megabyte=0)
GOOD = [
    Source(f"good{number}.py", Kind.PYTHON, Path("x"), data=b"import os\nprint(os.getcwd(), %d)\n" % number)
    for number in range(30)
]


def facts_beside_good_files(text: str | bytes, kind: Kind = Kind.PYTHON) -> Facts:
    """The facts of a text; the facts of innocent files around it must be what they always are."""
    data = text.encode() if isinstance(text, str) else text
    hostile = Source("hostile", kind, Path("x"), data=data)
    gathered = gather([*GOOD[:15], hostile, *GOOD[15:]], workers=2, limits=QUICK)
    facts = gathered.pop(15)[1]
    assert [f.pack() for _, f in gathered] == [f.pack() for _, f in gather(GOOD)]
    return facts


def limit_met(facts: Facts) -> str:
    (problem,) = facts.header.problems
    assert problem.fatal
    assert facts.calls == ()
    return problem.kind


def spent() -> float:
    """The processor time of this process and its workers so far, in seconds: other programs do not count."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


@pytest.mark.parametrize("brackets", ["()", "[]", "{}", "(]"])
@pytest.mark.parametrize("depth", [3_000, 100_000])
def test_nested_brackets(brackets: str, depth: int) -> None:
    before = spent()
    assert (
        limit_met(facts_beside_good_files(f"x = {brackets[0] * depth}{brackets[1] * depth}\n")) == "limit-depth"
    )
    assert spent() - before < 5


@pytest.mark.parametrize("operator", ["+", " and ", ".a", "**", " if x else "])
def test_chained_operators(operator: str) -> None:
    tail = "1" if operator != ".a" else ""
    text = "x = y" + f"{operator}{tail}" * 100_000 + "\n"
    before = spent()
    assert limit_met(facts_beside_good_files(text)) in {"limit-time", "limit-depth", "limit-size"}
    assert spent() - before < 5


@pytest.mark.parametrize("text", ["not " * 50_000 + "x\n", "-" * 50_000 + "x\n", "lambda: " * 20_000 + "1\n"])
def test_chained_prefixes(text: str) -> None:
    assert limit_met(facts_beside_good_files(text)) in {"limit-time", "limit-depth", "limit-size"}


def test_deep_yaml_and_json_cost_themselves_at_most() -> None:
    for kind in (Kind.YAML, Kind.JSON, Kind.TOML, Kind.NOTEBOOK):
        facts = facts_beside_good_files("[" * 200_000, kind)
        assert facts.header.problems[0].fatal, kind


def test_deep_but_harmless_code_is_analysed() -> None:
    depth = DEPTH - 10
    facts = facts_beside_good_files("import os\n" + f"x = {'(' * depth}os.getcwd(){')' * depth}\n")
    assert facts.header.problems == ()
    assert [call.name for call in facts.calls] == ["os.getcwd"]


def test_long_but_harmless_code_is_analysed() -> None:
    branches = "".join(f"elif x == {number}:\n    f({number})\n" for number in range(400))
    facts = facts_beside_good_files(f"if x:\n    pass\n{branches}y = {' + '.join('abc' * 200)}\n")
    assert facts.header.problems == ()
    assert len(facts.calls) == 400


def test_brackets_in_strings_and_comments_do_not_nest() -> None:
    quiet = f"a = {'(' * 500!r}\nb = '''{'[' * 500}'''\n# {'{' * 500}\n"
    assert not is_too_deep(quiet.encode())
    assert is_too_deep((quiet + "(" * 201).encode())
    assert facts_beside_good_files(quiet).header.problems == ()


def test_bounds_are_bounds() -> None:
    assert depth_bound(b"f(a[{1: (2)}])") >= 4
    assert depth_bound(b"((((") == 4
    assert chain_bound(b"x = " + b"1 + " * 50 + b"1\n") >= 50
    assert chain_bound(b"if a:\n  b\n" + b"elif c:\n  d\n" * 70) >= 70


@pytest.mark.parametrize(
    "text",
    ["x = " + "(" * 61, "x = " + "-" * 1_001 + "1", "pass\n" * 7_000, "x = (\n" + "\n+ a" * 1_001 + ")"],
)
def test_what_might_be_harmful_is_not_called_harmless(text: str) -> None:
    assert not is_harmless(text.encode())


def test_everyday_code_is_harmless() -> None:
    assert is_harmless(Path(__file__).read_bytes())
