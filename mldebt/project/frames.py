"""The arguments of a call, while what the called function gives is worked out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mldebt.facts import Expr
from mldebt.project.guards import Test
from mldebt.project.source_facts import SourceFacts
from mldebt.values import Instance, Value

Parameter = tuple[str, int]
"""A parameter: the path of its source and the number of its binding."""


class Argument(NamedTuple):
    """What a call passes: an expression where the call stands, to be worked out when somebody needs it.

    `depth` is how deep the evaluation was when the call was met. A receiver has an `instance` of its class, which
    stands for it if the expression turns out to be anything but instances.
    """

    source: SourceFacts
    expr: Expr
    frame: Frame
    depth: int
    instance: Instance | None = None


class Frame:
    """What parameters are inside a call, and what was found out with their help; `used` says whether any was.

    `written` keeps what the calls pass as they write it; `touched` holds the parameters that were asked for;
    `decided` what tests on the way come to. Only
    what stands in a function of the frame's sources can depend on it; everything else is remembered by the
    evaluator for all calls.
    """

    __slots__ = ("bindings", "calls", "decided", "given", "paths", "touched", "used", "written")

    def __init__(self, given: Mapping[Parameter, Value | Argument], outer: Frame | None = None) -> None:
        self.given: dict[Parameter, Value | Argument] = {**outer.given, **given} if outer else dict(given)
        self.written: dict[Parameter, Value | Argument] = {**outer.written, **given} if outer else dict(given)
        self.paths: frozenset[str] = frozenset([path for path, _ in given]).union(outer.paths if outer else ())
        self.bindings: dict[Parameter, Value] = {}
        self.calls: dict[tuple[str, int], Value] = {}
        self.decided: dict[Test, bool | None] = {}
        self.touched: set[Parameter] = set()
        self.used = False


NO_FRAME = Frame({})
