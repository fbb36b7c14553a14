"""Which findings of a commit an earlier one had, by what git says about lines: the judge of `baseline_replay.py`.

A finding is old if git maps its first line to the first line of one that the same rule had; or if the rule said the
same about a line of the same text in the same file (git shows moved lines as added); or if the first place of one is
another place of the other (one cause is one finding, and its first place can change). Each earlier finding counts
once.

A finding of a rule that gathers pieces of debt is old if the rule had every piece, in this group or in another: one
copy more is new, in whatever file it lies, and so is a piece whose line was edited. Each earlier piece counts once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Set
from functools import partial
from typing import NamedTuple

from mldebt.finding import Finding

_MOST_LINES = 500


class Lines(NamedTuple):
    """From lines of a file after a change to lines before it: where stretches begin, and by how much they moved."""

    path: str
    starts: list[int]
    shifts: list[int | None]

    def before(self, line: int) -> int | None:
        """The line before the change; None for a line that the change adds."""
        at = bisect_right(self.starts, line) - 1
        shift = self.shifts[at]
        return None if shift is None else line + shift


class Place(NamedTuple):
    """Lines of a file on disk, and the text of the first one without white space."""

    path: str
    first: int
    last: int
    text: str


class Placed(NamedTuple):
    """A finding and its places, its own first."""

    finding: Finding
    places: tuple[Place, ...]


class Judge:
    """Knows the findings of the earlier commit and what became of its lines."""

    def __init__(
        self, earlier: list[Placed], maps: dict[str, Lines], added: set[str], gathering: Set[str]
    ) -> None:
        self.left, self.maps, self.added, self.gathering = list(earlier), maps, added, gathering
        self.pieces = {item.finding: list(item.places) for item in earlier}

    def old(self, later: list[Placed]) -> set[Finding]:
        """The findings of the later commit that the earlier one had."""
        found: set[Finding] = set()
        gathered = [item for item in later if item.finding.rule in self.gathering]
        single = [item for item in later if item.finding.rule not in self.gathering]
        for is_same in (self.stands_there, self.was_moved, self.shares_first_place):
            for item in single:
                if item.finding not in found:
                    same = (o for o in self.left if o.finding.rule == item.finding.rule and is_same(o, item))
                    if (other := next(same, None)) is not None:
                        self.left.remove(other)
                        found.add(item.finding)
        return found | {item.finding for item in gathered if self.has_all_pieces(item)}

    def before(self, place: Place) -> tuple[str, set[int]]:
        """The path and the lines of a place before the change; none of lines that the change adds."""
        lines = range(place.first, min(place.last, place.first + _MOST_LINES) + 1)
        if place.path in self.maps:
            known = self.maps[place.path]
            return known.path, {line for line in map(known.before, lines) if line is not None}
        return place.path, set() if place.path in self.added else set(lines)

    def first_line_before(self, place: Place) -> tuple[str, int]:
        """The path and the line of a place's beginning before the change; 0 for a line that the change adds."""
        path, lines = self.before(place._replace(last=place.first))
        return path, next(iter(lines), 0)

    def stands_there(self, before: Placed, after: Placed) -> bool:
        own = before.places[0]
        return (own.path, own.first) == self.first_line_before(after.places[0])

    def was_moved(self, before: Placed, after: Placed) -> bool:
        own, now = before.places[0], after.places[0]
        path, _ = self.before(now)
        return (own.path, before.finding.message, own.text) == (path, after.finding.message, now.text)

    def shares_first_place(self, before: Placed, after: Placed) -> bool:
        own, *others = [self.first_line_before(place) for place in after.places]
        first, *more = [(place.path, place.first) for place in before.places]
        return own in more or first in others

    def has_all_pieces(self, item: Placed) -> bool:
        """Whether the rule had every piece; a moved line counts beside one that stands, or under the same message."""
        left = {
            finding: list(pieces) for finding, pieces in self.pieces.items() if finding.rule == item.finding.rule
        }
        near = {finding for finding in left if finding.message == item.finding.message}
        missing = []
        for place in item.places:
            # An edited line is new, as with other rules; of a stretch in a group any line tells that it was there.
            told_by = place if item.places[1:] else place._replace(last=place.first)
            holder = _take(left, left, partial(_stands, *self.before(told_by)))
            if holder is None:
                missing.append(place)
            else:
                near.add(holder)
        for place in missing:
            path, _ = self.before(place)
            if (
                _take(left, [finding for finding in left if finding in near], partial(_moved, path, place.text))
                is None
            ):
                return False
        self.pieces |= left
        return True


def _take(
    left: dict[Finding, list[Place]], findings: Iterable[Finding], is_same: Callable[[Place], bool]
) -> Finding | None:
    """The finding with a piece that is the same, which is not left then."""
    for finding in findings:
        for number, piece in enumerate(left[finding]):
            if is_same(piece):
                del left[finding][number]
                return finding
    return None


def _stands(path: str, lines: set[int], piece: Place) -> bool:
    return piece.path == path and any(piece.first <= line <= piece.last for line in lines)


def _moved(path: str, text: str, piece: Place) -> bool:
    return (piece.path, piece.text) == (path, text)


def exchanged(back: Iterable[Placed], hidden: Iterable[Placed], earlier: Set[str]) -> set[Finding]:
    """Findings of new files that say the same, of which the judge calls one old and the baseline accepted the other.

    Where a file went is not known if several look like it: what counts is that as many are reported as are new.
    `earlier` are the paths of the earlier commit.
    """
    left, found = list(hidden), set[Finding]()
    for item in back:
        for other in left:
            if earlier.isdisjoint({item.places[0].path, other.places[0].path}) and _says_the_same(item, other):
                left.remove(other)
                found |= {item.finding, other.finding}
                break
    return found


def _says_the_same(one: Placed, other: Placed) -> bool:
    return (one.finding.rule, one.finding.message, one.places[0].text) == (
        other.finding.rule,
        other.finding.message,
        other.places[0].text,
    )
