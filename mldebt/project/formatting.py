"""Texts made from patterns: `%` and `str.format`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mldebt.project.containers import indexed
from mldebt.values import Gap, Items, Known, Template, Value, concatenate, each

_FIELD = re.compile(r"\{\{|\}\}|\{([^{}!:]*)(?:![rsa])?(:[^{}]*)?\}")
_WIDE = re.compile(r"\d{4}")
"""Thousands of columns: nobody writes such a name."""
_PERCENT = re.compile(r"%%|%(?:\((\w+)\))?([-#0 +]*\d*(?:\.\d+)?)([sdifgerx])")


def percent_format(pattern: Value, values: Value) -> Value:
    """`pattern % values` for the plain conversions."""

    def one(option: Value) -> Value:
        if not isinstance(option, Known):
            return Gap("literal", "format")
        supplied = list(values.items) if isinstance(values, Items) else [values]
        pieces: list[Value] = []
        position = 0
        for match in _PERCENT.finditer(str(option.value)):
            pieces.append(Known(str(option.value)[position : match.start()]))
            position = match.end()
            if match[0] == "%%":
                pieces.append(Known("%"))
            elif match[1]:
                pieces.append(indexed(values, Known(match[1])))
            elif not supplied:
                return Gap("literal", "format")
            else:
                piece = supplied.pop(0)
                pieces.append(_formatted(piece, match[2], match[3]))
        pieces.append(Known(str(option.value)[position:]))
        return concatenate(pieces)

    return each(pattern, one)


def _formatted(value: Value, width: str, kind: str) -> Value:
    def one(option: Value) -> Value:
        if _WIDE.search(width):
            return Gap("literal", "format")
        if isinstance(option, Known) and width and isinstance(option.value, int | float | str):
            try:
                return Known(f"%{width}{kind}" % option.value)
            except (TypeError, ValueError):
                return Gap("literal", "format")
        return option

    return each(value, one)


def brace_format(pattern: Value, args: list[Value], keywords: Mapping[str, Value]) -> Value:
    """`pattern.format(*args, **keywords)`."""

    def one(option: Value) -> Value:
        if isinstance(option, Template):
            return concatenate([p if isinstance(p, Gap) else one(Known(p)) for p in option.parts])
        if not isinstance(option, Known):
            return option if isinstance(option, Gap) else Gap("literal", "format")
        source = str(option.value)
        pieces: list[Value] = []
        position = automatic = 0
        for match in _FIELD.finditer(source):
            pieces.append(Known(source[position : match.start()]))
            position = match.end()
            field = match[1]
            if field is None:
                pieces.append(Known(match[0][0]))
                continue
            name = re.split(r"[.\[]", field, maxsplit=1)[0]
            if not name:
                value = args[automatic] if automatic < len(args) else Gap("literal", "format")
                automatic += 1
            elif name.isdecimal():
                value = args[int(name)] if int(name) < len(args) else Gap("literal", "format")
            else:
                value = keywords.get(name, Gap("literal", name))
            plain = field == name and not match[2]
            pieces.append(value if plain else _with_spec(value, match[2] if field == name else None))
        pieces.append(Known(source[position:]))
        return concatenate(pieces)

    return each(pattern, one)


def _with_spec(value: Value, spec: str | None) -> Value:
    def one(option: Value) -> Value:
        if isinstance(option, Known) and spec and not _WIDE.search(spec):
            try:
                return Known(format(option.value, spec[1:]))
            except (TypeError, ValueError):
                return Gap("literal", "format")
        return option if isinstance(option, Gap) else Gap("literal", "format")

    return each(value, one)
