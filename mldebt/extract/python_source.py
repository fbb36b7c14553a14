"""Python files: what the parser makes of them, or what is wrong with them."""

from __future__ import annotations

from mldebt.extract.diagnose import caught_with_comma, diagnose_syntax
from mldebt.extract.text import failed
from mldebt.facts import Facts, Problem
from mldebt.source import Span


def extract_source(text: str) -> Facts:
    """The facts of a Python file; one Problem where it does not parse, or parses as something else."""
    from mldebt.extract.magics import syntax_mistake
    from mldebt.extract.python import SyntaxProblem, extract_python

    problems = []
    line = caught_with_comma(text)
    if line and syntax_mistake(text):  # else it stands in a string
        problems.append(Problem("python-2", "is Python 2: `except X, e:`", Span.at(line), fatal=False))
    try:
        return extract_python(text, problems=problems)
    except SyntaxProblem as error:
        return failed(text, diagnose_syntax(text, error.line, error.message))
