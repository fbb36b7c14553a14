"""Data that code reads and that comes from nowhere: no producer, no tracked file, no declaration, no instruction.

Whatever could bring the data in (a download, a write to an unknown path, a word in a document) leaves it in peace.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from posixpath import basename, dirname, join, normpath, splitext
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Const
from mldebt.project.accesses import WRITES, DataAccess
from mldebt.project.addresses import Address, is_platform_mount
from mldebt.project.artifacts import Artifact
from mldebt.project.guards import happens
from mldebt.project.handoffs import covers
from mldebt.project.source_facts import SourceFacts
from mldebt.project.strings import strings_of
from mldebt.source import Kind, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_FETCHERS = re.compile(
    r"(^|[.\n])(urlretrieve|urlopen|gdown|kagglehub|wget|download\w*|fetch\w*|extractall|copyfile|copytree|move|unpack_archive"
    r"|kaggle|snapshot_download|hf_hub_download|get_file|sync|boto3|minio|fsput)($|[.\n])"
)
_COMMANDS = frozenset(
    "wget curl gdown kaggle unzip tar aws gsutil gcloud scp rsync cp mv git-lfs 7z gunzip".split()
)
_TELLING = 10
_TABLES = frozenset({"pandas.read_csv", "pandas.read_pickle", "pandas.read_table", "pandas.read_feather"})
"""What reads one file, whatever it is called."""
_OF_COMPETITION = re.compile(r"(train|test|sample_?submission)(_\w+)?")
_SECRET = re.compile(
    r"(api|access|private|secret|auth)[_-]?keys?\b|credential|secret|passw|token[_.]", re.IGNORECASE
)
"""Names of files with credentials: these must not be in a repository."""
_GAP = re.compile(r"\{[^{}]*\}")
_ASKING = ("Option", "option", "Argument", "argument")
"""What the names of functions end with that declare an option."""
_NOT_SAID = frozenset({"", ".", "data", "src", "notebooks"})


class Phantom(NamedTuple):
    """An artifact without an origin, with the reads that need it; `described` says that a document speaks of it."""

    artifact: Artifact
    reads: tuple[DataAccess, ...]
    described: bool = False


def phantoms(project: Project) -> Iterator[Phantom]:
    """The data without an origin of which no document speaks, by sub-project and name."""
    return (found for found in project.untracked_inputs if not found.described)


def find_untracked_inputs(project: Project) -> Iterator[Phantom]:
    """The data that nothing here produces, tracks, downloads or declares, by sub-project and name."""
    around: dict[str, list[SourceFacts]] = defaultdict(list)
    for source in project.sources():
        around[project.subprojects.root_of(source.path)].append(source)
    code = project.code
    # most projects need not ask
    brought = functools.cache(lambda root: any(map(_fetches, around[root])))
    documents = functools.cache(lambda: "\n".join(s.text().lower() for s in project.sources(Kind.MARKDOWN)))
    pulled = functools.cache(
        lambda: {basename(t) for source in code for t, _ in strings_of(source) if t.endswith(".dvc")}
    )
    defaults = _given_by_users(project)
    written = _written(project)
    for artifact in project.artifacts:
        address = artifact.address
        if not artifact.is_data or artifact.writes or not _is_inside(address):
            continue
        if not address.ending and not any(read.api in _TABLES for read in artifact.reads):
            continue  # a directory, as far as its name tells
        if brought(artifact.subproject) or _is_there(project, address.path) or address.name in defaults:
            continue
        if any(_is_there(project, path) for path in _beside_the_code(artifact)):
            continue
        if f"{address.name}.dvc" in pulled() or _SECRET.search(address.name):
            continue
        if _is_declared(project, address):
            continue
        if written[artifact.subproject].could_make(address):
            continue
        reads = tuple(read for read in artifact.reads if _is_needed(read) and str(read.address) == str(address))
        if reads:
            yield Phantom(artifact, reads, _is_mentioned(address.path, documents()))


def _is_inside(address: Address) -> bool:
    path = address.path
    known = address.is_known and not address.is_remote and not is_platform_mount(address)
    return known and not path.startswith(("/", "~", "..", "$")) and ":" not in path and "\n" not in path


def _is_there(project: Project, path: str) -> bool:
    if path in project.files or f"{path}.dvc" in project.files:
        return True
    return path in project.directories or any(f"{directory}.dvc" in project.files for directory in _above(path))


def _beside_the_code(artifact: Artifact) -> set[str]:
    """The paths that reads mean if their programs run in their own directories."""
    found = set()
    for read in artifact.reads:
        if read.address is not None and read.address.is_known and not read.address.shape.startswith("/"):
            found.add(normpath(join(dirname(read.component), read.address.shape)))
    return found


def _above(path: str) -> Iterator[str]:
    while path := dirname(path):
        yield path


def _is_declared(project: Project, address: Address) -> bool:
    if any(covers(declared, address) for declared in project.declared_data):
        return True
    return any(covers(d, address) for stage in project.stages for d in (*stage.inputs, *stage.products))


def _is_mentioned(path: str, documents: str) -> bool:
    """Whether a document speaks of a file, or of its directory where that is more than `data`."""
    directory = dirname(path)
    stem = splitext(basename(path).lower())[0]
    if basename(path).lower() in documents or (len(stem) >= _TELLING and stem in documents):
        return True
    if _OF_COMPETITION.fullmatch(stem) and "kaggle.com/c" in documents:
        return True  # who takes part knows where the files of the competition are
    return directory not in _NOT_SAID and directory.lower() in documents


class _Written:
    """What the writes of a sub-project may make, whether or not their paths are wholly known."""

    def __init__(self, addresses: set[Address | None]) -> None:
        known = {address.path for address in addresses if address is not None and address.is_known}
        shapes = {basename(_GAP.sub("*", a.shape)) for a in addresses if a is not None and not a.is_known}
        self._anything = None in addresses or any(not splitext(shape)[1] for shape in shapes)
        self._paths = known
        self._names = {basename(path) for path in known}
        patterns = (".*".join(re.escape(part) for part in shape.split("*")) for shape in sorted(shapes))
        self._shapes = re.compile("|".join(patterns)) if shapes else None

    def could_make(self, address: Address) -> bool:
        """Whether a write may make a file."""
        if (
            self._anything
            or address.name in self._names
            or any(path in self._paths for path in _above(address.path))
        ):
            return True
        return self._shapes is not None and bool(self._shapes.fullmatch(address.name))


def _written(project: Project) -> Mapping[str, _Written]:
    """What is written by sub-project, tests apart."""
    found: dict[str, set[Address | None]] = defaultdict(set)
    for write in project.accesses:
        if write.effect in WRITES and not write.source.source.is_any(Role.TEST):
            found[project.subprojects.root_of(write.component)].add(write.address)
    nothing = _Written(set())
    return defaultdict(lambda: nothing, {root: _Written(addresses) for root, addresses in found.items()})


def _is_needed(read: DataAccess) -> bool:
    return read.effect == "reads" and happens(read.source, read.call.block)


def _fetches(source: SourceFacts) -> bool:
    """Whether a file brings data in from outside, or moves it about."""
    header = source.facts.header
    started = {basename(command.argv[0]) for command in source.facts.commands if command.argv}
    names = "\n".join((*header.names, *header.methods, *header.modules))
    return _FETCHERS.search(names) is not None or not started.isdisjoint(_COMMANDS)


def _given_by_users(project: Project) -> set[str]:
    """The names of files that are defaults of command-line options: the user says where they are."""
    found: set[str] = set()
    for source in project.code:
        asking = (n for last, numbers in source.calls_by_name.items() if last.endswith(_ASKING) for n in numbers)
        for call in (source.facts.calls[number] for number in asking):
            method = call.func.name if isinstance(call.func, Attr) else ""
            if call.name.endswith(_ASKING) or method == "add_argument":
                values = (*call.args, *(keyword.value for keyword in call.keywords))
                found |= {basename(v.value) for v in values if isinstance(v, Const) and isinstance(v.value, str)}
    return found
