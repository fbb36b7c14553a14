"""The arguments of a call, while what the called function gives is worked out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mldebt.facts import Expr
from mldebt.project.source_facts import SourceFacts
from mldebt.values import Value

Parameter = tuple[str, int]
"""A parameter: the path of its source and the number of its binding."""


class Argument(NamedTuple):
    """What a call passes: an expression where the call stands, to be worked out when somebody needs it.

    `depth` is how deep the evaluation was when the call was met.
    """

    source: SourceFacts
    expr: Expr
    frame: Frame
    depth: int


class Frame:
    """What parameters are inside a call, and what was found out with their help; `used` says whether any was.

    Only what stands in a function of the frame's sources can depend on it; everything else is remembered by the
    evaluator for all calls.
    """

    __slots__ = ("bindings", "calls", "given", "paths", "used")

    def __init__(self, given: Mapping[Parameter, Value | Argument], outer: Frame | None = None) -> None:
        self.given: dict[Parameter, Value | Argument] = {**(outer.given if outer else {}), **given}
        self.paths = frozenset(path for path, _ in self.given)
        self.bindings: dict[Parameter, Value] = {}
        self.calls: dict[tuple[str, int], Value] = {}
        self.used = False


NO_FRAME = Frame({})
