"""Who owns which file, as a `CODEOWNERS` file of GitHub or GitLab says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

_PLACES = (".github/CODEOWNERS", ".gitlab/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where the two look, in an order that serves both: a repository has one of them."""

_MOST_BYTES = 3_000_000
"""The size above which GitHub does not read the file either."""

_SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>(?:\s.*)?)$")
_OWNER = re.compile(r"@\S+|[^\s@]+@[^\s@]+\.[^\s@]+")


class _Entry(NamedTuple):
    section: str
    pattern: _Pattern
    owners: tuple[str, ...]


class Owners:
    """The owners of files. In each section the last entry that fits a path decides; GitHub knows one section."""

    def __init__(self, text: str, *, gitlab: bool = False) -> None:
        lines = [line.strip() for line in text.splitlines()]
        self._gitlab = gitlab or any(map(_SECTION.match, lines))
        self._entries = list(self._read(lines))

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a path relative to the repository, each once; empty if it has none."""
        by_section: dict[str, tuple[str, ...]] = {}
        parts = path.split("/")
        for entry in self._entries:
            if entry.pattern.fits(parts):
                by_section[entry.section] = entry.owners
        return tuple(dict.fromkeys(owner for owners in by_section.values() for owner in owners))

    def _read(self, lines: list[str]) -> Iterator[_Entry]:
        section = ""
        default: tuple[str, ...] = ()
        for line in lines:
            if not line or line.startswith("#"):
                continue
            if self._gitlab and (head := _SECTION.match(line)):
                section, default = head["name"].casefold(), _owners(head["owners"])
                continue
            pattern, _, rest = re.sub(r"\\ ", "\0", line).partition(" ")
            pattern = pattern.replace("\0", " ").replace("\\#", "#")
            if self._gitlab and pattern.startswith("!"):
                yield _Entry(section, _Pattern(pattern[1:], anchored=False), ())
            elif not pattern.startswith("!"):
                anchored = "/" in pattern.rstrip("/") and not self._gitlab
                yield _Entry(section, _Pattern(pattern, anchored=anchored), _owners(rest) or default)


def find_owners(repository: Path) -> Owners | None:
    """What the repository at a directory says about owners; None if it says nothing."""
    for place in _PLACES:
        file = repository / place
        try:
            if file.is_symlink() or not file.is_file() or file.stat().st_size > _MOST_BYTES:
                continue
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        return Owners(text, gitlab=place.startswith(".gitlab"))
    return None


def _owners(text: str) -> tuple[str, ...]:
    """The owners in the rest of a line; a comment ends it."""
    return tuple(word for word in re.split(r"\s#", text)[0].split() if _OWNER.fullmatch(word))


class _Pattern:
    """What a pattern matches: `*` stays in a directory, `**` does not, a directory stands for all that is in it."""

    def __init__(self, pattern: str, *, anchored: bool) -> None:
        parts = [part.replace("[", "[[]") for part in pattern.strip("/").split("/") if part]
        if not anchored and not pattern.startswith("/"):
            parts.insert(0, "**")
        if pattern.endswith("/"):
            parts.append("**")
        self._whole = bool(parts) and parts[-1] in ("*", "**")
        if parts and parts[-1] == "**":
            parts.append("*")
        self._parts = parts

    def fits(self, path: list[str]) -> bool:
        """Whether it matches a path, or a directory above it. Takes time by the product of the lengths at most."""
        reached = {0}  # the numbers of directories that the pattern can have used up so far
        for part in self._parts:
            if part == "**":
                reached = set(range(min(reached, default=len(path)), len(path) + 1))
            else:
                reached = {n + 1 for n in reached if n < len(path) and fnmatchcase(path[n], part)}
        return len(path) in reached if self._whole else bool(reached - {0})
