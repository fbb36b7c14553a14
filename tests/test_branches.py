import pytest

from mldebt.extract import extract
from mldebt.facts import Attr, Const, Expr, Ref
from mldebt.project import SourceFacts
from mldebt.project.branches import dead_sides, written
from mldebt.source import Kind, Source


def source_of(text: str) -> SourceFacts:
    from pathlib import Path

    return SourceFacts(Source("a.py", Kind.PYTHON, Path("a.py")), extract(Kind.PYTHON, text.encode()))


def flag(expr: Expr) -> Const | None:
    """`FLAG` is known to be true."""
    return Const(True) if isinstance(expr, Ref) and expr.name == "FLAG" else None


@pytest.mark.parametrize(
    ("code", "dead"),
    [
        ("if FLAG:\n    a()\n", []),
        ("if not FLAG:\n    a()\n", ["if"]),
        ("if FLAG:\n    a()\nelse:\n    b()\n", ["else"]),
        ("if FLAG == 2 and x:\n    a()\n", ["if"]),
        ("if FLAG or x:\n    a()\nelse:\n    b()\n", ["else"]),
        ("if FLAG and x:\n    a()\nelse:\n    b()\n", []),
        ("if x:\n    a()\nelif not FLAG:\n    b()\n", ["if"]),
        ("while not FLAG:\n    a()\n", ["while"]),
        ("while FLAG:\n    a()\n", []),
        ("y = a if FLAG else b\n", ["ternary"]),
        ("if FLAG < 1:\n    a()\n", ["if"]),
        ("if FLAG in (1, 2):\n    a()\n", []),
        ("if FLAG is None:\n    a()\n", ["if"]),
    ],
)
def test_only_sides_that_a_known_test_shuts_off_are_dead(code: str, dead: list[str]) -> None:
    assert [side.block.kind for side in dead_sides(source_of(code), flag)] == dead


def test_lines_are_those_of_the_suite() -> None:
    (side,) = dead_sides(source_of("if 0:\n    a()\n    b()\nc()\n"))
    assert (side.lines, side.block.span.line) == (2, 1)


def test_a_test_is_written_as_it_stood() -> None:
    (side,) = dead_sides(source_of("if not 1 == 1 and cfg.fit and a[0]:\n    b()\n"))
    assert written(side.test) == "not 1 == 1 and cfg.fit and a[0]"
    (side,) = dead_sides(source_of("if not 1 == 1 and f():\n    b()\n"))
    assert written(side.test) == "not 1 == 1 and …"
    assert written(Attr(Ref("cfg"), "lr")) == "cfg.lr"
