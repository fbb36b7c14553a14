"""What a call is given."""

from __future__ import annotations

from mldebt.facts import Call, Expr


def keyword_argument(call: Call, *names: str) -> Expr | None:
    """The value of a call's first keyword argument that has one of the names; None if there is none."""
    return next((given.value for given in call.keywords if given.name in names), None)
