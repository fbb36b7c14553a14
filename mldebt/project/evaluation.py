"""What all of evaluation shares: its bounds, its memory, and the questions that its parts ask each other.

Everything is bounded: nesting, alternatives, recursion. What cannot be followed becomes a Gap with its cause.
A Frame carries the arguments of a call while the called function's result is worked out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from mldebt.facts import Expr, Function
from mldebt.project.callers import Callers
from mldebt.project.frames import NO_FRAME, Frame
from mldebt.project.guards import Guards
from mldebt.project.names import Names
from mldebt.project.source_facts import SourceFacts
from mldebt.values import Gap, Instance, Value

if TYPE_CHECKING:
    from mldebt.project.project import Project

_DEEPEST = 30
_MOST_STEPS = 20_000  # of one question; depth alone does not bound what branches


class Evaluation(ABC):
    """Answers what an expression can be. Remembers what does not depend on a Frame.

    `handlers` says which method works out which kind of expression. `attributes` holds what attributes of
    instances were found to be (`mldebt.project.instances`).
    """

    handlers: ClassVar[Mapping[type, Callable[..., Value]]] = {}

    def __init__(self, project: Project) -> None:
        self.project = project
        self._bindings: dict[tuple[str, int], Value] = {}
        self._calls: dict[tuple[str, int], Value] = {}
        self.attributes: dict[tuple[Instance, str], Value] = {}
        self._constant: dict[tuple[str, int], Value] = {}  # results that do not depend on arguments
        self._depth = 0
        self._steps = 0
        self._nested = 0
        self._guards: dict[str, Guards] = {}

    def guards(self, source: SourceFacts) -> Guards:
        """The tests that lead to the places of a file."""
        if source.path not in self._guards:
            self._guards[source.path] = Guards(source)
        return self._guards[source.path]

    def forget(self) -> None:
        """Drop what was remembered: something that values depend on has become known."""
        self._bindings.clear()
        self._calls.clear()
        self._constant.clear()

    @property
    def names(self) -> Names:
        """What names stand for."""
        return self.project.names

    @property
    def callers(self) -> Callers:
        """Who calls what."""
        return self.project.callers

    def value(self, source: SourceFacts, expr: Expr, frame: Frame = NO_FRAME) -> Value:
        """What an expression of a source can be."""
        if self._depth == 0:
            self._steps = 0
        if self._depth > _DEEPEST or self._steps > _MOST_STEPS:
            return Gap("depth")
        self._depth += 1
        self._steps += 1
        try:
            return self.handlers[type(expr)](self, source, expr, frame)
        finally:
            self._depth -= 1

    @abstractmethod
    def attribute(self, base: Value, name: str) -> Value:
        """What an attribute of a value is."""

    @abstractmethod
    def indexed(self, source: SourceFacts, base: Value, index: Value) -> Value:
        """`base[index]`, also into configuration, options and the environment."""

    @abstractmethod
    def environment(self, name: Value, default: Value | None) -> Value:
        """An environment variable: what `.env` files declare for it, its default, or a gap."""

    @abstractmethod
    def result(self, source: SourceFacts, index: int, callee: Value, frame: Frame) -> Value:
        """What a call of a value gives."""

    @abstractmethod
    def frame_for(
        self,
        source: SourceFacts,
        index: int,
        home: SourceFacts,
        function: Function,
        frame: Frame = NO_FRAME,
        outer: Frame | None = None,
    ) -> Frame:
        """The parameters of a function as a call in `frame` passes them, beside those of an outer call."""
