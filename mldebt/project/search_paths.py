"""Where a file looks for modules besides the usual places: what it adds to `sys.path`."""

from __future__ import annotations

from posixpath import dirname, join, normpath

from mldebt.facts import Attr, Binary, Called, Const, Expr, Item, Ref
from mldebt.project.source_facts import SourceFacts

_ADDS = frozenset({"sys.path.append", "sys.path.insert"})
_JOINS = frozenset({"os.path.join", "pathlib.Path", "pathlib.PurePath"})
_SAME = frozenset(
    {"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.fspath", "str", "os.path.expanduser"}
)
_SAME_METHODS = frozenset({"resolve", "absolute", "as_posix", "expanduser", "__str__"})
_HERE = frozenset({"os.getcwd", "pathlib.Path.cwd", "os.curdir"})
_DEEPEST = 8


def added_directories(source: SourceFacts) -> list[str]:
    """The directories of the project that a file adds to `sys.path`, as paths from the root, in textual order.

    A relative one is taken from the file's own directory and from the root: the file may be run from either.
    """
    found: list[str] = []
    for call in source.facts.calls:
        if call.name not in _ADDS or not call.args:
            continue
        for base in dict.fromkeys((source.directory, "")):
            path = _folded(source, call.args[-1], base, 0)
            if path is not None and not path.startswith(("../", "/")):
                found.append("" if path in (".", "..") else path)
    return list(dict.fromkeys(found))


def _folded(source: SourceFacts, expr: Expr, base: str, depth: int) -> str | None:
    """The path that an expression gives for a file that is run in a directory; None if it is not known."""
    if depth > _DEEPEST:
        return None
    match expr:
        case Const(str() as text):
            return _joined(base, text) if ":" not in text else None
        case Ref("__file__"):
            return source.path
        case Ref(_, bindings) if len(bindings) == 1 and bindings[0] >= 0:
            binding = source.facts.bindings[bindings[0]]
            known = binding.kind == "assign" and binding.value is not None and not binding.path
            return (
                _folded(source, binding.value, base, depth + 1) if known and binding.value is not None else None
            )
        case Attr(inner, "parent"):
            return _above(_folded(source, inner, base, depth + 1), 1)
        case Item(Attr(inner, "parents"), Const(int() as steps)):
            return _above(_folded(source, inner, base, depth + 1), steps + 1)
        case Binary("/", left, Const(str() as text)):
            start = _folded(source, left, base, depth + 1)
            return _joined(start, text) if start is not None else None
        case Called(number):
            return _called(source, number, base, depth)
    return None


def _called(source: SourceFacts, number: int, base: str, depth: int) -> str | None:
    call = source.facts.calls[number]
    if call.name in _HERE:
        return base
    if isinstance(call.func, Attr) and call.func.name in _SAME_METHODS and not call.name.startswith("os."):
        return _folded(source, call.func.base, base, depth + 1)
    if not call.args:
        return None
    first = _folded(source, call.args[0], base, depth + 1)
    if first is None or call.name in _SAME:
        return first
    if call.name == "os.path.dirname":
        return _above(first, 1)
    if call.name in _JOINS:
        for part in call.args[1:]:
            if not isinstance(part, Const) or not isinstance(part.value, str):
                return None
            first = _joined(first, part.value)
        return first
    return None


def _joined(start: str, text: str) -> str:
    return normpath(join(start or ".", text))


def _above(path: str | None, steps: int) -> str | None:
    for _ in range(steps):
        if path is None or path in ("", "."):
            return None
        path = dirname(path) or "."
    return path
