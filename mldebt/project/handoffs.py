"""Hand-offs: one component writes data that another reads, and whether anything declares it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from posixpath import basename, dirname, splitext
from typing import TYPE_CHECKING, NamedTuple

from mldebt.declarations.model import DATA_TOOLS, Declared, Stage
from mldebt.facts import Const
from mldebt.plain_facts import imported_name
from mldebt.project.accesses import DataAccess
from mldebt.project.addresses import Address, Match, is_distinctive, unify
from mldebt.project.artifacts import Artifact, component_of
from mldebt.project.catalogue_names import CATALOGUE
from mldebt.project.catalogue_names import PREFIX as CATALOGUED
from mldebt.project.sql_tables import PREFIX
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

_ORCHESTRATORS = DATA_TOOLS | {"airflow", "prefect", "dagster", "metaflow", "zenml", "kfp", "mlproject"}


_CREATES = re.compile(
    r"\s*create\s+(or\s+replace\s+)?(temp\w*\s+)?table\b(?!.*\b(select|insert|copy|update)\b)", re.I | re.S
)
_SESSION = re.compile(r"/kaggle/(working|temp|tmp)\b|/content/(?!g?drive\b)")
"""Where the notebooks of platforms write: a disk that lives as long as the notebook runs."""
_ABSOLUTE = ("/", "~", "A:", "C:", "D:", "E:")


class Handoff(NamedTuple):
    """`producer` and `consumer` are the paths of the files; `declared` says that something names the edge."""

    producer: str
    consumer: str
    artifact: Artifact
    write: DataAccess
    read: DataAccess
    declared: bool

    @property
    def is_sure(self) -> bool:
        """Whether the two paths surely mean the same data."""
        return self.artifact.is_sure


def find_handoffs(project: Project) -> Iterator[Handoff]:
    """All hand-offs, by artifact; one for each pair of components."""
    declarations = Declarations(project)
    for artifact in project.artifacts:
        if artifact.is_data and not artifact.is_service and artifact.writes and artifact.reads:
            yield from _of_artifact(project, artifact, declarations)


def _of_artifact(project: Project, artifact: Artifact, declarations: Declarations) -> Iterator[Handoff]:
    """The hand-offs of an artifact. What many scripts write and read makes many pairs: each must be cheap to judge."""
    users = _Users(artifact)
    reads: dict[str, list[DataAccess]] = {}
    for component, read in ((component_of(read.component), read) for read in artifact.reads):
        if not _makes_itself(users, read) and not _may_make_itself(project, users, read):
            reads.setdefault(component, []).append(read)
    seen: set[tuple[str, str]] = set()
    for write in artifact.writes:
        producer = component_of(write.component)
        for consumer in [] if _makes_nothing(write) else reads:
            if producer == consumer or (producer, consumer) in seen:
                continue
            for read in reads[consumer]:
                if _is_one(project, users, write, read):
                    seen.add((producer, consumer))
                    declared = declarations.declare(write, read, artifact)
                    yield Handoff(write.component, read.component, artifact, write, read, declared)
                    break


class _Users:
    """The components that write and read an artifact, and where."""

    def __init__(self, artifact: Artifact) -> None:
        self.writes_of: dict[str, list[DataAccess]] = {}
        for write in artifact.writes:
            self.writes_of.setdefault(write.component, []).append(write)
        self.writers = {(access.component, access.location) for access in artifact.writes}
        self.readers = {(access.component, access.location) for access in artifact.reads}
        self.crowded = {write.source.path for write in artifact.writes if write.is_cut}
        self.changing = set(self.writes_of) & {access.component for access in artifact.reads}


def _is_one(project: Project, users: _Users, write: DataAccess, read: DataAccess) -> bool:
    """Whether data go from a write to a read of two components.

    Not where a component also makes the access of the other one: it runs the other's code.
    """
    if _are_two_forms(write.component, read.component) or not _may_be_one(write, read):
        return False
    if _is_one_run(write, read) or _is_backwards(project, users, write.component, read.component):
        return False
    if (write.component, read.location) in users.readers or (read.component, write.location) in users.writers:
        return False
    return not _mean_other_files(project, write, read)


def _is_one_run(write: DataAccess, read: DataAccess) -> bool:
    """Whether one component is on the way that the other takes to its access: they run together."""
    return read.component in {place.path for place in write.chain} or write.component in {
        place.path for place in read.chain
    }


def _is_backwards(project: Project, users: _Users, producer: str, consumer: str) -> bool:
    """Whether two components that both change data in place may run the other way round.

    Their stages can be declared in order; else nobody knows who comes first.
    """
    if producer not in users.changing or consumer not in users.changing:
        return False
    first, second = project.by_path[producer], project.by_path[consumer]
    runs = [(a, b) for a, _ in project.stages_running(first) for b, _ in project.stages_running(second)]
    ordered = [(a, b) for a, b in runs if a.path == b.path and a.id != b.id]
    order = {stage.id: number for number, stage in enumerate(project.stages)} if ordered else {}
    return not ordered or all(order[a.id] > order[b.id] for a, b in ordered)


def _may_be_one(write: DataAccess, read: DataAccess) -> bool:
    """Whether two accesses are of the same data themselves, not only through a third one that could be either.

    That only the names agree is enough for code that lies together.
    """
    if write.address is None or read.address is None:
        return False
    if write.address == read.address:
        return True
    match = unify(write.address, read.address)
    return match is not Match.NONE and (match is not Match.NAME or _lie_together(write.component, read.component))


def _lie_together(one: str, other: str) -> bool:
    """Whether two files are in one directory, in two of one parent, or one below that of the other."""
    first, second = dirname(one), dirname(other)
    if f"{first}/".startswith(f"{second}/".lstrip("/")) or f"{second}/".startswith(f"{first}/".lstrip("/")):
        return True
    return bool(dirname(first)) and dirname(first) == dirname(second)


def _makes_nothing(write: DataAccess) -> bool:
    """Whether a write puts no data anywhere: it makes an empty table, or a link to what is there."""
    query = next((a.value for a in write.call.args[:1] if isinstance(a, Const)), None)
    return write.api == "os.symlink" or (isinstance(query, str) and bool(_CREATES.match(query)))


def _mean_other_files(project: Project, write: DataAccess, read: DataAccess) -> bool:
    """Whether two notebooks, each of which runs in its own directory, name files of different directories.

    What a notebook of Kaggle leaves behind is mounted for others below its name; its own disk nobody else sees.
    """
    kinds = {project.by_path[access.component].kind for access in (write, read)}
    one, other = write.address, read.address
    if one is None or other is None:
        return False
    is_own_disk = _SESSION.match(one.shape) and _SESSION.match(other.shape)
    if is_own_disk and (kinds == {Kind.NOTEBOOK} or not is_distinctive(one.name)):
        return True
    if kinds != {Kind.NOTEBOOK}:
        return False
    if not (one.is_known and other.is_known):
        return False
    if one.path == other.path or any(address.path.startswith(_ABSOLUTE) for address in (one, other)):
        return False
    return splitext(basename(write.component))[0].lower() not in other.path.lower().split("/")


def _are_two_forms(one: str, other: str) -> bool:
    """Whether two files are a notebook and a script of the same name, wherever they lie: one step, written twice."""
    (stem, ending), (other_stem, other_ending) = splitext(basename(one)), splitext(basename(other))
    return stem == other_stem and {ending, other_ending} == {".ipynb", ".py"}


def _makes_itself(users: _Users, read: DataAccess) -> bool:
    """Whether the reading component also makes the data: before it reads it, or where it does not find it."""
    return any(
        write.is_before(read) or _is_conditional(write) or _is_conditional(read)
        for write in users.writes_of.get(read.component, ())
    )


def _may_make_itself(project: Project, users: _Users, read: DataAccess) -> bool:
    """Whether code on the way to the read imports a writer that has more callers than were followed."""
    if not users.crowded:
        return False
    on_the_way = {read.component, read.source.path, *(place.path for place in read.chain)}
    return any(not users.crowded.isdisjoint(_imported(project, path)) for path in on_the_way)


def _imported(project: Project, path: str) -> Iterator[str]:
    """A file and those of the project that it imports."""
    yield path
    source = project.by_path[path]
    for line in source.facts.imports:
        for name in (line.module, imported_name(line) if line.name else ""):
            found = project.names.module(source, name) if name else None
            if found is not None:
                yield found.path


def _is_conditional(access: DataAccess) -> bool:
    source = access.source
    return source.enclosing(access.call.block, "if", "else", "try", "except") is not None


def needs_a_notebook(project: Project, handoff: Handoff) -> bool:
    """Whether a script reads what only notebooks write, by hand: no stage runs the notebook, git has no copy."""
    artifact = handoff.artifact
    producer, consumer = project.by_path[handoff.producer], project.by_path[handoff.consumer]
    if producer.kind is not Kind.NOTEBOOK or consumer.kind is not Kind.PYTHON:
        return False
    if any(project.by_path[write.component].kind is Kind.PYTHON for write in artifact.writes):
        return False
    return artifact.address.path not in project.files and not project.stages_running(producer)


class Declarations:
    """What stages, catalogues and contracts say about data."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def declare(self, write: DataAccess, read: DataAccess, artifact: Artifact) -> bool:
        """Whether an edge is declared: by the data of stages, by their order, by a catalogue or contract."""
        if self._wired(write.component, artifact) & self._wired(read.component, artifact):
            return True
        if write.api.startswith(CATALOGUE) or read.api.startswith(CATALOGUE):
            return True
        producers, consumers = self.stages(write.component), self.stages(read.component)
        if any(covers(d, artifact.address) for d in self._catalogue):
            return True
        if any(covers(d, artifact.address) for s in producers for d in s.products):
            return bool(consumers) or any(covers(d, artifact.address) for s in consumers for d in s.inputs)
        if any(covers(d, artifact.address) for s in consumers for d in s.inputs):
            return True
        if any(p.tool == c.tool and p.path == c.path and p.id != c.id for p in producers for c in consumers):
            return True
        return not self._workflows(write.component).isdisjoint(self._workflows(read.component))

    def _workflows(self, path: str) -> set[str]:
        """The workflow files whose jobs run a source: they say in which order."""
        source = self._project.source(path)
        if source is None:
            return set()
        return {stage.path for stage, _ in self._project.stages_running(source) if stage.tool == "workflow"}

    def _wired(self, path: str, artifact: Artifact) -> set[str]:
        """The drivers (scripts, shell scripts, stages) that pass the data's path to a source on its command line."""
        source = self._project.source(path)
        runs = [] if source is None else self._project.stages_running(source)
        found = {stage.path for stage, argv in runs if _mentions(argv, artifact.address)}
        for process in self._project.processes:
            target = process.target
            if process.path == path and target is not None and _mentions(target.arguments, artifact.address):
                found.add(process.site.source.path)
        return found

    def stages(self, path: str) -> list[Stage]:
        """The stages of orchestrators that run a source."""
        source = self._project.source(path)
        if source is None:
            return []
        return [stage for stage, _ in self._project.stages_running(source) if stage.tool in _ORCHESTRATORS]

    @cached_property
    def _catalogue(self) -> tuple[Declared, ...]:
        kinds = ("dataset", "input", "output", "model", "table")
        return tuple(d for d in self._project.declared_data if d.kind in kinds)


def _mentions(words: tuple[str, ...], address: Address) -> bool:
    """Whether a command line names data: by its path, or after the `=` of an option."""
    return any(word.partition("=")[2] == address.shape or word == address.shape for word in words)


def covers(declared: Declared, address: Address) -> bool:
    """Whether a declaration is about an address: the same file, one below its directory, or the same tail."""
    place = declared.file or declared.path
    if not place:
        return False
    if address.path.startswith(PREFIX):
        named = (declared.name, declared.path, declared.option("table_name") or "")
        names = {name.removeprefix(PREFIX).lower() for name in named if name}
        table = address.path.removeprefix(PREFIX)
        return table in names or table.rpartition(".")[2] in {name.rpartition(".")[2] for name in names}
    if address.path.startswith(CATALOGUED):
        return declared.path == address.path.removeprefix(CATALOGUED)
    if address.is_known and (address.path == place or address.path.startswith(f"{place.rstrip('/')}/")):
        return True
    parts = tuple(part for part in place.split("/") if part not in ("", "."))
    short, long = sorted((parts, address.tail), key=len)
    return len(short) >= 2 and long[-len(short) :] == short
