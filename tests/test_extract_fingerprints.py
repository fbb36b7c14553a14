"""Digests of lines and functions, and code that is kept in strings."""

from __future__ import annotations

from mldebt.extract import extract
from mldebt.facts import Facts
from mldebt.source import Kind

FUNCTION = '''
def rmsle(y, p):
    """Error."""
    p = np.clip(p, 0, None)  # no negatives
    a = np.log1p(y)
    b = np.log1p(p)
    difference = a - b
    return np.sqrt(np.mean(difference ** 2))
'''


def facts(text: str) -> Facts:
    return extract(Kind.PYTHON, text.encode())


def test_layout_comments_and_docstrings_do_not_count() -> None:
    other = FUNCTION.replace('    """Error."""\n', '    """Some\n\n    more.\n    """\n\n').replace(
        "  # no negatives", ""
    )
    (one,), (two,) = facts(FUNCTION).clones, facts(other).clones
    assert (one.exact, one.blind, one.size) == (two.exact, two.blind, 5)


def test_renamed_variables_change_the_exact_fingerprint_alone() -> None:
    (one,), (two,) = facts(FUNCTION).clones, facts(FUNCTION.replace("difference", "delta")).clones
    assert one.exact != two.exact
    assert one.blind == two.blind


def test_another_call_or_number_changes_both() -> None:
    (one,) = facts(FUNCTION).clones
    for old, new in (("np.mean", "np.median"), ("** 2", "** 3")):
        (two,) = facts(FUNCTION.replace(old, new)).clones
        assert one.exact != two.exact
        assert one.blind != two.blind


def test_short_functions_have_no_fingerprint() -> None:
    assert facts("def f(x):\n    y = x + 1\n    return y\n").clones == ()


def test_lines_without_code_are_zero() -> None:
    lines = facts(FUNCTION + "# note\n").lines
    assert [bool(line) for line in lines] == [False, True, False, *[True] * 5, False, False]


def test_equal_lines_are_equal_wherever_they_stand() -> None:
    first, second = facts("if a:\n    b = f(c)\nb = f( c )\n").lines[1:3]
    assert first == second


def test_code_in_a_string_is_parked_and_a_docstring_is_not() -> None:
    text = '"""\na = f(1)\nb = g(a)\n"""\nx = 1\n"""\na = f.h(1)\nb = g(a)\n"""\n'
    (parked,) = facts(text).parked
    assert (parked.statements, parked.calls, parked.quoted) == (2, ("f.h", "g"), True)
    assert (parked.span.line, parked.span.end_line) == (6, 9)


def test_prose_in_a_string_is_not_parked() -> None:
    assert facts('x = 1\n"""\nThis explains what comes next.\n"""\n').parked == ()


def test_comments_name_their_calls() -> None:
    (parked,) = facts("# model = LGBM(n=3)\n# model.fit(x, y)\n").parked
    assert (parked.statements, parked.calls, parked.quoted) == (2, ("LGBM", "model.fit"), False)
