"""What the methods of texts do to them, and of paths, which are texts here."""

from __future__ import annotations

from collections.abc import Callable
from posixpath import splitext
from typing import TYPE_CHECKING

from mldebt.facts import Call
from mldebt.project.formatting import brace_format
from mldebt.project.source_facts import SourceFacts
from mldebt.values import (
    CWD,
    Gap,
    Items,
    Known,
    Object,
    Template,
    Value,
    absolute,
    concatenate,
    join_paths,
    last_name,
    map_text,
    parent,
    replaced,
)

if TYPE_CHECKING:
    from mldebt.project.evaluation import Evaluation
    from mldebt.project.frames import Frame

_CASES: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "strip": str.strip,
    "title": str.title,
    "capitalize": str.capitalize,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
}
_UNCHANGED = frozenset(["expanduser", "as_posix", "__str__", "encode", "decode", "__fspath__"])
_ABSOLUTE = frozenset(["resolve", "absolute"])
TEXT_METHODS = (
    _UNCHANGED | _ABSOLUTE | _CASES.keys() | {"format", "joinpath", "with_suffix", "with_name", "replace", "join"}
)
"""What keeps a gap a text that is not known, as far as it is called on one."""


def text_method(
    evaluator: Evaluation, source: SourceFacts, fact: Call, receiver: Value, name: str, frame: Frame
) -> Value:
    """What a method of a text, which may be a path, gives."""
    args = [evaluator.value(source, arg, frame) for arg in fact.args]
    if name in _UNCHANGED:
        return receiver
    if name in _ABSOLUTE:
        return absolute(receiver)
    if name == "cwd":
        return Known(CWD)
    if name in _CASES and not args:
        return map_text(receiver, _CASES[name])
    if name in ("endswith", "startswith") and len(args) == 1:
        return _has_end(receiver, args[0], name)
    if name == "format":
        keywords = {k.name: evaluator.value(source, k.value, frame) for k in fact.keywords if k.name}
        return brace_format(receiver, args, keywords)
    if name == "joinpath":
        return join_paths([receiver, *args])
    if name == "with_suffix" and len(args) == 1:
        stem = map_text(receiver, lambda p: splitext(p)[0])
        return concatenate([stem, args[0]])
    if name == "with_name" and len(args) == 1:
        return join_paths([parent(receiver), args[0]])
    if name == "replace" and len(args) == 2 and all(isinstance(a, Known) for a in args):
        old, new = (str(a.value) for a in args if isinstance(a, Known))
        return replaced(receiver, old, new)
    if name == "join" and len(args) == 1 and isinstance(args[0], Items):
        pieces: list[Value] = []
        for position, entry in enumerate(args[0].items):
            if position:
                pieces.append(receiver)
            pieces.append(entry)
        return concatenate(pieces)
    if name == "split":
        return Gap("call", name)
    if name in ("glob", "rglob", "iterdir"):
        return Gap("glob", name)
    if name == "open":
        return Object("file", receiver)
    if name in ("read_text", "read_bytes"):
        return Object("text", receiver)
    return Gap("call", name)


def ending(path: Value) -> Value:
    """The extension of a path, of one with gaps too if its end is known."""
    if isinstance(path, Template) and isinstance(last := path.parts[-1], str) and "." in last.rpartition("/")[2]:
        return Known(splitext(f"_{last}")[1])
    return map_text(last_name(path), lambda name: splitext(name)[1])


def _has_end(text: Value, wanted: Value, method: str) -> Value:
    """`endswith` and `startswith`, as far as the ends of the text are known."""
    ends = [wanted] if isinstance(wanted, Known) else list(wanted.items) if isinstance(wanted, Items) else []
    known = [end.value for end in ends if isinstance(end, Known) and isinstance(end.value, str)]
    parts = (text.value,) if isinstance(text, Known) else text.parts if isinstance(text, Template) else ()
    part = parts[-1 if method == "endswith" else 0] if parts else None
    if not known or len(known) != len(ends) or not isinstance(part, str):
        return Gap("arithmetic")
    if len(parts) > 1 and any(len(end) > len(part) for end in known):
        return Gap("arithmetic")
    return Known(getattr(part, method)(tuple(known)))
