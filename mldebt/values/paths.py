"""Paths of which parts may be unknown, or that start from where the program stands; and how values are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from posixpath import basename, dirname, normpath

from mldebt.values.forms import (
    MOST_ALTERNATIVES,
    Choice,
    Gap,
    Known,
    Template,
    Value,
    alternatives,
    choice,
    depend_on_callers,
    each,
)
from mldebt.values.texts import text, text_parts

ROOT = "\x02"
"""Begins a path that is anchored at the project's root, as `Path(__file__).parent / "x"` is."""

CWD = "\x03"
"""Begins a path that is anchored at the directory where the program works, as `os.getcwd() + "/x"` is."""

_ANCHORS = (ROOT, CWD)
_ELSEWHERE = re.compile(r"^[A-Za-z]:[\\/]|^[A-Za-z][A-Za-z0-9+.\-]+:")


def lies_in(path: str, directory: str) -> bool:
    """Whether a path of the project is a directory, or lies in it. The root, which is "", holds everything."""
    return not directory or path == directory or path.startswith(f"{directory}/")


def are_nested(one: str, other: str) -> bool:
    """Whether two directories of the project are the same, or one lies in the other."""
    return lies_in(one, other) or lies_in(other, one)


def join_paths(values: Iterable[Value]) -> Value:
    """`os.path.join` and the `/` of pathlib: an absolute later part replaces what is before it."""
    kept, by_caller = depend_on_callers(values)
    values = list(kept)
    columns = [_segments(value, position == len(values) - 1 > 0) for position, value in enumerate(values)]
    if not columns:
        return Known("")
    joined = columns[0]
    for column in columns[1:]:
        pairs = list(product(joined, column))
        if len(pairs) > MOST_ALTERNATIVES:
            pairs = [(left, (Gap("many"),)) for left in joined[:MOST_ALTERNATIVES]]
        joined = [_join(left, right) for left, right in pairs]
    return choice((text(parts) for parts in joined), by_caller=by_caller)


def _segments(value: Value, is_last: bool) -> list[tuple[str | Gap, ...]]:
    """The alternatives of a part of a path; None is no path, whoever passes it takes another branch.

    So it is with an empty name, where there are others.
    """
    options = [
        option for option in alternatives(value) if not (isinstance(option, Known) and option.value is None)
    ]
    if is_last and len(options) > 1:
        options = [option for option in options if not (isinstance(option, Known) and option.value == "")]
    return [text_parts(option) for option in options] or [(Gap("name", "None"),)]


def _join(left: tuple[str | Gap, ...], right: tuple[str | Gap, ...]) -> tuple[str | Gap, ...]:
    if right and isinstance(right[0], str) and right[0].startswith(("/", *_ANCHORS)):
        return right
    if not left or left in (("",), (".",)):
        return right
    if isinstance(left[-1], str) and left[-1].endswith(("/", "\\", *_ANCHORS)):
        return (*left, *right)
    return (*left, "/", *right)


def parent(value: Value) -> Value:
    """`os.path.dirname` and `Path.parent`."""

    def one(option: Value) -> Value:
        parts = list(text_parts(option))
        if len(parts) == 1 and isinstance(parts[0], str) and parts[0].startswith(_ANCHORS):
            return Known(_above(parts[0]))
        while parts:
            last = parts.pop()
            if isinstance(last, Gap):
                if not parts:
                    return Gap(last.cause, last.detail)
                continue
            head, slash, _ = last.rpartition("/")
            if slash:
                return text([*parts, head or "/"])
            if last.startswith(_ANCHORS):
                return Known(last[0])
        return Known("")

    return each(value, one)


def _above(path: str) -> str:
    """The directory above an anchored path; above its anchor there are more."""
    inner = normpath(path[1:].lstrip("/"))
    if inner == ".":
        return f"{path[0]}.."
    return f"{path[0]}{inner}/.." if basename(inner) == ".." else path[0] + dirname(inner)


def absolute(value: Value) -> Value:
    """`os.path.abspath` and `Path.resolve`: what is relative starts from where the program works."""

    def one(option: Value) -> Value:
        parts = text_parts(option)
        first = parts[0] if parts else ""
        if isinstance(first, Gap) or not isinstance(option, Known | Template):
            return option
        if first.startswith(("/", "~", "\\", *_ANCHORS)) or _ELSEWHERE.match(first):
            return option
        return text([CWD + first.removeprefix("./").removeprefix("." if first == "." else ""), *parts[1:]])

    return each(value, one)


def last_name(value: Value) -> Value:
    """`os.path.basename` and `Path.name`."""

    def one(option: Value) -> Value:
        if isinstance(option, Known):
            name = basename(str(option.value).rstrip("/")).lstrip("".join(_ANCHORS))
            return (
                Gap("name", "directory")
                if name in ("", "..") and str(option.value)[:1] in _ANCHORS
                else Known(name)
            )
        parts = list(text_parts(option))
        kept: list[str | Gap] = []
        while parts:
            last = parts.pop()
            if isinstance(last, str) and "/" in last:
                kept.insert(0, last.rpartition("/")[2])
                return text(kept)
            kept.insert(0, last)
        return text(kept)

    return each(value, one)


def normal(path: str) -> str:
    """A path with `/`, without `.`, `//` and resolvable `..`; a trailing `/` goes; ROOT stays in front, CWD goes.

    Addresses (`s3://…`) keep their scheme.
    """
    scheme, separator, rest = path.partition("://")
    if separator and scheme.isalnum():
        return f"{scheme}://{rest.rstrip('/')}"
    path = path.replace("\\", "/")
    if path.startswith(ROOT):
        inner = normpath(path[1:].lstrip("/"))
        return ROOT + ("" if inner == "." else inner)
    if path.startswith(CWD):
        path = path[1:].lstrip("/")
    cleaned = normpath(path) if path else ""
    return cleaned[1:] if cleaned.startswith("//") else "" if cleaned == "." else cleaned


def show(value: Value) -> str:
    """A value for people: known text as it is, gaps as `{cause}` or `{detail}`."""
    match value:
        case Known(inner):
            return _shown(str(inner))
        case Gap(cause, detail):
            return "{" + (detail or cause) + "}"
        case Template(parts):
            return _shown("".join(part if isinstance(part, str) else show(part) for part in parts))
        case Choice(options):
            return " | ".join(show(option) for option in options)
    return "{…}"


def _shown(written: str) -> str:
    """A text without its anchor."""
    return written[1:].lstrip("/") if written.startswith(CWD) else written.removeprefix(ROOT)
