"""What the extraction of one file may cost, and which files are surely cheap."""

from __future__ import annotations

import re

import msgspec

_BRACKETS = bytes.maketrans(b"[{]}", b"(())")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))
_CHAINED = re.compile(rb"[-+*/%@&|^~<>.]|\b(?:and|or|not|elif|else|lambda|await|in|is)\b")

_NOT_CODE = re.compile(
    rb'''#[^\n]*|""".*?(?<!\\)"""|\'\'\'.*?(?<!\\)\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'''', re.DOTALL
)

_STATEMENT = re.compile(rb"\n(?=[A-Za-z_@#\"'])(?!elif|else|except|finally)")

_HARMLESS_BYTES = 30_000
_HARMLESS_DEPTH = 60
_HARMLESS_CHAIN = 1_000

DEPTH = 200
"""How deep brackets may be nested in Python; CPython itself refuses more."""

_SUSPICIOUS_CHAIN = 2_000


class WorkerError(Exception):
    """Worker processes cannot be started at all; the message says why."""


class Limits(msgspec.Struct, frozen=True):
    """What one file may cost before it is given up.

    `seconds` are seconds of processor time, so that a busy machine gives the same result as an idle one;
    `seconds_per_megabyte` are added for every 1,000,000 bytes of the file. `wall_factor` times as many seconds
    may pass on the clock, for files that make the parser wait. `memory` and `stack` are in bytes: what a
    worker may have in addresses besides its stack, and how deep recursion in native code may go.
    """

    seconds: float = 10.0
    seconds_per_megabyte: float = 10.0
    wall_factor: float = 6.0
    memory: int = 3 << 30
    stack: int = 512 << 20

    def seconds_for(self, size: int) -> float:
        """The processor time that a file of so many bytes may use."""
        return self.seconds + self.seconds_per_megabyte * size / 1e6


def depth_bound(data: bytes) -> int:
    """At least as much as brackets are nested in a text; brackets in strings and comments count too."""
    brackets = data.translate(_BRACKETS, _NOT_BRACKETS)
    depth = 0
    while brackets and depth < DEPTH:
        inner = brackets.replace(b"()", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
        depth += 1
    return depth + len(brackets)


def is_too_deep(data: bytes) -> bool:
    """Whether brackets of a Python text, those in strings and comments left out, are nested beyond `DEPTH`."""
    if depth_bound(data) <= DEPTH:
        return False
    depth = 0
    for bracket in _NOT_CODE.sub(b"", data).translate(_BRACKETS, _NOT_BRACKETS):
        depth = depth + 1 if bracket == 0x28 else max(depth - 1, 0)
        if depth > DEPTH:
            return True
    return False


def chain_bound(data: bytes) -> int:
    """At least as much as operators, attributes and branches are chained in one statement of a text."""
    blocks = _STATEMENT.split(data)
    return max((len(_CHAINED.findall(block)) for block in blocks), default=0)


def is_harmless(data: bytes) -> bool:
    """Whether no parser can crash or hang on a text, however unkindly it was written."""
    return (
        len(data) <= _HARMLESS_BYTES
        and depth_bound(data) <= _HARMLESS_DEPTH
        and chain_bound(data) <= _HARMLESS_CHAIN
    )


def is_deep(data: bytes) -> bool:
    """Whether a text looks as if it could exhaust the stack of a parser."""
    return depth_bound(data) > DEPTH or chain_bound(data) > _SUSPICIOUS_CHAIN
