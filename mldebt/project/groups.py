"""Disjoint sets: what is connected, directly or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", int, str)
Link = TypeVar("Link")


class Groups(Generic[T]):
    """Sets of members that were joined, each led by its smallest one. Who was never joined leads itself."""

    def __init__(self) -> None:
        self._above: dict[T, T] = {}

    def leader(self, member: T) -> T:
        """The smallest member of the set."""
        above = self._above
        while (higher := above.get(member, member)) != member:
            above[member] = member = above.get(higher, higher)  # halves the way for the next who asks
        return member

    def join(self, one: T, two: T) -> tuple[T, T]:
        """Make one set of two. Returns their leaders, of which the first leads both."""
        first, second = sorted((self.leader(one), self.leader(two)))
        if first != second:
            self._above[second] = first
        return first, second

    def of(self, members: Iterable[T]) -> dict[T, list[T]]:
        """The members by their leaders, in the order given."""
        found: dict[T, list[T]] = defaultdict(list)
        for member in members:
            found[self.leader(member)].append(member)
        return found


def connected(links: Iterable[Link], ends: Callable[[Link], tuple[str, str]]) -> list[list[Link]]:
    """Links between named things by what they connect, directly or not."""
    links = list(links)
    groups = Groups[str]()
    for link in links:
        groups.join(*ends(link))
    found: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        found[groups.leader(ends(link)[0])].append(link)
    return list(found.values())
