"""Declarations that nothing uses: catalogue entries, arguments of nodes, dependencies of stages.

Something counts as unused only if its name is mentioned nowhere where a use could be: a name that is put together
at run time, or a path that is not known, leaves it in peace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from posixpath import basename, splitext
from typing import TYPE_CHECKING, NamedTuple

from mldebt.declarations.model import Declared, Stage
from mldebt.facts import Const, Expr, Function, Param, Ref, Text
from mldebt.project.accesses import READS
from mldebt.project.declared_flow import stage_accesses
from mldebt.project.handoffs import covers
from mldebt.project.stale_params import stale_params
from mldebt.project.walk import walk
from mldebt.source import Kind, Location
from mldebt.values import lies_in

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_FEWEST_LETTERS = 3
_SIGNS = ("done", "ok", "_SUCCESS", "complete", "flag")


class Stale(NamedTuple):
    """`kind` is entry, argument, dependency or parameter; `owner` the stage or function that it belongs to."""

    kind: str
    name: str
    owner: str
    location: Location
    used: Location | None = None
    """Where it is handed over all the same."""


def stale_declarations(project: Project) -> Iterator[Stale]:
    """All declarations that surely nothing uses."""
    yield from _entries(project)
    yield from _arguments(project)
    yield from _dependencies(project)


# --- entries of Kedro catalogues ---


def _entries(project: Project) -> Iterator[Stale]:
    used_in: dict[str, set[str]] = {}
    for stage in project.stages:
        if stage.tool == "kedro":
            names = used_in.setdefault(stage.directory, set())
            names.update(d.path.partition("@")[0] for d in (*stage.inputs, *stage.outputs))
    strings: dict[str, tuple[set[str], set[str]]] = {}
    settings = cache(lambda: _settings(project))
    opened = {access.address.path for access in project.accesses if access.address is not None}
    for entry in project.declared_data:
        home = entry.location.path.partition("conf/")[0].rstrip("/")
        used = used_in.get(home)
        if entry.tool != "kedro" or not entry.is_known or used is None or any("$" in name for name in used):
            continue
        if home not in strings:
            strings[home] = _texts(_below(project, home))
        whole, pieces = strings[home]
        name = entry.name.partition("@")[0]
        last = name.rpartition(".")[2]
        if name in used or {name, entry.name, last} & whole or any(p in name for p in pieces):
            continue
        if not _is_set(settings().get(entry.name, ()), home, entry) and not _is_opened(entry, opened):
            yield Stale("entry", entry.name, "", entry.location)


def _below(project: Project, home: str) -> list[SourceFacts]:
    start = f"{home}/" if home else ""
    return [source for source in project.code if source.path.startswith(start)]


def _settings(project: Project) -> dict[str, list[tuple[str, tuple[str | int, ...]]]]:
    """The places of settings, as files and keys, by the texts that they hold."""
    found: dict[str, list[tuple[str, tuple[str | int, ...]]]] = {}
    for source in project.sources(Kind.YAML, Kind.TOML, Kind.JSON):
        for entry in source.facts.entries:
            if isinstance(entry.value, str):
                found.setdefault(entry.value, []).append((source.path, entry.path[:1]))
    return found


def _is_set(places: Iterable[tuple[str, tuple[str | int, ...]]], home: str, entry: Declared) -> bool:
    """Whether a setting of the project names an entry (its own apart): code may look it up by that name."""
    start = f"{home}/" if home else ""
    own = (entry.location.path, (entry.name,))
    return any(path.startswith(start) and (path, key) != own for path, key in places)


def _is_opened(entry: Declared, opened: set[str]) -> bool:
    """Whether code opens an entry's file past the catalogue: then the data is used after all."""
    return bool(entry.file) and any(lies_in(path, entry.file) for path in opened)


def _texts(sources: list[SourceFacts]) -> tuple[set[str], set[str]]:
    """The strings in code, and the parts of those that are put together, as far as they are long enough."""
    whole: set[str] = set()
    pieces: set[str] = set()
    for source in sources:
        for expr in _all_expressions(source):
            for part in walk(expr):
                if isinstance(part, Const) and isinstance(part.value, str):
                    whole.add(part.value)
                    whole.add(part.value.partition("@")[0])
                elif isinstance(part, Text):
                    found = [p.value for p in part.parts if isinstance(p, Const) and isinstance(p.value, str)]
                    pieces.update(text for text in found if len(text) >= _FEWEST_LETTERS and " " not in text)
    return whole, pieces


def _all_expressions(source: SourceFacts) -> Iterator[Expr]:
    facts = source.facts
    for call in facts.calls:
        yield from (call.func, *call.args, *(keyword.value for keyword in call.keywords))
    yield from (binding.value for binding in facts.bindings if binding.value is not None)
    for store in facts.stores:
        yield from (store.target, store.value)
    yield from (result.value for result in facts.returns)
    yield from (use.expr for use in facts.uses)
    yield from (block.test for block in facts.blocks if block.test is not None)
    yield from (Const(literal.value) for literal in facts.literals)


