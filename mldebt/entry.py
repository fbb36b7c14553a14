"""What a baseline keeps of a finding, and the parts of a finding by which it is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from mldebt.finding import Finding
from mldebt.printable import printable
from mldebt.source import Location

_MOST_PLACES = 8
_MOST_READ = 64

FILE_DIGITS = 8
"""How many digits of a piece's digest stand for its file."""

Parts = Callable[[Finding], tuple[str, str, str]]
"""What stays of a finding: rule, scope, text of the line (see `mldebt.engine.fingerprint_parts`)."""


class Entry(NamedTuple):
    """One accepted finding. `line` is a digest of the line's text; the message tells equal lines apart.

    `also` has digests of the finding's other places, by which it is known again when its first place is gone: the
    smallest ones, so that which of many are kept does not depend on their order. Where the rule gathers pieces of
    debt, `pieces` has a digest of each place, the first one too, and `also` none.
    """

    path: str
    rule: str
    fingerprint: str
    message: str
    line: str = ""
    also: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()


def entry_of(finding: Finding, parts: Parts, *, gathers: bool = False) -> Entry:
    """The entry that accepts a finding; `gathers` tells whether its rule does."""
    path, line = finding.location.path, line_digest(parts(finding)[2])
    entry = Entry(path, finding.rule, finding.fingerprint, printable(finding.message), line)
    if gathers:
        return entry._replace(
            pieces=tuple(sorted(digests[0] for _, digests in pieces_of(finding, parts, {}, {})))
        )
    also = sorted(other_places(finding, parts, {}) - {place_digest(path, line)})[:_MOST_PLACES]
    return entry._replace(also=tuple(also))


def line_digest(text: str) -> str:
    """A short digest of a line's text without white space."""
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()


def place_digest(path: str, line: str) -> str:
    """A short digest of a place: a path and the digest of a line's text."""
    return line_digest(f"{path}\0{line}")


def line_of(fingerprint: str) -> str:
    """What the fingerprints of equal lines have in common."""
    return fingerprint.partition(":")[0]


def other_places(finding: Finding, parts: Parts, former: Mapping[str, str]) -> set[str]:
    """Digests of a finding's other places, under the former paths of renamed files."""
    return {
        place_digest(former.get(place.path, place.path), line)
        for place, line in places_of(finding, parts)
        if place != finding.location
    }


def places_of(finding: Finding, parts: Parts) -> Iterator[tuple[Location, str]]:
    """A finding's places, its own first, each with the digest of its line."""
    for place in dict.fromkeys((finding.location, *(other.location for other in finding.related[:_MOST_READ]))):
        yield place, line_digest(parts(msgspec.structs.replace(finding, location=place))[2])


def pieces_of(
    finding: Finding, parts: Parts, former: Mapping[str, str], perhaps: Mapping[str, str]
) -> list[tuple[Location, tuple[str, ...]]]:
    """A finding's places with digests of their files and lines, under former paths and then under possible ones."""
    found = []
    for place, line in places_of(finding, parts):
        paths = dict.fromkeys((former.get(place.path, place.path), perhaps.get(place.path, place.path)))
        found.append((place, tuple(line_digest(path) + line for path in paths)))
    return found


def names_of(message: str) -> set[str]:
    """What a message names, in backticks, piece by piece."""
    return {piece.strip() for part in message.split("`")[1::2] for piece in part.split("->")}
