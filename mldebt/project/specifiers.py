"""Whether version specifiers of two manifests can both be met."""

from __future__ import annotations

import re

_EXACT = re.compile(r"(?:={2,3}|=)\s*v?(\d[^\s,;*+=]*)([+=]\S*)?")
"""`==1.2.3`, `==2.1.0+cu118`, and conda's `=1.2` and `=1.2=build`."""
_DIGITS = 3
"""A pin with fewer digits stands for all versions that begin with them."""


def exclude(a: str, b: str) -> bool:
    """Whether no version satisfies both; ranges of which none is a pin are taken to overlap.

    Local versions (`+cu118`) make no difference, nor does a pin that names fewer digits.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    for pinned, other in ((a, b), (b, a)):
        match = _EXACT.fullmatch(pinned.strip())
        if match is None:
            continue
        try:
            version = Version(match[1])
            exact = _EXACT.fullmatch(other.strip())
            if exact is not None:
                written = Version(exact[1])
                shorter = min(len(version.release), len(written.release))
                return version.release[:shorter] != written.release[:shorter]
            wanted = SpecifierSet(ordinary(other))
            last = Version(f"{version}.99999") if len(version.release) < _DIGITS else version
            return not any(wanted.contains(v, prereleases=True) for v in (version, last))
        except (InvalidSpecifier, InvalidVersion):
            return False
    return False


def ordinary(specifier: str) -> str:
    """Poetry's `^1.2` and `~1.2` as ordinary ranges; `*` as none."""
    parts = []
    for part in filter(None, map(str.strip, specifier.split(","))):
        match = re.fullmatch(r"([\^~])\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?", part)
        if match is None:
            parts.append("" if part == "*" else part)
            continue
        numbers = [int(number) for number in match.groups()[1:] if number is not None]
        index = 0 if match[1] == "^" else min(1, len(numbers) - 1)
        while match[1] == "^" and index < len(numbers) - 1 and numbers[index] == 0:
            index += 1
        upper = [*numbers[:index], numbers[index] + 1]
        parts += [f">={part[1:].strip()}", f"<{'.'.join(map(str, upper))}"]
    return ",".join(filter(None, parts))
