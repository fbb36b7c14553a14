"""A configuration file's entries as a tree to walk down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mldebt.facts import Entry
from mldebt.source import Location

if TYPE_CHECKING:
    from mldebt.project.source_facts import SourceFacts


class Node:
    """A map, a list or a scalar of a document, with what is below it."""

    __slots__ = ("_children", "entry", "source")

    def __init__(
        self, source: SourceFacts, entry: Entry, children: dict[tuple[str | int, ...], list[Entry]]
    ) -> None:
        self.source = source
        self.entry = entry
        self._children = children

    @property
    def key(self) -> str:
        """The key or number under which the node stands; empty for the root."""
        return str(self.entry.path[-1]) if self.entry.path else ""

    @property
    def is_map(self) -> bool:
        """Whether the node has keys."""
        return self.entry.kind == "map"

    @property
    def is_list(self) -> bool:
        """Whether the node has numbered items."""
        return self.entry.kind == "seq"

    @property
    def text(self) -> str:
        """A scalar as text, booleans in lower case; empty for null, maps and lists."""
        value = self.entry.value
        if isinstance(value, bool):
            return str(value).lower()
        return "" if value is None else value if isinstance(value, str) else self.entry.text

    @property
    def location(self) -> Location:
        """The place of the value."""
        return self.source.location(self.entry.span)

    @property
    def key_location(self) -> Location:
        """The place of the key."""
        return self.source.location(self.entry.key)

    def children(self) -> Iterator[Node]:
        """The nodes directly below, in document order; of repeated keys the last one counts."""
        below = self._children.get(self.entry.path, [])
        for entry in {entry.path: entry for entry in below}.values():
            yield Node(self.source, entry, self._children)

    def get(self, *keys: str) -> Node | None:
        """What stands under a chain of keys; None where there is nothing, or null."""
        node: Node | None = self
        for key in keys:
            node = next((child for child in node.children() if child.key == key), None) if node else None
        return None if node is None or node.is_null else node

    @property
    def is_null(self) -> bool:
        """Whether the node is an empty scalar."""
        return self.entry.kind == "scalar" and self.entry.value is None

    def texts(self) -> Iterator[Node]:
        """The scalars of a list, or the node itself where it is a scalar."""
        if self.entry.kind == "scalar":
            if not self.is_null:
                yield self
        elif self.is_list:
            for child in self.children():
                if child.entry.kind == "scalar" and not child.is_null:
                    yield child

    def plain(self) -> Any:
        """The node as dicts, lists and scalars."""
        if self.is_map:
            return {child.key: child.plain() for child in self.children()}
        if self.is_list:
            return [child.plain() for child in self.children()]
        return self.entry.value


def document(source: SourceFacts | None, number: int = 0) -> Node | None:
    """The root of a file's first (or another) document; None where it has none."""
    if source is None:
        return None
    children: dict[tuple[str | int, ...], list[Entry]] = {}
    root: Entry | None = None
    for entry in source.facts.entries:
        if entry.document != number:
            continue
        if entry.path:
            children.setdefault(entry.path[:-1], []).append(entry)
        else:
            root = entry
    return None if root is None else Node(source, root, children)
