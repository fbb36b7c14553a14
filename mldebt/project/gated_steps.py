"""Steps that run only if their own output is not there yet: a file that is left over decides what happens."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Block, Called, Logic, Unary
from mldebt.project.accesses import DataAccess
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_DATA = re.compile(
    r"\.(pkl|pickle|joblib|pt|pth|h5|hdf5?|keras|onnx|cbm|bin|safetensors|csv|tsv|parquet|feather|npy|npz|jsonl|xlsx?)$"
)
_KEPT = re.compile(r"ckpt|checkpoint|resume|state|history|log|latest|tmp|temp|vocab", re.IGNORECASE)
_FETCHES = re.compile(
    r"download|retrieve|gdown|wget|fetch|urlopen|requests|extractall|copy|snapshot|kaggle|symlink", re.IGNORECASE
)


class GatedStep(NamedTuple):
    """`check` asks whether the data is there, `write` makes it where it is not, `read` takes what is left over."""

    path: str
    check: DataAccess
    write: DataAccess
    read: DataAccess


def gated_steps(project: Project) -> Iterator[GatedStep]:
    """The steps whose own output says whether they run, by path and place; stages are left to their orchestrator."""
    by_data: dict[tuple[str, str], list[DataAccess]] = defaultdict(list)
    for access in project.accesses:
        if access.address is not None and access.address.is_known and _DATA.search(access.address.path.lower()):
            by_data[access.component, access.address.path].append(access)
    seen: set[Location] = set()
    for (component, path), accesses in by_data.items():
        effects = {access.effect for access in accesses}
        if not {"checks-exists", "writes", "reads"} <= effects or effects & {"appends", "deletes"}:
            continue
        if _KEPT.search(path) or any(
            s.declares_data for s, _ in project.stages_running(project.by_path[component])
        ):
            continue
        for check in accesses:
            step = _step(path, check, accesses) if check.effect == "checks-exists" else None
            if step is not None and check.location not in seen:
                seen.add(check.location)
                yield step


def _step(path: str, check: DataAccess, accesses: list[DataAccess]) -> GatedStep | None:
    source = check.source
    for index, block in enumerate(source.facts.blocks):
        made = _making_side(source, index, block, check)
        if made is None or _fetches(source, made):
            continue
        write = next((a for a in accesses if a.effect == "writes" and _is_in(source, a, made)), None)
        read = next((a for a in accesses if a.effect == "reads" and not _is_in(source, a, made)), None)
        if write is not None and _FETCHES.search(write.api):
            continue
        if any(a.effect == "writes" and a.source is source and not _is_in(source, a, made) for a in accesses):
            continue  # a table that each run takes up and writes again
        if write is not None and read is not None and source is read.source:
            return GatedStep(path, check, write, read)
    return None


def _making_side(source: SourceFacts, index: int, block: Block, check: DataAccess) -> range | None:
    """The lines that run if the data is not there; None if the block asks something else as well."""
    if block.kind != "if" or block.test is None or any(isinstance(part, Logic) for part in walk(block.test)):
        return None
    test = block.test
    negated = isinstance(test, Unary) and test.operator == "not"
    asked = test.operand if isinstance(test, Unary) else test
    if not isinstance(asked, Called) or source.facts.calls[asked.call] is not check.call:
        return None
    if negated:
        return range(block.span.line, block.span.end_line + 1)
    other = next((b for b in source.facts.blocks if b.kind == "else" and b.partner == index), None)
    return None if other is None else range(other.span.line, other.span.end_line + 1)


def _is_in(source: SourceFacts, access: DataAccess, lines: range) -> bool:
    """Whether an access happens in lines of a source, be it in a function that is called there."""
    if access.source is source and access.call.span.line in lines:
        return True
    return any(
        link.path == source.path and link.cell is None and link.span.line in lines for link in access.chain
    )


def _fetches(source: SourceFacts, lines: range) -> bool:
    """Whether the lines bring something in from outside, which does not depend on the code."""
    for call in source.facts.calls:
        name = call.name or (call.func.name if isinstance(call.func, Attr) else "")
        if call.span.line in lines and _FETCHES.search(name):
            return True
    return False
