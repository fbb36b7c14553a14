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

Pieces = list[tuple[Location, tuple[str, ...]]]
"""The places of a finding, each with its digest, and another one if its file may have had another path."""


class _Left(NamedTuple):
    """The accepted pieces that no finding has yet, by their file, and the entries that hold each."""

    pieces: dict[str, Counter[str]]
    holders: dict[str, list[Entry]]

    def take(self, digests: Iterable[str], by: Callable[[Entry], bool]) -> list[Entry]:
        """The entries with a piece that is left, which is not left then."""
        for piece in digests:
            holders = [entry for entry in self.holders.get(piece, ()) if by(entry)]
            there = self.pieces.get(_file(piece), Counter())
            if holders and there[piece] > 0:
                there[piece] -= 1
                return holders
        return []

    def take_edited(self, digests: Iterable[str], of: Iterable[Entry]) -> bool:
        """Whether an entry has another piece in the file that is left; it is not left then."""
        files = {_file(piece) for piece in digests}
        for entry in of:
            for other in entry.pieces:
                if _file(other) in files and self.take([other], entry.__eq__):
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
    left = _left(entries)
    unknown: dict[Finding, Pieces] = {}
    owners: dict[Finding, Counter[Entry]] = {}
    for finding in sorted(findings, key=lambda finding: finding not in found):  # its own pieces first
        former = found.get(finding)
        if former is None or former.pieces:
            owners[finding], unknown[finding] = _known(pieces_of(finding), former, left)
    grown = {}
    for finding, known in owners.items():
        pieces = unknown[finding]
        is_edited = 2 * len(pieces) <= max(len(pieces_of(finding)), 2)
        if not known and (same := _same_files(finding, pieces, left)):
            known[same] += 1
            is_edited = True
        if known:
            new = [place for place, digests in pieces if not (is_edited and left.take_edited(digests, known))]
            entry = found.get(finding) or min(known, key=lambda entry: (-known[entry], entry))
            if new:
                found.pop(finding, None)
                grown[finding] = (entry, tuple(new))
            else:
                found[finding] = entry
    return grown


def _known(pieces: Pieces, former: Entry | None, left: _Left) -> tuple[Counter[Entry], Pieces]:
    """The entries that hold pieces of a finding, with how many, and the pieces that none has.

    Lines of the same text are many in one file: a piece alone says little about another one that is alone.
    """
    known, unknown = Counter([former] if former else ()), []

    def may_hold(entry: Entry) -> bool:
        return entry == former or len(pieces) > 1 or len(entry.pieces) > 1

    for place, digests in pieces:
        holders = left.take(digests, may_hold)
        known.update(holders)
        if not holders:
            unknown.append((place, digests))
    return known, unknown


def _left(entries: Iterable[Entry]) -> _Left:
    pieces: dict[str, Counter[str]] = {}
    holders: dict[str, list[Entry]] = {}
    for entry in entries:
        for piece in entry.pieces:
            pieces.setdefault(_file(piece), Counter())[piece] += 1
            holders.setdefault(piece, []).append(entry)
    return _Left(pieces, holders)


def _same_files(finding: Finding, pieces: Pieces, left: _Left) -> Entry | None:
    """The entry about the same files of which nothing else is left, if it names mostly the same things."""
    files = Counter(_file(digests[0]) for _, digests in pieces)
    names = names_of(finding.message)
    if len(files) < 2 or not names:
        return None
    there = left.pieces.get(next(iter(files)), ())
    alike = (
        entry
        for entry in sorted({entry for piece in there for entry in left.holders[piece]})
        if 2 * len(names & names_of(entry.message)) >= len(names)
        and files <= Counter(map(_file, entry.pieces))
        and all(left.pieces[_file(piece)][piece] > 0 for piece in entry.pieces)
    )
    return next(alike, None)


def _file(piece: str) -> str:
    return piece[:FILE_DIGITS]
