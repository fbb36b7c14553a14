"""Where programs work: the directory that their relative paths start from.

What runs a program says it best; then where the program goes itself; then where what it opens lies. A program
of which nothing is known starts at the root of its part of the project, unless the repository is a collection
of programs that each have a directory of their own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from posixpath import basename, dirname, join, normpath
from typing import TYPE_CHECKING

from mldebt.declarations.model import UNKNOWN_DIRECTORY
from mldebt.project.addresses import Address
from mldebt.project.command_lines import target_of
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind
from mldebt.values import CWD, ROOT, Known, Value, alternatives, normal

if TYPE_CHECKING:
    from mldebt.project.project import Project

_FILE, _DIRECTORY, _TOLD = 10, 1, 6  # how much it says: a file that is there, its directory, documentation
_LAYOUT = frozenset(
    name
    for line in (
        "src scripts code lib app api bin tools notebooks notebook pipeline pipelines training train models utils",
        "steps stages flows dags jobs tasks experiments core config configs data tests backend frontend server",
    )
    for name in line.split()
)
"""Directories that are a part of one program, and not a program each."""
_MANIFESTS = frozenset(
    [
        "requirements.txt",
        "pyproject.toml",
        "setup.py",
        "Dockerfile",
        "environment.yml",
        "environment.yaml",
        "Pipfile",
    ]
)
_PLATFORMS = {"/kaggle/input/": "/kaggle/working", "/content/": "/content"}
"""What platforms mount for their notebooks and scripts, and where these work."""
_DRIVE = re.compile(r"[A-Za-z]:/")
_FEWEST_PROGRAMS = 3
_FEWEST_NEIGHBOURS = 2
_BY_HAND = frozenset({"notebook", "notebooks"})


class WorkingDirectories:
    """Answers where sources work when they are run; None where that cannot be known.

    What sources open is noted as it is found, and counts when everything was looked at (`settle`).
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._starts: dict[str, str | None] = {}
        self._moves: dict[str, list[tuple[int, str | None]]] = {}
        self._open: set[str] = set()
        self._votes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._noted: set[tuple[str, str]] = set()
        self._leaving: set[str] = set()
        self._sessions: dict[str, set[str]] = defaultdict(set)

    def of(self, source: SourceFacts, line: int = 0) -> str | None:
        """The directory that a source's relative paths start from at a line (0: where it starts)."""
        if source.path not in self._starts:
            start = self._start(source)
            self._starts[source.path] = start
            self._moves[source.path] = self._moved(source, start)
        found: str | None = self._starts[source.path]
        for position, directory in self._moves[source.path]:
            if position < line:
                found = directory
        return found

    def where(self, source: SourceFacts, value: Value, anchor: str | None, effect: str) -> str | None:
        """The directory that a path starts from that is read: from another one it may lead to what git holds.

        `../configs/a.yaml` that leads to nothing where the program is started is meant from where it leads to the
        file; that is known if there is one such directory only.
        """
        if (
            anchor is None
            or effect != "reads"
            or not isinstance(value, Known)
            or not isinstance(value.value, str)
        ):
            return anchor
        written = normal(value.value.strip())
        if "/" not in written or written.startswith((ROOT, "/", "~")) or ":" in written:
            return anchor
        there = normal(f"{anchor}/{written}" if anchor else written)
        if there in self._data or there in self._directories:
            return anchor
        files = self._project.files
        starts = [
            start
            for start in _upwards(dirname(source.path))
            if normal(f"{start}/{written}" if start else written) in files
        ]
        return starts[0] if len(starts) == 1 else anchor

    def without_detours(
        self, source: SourceFacts, found: list[tuple[str, Address]]
    ) -> Iterator[tuple[str, Address]]:
        """What a call can mean, without the places that only who works elsewhere would get to.

        `root = Path.cwd().parent if Path.cwd().name == "notebooks" else Path.cwd()` is one place, wherever one works.
        """
        paths = {address.path for _, address in found if address.is_known}
        start, home = self._starts.get(source.path), dirname(source.path)
        for effect, address in found:
            path = address.path
            is_below = start and path.startswith(f"{start}/") and path not in self._data
            if is_below and path.removeprefix(f"{start}/") in paths:
                continue
            if not start and home and path in self._data and f"{home}/{path}" in paths & self._data:
                continue  # the same file, for who works beside it
            yield effect, address

    def _start(self, source: SourceFacts) -> str:
        stages = [stage for stage, _ in self._project.stages_running(source)]
        directories = {stage.directory for stage in stages if stage.commands or stage.tool == "kedro"}
        directories.discard(UNKNOWN_DIRECTORY)
        if len(directories) == 1:
            return directories.pop()
        self._open.add(source.path)
        return dirname(source.path) if source.kind is Kind.NOTEBOOK else self._default(source.path)

    def _default(self, path: str) -> str:
        home = dirname(path)
        root = self._project.subprojects.root_of(path)
        if basename(path) == "setup.py":
            return home
        if basename(root) == "src":  # what is packed there, not where it is run
            root = dirname(root)
        own = home
        while own and own != root:
            if own in self._described:
                return own
            own = dirname(own)
        top = home.partition("/")[0]
        if not root and self._is_collection and top and top not in _LAYOUT:
            return home
        return root

    @cached_property
    def _described(self) -> frozenset[str]:
        """The directories with a manifest and a README of their own: a program each, whatever is above."""
        told = {dirname(path) for path in self._project.files if basename(path).lower().startswith("readme")}
        return frozenset(dirname(path) for path in self._project.files if basename(path) in _MANIFESTS) & told

    @cached_property
    def _is_collection(self) -> bool:
        """Whether nothing is run at the top of the repository, and programs lie in directories side by side."""
        tops = {source.path.partition("/")[0] for source in self._project.code}
        marked = any(path in _MANIFESTS for path in self._project.files)
        code_on_top = any("/" not in source.path for source in self._project.code)
        return not marked and not code_on_top and len(tops - _LAYOUT) >= _FEWEST_PROGRAMS

    def is_there(self, path: str) -> bool:
        """Whether a path, from wherever it starts, is a file or directory of the project."""
        return path in self._data or path in self._directories or path.partition("/")[0] in self._directories

    # --- moves ---

    def _moved(self, source: SourceFacts, start: str) -> list[tuple[int, str | None]]:
        """Where a source goes by `%cd` or `os.chdir`, by line; None from where on that is not known."""
        moves: list[tuple[int, str | None]] = []
        for magic in source.facts.magics:
            if magic.name == "%cd":
                target = magic.text.strip().strip("'\"")
                moves.append((magic.span.line, None if not target or any(s in target for s in "${~") else target))
        if "os.chdir" in source.facts.header.names:
            for call in source.facts.calls:
                if call.name == "os.chdir":
                    value = self._project.value(source, call.args[0]) if call.args else Known(None)
                    inside = source.enclosing(call.block, "function") is not None
                    moves.append((0 if inside else call.span.line, _text(value)))
        if moves:
            self._open.discard(source.path)
        moves.sort(key=lambda move: move[0])
        if len([line for line, _ in moves if not line]) > 1:
            return [(0, None)]
        found = list(_steps(start, moves))
        found = [(line, here and self._inside(here)) for line, here in found]
        if any(here is not None and here.startswith("..") for _, here in found):
            self._starts[source.path] = dirname(source.path)  # nobody goes out of the project to work
            found = list(_steps(dirname(source.path), moves))
        return found

    def _inside(self, directory: str) -> str:
        """A directory where somebody keeps a copy of the project, as seen from its root; any other as it is."""
        parts = directory.split("/")
        name = self._project.root.resolve().name
        if directory[:1] in "/~" or directory[1:2] == ":":
            for position, part in enumerate(parts):
                rest = "/".join(parts[position + 1 :])
                if (
                    len(part) > 3
                    and name.endswith(part)
                    and (not rest or rest in self._homes | self._directories)
                ):
                    return rest
        return directory

    # --- what is opened ---

    def note(self, source: SourceFacts, value: Value) -> None:
        """Remember from where the relative paths that a value can be lead to something that is there."""
        if source.path not in self._open:
            return
        found = []
        for option in alternatives(value):
            if isinstance(option, Known) and isinstance(option.value, str):
                written = normal(option.value.strip())
                self._sessions[source.path].update(_session(written))
                if written and not written.startswith((ROOT, "/", "~")) and ":" not in written:
                    found.append(written)
        for written in found:
            if (source.path, written) not in self._noted:
                self._noted.add((source.path, written))
                self._vote(source, written)
        start = self._starts[source.path] or ""
        if found and all(
            normal(f"{start}/{written}" if start else written).startswith("..") for written in found
        ):
            self._leaving.add(source.path)  # `../input` on one platform, `data` on another, says nothing

    def _vote(self, source: SourceFacts, written: str) -> None:
        votes = self._votes[source.path]
        for start in _upwards(dirname(source.path)):
            there = normal(f"{start}/{written}" if start else written)
            if there.startswith(".."):
                continue
            if there in self._data:
                votes[start] += _FILE + (there in self._project.files)  # held by git, or only declared
            elif "/" in written and dirname(there) in self._directories and dirname(there) != start:
                votes[start] += _DIRECTORY

    def settle(self) -> frozenset[str]:
        """Decide by what was noted where sources work; the paths of those that turn out to work elsewhere."""
        best: dict[str, str | None] = {path: self._best(path) for path in sorted(self._open)}
        beside: dict[tuple[str, bool], list[str]] = defaultdict(list)
        for path, start in best.items():
            if self._votes.get(path) and start is not None:
                beside[dirname(path), path.endswith(".ipynb")].append(start)
        moved = set()
        for path, start in best.items():
            if not self._votes.get(path) and not self._told.get(path):
                is_notebook = path.endswith(".ipynb")
                others = beside.get((dirname(path), is_notebook), [])
                if len(set(others)) == 1 and len(others) >= (1 if is_notebook else _FEWEST_NEIGHBOURS):
                    start = others[0]  # what lies side by side is opened in one place
                elif (sessions := self._sessions.get(path, set())) - {""}:
                    start = next(iter(sessions)) if len(sessions) == 1 else None
                elif self._is_anywhere(path) and path not in self._leaving:
                    start = None
            if start != self._starts[path]:
                self._starts[path] = start
                moved.add(path)
        return frozenset(moved)

    def _is_anywhere(self, path: str) -> bool:
        """Whether nobody can say where a program without any evidence works.

        Airflow runs what defines its graphs wherever its workers are; scripts among notebooks are run by hand.
        """
        return path in self._dags or (path.endswith(".py") and basename(dirname(path)).lower() in _BY_HAND)

    @cached_property
    def _dags(self) -> frozenset[str]:
        stages = [stage for stage in self._project.stages if stage.tool == "airflow"]
        called = {name.partition(":")[0] for stage in stages for name in stage.code}
        own = {path for path in called if (s := self._project.source(path)) is None or not s.facts.header.main}
        return frozenset({stage.path for stage in stages} | own)

    def _best(self, path: str) -> str | None:
        """The directory that most speaks for; None where files speak for two alike."""
        votes = dict(self._votes.get(path, {}))
        default, home = self._starts[path] or "", dirname(path)
        if path.endswith(".ipynb"):
            if votes.get(home) or max(votes.values(), default=0) < _FILE:
                return default
        else:
            told = self._told.get(path, set())
            if len(told) == 1 and votes.get(next(iter(told)), 0) >= _FILE:
                return next(iter(told))  # and its files are there
            for start in told:
                votes[start] = votes.get(start, 0) + _TOLD
            if not votes and path in self._leaving and not self._imports_its_own(path):
                votes[home] = _DIRECTORY
        if not votes:
            return default
        most = max(votes.values())
        if most >= _FILE and not path.endswith(".ipynb") and list(votes.values()).count(most) > 1:
            return None
        return max(votes, key=lambda start: (votes[start], start == default, start == home, len(start)))

    def _imports_its_own(self, path: str) -> bool:
        """Whether a program names the package it lies in: it is run from above that."""
        top = path.partition("/")[0]
        return any(line.module.partition(".")[0] == top for line in self._project.by_path[path].facts.imports)

    @cached_property
    def _data(self) -> frozenset[str]:
        """Everything that git holds or a declaration names: files, and what DVC keeps beside them."""
        found = set(self._project.files)
        found.update(path.removesuffix(".dvc") for path in self._project.files if path.endswith(".dvc"))
        declared = [*self._project.declared_data]
        for stage in self._project.stages:
            if stage.declares_data:
                declared += [*stage.inputs, *stage.products]
        found.update(place for d in declared if d.is_known and (place := d.file or d.path))
        return frozenset(found)

    @cached_property
    def _directories(self) -> frozenset[str]:
        """The directories that hold anything but code."""
        found: set[str] = set()
        for path in self._data:
            if not path.endswith((".py", ".ipynb", ".md", ".pyi", ".pyc")):
                found.update(_upwards(dirname(path)))
        return frozenset(found - {""})

    @cached_property
    def _homes(self) -> frozenset[str]:
        """The directories that hold code, and those above them."""
        return frozenset(start for source in self._project.code for start in _upwards(dirname(source.path)))

    @cached_property
    def _told(self) -> dict[str, set[str]]:
        """Where documentation starts scripts: `cd app` and `python train.py`."""
        found: dict[str, set[str]] = defaultdict(set)
        for source in self._project.sources(Kind.MARKDOWN):
            for command in source.facts.commands:
                target = target_of(command.argv)
                if target is None or target.kind != "script" or command.directory.startswith(UNKNOWN_DIRECTORY):
                    continue
                parts = [part for part in f"{dirname(source.path)}/{command.directory}".split("/") if part]
                while parts and "/".join(parts) not in self._homes:
                    parts = parts[1:]  # `git clone …; cd repository`
                start = "/".join(parts)
                path = normal(f"{start}/{target.name}" if start else target.name)
                if path in self._project.by_path:
                    found[path].add(start)
        return found


