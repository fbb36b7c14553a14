"""Scripts in other languages that take part in the data path: what they read and write, and what starts them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.outside import document
from mldebt.project.accesses import DataAccess
from mldebt.project.processes import Process
from mldebt.roles import path_roles
from mldebt.source import Kind, Location, Role, Span
from mldebt.values import are_nested

if TYPE_CHECKING:
    from mldebt.project.project import Project

_LANGUAGES = {".r": "R", ".rmd": "R", ".jl": "Julia"}
_PROGRAMS = {"Rscript": "R", "R": "R", "julia": "Julia", "octave": "MATLAB", "matlab": "MATLAB", "scala": "Scala"}
_UNTYPED = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xls", ".json", ".rds", ".rdata", ".rda", ".mat", ".dat"})
_READS = re.compile(
    r"\b(?P<call>read[._]csv2?|fread|readRDS|read_rds|read[._]table|read_tsv|read_delim|read_excel|read_xlsx|read_parquet|load"
    r"|CSV\.read|CSV\.File|readdlm|readtable|csvread|dlmread|read\.(?:csv|parquet|json)|fromJSON|st_read)\s*\(\s*"
    r"(?:file\s*=\s*)?[\"'](?P<path>[^\"'\n]+\.\w{2,8})[\"']"
)
_WRITES = re.compile(
    r"\b(?P<call>write[._]csv2?|fwrite|saveRDS|write_rds|write[._]table|write_tsv|write_xlsx|write_parquet|save|CSV\.write"
    r"|writedlm|writetable|csvwrite|dlmwrite|write\.(?:csv|parquet|json)|toJSON|st_write)\s*\([^\"'\n]*"
    r"[\"'](?P<path>[^\"'\n]+\.\w{2,8})[\"']"
)
_MOST_FILES = 200


class ForeignAccess(NamedTuple):
    """A place where a script in another language reads or writes a file, by its path as written."""

    language: str
    location: Location
    writes: bool
    path: str


class Exchange(NamedTuple):
    """Data that goes from one language to the other. `ours` is the place on the Python side."""

    theirs: ForeignAccess
    ours: Location
    name: str


class Foreign(NamedTuple):
    """One language in one part of the repository: what is exchanged with Python, and all that its scripts access."""

    language: str
    exchanges: tuple[Exchange, ...]
    accesses: tuple[ForeignAccess, ...]


def find_foreign(project: Project) -> Iterator[Foreign]:
    """The languages besides Python that exchange files with it, by part of the repository and name."""
    parts: dict[tuple[str, str], list[ForeignAccess]] = defaultdict(list)
    for path in _scripts(project):
        home = project.subprojects.root_of(path)
        for access in _accesses(project, path):
            parts[home, access.language].append(access)
    for (home, language), accesses in sorted(parts.items()):
        exchanges = tuple(
            Exchange(access, ours[0], ours[1])
            for access in accesses
            if (ours := _other_side(project, home, access)) is not None
        )
        if exchanges:
            yield Foreign(language, exchanges, tuple(accesses))


def foreign_accesses(project: Project) -> Iterator[ForeignAccess]:
    """What scripts in other languages read and write, by path and place."""
    for path in _scripts(project):
        yield from _accesses(project, path)


def started_scripts(project: Project) -> Iterator[tuple[Process, str, DataAccess]]:
    """The scripts in other languages that Python starts, with the language and what is read of their results.

    What is read has to be an untyped file that no Python code writes, and to come after the start.
    """
    for process in project.processes:
        language = _PROGRAMS.get(process.argv[0]) if process.argv else None
        if language is None:
            continue
        source = process.site.source
        for artifact in project.artifacts:
            if artifact.writes or artifact.address.ending not in _UNTYPED:
                continue
            for read in artifact.reads:
                if read.source is source and read.call.span.line > process.site.call.span.line:
                    yield process, language, read


def _scripts(project: Project) -> list[str]:
    found = [
        path
        for path in sorted(project.files)
        if "." in path
        and path[path.rfind(".") :].lower() in _LANGUAGES
        and path_roles(path, Kind.PYTHON).isdisjoint({Role.TEST, Role.VENDORED, Role.TUTORIAL, Role.DOCS})
    ]
    return found[:_MOST_FILES]


def _accesses(project: Project, path: str) -> Iterator[ForeignAccess]:
    """The reads and writes of literal paths in a script; what stands behind a comment sign does not count."""
    text = document(project.root, path)
    language = _LANGUAGES[path[path.rfind(".") :].lower()]
    for number, line in enumerate(text.splitlines(), start=1):
        code = line.partition("#")[0]
        for pattern, writes in ((_READS, False), (_WRITES, True)):
            match = pattern.search(code)
            if match is not None:
                span = Span(number, match.start() + 1, number, match.end() + 1)
                yield ForeignAccess(language, Location(path, span), writes, match["path"])


def _other_side(project: Project, home: str, access: ForeignAccess) -> tuple[Location, str] | None:
    """Where Python writes what is read, or reads what is written: by code or by a catalogue."""
    tail = tuple(part for part in access.path.split("/") if part not in ("", ".", ".."))
    for artifact in project.artifacts:
        if are_nested(artifact.subproject, home) and _same(tail, artifact.address.tail):
            others = artifact.reads if access.writes else artifact.writes
            if others:
                return others[0].origin, artifact.name
    for declared in project.declared_data:
        if declared.kind == "dataset" and (declared.file or declared.path):
            place = declared.file or declared.path
            if _same(tail, tuple(place.split("/"))) and are_nested(
                project.subprojects.root_of(declared.location.path), home
            ):
                return declared.location, place
    return None


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the shorter of two paths, of two parts at least, ends the longer one."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 2 and long[-len(short) :] == short


def is_untyped(path: str) -> bool:
    """Whether a file's format says nothing about the types of its columns."""
    return "." in path and path[path.rfind(".") :].lower() in _UNTYPED
