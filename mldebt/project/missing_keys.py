"""Reads of keys that no configuration document has."""

from __future__ import annotations

import re
from typing import NamedTuple

from mldebt.facts import Attr, Const, Expr, Item, Ref, Seq
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Location

Keys = tuple[str | int, ...]
Place = tuple[str, Keys]
"""A document's path and the keys that lead to a part of it."""

_CATCHES = re.compile(
    r"^$|(^|\.)(KeyError|AttributeError|LookupError|Exception|BaseException|\w*Config\w*Error)$"
)


class MissingKey(NamedTuple):
    """A read of a key that none of the documents has. `written` is the access as it stands in the code."""

    source: SourceFacts
    location: Location
    block: int
    written: str
    places: tuple[Place, ...]
    key: str


def is_caught(missing: MissingKey) -> bool:
    """Whether a read stands in a `try` that expects it to fail."""
    source = missing.source
    blocks = source.facts.blocks
    tries = [blocks[number] for number in source.ancestors(missing.block) if blocks[number].kind == "try"]
    for handler in blocks if tries else ():
        if handler.kind == "except" and any(handler.parent == tried.parent for tried in tries):
            caught = handler.test.items if isinstance(handler.test, Seq) else (handler.test,)
            if any(test is None or _CATCHES.search(qualified(source, test)) for test in caught):
                return True
    return False


def is_content(missing: MissingKey) -> bool:
    """Whether the key is how pydantic gives the whole content of a `RootModel`."""
    return missing.key == "root" and any(fact.name == "RootModel" for fact in missing.source.facts.imports)


def as_written(step: Expr) -> str:
    """A chain as a reader would write it; empty if it does not start at a name."""
    match step:
        case Ref(name):
            return name
        case Attr(base, name):
            inner = as_written(base)
            return f"{inner}.{name}" if inner else ""
        case Item(base, Const(key)):
            inner = as_written(base)
            return f"{inner}[{key!r}]".replace("'", '"') if inner else ""
    return ""