# --- arguments of Kedro nodes ---


def _arguments(project: Project) -> Iterator[Stale]:
    seen: set[str] = set()
    for stage in project.stages:
        if stage.tool != "kedro" or not stage.code or stage.code[0] in seen:
            continue
        seen.add(stage.code[0])
        path, _, name = stage.code[0].partition(":")
        source = project.source(path)
        functions = source.facts.functions if source is not None else ()
        function = next((f for f in functions if f.qualname == name), None)
        if source is None or function is None or function.decorators:
            continue
        datasets = {d.name or d.path for d in stage.inputs}
        for param in _unread(source, function):
            known = param.name in datasets or len(function.params) == len(stage.inputs)
            if known and not _is_explained(source, function, param.name):
                place = source.location(source.facts.bindings[param.binding].span)
                yield Stale("argument", param.name, name, place, stage.location)


def _is_explained(source: SourceFacts, function: Function, name: str) -> bool:
    """Whether a docstring or comment of a function speaks of an argument: that it only orders the steps, perhaps."""
    if source.kind is not Kind.PYTHON:
        return False
    signature = max(source.facts.bindings[param.binding].span.end_line for param in function.params)
    end = source.facts.blocks[function.block].span.end_line
    body = source.text().splitlines()[signature:end]
    return any(name in line for line in body)


def _unread(source: SourceFacts, function: Function) -> Iterator[Param]:
    """The parameters that a function's body never mentions."""
    read = _read_by_function(source).get(function.block, set())
    if "locals" in read or not read:
        return
    for param in function.params:
        if param.kind.startswith("*") or param.default is not None or param.name in read:
            continue
        if not param.name.startswith(("_", "dummy", "unused", "self", "cls")):
            yield param


@lru_cache(maxsize=4)
def _read_by_function(source: SourceFacts) -> dict[int, set[str]]:
    """For each function's block the names that are read in it, and in functions inside it."""
    found: dict[int, set[str]] = {}
    for expr, block in _located(source):
        names = {part.name for part in walk(expr) if isinstance(part, Ref)}
        for ancestor in source.ancestors(block) if names else ():
            if source.facts.blocks[ancestor].kind == "function":
                found.setdefault(ancestor, set()).update(names)
    return found


def _located(source: SourceFacts) -> Iterator[tuple[Expr, int]]:
    facts = source.facts
    for call in facts.calls:
        yield from ((expr, call.block) for expr in (call.func, *call.args, *(k.value for k in call.keywords)))
    yield from ((b.value, b.block) for b in facts.bindings if b.value is not None)
    yield from ((expr, store.block) for store in facts.stores for expr in (store.target, store.value))
    yield from ((result.value, result.block) for result in facts.returns)
    yield from ((use.expr, use.block) for use in facts.uses)
    yield from ((block.test, block.parent) for block in facts.blocks if block.test is not None)
    yield from ((condition.comparison, condition.block) for condition in facts.conditions)


# --- dependencies of DVC stages ---


def _dependencies(project: Project) -> Iterator[Stale]:
    seen: set[Location] = set()
    settings = [
        entry.value
        for source in project.sources(Kind.YAML, Kind.JSON, Kind.TOML, Kind.INI)
        if not source.path.endswith(("dvc.yaml", "dvc.lock", ".dvc"))
        for entry in source.facts.entries
        if isinstance(entry.value, str)
    ]
    for stage in project.stages:
        if stage.tool != "dvc" or stage.location in seen or not _is_followed(project, stage):
            continue
        seen.add(stage.location)
        for param in stale_params(project, stage):
            yield Stale("parameter", param.path, stage.name, param.location)
        reach = project.call_graph.reach_of_stage(stage)
        accesses = list(stage_accesses(project, stage))
        if reach.by_name or any(
            a.address is None or not a.address.is_known for a in accesses if a.effect in READS
        ):
            continue
        whole, pieces = _texts([project.by_path[path] for path in sorted(reach.paths) if path in project.by_path])
        words = {word for command in stage.commands for word in command.argv}
        said = [*whole, *pieces, *words, *settings]
        for declared in stage.inputs:
            name = basename(declared.path.rstrip("/"))
            if not declared.is_known or _is_code(project, declared) or name.endswith(_SIGNS):
                continue
            if not any(splitext(name)[0] in text for text in said) and not any(
                access.address is not None and covers(declared, access.address) for access in accesses
            ):
                yield Stale("dependency", declared.path, stage.name, declared.location)


def _is_followed(project: Project, stage: Stage) -> bool:
    """Whether each command of a stage runs a known source of Python."""
    executions = project.executions(stage)
    commands = {execution.command for execution in executions}
    return bool(stage.commands) and all(command in commands for command in stage.commands)


def _is_code(project: Project, declared: Declared) -> bool:
    if declared.path.endswith((".py", ".ipynb", ".sh", ".yaml", ".yml", ".toml", ".txt", ".lock", "Dockerfile")):
        return True
    start = f"{declared.path.rstrip('/')}/"
    return any(source.path.startswith(start) for source in project.code)
