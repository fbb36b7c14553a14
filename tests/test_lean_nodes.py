"""Workers make libcst's nodes lean; the facts must not tell the difference."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mldebt.extract import extract
from mldebt.limits import Limits
from mldebt.pool import Job, Verdict, run
from mldebt.source import Kind
from mldebt.worker import guarded

ROOT = Path(__file__).parents[1]

STRANGE = (
    "x = 0777\n",
    "x = 10L\n",
    "x = b'a' 'b'\n",
    "x = 'a' f'{b}' \"c\"\n",
    "x = ur'a'\n",
    "print(1if x else 2)\nreturn(1)\n",
    "if(a)and(b): pass\nelse:pass\n",
    "for(a)in(b):\n\tx=(yield)\n",
    "def f(a, /, *, b: int = 1, **c) -> (None): return(a)\n",
    "lambda*a,**b:(a,b)\n",
    "x = (  # one\n    [  # two\n\n    1,\n        # three\n    ]\n)  # four\n# five\n",
    "with (open(a) as b, open(c)): x = y = z, = 1\n",
    "match x:\n    case {'a': 1, **rest} | [1, *_]: pass\n",
    "try: pass\nexcept* (A, B) as e: raise X from e\nfinally: del a, b\n",
    "class A(B, metaclass=C):\n    @d(1)\n    async def f(self): return await x, not(y), -(z)\n",
    "x = a if b else c; y = {**a, 'b': 1}; z = {*a, 1}; w = a[1:2, ::3, ...]\n",
    "x = \\\n  1\n\n\x0c\ny = 2\t;z=3   \n",
    "x = 1\r",
    "except x:\n",
    "naïve = 'é'; x = 1_000.5e-3j; y = 0xFF + 0o17\n",
    "from . import (a as b, c,)\nimport d.e as f\nglobal g, h\nassert(x), 'm'\n",
    "type A[T: int] = list[T]\ndef f[T](x: T): ...\n",
    "f'{x!r:>{width}} {y=} {{}}'\n",
    "\ufeffx = 1\n",
    "(((a)))(((b)))[((c))].d\n",
)


def sources() -> list[tuple[Kind, bytes]]:
    """Strange texts, and many Python files of this project."""
    files = sorted(path for folder in ("mldebt", "fixtures") for path in (ROOT / folder).rglob("*.py"))[::4]
    notebooks = [(Kind.NOTEBOOK, path.read_bytes()) for path in (ROOT / "fixtures").rglob("*.ipynb")]
    code = [text.encode() for text in STRANGE] + [path.read_bytes() for path in files]
    return [(Kind.PYTHON, data) for data in code] + notebooks


def test_workers_state_the_same_facts_as_plain_libcst() -> None:
    given = sources()
    found: dict[int, bytes | Verdict] = {}
    run(
        iter([Job(number, kind, data) for number, (kind, data) in enumerate(given)]),
        workers=2,
        extract="mldebt.extract:extract",
        limits=Limits(),
        done=lambda job, outcome: found.update({job.number: outcome}),
    )
    for number, (kind, data) in enumerate(given):
        assert found[number] == guarded(extract, kind, data).pack(), data[:200]


def test_nothing_is_made_lean_outside_workers() -> None:
    import libcst

    guarded(extract, Kind.PYTHON, b"x = 1\n")
    with pytest.raises(libcst.CSTValidationError):
        libcst.Name("not a name")
    with pytest.raises(Exception, match="cannot assign"):
        libcst.Name("a").value = "b"  # type: ignore[misc]


def test_lean_nodes_still_say_what_is_no_python() -> None:
    code = """
import libcst
from mldebt.extract.lean_nodes import make_lean
make_lean()
for text in ("0777", "b'a' 'b'", "ur'a'"):
    try:
        libcst.parse_module(text)
    except (libcst.CSTValidationError, libcst.ParserSyntaxError):
        print("refused")
print(libcst.parse_module("x = [1,  2 ]  # c\\n").code, end="")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines() == [*["refused"] * 3, "x = [1,  2 ]  # c"]
