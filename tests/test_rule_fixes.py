"""The fixes of all rules, on the rules' own examples: they repair, change nothing else, and come to an end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mldebt.discover import Discovery, kind_of
from mldebt.engine import Report, check
from mldebt.examples import Example, read_documentation
from mldebt.extract import extract
from mldebt.finding import Safety
from mldebt.fix import apply_fixes
from mldebt.packs import find_packs
from mldebt.roles import path_roles
from mldebt.scope import Scope
from mldebt.settings import Settings
from mldebt.source import Kind, Source

PACKS = find_packs()
ROOT = Path("/project")


def examples() -> Iterator[object]:
    """The examples with fixes, of each rule."""
    for name, file in PACKS.files.items():
        text = file.file.read_text(encoding="utf-8")
        if "fix" not in text:
            continue
        rule = file.load()
        documentation = read_documentation(getattr(rule, "__doc__", None) or "")
        for number, example in enumerate(documentation.examples):
            if example.expected:
                yield pytest.param(name, example, id=f"{name}-{number}")


def analyse(rule: str, files: Mapping[str, bytes]) -> Report:
    sources = []
    for path, data in sorted(files.items()):
        kind = kind_of(path)
        if kind is not None:
            sources.append(Source(path, kind, ROOT / path, path_roles(path, kind), data))
    wanted = Settings(select=(rule,), profile="audit", workers=1)
    return check(wanted, Scope(ROOT, (ROOT,)), PACKS, found=Discovery(tuple(sources), frozenset(files), ()))


def fixed(rule: str, files: Mapping[str, bytes]) -> tuple[dict[str, bytes], int]:
    """The files after all fixes, and how many were made."""
    done = apply_fixes(analyse(rule, files), lambda overlay: analyse(rule, {**files, **overlay}), unsafe=True)
    assert not done.refused, done.refused
    return {**files, **done.after}, len(done.fixed)


@pytest.mark.parametrize(("rule", "example"), list(examples()))
def test_fixes_repair_and_come_to_an_end(rule: str, example: Example) -> None:
    files = {file.path: file.data for file in example.files}
    after, count = fixed(rule, files)
    assert fixed(rule, after)[1] == 0
    assert (after == files) == (count == 0)
    for path, data in after.items():
        kind = kind_of(path)
        if kind is not None:
            assert not extract(kind, data).header.problems, data.decode()
    if count and rule != "hard-coded-decision-threshold":  # whose fix is a first step
        assert len(analyse(rule, after).findings) < len(analyse(rule, files).findings)


@pytest.mark.parametrize(("rule", "example"), list(examples()))
def test_line_ends_and_the_mark_of_the_encoding_stay(rule: str, example: Example) -> None:
    if any(kind_of(file.path) is Kind.NOTEBOOK for file in example.files):
        pytest.skip("the lines of a notebook are JSON")
    files = {file.path: file.data for file in example.files}
    other = {path: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n") for path, data in files.items()}
    expected = {
        path: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n") for path, data in fixed(rule, files)[0].items()
    }
    assert fixed(rule, other)[0] == expected


def notebook_of(*texts: str) -> bytes:
    printed = {"output_type": "stream", "name": "stdout", "text": ["é\n"]}
    cells = [
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "outputs": [printed],
            "source": text.splitlines(keepends=True),
        }
        for text in texts
    ]
    document = {"cells": cells, "metadata": {"b": 1, "a": 2}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


@pytest.mark.parametrize(("rule", "example"), list(examples()))
def test_a_cell_is_fixed_like_a_script(rule: str, example: Example) -> None:
    """The same lines go and come; the other cells, outputs and the form of the file stay."""
    scripts = [file for file in example.files if kind_of(file.path) is Kind.PYTHON]
    if len(scripts) != 1 or len(example.files) != 1:
        pytest.skip("an example with several files")
    (script,) = scripts
    text = script.data.decode().rstrip("\n")
    alone, count = fixed(rule, {script.path: text.encode()})
    name = f"{script.path.removesuffix('.py')}.ipynb"
    after, made = fixed(rule, {name: notebook_of("first = 1", text, "last = 9")})
    if made != count:
        return  # some rules are silent in notebooks, or look at what a cell shows
    assert after[name] == notebook_of("first = 1", alone[script.path].decode().rstrip("\n"), "last = 9")


SURROUNDINGS = st.text(st.sampled_from(list("# aé😀\t'\"")), max_size=12).map(lambda text: f"#{text}\n")


@settings(max_examples=25, deadline=None)
@given(above=SURROUNDINGS, below=SURROUNDINGS, data=st.data())
def test_what_stands_around_stays(above: str, below: str, data: st.DataObject) -> None:
    """Comments around a file, and at the ends of its lines, are as they were."""
    given_ = [(p.values[0], p.values[1]) for p in examples()]  # type: ignore[attr-defined]
    rule, example = data.draw(st.sampled_from(given_))
    files = {file.path: file.data for file in example.files if file.path.endswith(".py")}
    if not files or len(files) < len(example.files):
        return
    if any(all(line[:1] in (b"", b"#") for line in text.splitlines()) for text in files.values()):
        return  # comments around comments belong to them
    after, _ = fixed(rule, files)
    wrapped = {path: above.encode() + text + below.encode() for path, text in files.items()}
    again, _ = fixed(rule, wrapped)
    for path, text in again.items():
        assert text.startswith(above.encode())
        assert text.endswith(below.encode())
        if all(line not in after[path] for line in (b"DECISION_THRESHOLD", b"seed(42)")):
            assert text == above.encode() + after[path] + below.encode()


def test_safe_and_unsafe_fixes_are_those_of_the_catalogue() -> None:
    """What is safe keeps the meaning of programs; rules whose fixes ask for a reader are unsafe."""
    safe = set()
    for param in examples():
        rule, example = param.values  # type: ignore[attr-defined]
        report = analyse(rule, {file.path: file.data for file in example.files})
        safe |= {f.rule for f in report.findings if f.fix is not None and f.fix.safety is Safety.SAFE}
    assert {
        "nan-equality",
        "chained-assignment",
        "retained-graph",
        "unstable-order",
        "undeclared-env-source",
    } <= safe
    assert safe.isdisjoint(
        {"unseeded-split", "unused-config-key", "stale-declaration", "fit-on-test", "ambiguous-dot"}
    )
