"""`${a.b[0]}` in declarations: filled from a context of plain values, kept where the context lacks it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_HOLE = re.compile(r"(?<!\\)\$\{\s*([^${}]+?)\s*\}")
_STEP = re.compile(r"[^.\[\]]+")


def lookup(context: Mapping[str, Any], name: str) -> Any:
    """The value under a dotted name such as `train.layers[0]`. Raises KeyError where there is none."""
    value: Any = context
    for step in _STEP.findall(name):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise KeyError(name)
    return value


def fill(template: str, context: Mapping[str, Any], *, command: bool = False) -> str:
    """A text with its `${}` filled in. In a command, maps become options and lists several words."""
    if "${" not in template:
        return template

    def replacement(match: re.Match[str]) -> str:
        try:
            value = lookup(context, match[1])
        except KeyError:
            return match[0]
        if isinstance(value, Mapping | list):
            return _words(value) if command else match[0]
        return scalar(value)

    return _HOLE.sub(replacement, template).replace("\\${", "${")


def whole(template: str, context: Mapping[str, Any]) -> Any:
    """The value that a text consisting of one `${}` stands for; None where it is no such text."""
    match = _HOLE.fullmatch(template.strip())
    try:
        return None if match is None else lookup(context, match[1])
    except KeyError:
        return None


def names_in(template: str) -> list[str]:
    """The dotted names that a text refers to."""
    return _HOLE.findall(template)


def scalar(value: object) -> str:
    """A scalar as a template writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def merge(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two contexts in one, maps merged key by key; the second one wins."""
    merged = dict(base)
    for key, value in other.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _words(value: Mapping[str, Any] | list[Any]) -> str:
    """A map as `--key value`, a list as its items; `true` is a bare option, `false` none."""
    if isinstance(value, list):
        return " ".join(scalar(item) for item in value)
    words = []
    for key, item in value.items():
        if item is True:
            words.append(f"--{key}")
        elif isinstance(item, list):
            words.append(f"--{key} {_words(item)}")
        elif isinstance(item, Mapping):
            words.append(_words({f"{key}.{inner}": deeper for inner, deeper in item.items()}))
        elif item is not False:
            words.append(f"--{key} {scalar(item)}")
    return " ".join(words)
