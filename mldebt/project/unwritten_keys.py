"""Keys of a file store that code reads and that nothing writes.

A store is a family of paths that differ in their last part alone: `/registry/{run}/train.csv`,
`/registry/{run}/test.csv`. Where a project writes several keys of a family, it fills the store itself; then a key
that it only reads is never there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import dirname
from typing import TYPE_CHECKING, NamedTuple

from mldebt.project.accesses import WRITES, DataAccess
from mldebt.source import Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_GAP = re.compile(r"\{[^{}]*\}")
_FEWEST_KEYS = 2
_NO_PART = (Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE)


class UnwrittenKey(NamedTuple):
    """A key that is read and never written. `written` holds a write of each other key of the store."""

    name: str
    reads: tuple[DataAccess, ...]
    written: tuple[DataAccess, ...]


class _Family(NamedTuple):
    """The paths of one directory with gaps in it, of one ending."""

    directory: str
    ending: str


def unwritten_keys(project: Project) -> Iterator[UnwrittenKey]:
    """The keys that stores lack, by store and name."""
    reads: dict[_Family, dict[str, list[DataAccess]]] = defaultdict(lambda: defaultdict(list))
    writes: dict[_Family, dict[str, list[DataAccess]]] = defaultdict(lambda: defaultdict(list))
    for access in project.accesses:
        family = _family(project, access)
        if family is None or access.address is None or _is_uncalled(access):
            continue
        if access.effect in WRITES:
            writes[family][access.address.name].append(access)
        elif access.effect == "reads":
            reads[family][access.address.name].append(access)
    for family in sorted(reads):
        written = writes.get(family, {})
        others = [name for name in written if name]
        if "" in written or len(others) < _FEWEST_KEYS:
            continue
        for name in sorted(reads[family]):
            if name and name not in written:
                yield UnwrittenKey(
                    name, tuple(reads[family][name]), tuple(written[other][0] for other in sorted(others))
                )


def _family(project: Project, access: DataAccess) -> _Family | None:
    """The store that an access is about; None for what is no store, or a part of a test."""
    address = access.address
    if address is None or address.is_known or address.is_remote or access.source.source.is_any(*_NO_PART):
        return None
    if project.by_path[access.component].source.is_any(*_NO_PART):
        return None
    directory = _GAP.sub("{}", dirname(address.shape))
    literal = [part for part in directory.split("/") if part and "{}" not in part]
    ending = address.shape.rpartition(".")[2]
    if "{}" not in directory or not literal or "{" in ending or "/" in ending:
        return None
    if not address.shape.startswith("/"):
        directory = f"{project.subprojects.root_of(access.component)}:{directory}"
    return _Family(directory, ending)


def _is_uncalled(access: DataAccess) -> bool:
    """Whether an access is that of a function that passes its parameter on and that nobody calls."""
    shape = access.address.shape if access.address is not None else ""
    function = access.source.enclosing(access.call.block, "function")
    if function is None or access.chain:
        return False
    names = {
        param.name
        for found in access.source.facts.functions
        if access.source.facts.blocks[found.block] is function
        for param in found.params
    }
    gaps = {gap[1:-1] for gap in _GAP.findall(shape)}
    return bool(gaps) and gaps <= names
