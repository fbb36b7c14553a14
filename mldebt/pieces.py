"""Findings of rules that gather pieces of debt (copies, unpinned libraries), known by their pieces.

One is accepted when all of its pieces are, in whatever groups they were: groups fall apart, grow together and lose
their first place. It is reported when there is one piece more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mldebt.entry import FILE_DIGITS, Entry, names_of
from mldebt.finding import Finding
from mldebt.source import Location

Pieces = list[tuple[Location, str]]
"""The places of a finding with their digests."""


class _Left(NamedTuple):
    """The accepted pieces that no finding has yet, by their file, and the entries that hold each."""

    pieces: dict[str, Counter[str]]
    holders: dict[str, list[Entry]]

    def take(self, piece: str, by: Callable[[Entry], bool]) -> list[Entry]:
        """The entries with a piece that is left, which is not left then."""
        holders = [entry for entry in self.holders.get(piece, ()) if by(entry)]
        there = self.pieces.get(_file(piece), Counter())
        if not holders or there[piece] <= 0:
            return []
        there[piece] -= 1
        return holders

    def take_edited(self, piece: str, of: Iterable[Entry]) -> bool:
        """Whether an entry has another piece in the file that is left; it is not left then."""
        for entry in of:
            for other in entry.pieces:
                if _file(other) == _file(piece) and self.take(other, entry.__eq__):
                    return True
        return False


def known_by_pieces(
    findings: Iterable[Finding],
    entries: Iterable[Entry],
    found: dict[Finding, Entry],
    pieces_of: Callable[[Finding], Pieces],
) -> dict[Finding, tuple[Entry, tuple[Location, ...]]]:
    """The findings of a gathering rule that have pieces which no entry has; `found` is set right.

    Each accepted piece counts once. One whose line was edited is known by its file, if at least as many pieces of
    the finding are known by their lines. An entry without pieces (of an older baseline) accepts what it is found for.
    """
    given = [entry for entry in entries if entry.pieces]
    left = _left(given)
    unknown: dict[Finding, Pieces] = {}
    owners: dict[Finding, Counter[Entry]] = {}
    for finding in findings:
        former = found.get(finding)
        if former is not None and not former.pieces:
            continue
        pieces = pieces_of(finding)
        owners[finding] = Counter([former] if former else ())
        unknown[finding] = []
        for place, piece in pieces:
            # Lines of the same text in one file are many: one piece alone says little about another group of one.
            def may_hold(entry: Entry, former: Entry | None = former, several: bool = len(pieces) > 1) -> bool:
                return entry == former or several or len(entry.pieces) > 1

            holders = left.take(piece, may_hold)
            owners[finding].update(holders)
            if not holders:
                unknown[finding].append((place, piece))
    grown = {}
    for finding, known in owners.items():
        pieces = unknown[finding]
        if not known:
            known.update(_same_files(finding, pieces, given, left))
            is_edited = bool(known)
        else:
            is_edited = 2 * len(pieces) <= max(len(pieces_of(finding)), 2)
        if not known:
            continue
        entry = found.get(finding) or min(known, key=lambda entry: (-known[entry], entry))
        new = [place for place, piece in pieces if not (is_edited and left.take_edited(piece, known))]
        if new:
            found.pop(finding, None)
            grown[finding] = (entry, tuple(new))
        else:
            found[finding] = entry
    return grown


def _left(entries: Iterable[Entry]) -> _Left:
    pieces: dict[str, Counter[str]] = {}
    holders: dict[str, list[Entry]] = {}
    for entry in entries:
        for piece in entry.pieces:
            pieces.setdefault(_file(piece), Counter())[piece] += 1
            holders.setdefault(piece, []).append(entry)
    return _Left(pieces, holders)


def _same_files(finding: Finding, pieces: Pieces, entries: Iterable[Entry], left: _Left) -> list[Entry]:
    """The entry about the same files of which nothing else is left, if it names mostly the same things."""
    files = Counter(_file(piece) for _, piece in pieces)
    names = names_of(finding.message)
    if len(files) < 2 or not names:
        return []
    return [
        entry
        for entry in entries
        if files <= Counter(map(_file, entry.pieces))
        and all(left.pieces[_file(piece)][piece] > 0 for piece in entry.pieces)
        and 2 * len(names & names_of(entry.message)) >= len(names)
    ][:1]


def _file(piece: str) -> str:
    return piece[:FILE_DIGITS]
