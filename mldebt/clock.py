"""Where the time of a run goes: phase by phase, view by view, rule by rule."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Cost(NamedTuple):
    """The processor time of one part of a run in seconds, without that of the parts inside it."""

    kind: str
    name: str
    seconds: float


class Clock:
    """Measures nested parts of a run; each part's own time is what its inner parts leave.

    A view is linked by whoever asks first. Measured on its own, it is not held against that rule.
    """

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], float] = {}
        self._running: list[tuple[str, str]] = []
        self._since = 0.0

    @contextmanager
    def measure(self, kind: str, name: str) -> Iterator[None]:
        """Count what happens inside as a part's own, until an inner part begins."""
        self._settle()
        self._running.append((kind, name))
        try:
            yield
        finally:
            self._settle()
            self._running.pop()

    def _settle(self) -> None:
        now = time.process_time()
        if self._running:
            part = self._running[-1]
            self._spent[part] = self._spent.get(part, 0.0) + now - self._since
        self._since = now

    def add(self, costs: Iterable[Cost]) -> None:
        """Count what another process measured."""
        for cost in costs:
            part = (cost.kind, cost.name)
            self._spent[part] = self._spent.get(part, 0.0) + cost.seconds

    def costs(self) -> list[Cost]:
        """All parts that were measured, the most expensive first."""
        found = [Cost(kind, name, seconds) for (kind, name), seconds in self._spent.items()]
        return sorted(found, key=lambda cost: (-cost.seconds, cost.kind, cost.name))
