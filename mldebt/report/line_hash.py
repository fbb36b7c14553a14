"""The hash by which GitHub code scanning follows an alert from one commit to the next.

For each line it covers the 100 UTF-16 units that begin at the line, blanks left out; equal hashes in a file are
numbered. A consumer computes the same value itself where it has the file, so it must agree bit by bit.
"""

from __future__ import annotations

import struct
from collections import Counter

_WINDOW = 100
_BASE = 37
_MODULUS = 1 << 64
_END_OF_FILE = 0xFFFF


def line_hashes(text: str) -> list[str]:
    """The hash of every line, in order; a text that ends in a line end has one more, empty line."""
    units, starts = _units(text)
    units += [0] * _WINDOW
    leaving = pow(_BASE, _WINDOW, _MODULUS)
    value = 0
    seen: Counter[int] = Counter()
    hashes: list[str] = []
    for position in range(starts[-1] + _WINDOW):
        left = units[position - _WINDOW] if position >= _WINDOW else 0
        value = (value * _BASE + units[position] - leaving * left) % _MODULUS
        if position + 1 - _WINDOW == starts[len(hashes)]:
            seen[value] += 1
            hashes.append(f"{value:x}:{seen[value]}")
    return hashes


def _units(text: str) -> tuple[list[int], list[int]]:
    """The units that count, the end of the file last, and where in them each line starts."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    data = text.encode("utf-16-le", "surrogatepass")
    units = [*struct.unpack(f"<{len(data) // 2}H", data), _END_OF_FILE]
    starts = [0, *(position + 1 for position, unit in enumerate(units) if unit == 0x0A)]
    return units, starts
