"""What facts say of themselves, in the words that those who ask need."""

from __future__ import annotations

from mldebt.facts import Call, Expr, Import, Star


def keyword_argument(call: Call, *names: str) -> Expr | None:
    """The value of a call's first keyword argument that has one of the names; None if there is none."""
    return next((given.value for given in call.keywords if given.name in names), None)


def hides_arguments(call: Call) -> bool:
    """Whether `*args` or `**kwargs` may pass more than can be seen."""
    return any(not given.name for given in call.keywords) or any(isinstance(given, Star) for given in call.args)


def imported_name(fact: Import) -> str:
    """The dotted name that an import binds; leading dots are those of a relative import."""
    if fact.name:
        return f"{fact.module}{'' if fact.module.endswith('.') else '.'}{fact.name}"
    return fact.module if fact.alias != fact.module.partition(".")[0] else fact.alias
