"""Which names a suite assigns, found without evaluating anything (for what a loop carries round)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst


def assigned_names(suite: cst.BaseSuite) -> set[str]:
    """The names that the statements of a suite bind, nested suites included, definitions' bodies not."""
    names: set[str] = set()
    pending: list[Any] = list(suite.body)
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is cst.SimpleStatementLine:
            pending.extend(node.body)
        elif kind is cst.Assign:
            for target in node.targets:
                names.update(_names(target.target))
        elif kind is cst.AugAssign or kind is cst.AnnAssign:
            names.update(_names(node.target))
        elif kind is cst.FunctionDef or kind is cst.ClassDef:
            names.add(node.name.value)
        elif kind in _COMPOUND:
            if kind is cst.For:
                names.update(_names(node.target))
            elif kind is cst.With:
                for item in node.items:
                    if item.asname is not None:
                        names.update(_names(item.asname.name))
            pending.extend(_suites(node))
    return names


def _names(target: Any) -> Iterator[str]:
    if type(target) is cst.Name:
        yield target.value
    elif type(target) in (cst.Tuple, cst.List):
        for element in target.elements:
            yield from _names(element.value)


def _suites(node: Any) -> Iterator[Any]:
    """The statements directly inside a compound statement's suites."""
    body = getattr(node, "body", None)
    if body is not None and hasattr(body, "body"):
        yield from body.body
    for name in ("orelse", "finalbody"):
        other = getattr(node, name, None)
        if type(other) is cst.If:
            yield other
        elif other is not None:
            yield from other.body.body
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield from part.body.body


_COMPOUND = frozenset({cst.If, cst.For, cst.While, cst.Try, cst.TryStar, cst.With, cst.Match})
