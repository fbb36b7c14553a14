"""Views of a project: linked once, on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar, overload

if TYPE_CHECKING:
    from mldebt.clock import Clock


class _Timed(Protocol):
    clock: Clock | None


T = TypeVar("T")
P = TypeVar("P", bound=_Timed)


class view(Generic[P, T]):  # noqa: N801 - used as a decorator, like the cached_property that it stands for
    """A property computed once, whose time the owner's clock (if it has one) measures as the view's own."""

    def __init__(self, link: Callable[[P], T]) -> None:
        self._link = link
        self._name = link.__name__
        self.__doc__ = link.__doc__

    @overload
    def __get__(self, owner: None, kind: type[P]) -> Self: ...
    @overload
    def __get__(self, owner: P, kind: type[P]) -> T: ...
    def __get__(self, owner: P | None, kind: type[P]) -> Self | T:
        if owner is None:
            return self
        if owner.clock is None:
            value = self._link(owner)
        else:
            with owner.clock.measure("view", self._name.lstrip("_")):
                value = self._link(owner)
        owner.__dict__[self._name] = value  # a non-data descriptor: the next read bypasses it
        return value
