"""What the code of a stage really reads and writes, held against what the stage declares.

Only paths inside the project that are fully known count: what cannot be known is never called undeclared.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from posixpath import dirname
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mldebt.declarations.model import Declared, Stage, place
from mldebt.facts import Call, Expr, Ref
from mldebt.project.accesses import WRITES, DataAccess
from mldebt.project.guards import happens
from mldebt.project.handoffs import covers
from mldebt.project.places import MAIN, MODULE, Place
from mldebt.project.references import place_of
from mldebt.project.walk import walk
from mldebt.source import Kind, Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_PASSING = re.compile(
    r"(^|/)(\.?cache|caches|tmp|temp|logs?|mlruns|mlartifacts|wandb|lightning_logs|dvclive|runs|\.git)(/|$)"
    r"|\.(log|env|tmp|lock|py|pyc|dvc|md)$|(^|/)(\.env|params\.ya?ml)$",
    re.IGNORECASE,
)
"""Places that keep nothing of a run: caches, logs, and what trackers write for themselves; and code."""
_MESSAGES = frozenset({"debug", "info", "warning", "error", "log"})


class StageFlow(NamedTuple):
    """A stage with the accesses that it surely makes without naming the path, by path."""

    stage: Stage
    reads: dict[str, list[DataAccess]]
    writes: dict[str, list[DataAccess]]
    keys: dict[str, Location]

    def place(self, key: str) -> Location:
        """Where the stage lists its `deps`, `outs` or `params`; the stage itself if it has no such list."""
        return self.keys.get(key, self.stage.location)


def stage_flows(project: Project, *tools: str) -> Iterator[StageFlow]:
    """The undeclared reads and writes of the stages of some tools; stages of one template count once.

    Stages whose own declarations hold unknown parts are left out, as are stages that always run.
    """
    seen: set[object] = set()
    for stage in project.stages:
        if stage.tool not in tools or stage.location in seen or not _is_decided(stage):
            continue
        seen.add(stage.location)
        yield _flow(project, stage)


def _is_decided(stage: Stage) -> bool:
    if "true" in (stage.option("always_changed"), stage.option("frozen")):
        return False
    return all(declared.is_known for declared in (*stage.inputs, *stage.products))


def _flow(project: Project, stage: Stage) -> StageFlow:
    reads: dict[str, list[DataAccess]] = {}
    writes: dict[str, list[DataAccess]] = {}
    shared = _of_other_runs(project, stage)
    accesses = _likely(stage, list(stage_accesses(project, stage)))
    own = {str(access.address) for access in accesses if access.effect in WRITES}
    removed = {str(access.address) for access in accesses if access.effect == "deletes"}
    for access in accesses:
        address = access.address
        if address is None or not _is_inside(address.path) or _PASSING.search(address.path):
            continue
        if any(covers(declared, address) or _holds(address.path, declared.path) for declared in shared):
            continue
        if access.effect in WRITES:
            declared_here: Iterable[Declared] = stage.products
            found = writes
            skipped = address.path in removed
        else:
            declared_here = (*stage.inputs, *stage.products, *stage.params)
            found = reads
            skipped = not _is_needed(access) or _is_package_data(project, access)
            skipped = skipped or any(address.path == made or _holds(made, address.path) for made in own)
        if skipped or access.effect not in ("reads", *WRITES):
            continue
        if not any(covers(_plain(d), address) or _holds(address.path, d.path) for d in declared_here):
            found.setdefault(address.path, []).append(access)
    return StageFlow(stage, reads, writes, _keys(project, stage))


def _keys(project: Project, stage: Stage) -> dict[str, Location]:
    source = project.by_path[stage.path]
    above = ("stages", stage.name.partition("@")[0])
    return {
        str(entry.path[-1]): source.location(entry.key)
        for entry in source.facts.entries
        if entry.path[:2] == above and len(entry.path) in (3, 4)
    }


def _likely(stage: Stage, accesses: list[DataAccess]) -> list[DataAccess]:
    """Without the paths of a call that it cannot mean here: others of its paths are declared, or hold a word of
    the command line."""
    by_call: dict[object, list[DataAccess]] = defaultdict(list)
    for access in accesses:
        by_call[access.location, access.effect, access.chain].append(access)
    listed = (*stage.inputs, *stage.products)
    words = {word for command in stage.commands for word in command.argv}
    found: list[DataAccess] = []
    for options in by_call.values():
        said = [a for a in options if a.address is not None and any(covers(_plain(d), a.address) for d in listed)]
        given = [a for a in options if a.address is not None and not words.isdisjoint(a.address.tail)]
        found += options if len(options) == 1 else said or given or options
    return found


def stage_accesses(project: Project, stage: Stage) -> Iterator[DataAccess]:
    """The accesses that run when a stage runs, called from what runs in it."""
    reach = project.call_graph.reach_of_stage(stage)
    for access in project.accesses:
        if access.component not in reach.paths or not reach.has(access.source, access.call.block):
            continue
        if all(link.path in reach.paths and _runs(project, link, reach.places) for link in access.chain):
            yield access


def _runs(
    project: Project, link: Location, places: frozenset[Place], top_levels: frozenset[str] | None = None
) -> bool:
    """Whether the code at a place is part of what runs (always, in notebooks).

    If `top_levels` is given, code outside functions counts in these files only.
    """
    source = project.by_path[link.path]
    if source.kind is Kind.NOTEBOOK:
        return True
    line = link.span.line
    block = max(
        (
            index
            for index, block in enumerate(source.facts.blocks)
            if index == 0 or block.span.line <= line <= block.span.end_line
        ),
        key=lambda index: source.facts.blocks[index].span.line if index else -1,
    )
    owner = place_of(source, block)
    if top_levels is not None and owner.function in (MODULE, MAIN) and link.path not in top_levels:
        return False
    return owner in places


def _of_other_runs(project: Project, stage: Stage) -> list[Declared]:
    """What other stages declare that run one of this stage's scripts: the path may be theirs."""
    found: list[Declared] = []
    for execution in project.executions(stage):
        source = project.source(execution.path)
        for other, _ in project.stages_running(source) if source is not None else ():
            if other.id != stage.id:
                found += [*other.inputs, *other.products]
    return found


