"""Read plain data (TOML tables, YAML mappings) into msgspec Structs, reporting every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
Report = Callable[[str, str], None]
"""Receives the place of a mistake (`rules.max-files`, `select[1]`) and what is wrong there."""

_WORDS: dict[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    date: "a date",
    NoneType: "nothing",
    list: "a list",
    tuple: "a list",
    dict: "a table",
}
_BY_NAME = {kind.__name__: words for kind, words in _WORDS.items()}


def build(kind: type[S], data: object, report: Report, place: str = "") -> S | None:
    """The struct that `data` describes, or None after `report` has been told every mistake in it.

    Keys are the struct's encoded names; unknown ones are mistakes that name the nearest known key.
    """
    if not isinstance(data, dict):
        report(place, f"expected a table, got {describe(data)}")
        return None
    values, mistakes = _values(kind, data, report, place)
    return None if mistakes else kind(**values)


def usable(kind: type[S], data: dict[str, Any]) -> S:
    """The struct that `data` describes but for its mistakes, where the defaults stay; all keys need one."""
    values, _ = _values(kind, data, lambda place, message: None, "")
    return kind(**{name: _without_none(value) for name, value in values.items() if value is not None})


def _without_none(value: Any) -> Any:
    """A list without its mistaken items, of tables that hold lists, too."""
    if isinstance(value, tuple):
        return tuple(item for item in value if item is not None)
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items()}
    return value


def _values(kind: type[S], data: dict[str, Any], report: Report, place: str) -> tuple[dict[str, Any], int]:
    """The fields of a struct that `data` has, and the number of mistakes; a mistaken one is None or lacks items."""
    mistakes = 0

    def count(where: str, message: str) -> None:
        nonlocal mistakes
        mistakes += 1
        report(where, message)

    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for key, item in data.items():
        where = f"{place}.{key}" if place else str(key)
        if key in fields:
            values[fields[key].name] = _value(fields[key].type, item, count, where)
        else:
            count(where, "unknown key" + suggestion(str(key), fields))
    for key, field in fields.items():
        if field.required and field.name not in values:
            count(place, f"`{key}` is missing")
    return values, mistakes


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` for the nearest known word, or nothing when none is near."""
    near = nearest(word, known)
    return f"; did you mean `{near}`?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The nearest known word; empty when none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return near[0] if near else ""


def describe(value: object) -> str:
    """What a piece of plain data is, in words for messages."""
    return _WORDS.get(type(value), f"`{value!r}`")


def _value(kind: Any, item: object, report: Report, place: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        arguments = tuple(a for a in arguments if a is not NoneType)
        if item is None:
            return None
        if len(arguments) == 1:
            return _value(arguments[0], item, report, place)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return build(kind, item, report, place)
    if origin is Literal:
        return _choice(arguments, item, report, place)
    if origin is tuple:
        if not isinstance(item, list | tuple):
            report(place, f"expected a list, got {describe(item)}")
            return ()
        return tuple(_value(arguments[0], one, report, f"{place}[{i}]") for i, one in enumerate(item))
    if origin is dict:
        if not isinstance(item, dict):
            report(place, f"expected a table, got {describe(item)}")
            return {}
        return {str(k): _value(arguments[1], v, report, f"{place}.{k}") for k, v in item.items()}
    try:
        return msgspec.convert(item, kind)
    except msgspec.ValidationError as error:
        if kind in _WORDS:
            report(place, f"expected {_WORDS[kind]}, got {describe(item)}")
        else:
            message = str(error).split(" - at")[0]
            message = re.sub(r"`(\w+)`", lambda match: _BY_NAME.get(match[1], match[0]), message)
            report(place, message[:1].lower() + message[1:])
        return None


def _choice(choices: tuple[Any, ...], item: object, report: Report, place: str) -> Any:
    if item in choices:
        return item
    near = suggestion(item, map(str, choices)) if isinstance(item, str) else ""
    words = ", ".join(f"`{choice}`" for choice in choices)
    report(place, f"expected one of {words}, got `{item}`{near}")
    return None
