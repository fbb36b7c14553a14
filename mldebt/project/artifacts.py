"""Artifacts: the data that code reads and writes, each with all the places that do.

Addresses that mean the same data are brought together inside one sub-project only (see `addresses.unify`). The
result does not depend on the order of anything.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from posixpath import splitext
from typing import TYPE_CHECKING, NamedTuple

from mldebt.project.accesses import READS, WRITES, DataAccess
from mldebt.project.addresses import Address, Match, is_distinctive, says_enough, unify
from mldebt.project.groups import Groups
from mldebt.source import Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MOST_IN_BUCKET = 80
_COPY = re.compile(r"([ _-]*\(?copy\)?[ _-]*\d*| \(\d+\)|-checkpoint)$", re.IGNORECASE)
_NOT_DATA = frozenset(
    f".{ending}"
    for line in (
        "py ipynb md rst toml cfg ini sh bat yml yaml html htm css js ts svg png jpg jpeg gif pdf eps tex log",
        "lock sql dockerfile gitignore env pyc so dll whl tf tfvars webp bmp mp4 avi wav mp3",
    )
    for ending in line.split()
)
_MODELS = frozenset(
    f".{ending}"
    for ending in "pkl pickle joblib pt pth ckpt h5 hdf5 keras onnx model cbm bin safetensors sav pb".split()
)
_FRAMES = frozenset({"pandas", "polars", "numpy", "pyarrow", "dask", "geopandas"})
_TABLES = frozenset(
    f".{ending}" for ending in "csv tsv parquet feather arrow xlsx xls npy npz jsonl orc hdf avro db".split()
)


class Artifact(NamedTuple):
    """A dataset, table, model or other file with its accesses, in order of place.

    `kind` is dataset, model, table, metrics, config or file; `level` tells how surely its addresses are one.
    """

    name: str
    address: Address
    kind: str
    subproject: str
    level: Match
    writes: tuple[DataAccess, ...]
    reads: tuple[DataAccess, ...]

    @property
    def is_sure(self) -> bool:
        """Whether all its addresses surely mean the same data."""
        return self.level >= Match.SUFFIX

    @property
    def is_service(self) -> bool:
        """Whether the address is that of a service, which answers what it likes: data comes from it, if at all."""
        return self.address.shape.startswith(("http://", "https://")) and not self.address.ending

    @property
    def is_data(self) -> bool:
        """Whether this is something that a pipeline reads or makes: no code, picture, page or log."""
        if self.address.name.startswith("requirements") and self.address.ending == ".txt":
            return False
        return self.kind in ("dataset", "model", "table") or (
            self.kind == "file" and self.address.ending not in _NOT_DATA
        )


def is_versioned(project: Project, artifact: Artifact) -> bool:
    """Whether git or DVC keeps a file that no stage makes: the data that a project starts from."""
    path = artifact.address.path
    return bool(path) and (path in project.files or f"{path}.dvc" in project.files)


def component_of(path: str) -> str:
    """What two files that are one step share: a notebook and its export, a script and its copy."""
    return _COPY.sub("", splitext(path)[0])


def find_artifacts(project: Project) -> Iterator[Artifact]:
    """All artifacts, by sub-project and name."""
    by_subproject: dict[str, list[DataAccess]] = defaultdict(list)
    for access in project.accesses:
        if access.address is None or access.effect not in READS | WRITES:
            continue
        if not _plays(project, access.component):
            continue
        by_subproject[project.subprojects.root_of(access.component)].append(access)
    for subproject in sorted(by_subproject):
        yield from _grouped(subproject, by_subproject[subproject])


def _plays(project: Project, path: str) -> bool:
    """Tests, vendored and generated code take no part in the data flow of a project."""
    source = project.source(path)
    return source is not None and not source.source.is_any(
        Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE
    )


def _grouped(subproject: str, accesses: Sequence[DataAccess]) -> Iterator[Artifact]:
    classes: dict[str, list[DataAccess]] = defaultdict(list)
    for access in accesses:
        classes[_class_of(access)].append(access)
    groups = _Classes(classes)
    groups.join_by_tail()
    for members in groups.members():
        found = [access for key in members for access in classes[key]]
        found.sort(key=lambda a: (a.location, a.effect, a.component))
        address = _best(a.address for a in found if a.address is not None)
        writes = tuple(a for a in found if a.effect in WRITES)
        reads = tuple(a for a in found if a.effect in READS)
        level = groups.level.get(members[0], Match.EXACT if address.is_known else Match.TEMPLATE)
        yield Artifact(str(address), address, _kind(address, found), subproject, level, writes, reads)


def _class_of(access: DataAccess) -> str:
    """Equal addresses are one class; templates that say too little only inside one component."""
    address = access.address
    assert address is not None
    if address.is_known or says_enough(address):
        return str(address)
    return f"{address.shape} in {access.component}"


class _Classes:
    """Classes of equal addresses, joined where two classes mean the same data."""

    def __init__(self, classes: dict[str, list[DataAccess]]) -> None:
        self._classes = classes
        self._groups = Groups[str]()
        self.level: dict[str, Match] = {}

    def join_by_tail(self) -> None:
        """Compare the classes that end in the same name: nothing else can mean the same."""
        buckets: dict[str, list[str]] = defaultdict(list)
        for key, accesses in self._classes.items():
            address = accesses[0].address
            if address is not None and address.name:
                buckets[address.name].append(key)
        for name in sorted(buckets):
            keys = sorted(buckets[name])
            if len(keys) > _MOST_IN_BUCKET:
                continue
            one_writer = sum(1 for key in keys if self._is_written(key)) == 1
            found = {(a, b): unify(self._address(a), self._address(b)) for a, b in combinations(keys, 2)}
            unsure = {key for key in keys if self._fits_several(key, found)}
            for (a, b), match in found.items():
                if a in unsure or b in unsure:
                    continue
                if match is Match.SUFFIX or (match is Match.NAME and one_writer and is_distinctive(name)):
                    self._join(a, b, match)

    def _fits_several(self, key: str, found: Mapping[tuple[str, str], Match]) -> bool:
        """Whether an address could be several files that have nothing to do with each other.

        `{folder}/run_0/info.json` fits the files of all programs that call them so; those that one program makes
        or takes together are one thing, whichever it is.
        """
        others = [
            b if a == key else a for (a, b), match in found.items() if match >= Match.NAME and key in (a, b)
        ]
        known = [other for other in others if self._address(other).is_known]
        if len(known) < 2:
            return False
        users = [{access.component for access in self._classes[other]} for other in known]
        return not set.intersection(*users)

    def _address(self, key: str) -> Address:
        address = self._classes[key][0].address
        assert address is not None
        return address

    def _is_written(self, key: str) -> bool:
        return any(access.effect in WRITES for access in self._classes[key])

    def _join(self, a: str, b: str, match: Match) -> None:
        first, second = self._groups.join(a, b)
        known = [self.level.pop(key) for key in (first, second) if key in self.level]
        self.level[first] = min([match, *known])

    def members(self) -> Iterator[list[str]]:
        """The joined classes; each list starts with its leader."""
        yield from self._groups.of(sorted(self._classes)).values()


def _best(addresses: Iterable[Address]) -> Address:
    """The address that says most: a known one before a template, a written path before a bare name."""
    return min(addresses, key=lambda a: (not a.is_known, -len(a.tail), str(a)))


def _kind(address: Address, accesses: Sequence[DataAccess]) -> str:
    formats = {access.format for access in accesses}
    if "table" in formats or "sql" in formats:
        return "table"
    if "model" in formats:
        return "model"
    ending = address.ending
    stem = address.name.lower()
    if ending == ".json" and any(word in stem for word in ("metric", "score", "result", "report")):
        return "metrics"
    if ending in (".yaml", ".yml", ".toml", ".ini", ".cfg") or stem in ("config.json", "params.json"):
        return "config"
    of_frames = any(access.api.partition(".")[0] in _FRAMES for access in accesses)
    if ending in _MODELS and not of_frames:
        return "model"
    if ending in _TABLES or of_frames or "dataset" in formats:
        return "dataset"
    return "file"
