"""Python files: what the parser makes of them, or what is wrong with them."""

from __future__ import annotations

from mldebt.extract.diagnose import diagnose_syntax
from mldebt.extract.text import failed
from mldebt.facts import Facts


def extract_source(text: str) -> Facts:
    """The facts of a Python file; one Problem where it does not parse."""
    from mldebt.extract.python import SyntaxProblem, extract_python

    try:
        return extract_python(text)
    except SyntaxProblem as error:
        return failed(text, diagnose_syntax(text, error.line, error.message))
