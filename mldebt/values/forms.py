"""The forms that a Value can take, and the choice between several."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

MOST_ALTERNATIVES = 16
LONGEST_TEXT = 20_000
MOST_ITEMS = 10_000
"""No path is so long, and no list of paths: what is doubled again and again would fill the memory."""


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
    """One of several values.

    `by_caller` says that it depends on who calls: two such choices are not free of each other.
    """

    options: tuple[Value, ...]
    by_caller: bool = False


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


def choice(values: Iterable[Value], *, by_caller: bool = False) -> Value:
    """One of several values, without repetitions; too many of them end in a gap."""
    options: dict[Value, None] = {}
    for value in values:
        if type(value) is Choice:
            options.update(dict.fromkeys(value.options))
            by_caller = by_caller or value.by_caller
        else:
            options[value] = None
    if not options:
        return Gap("name")
    if len(options) == 1:
        return next(iter(options))
    if len(options) > MOST_ALTERNATIVES:
        kept = list(options)[: MOST_ALTERNATIVES - 1]
        return Choice((*kept, Gap("many")), by_caller)
    return Choice(tuple(options), by_caller)


def depend_on_callers(values: Iterable[Value]) -> tuple[Iterable[Value], bool]:
    """The values to combine, without combinations that no caller makes; and whether they depend on callers at all.

    Of two choices that both depend on who calls, nobody knows which options go together.
    """
    kept: list[Value] = []
    found = False
    for value in values:
        is_linked = isinstance(value, Choice) and value.by_caller
        kept.append(Gap("many") if is_linked and found and value not in kept else value)
        found = found or is_linked
    return kept, found


def common_to_callers(value: Choice) -> Value:
    """What is left of a choice that depends on who calls where nobody knows which option is whose: the common name."""
    if sum(not isinstance(option, Gap) for option in value.options) < 2:
        return value
    names = {
        str(o.value).rpartition("/")[2] if isinstance(o, Known) and "/" in str(o.value) else ""
        for o in value.options
    }
    gap = Gap("many", "callers")
    name = names.pop() if len(names) == 1 else ""
    return Template((gap, f"/{name}")) if name else gap


def each(value: Value, function: Callable[[Value], Value]) -> Value:
    """Apply a function to every alternative."""
    if isinstance(value, Choice):
        return choice((function(option) for option in value.options), by_caller=value.by_caller)
    return function(value)


def is_known(value: Value) -> bool:
    """Whether nothing in the value is a gap."""
    if isinstance(value, Choice):
        return all(is_known(option) for option in value.options)
    return not isinstance(value, Gap | Template)


def bounded(value: Items | Table) -> Value:
    """A container, or a gap where containers in it, taken together, hold more than anybody writes down.

    A list of lists of lists is one thing in memory and millions to look at.
    """
    pending: list[Value] = _held(value)
    count = 0
    while any(isinstance(inner, Items | Table | Choice) for inner in pending):
        count += len(pending)
        if count > MOST_ITEMS:
            return Gap("many")
        pending = [held for inner in pending for held in _held(inner)]
    return value


def _held(value: Value) -> list[Value]:
    match value:
        case Items(_, items):
            return list(items)
        case Table(entries):
            return [held for _, held in entries]
        case Choice(options):
            return list(options)
    return []