def _session(written: str) -> Iterator[str]:
    """Where a program of a platform works that opens a path of the platform; "" for who opens his own."""
    for mount, directory in _PLATFORMS.items():
        if written.startswith(mount):
            yield directory
    if written.startswith(("/home/", "/Users/", "~")) or _DRIVE.match(written):
        yield ""


def _steps(start: str, moves: list[tuple[int, str | None]]) -> Iterator[tuple[int, str | None]]:
    """Where each move leads, one after the other."""
    here: str | None = start
    for line, target in moves:
        here = _gone(here, target)
        yield line - (not line), here


def _gone(here: str | None, target: str | None) -> str | None:
    """Where a move leads from a directory."""
    if target is None:
        return None
    target = target.replace("\\", "/")
    if target.startswith(ROOT):
        return normal(target)[1:]
    if target.startswith("/") or target[1:3] == ":/":
        return normal(target)
    if here is None:
        return None
    moved = normpath(join(here, target.removeprefix(CWD).lstrip("/")))
    return "" if moved == "." else moved


def _upwards(directory: str) -> list[str]:
    """A directory and those above it, up to the root."""
    found = [directory]
    while directory.strip("/"):
        directory = dirname(directory)
        found.append(directory)
    return found


def _text(value: Value) -> str | None:
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None
