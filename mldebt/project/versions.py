"""Files that are versions of each other by their names (`train.py`, `train_v2.py`, `old/train.py`)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from posixpath import dirname, splitext
from typing import NamedTuple

from mldebt.project.clones import line_similarity
from mldebt.project.source_facts import SourceFacts

_WORDS = "old|new|bak|backup|copy|final|fixed|orig|original|deprecated|legacy|obsolete|archive|archived|unused"
_NAMED = re.compile(rf"(?:[_\-. ](?:(?:{_WORDS})\d?|v\d+(?:\.\d+)*|2nd|\d+v)| ?\(\d+\))+$", re.IGNORECASE)
_NUMBERED = re.compile(r"(?<=[A-Za-z])[_\-]?\d{1,2}$")
_ATTIC = re.compile(rf"(?:^|/)(?:_*(?:{_WORDS}|tmp|trash|attic)_*(?:_?\w+)?)(?=/|$)", re.IGNORECASE)

_FEWEST_LINES = 15
_SIMILAR = 0.5
_SIMILAR_NUMBERED = 0.7
_NEVER = 1.1


class VersionedCopy(NamedTuple):
    """A file that repeats another; `similarity` is the share of equal lines, from 0 to 1."""

    copy: SourceFacts
    original: SourceFacts
    similarity: float


class Versions:
    """Finds files that are copies of each other and say so by their names."""

    def __init__(self, code: Iterable[SourceFacts]) -> None:
        self._code = tuple(code)

    @cached_property
    def copies(self) -> tuple[VersionedCopy, ...]:
        """Each copy with the original that it is most like, by path."""
        families: dict[tuple[str, str], list[SourceFacts]] = defaultdict(list)
        for source in self._code:
            stem, extension = splitext(source.path)
            families[(_plain(stem), extension)].append(source)
        found = [copy for members in families.values() if len(members) > 1 for copy in _copies(members)]
        return tuple(sorted(found, key=lambda copy: copy.copy.path))

    @cached_property
    def originals(self) -> Mapping[str, str]:
        """For the path of each copy the path of its original."""
        return {copy.copy.path: copy.original.path for copy in self.copies}

    def are_versions(self, paths: Iterable[str]) -> bool:
        """Whether all files are versions of one."""
        return len({self.originals.get(path, path) for path in paths}) == 1


def _copies(members: list[SourceFacts]) -> Iterator[VersionedCopy]:
    members = [m for m in members if sum(1 for line in m.facts.lines if line) >= _FEWEST_LINES]
    members.sort(key=lambda source: (len(source.path), source.path))
    originals: list[SourceFacts] = []
    for member in members:
        scored = [(line_similarity(member.facts.lines, original.facts.lines), original) for original in originals]
        best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
        if best[1] is not None and best[0] >= _least(member, best[1]):
            yield VersionedCopy(member, best[1], best[0])
        else:
            originals.append(member)


def _least(member: SourceFacts, original: SourceFacts) -> float:
    """How like the files have to be: a number may count versions, or parts if all files of a family have one."""
    first, second = (_NAMED.sub("", splitext(source.path)[0]) for source in (member, original))
    if first == second or dirname(first) != dirname(second):
        return _SIMILAR
    return _SIMILAR_NUMBERED if not (_NUMBERED.search(first) and _NUMBERED.search(second)) else _NEVER


def _plain(stem: str) -> str:
    """A path without what names a version in it."""
    home, _, name = stem.rpartition("/")
    home = _ATTIC.sub("", home).lstrip("/")
    shorter = _NAMED.sub("", name) or name
    shorter = _NUMBERED.sub("", shorter) or shorter
    return f"{home}/{shorter}".lower()