def _plain(declared: Declared) -> Declared:
    """A dependency on the pointer `x.dvc` is one on `x`; a parameter is one on its whole file."""
    if declared.path.endswith(".dvc"):
        return msgspec.structs.replace(declared, path=declared.path.removesuffix(".dvc"))
    return declared


def _holds(directory: str, path: str) -> bool:
    """Whether a declared path lies in a directory that is read or written as a whole."""
    return path.startswith(f"{directory.rstrip('/')}/")


def _is_inside(path: str) -> bool:
    return bool(path) and path != "." and not path.startswith(("/", "~", "..", "$")) and ":" not in path


def _is_needed(access: DataAccess) -> bool:
    """Whether a read surely happens: it depends on no condition, and nothing is ready for its failure."""
    return happens(access.source, access.call.block)


def _is_package_data(project: Project, access: DataAccess) -> bool:
    """Whether a file lies beside the module that reads it, in a package: it comes with the code."""
    assert access.address is not None
    home = dirname(access.source.path)
    return f"{home}/__init__.py" in project.files and dirname(access.address.path).startswith(home)


class ParamRead(NamedTuple):
    """A key of a parameter file that a stage reads and does not track, with the places of the reads."""

    file: str
    key: str
    places: tuple[Location, ...]


def undeclared_params(project: Project, stage: Stage, *, paths: bool = False) -> list[ParamRead]:
    """The keys of the stage's parameter files (`params.yaml` if it names none) that it reads untracked.

    Keys whose value is part of a declared path are tracked by that path, as long as both say the same: they are left
    out, or with `paths` all that is told. What an imported file reads at its top
    level is left out: it is read whether the stage needs it or not.
    """
    if not _is_decided(stage) or not all(declared.is_known for declared in stage.params):
        return []
    files = {declared.file for declared in stage.params} | {place(stage.directory, "params.yaml")}
    files = {file for file in files if not any(_plain(d).covers(file) for d in stage.inputs)}
    reach = project.call_graph.reach_of_stage(stage)
    scripts = frozenset(execution.path for execution in project.executions(stage))
    found: list[ParamRead] = []
    keys_at = Counter(
        (path, len(keys), p) for (path, keys), ps in project.config_reads.reads.items() for p in set(ps)
    )
    for (path, keys), places in sorted(project.config_reads.reads.items(), key=str):
        entry = project.documents.tree(path).get(keys) if path in files else None
        if entry is None or not keys or (entry.kind == "map" and (path, keys) not in project.config_reads.whole):
            continue
        dotted = ".".join(map(str, keys))
        if _is_tracked(project, stage, path, keys):
            continue
        declared = (*stage.inputs, *stage.products)
        if paths != (isinstance(entry.value, str) and any(_names(d, entry.value) for d in declared)):
            continue
        running = tuple(
            p
            for p in dict.fromkeys(places)
            if p.path in reach.paths
            and keys_at[path, len(keys), p] == 1  # a look-up by a variable reads another key for each caller
            and _runs(project, p, reach.places, scripts)
            and not _is_only_told(project, p)
        )
        if running and not any(r.file == path and covers_key(r.key, dotted) for r in found):
            found.append(ParamRead(path, dotted, running))
    return found


def _is_tracked(project: Project, stage: Stage, path: str, keys: tuple[str | int, ...]) -> bool:
    """Whether a stage declares a key of a parameter file, one that holds it, or all that it holds."""
    dotted = ".".join(map(str, keys))
    if any(d.file == path and covers_key(d.path, dotted) for d in stage.params):
        return True
    inner = project.documents.children(path, keys)
    return bool(inner) and all(_is_tracked(project, stage, path, entry.path) for entry in inner)


def _is_only_told(project: Project, place: Location) -> bool:
    """Whether what is read at a place goes into messages alone."""
    source = project.source(place.path)
    facts = source.facts if source is not None else None
    if facts is None:
        return False
    names = {n for n, b in enumerate(facts.bindings) if b.span.line == place.span.line and b.kind == "assign"}
    if len(names) != 1:
        return False

    def mentions(*exprs: Expr | None) -> bool:
        return any(isinstance(p, Ref) and not names.isdisjoint(p.bindings) for e in exprs for p in walk(e))

    calls = [c for c in facts.calls if mentions(c.func, *c.args, *(k.value for k in c.keywords))]
    others = [b.value for n, b in enumerate(facts.bindings) if n not in names]
    others += [s.value for s in facts.stores] + [r.value for r in facts.returns] + [b.test for b in facts.blocks]
    return bool(calls) and not mentions(*others) and all(_tells(call) for call in calls)


def _tells(call: Call) -> bool:
    return call.name in ("print", "warnings.warn") or getattr(call.func, "name", "") in _MESSAGES


def covers_key(declared: str, key: str) -> bool:
    """Whether a declared key of a parameter file is a key or holds it; the empty one holds everything."""
    return not declared or key == declared or key.startswith(f"{declared}.")


def _names(declared: Declared, text: str) -> bool:
    """Whether a setting is a part of a declared path."""
    wanted = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    parts = declared.path.split("/")
    return any(parts[i : i + len(wanted)] == wanted for i in range(len(parts))) or text in declared.path
