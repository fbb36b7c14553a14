"""Where code stands for the call graph: in a function, or at the top level of a file."""

from __future__ import annotations

from typing import NamedTuple

from mldebt.facts import Compare, Const, Expr, Ref

MODULE = ""
"""Stands for the top level of a file among its functions."""

MAIN = "__main__"
"""Stands for what a file does only when it is run itself, not when it is imported."""


class Place(NamedTuple):
    """A function of a file, by its qualified name; MODULE or MAIN for code outside functions."""

    path: str
    function: str


def is_main_guard(test: Expr | None) -> bool:
    """Whether a condition is `__name__ == "__main__"`."""
    if not isinstance(test, Compare) or test.operator != "==":
        return False
    sides = (test.left, test.right)
    return any(isinstance(s, Ref) and s.name == "__name__" for s in sides) and Const("__main__") in sides


def places_run(path: str, function: str = "") -> tuple[Place, Place]:
    """What runs when a file is run: its top level, then a function of it, or its main part."""
    return Place(path, MODULE), Place(path, function or MAIN)
