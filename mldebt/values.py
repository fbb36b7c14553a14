"""Symbolic values: what an expression can be at run time, as far as the text of a project tells.

A Value is known, a text with gaps, or a gap; a gap knows why it is one. Several possible values are a Choice.
Whatever grows without bound (alternatives, products, nesting) is cut to a gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import product
from posixpath import basename, dirname, normpath

import msgspec

MOST_ALTERNATIVES = 16

ROOT = "\x02"
"""Begins a path that is anchored at the project's root, as `Path(__file__).parent / "x"` is."""

CWD = "\x03"
"""Begins a path that is anchored at the directory where the program works, as `os.getcwd() + "/x"` is."""

_ANCHORS = (ROOT, CWD)
_ELSEWHERE = re.compile(r"^[A-Za-z]:[\\/]|^[A-Za-z][A-Za-z0-9+.\-]+:")


class _Value(msgspec.Struct, frozen=True, cache_hash=True):
    """The base of all values."""


class Known(_Value, frozen=True):
    """A scalar. Paths are texts with `/`."""

    value: None | bool | int | float | str


class Gap(_Value, frozen=True):
    """Something unknown, and its root cause.

    `cause` is one of parameter, option, argv, config, environment, loop, time, glob, temporary, random, input,
    call, attribute, index, arithmetic, many, cycle, depth, literal, magic, name. `detail` names the thing.
    """

    cause: str
    detail: str = ""


class Template(_Value, frozen=True):
    """A text with at least one gap and at least one literal part."""

    parts: tuple[str | Gap, ...]


class Items(_Value, frozen=True):
    """A list, tuple or set whose items are known one by one."""

    kind: str
    items: tuple[Value, ...]


class Table(_Value, frozen=True):
    """A dict with constant keys. `open` says that there may be more keys."""

    entries: tuple[tuple[None | bool | int | float | str, Value], ...]
    open: bool = False


class Choice(_Value, frozen=True):
    """One of several values."""

    options: tuple[Value, ...]


class Object(_Value, frozen=True):
    """An instance of a type from outside the project; `about` is the path an open file or reader is about."""

    type: str
    about: Value | None = None


class Instance(_Value, frozen=True):
    """An instance of a class of the project; `call` is the index of the constructing call in `made_in`."""

    path: str
    cls: int
    made_in: str = ""
    call: int = -1


class Definition(_Value, frozen=True):
    """A module (kind module), function or class of the project, by its index in the facts of `path`."""

    kind: str
    path: str
    index: int = -1


class External(_Value, frozen=True):
    """A module, function or class from outside the project."""

    name: str


class Document(_Value, frozen=True):
    """A part of a configuration document: the source's path and the keys that lead to the part."""

    path: str
    keys: tuple[str | int, ...] = ()


class Namespace(_Value, frozen=True):
    """The parsed command line of the source at `path`."""

    path: str


Value = (
    Known
    | Gap
    | Template
    | Items
    | Table
    | Choice
    | Object
    | Instance
    | Definition
    | External
    | Document
    | Namespace
)


def alternatives(value: Value) -> tuple[Value, ...]:
    """The values that a value can be; itself, unless it is a Choice."""
    return value.options if isinstance(value, Choice) else (value,)


def choice(values: Iterable[Value]) -> Value:
    """One of several values, without repetitions; too many of them end in a gap."""
    options: dict[Value, None] = {}
    for value in values:
        if type(value) is Choice:
            options.update(dict.fromkeys(value.options))
        else:
            options[value] = None
    if not options:
        return Gap("name")
    if len(options) == 1:
        return next(iter(options))
    if len(options) > MOST_ALTERNATIVES:
        kept = list(options)[: MOST_ALTERNATIVES - 1]
        return Choice((*kept, Gap("many")))
    return Choice(tuple(options))


def each(value: Value, function: Callable[[Value], Value]) -> Value:
    """Apply a function to every alternative."""
    if isinstance(value, Choice):
        return choice(function(option) for option in value.options)
    return function(value)


def is_known(value: Value) -> bool:
    """Whether nothing in the value is a gap."""
    if isinstance(value, Choice):
        return all(is_known(option) for option in value.options)
    return not isinstance(value, Gap | Template)


# --- texts ---


def known_texts(value: Value) -> list[str]:
    """The texts that a value can be, as far as they are wholly known."""
    return [o.value for o in alternatives(value) if isinstance(o, Known) and isinstance(o.value, str)]


def concatenate(values: Iterable[Value]) -> Value:
    """The texts of several values one after the other, for every combination of their alternatives."""
    return _combine([[_parts(option) for option in alternatives(value)] for value in values])


def _combine(columns: list[list[tuple[str | Gap, ...]]]) -> Value:
    size = 1
    for position, column in enumerate(columns):
        size *= len(column)
        if size > MOST_ALTERNATIVES:
            size //= len(column)
            columns[position] = [(Gap("many"),)]
    return choice(text([part for parts in row for part in parts]) for row in product(*columns))


def _parts(value: Value) -> tuple[str | Gap, ...]:
    match value:
        case Known(None):
            return (Gap("name", "None"),)  # a default that is replaced before a path is made of it
        case Known(inner):
            return (str(inner),)
        case Template(parts):
            return parts
        case Gap():
            return (value,)
    return (Gap("call"),)


def text(parts: Iterable[str | Gap]) -> Value:
    """A text from literal parts and gaps: neighbouring literals are joined."""
    merged: list[str | Gap] = []
    for part in parts:
        if isinstance(part, str):
            if not part:
                continue
            if merged and isinstance(merged[-1], str):
                merged[-1] += part
                continue
        merged.append(part)
    if not merged:
        return Known("")
    if len(merged) == 1:
        only = merged[0]
        return Known(only) if isinstance(only, str) else only
    if len(merged) > 64:
        return Gap("many")
    return Template(tuple(merged))


def map_text(value: Value, function: Callable[[str], str]) -> Value:
    """Apply a function to known texts; templates and everything else become gaps."""

    def one(option: Value) -> Value:
        if isinstance(option, Known) and isinstance(option.value, str):
            return Known(function(option.value))
        return option if isinstance(option, Gap) else Gap("call")

    return each(value, one)


# --- paths ---


def join_paths(values: Iterable[Value]) -> Value:
    """`os.path.join` and the `/` of pathlib: an absolute later part replaces what is before it."""
    values = list(values)
    columns = [_segments(value, position == len(values) - 1 > 0) for position, value in enumerate(values)]
    if not columns:
        return Known("")
    joined = columns[0]
    for column in columns[1:]:
        pairs = list(product(joined, column))
        if len(pairs) > MOST_ALTERNATIVES:
            pairs = [(left, (Gap("many"),)) for left in joined[:MOST_ALTERNATIVES]]
        joined = [_join(left, right) for left, right in pairs]
    return choice(text(parts) for parts in joined)


def _segments(value: Value, is_last: bool) -> list[tuple[str | Gap, ...]]:
    """The alternatives of a part of a path; None is no path, whoever passes it takes another branch.

    So it is with an empty name, where there are others.
    """
    options = [
        option for option in alternatives(value) if not (isinstance(option, Known) and option.value is None)
    ]
    if is_last and len(options) > 1:
        options = [option for option in options if not (isinstance(option, Known) and option.value == "")]
    return [_parts(option) for option in options] or [(Gap("name", "None"),)]


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
        parts = list(_parts(option))
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
        parts = _parts(option)
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
        parts = list(_parts(option))
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
