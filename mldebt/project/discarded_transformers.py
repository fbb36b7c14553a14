"""Transformers that a step fits on the data it prepares, and lets go of: no model is in sight there, and none that is
trained on these data can ever be given a new row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binding, Call, Called, Expr, Function, Item, Param, Ref
from mldebt.project.accesses import DataAccess
from mldebt.project.lost_transformers import FITS, STATELESS, USES, encoder, mentions_transformers
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import first_argument, is_target
from mldebt.project.walk import is_name, root_name, walk
from mldebt.source import Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MOST_STEPS = 4
_TABLES = frozenset("csv parquet pickle table excel feather hdf dataset numpy array joblib sql json".split())


_TARGET = re.compile(r"y($|_|\d)|(.*_)?(target|labels?)s?$", re.IGNORECASE)
_RESULT = re.compile(r"sub|pred|result|importance|fold|metric|report|score|log", re.IGNORECASE)


class DiscardedTransformer(NamedTuple):
    """`call` fits a transformer of the class `type`; `written` is where the step writes what it made, if it does,
    `receivers` the calls that return the fitted object.
    """

    source: SourceFacts
    call: Call
    name: str
    type: str
    written: DataAccess | None
    receivers: tuple[Location, ...]


def discarded_transformers(project: Project) -> Iterator[DiscardedTransformer]:
    """The transformers that a preparing step fits and keeps nowhere, by place of the fit.

    The step writes data that another program reads, or is the node of a pipeline; it trains no model itself, while
    another program does. A program that runs one step after the other may run it, too.
    """
    sources = [source for source in project.code if mentions_transformers(source)]
    programs = list(project.phases.training) if sources else []
    if not programs:
        return
    own = {program.source.path for program in programs}
    together = {path for program in programs for path in program.reach.paths}
    nodes = {item.partition(":")[0] for stage in project.stages if stage.tool == "kedro" for item in stage.code}
    writes = [
        write
        for artifact in project.artifacts
        for write in artifact.writes
        if write.format in _TABLES
        and not _is_result(write)
        and any(read.component != write.component for read in artifact.reads)
    ]
    for source in sources:
        written = next((a for a in writes if source.path in (a.source.path, a.component)), None)
        trains = source.path in own or (source.path in together and not source.facts.header.main)
        if (trains or written is None) and source.path not in nodes:
            continue
        for call in source.facts.calls:
            receiver = call.func.base if isinstance(call.func, Attr) and call.func.name in FITS else None
            data = first_argument(call)
            if (
                not isinstance(receiver, Ref)
                or is_target(source, data)
                or (data and _TARGET.match(root_name(data)))
            ):
                continue
            kind = project.flow.apis.learner(source, receiver) or encoder(project, source, receiver)
            made = _made(source, receiver, call)
            if not kind or kind in STATELESS or made is None:
                continue
            if _stays(project, source, source.scope_of(made.block), receiver.name, _MOST_STEPS):
                function = source.function_of(source.scope_of(made.block))
                callers = project.callers.of(source, function.qualname) if function is not None else ()
                returned = any(
                    is_name(r.value, receiver.name) and source.scope_of(r.block) == source.scope_of(made.block)
                    for r in source.facts.returns
                )
                receivers = tuple(c.source.location(c.call.span) for c in callers) if returned else ()
                yield DiscardedTransformer(source, call, receiver.name, kind, written, receivers)


def _is_result(access: DataAccess) -> bool:
    """Whether a file holds what a model says, or what was found out about it, rather than data to train on."""
    return access.address is not None and bool(_RESULT.search(str(access.address).rpartition("/")[2]))


def _made(source: SourceFacts, receiver: Ref, call: Call) -> Binding | None:
    """The only binding of a name in the scope of a call: a new object."""
    scope = source.scope_of(call.block)
    found = [b for b in source.facts.bindings if b.name == receiver.name and source.scope_of(b.block) == scope]
    if len(found) != 1 or found[0].kind != "assign" or found[0].path or not isinstance(found[0].value, Called):
        return None
    return found[0]


def _stays(project: Project, source: SourceFacts, scope: int, name: str, steps: int) -> bool:
    """Whether nothing but fitting and applying is ever done with the object that a name of a scope means.

    It may be handed to functions of the project, or returned to their callers, that do no more with it.
    """
    if not steps:
        return False
    for call in source.facts.calls:
        if source.scope_of(call.block) == scope and not _call_lets_go(project, source, call, name, steps):
            return False
    for store in source.facts.stores:
        if source.scope_of(store.block) == scope and (_has(store.value, name) or _has(store.target, name)):
            return False
    for binding in source.facts.bindings:
        inside = source.scope_of(binding.block) == scope and binding.name != name
        if inside and binding.value is not None and _has(binding.value, name):
            return False
    for use in source.facts.uses:
        if (
            source.scope_of(use.block) == scope
            and isinstance(use.expr, Attr | Item)
            and not _is_use(use.expr, name)
        ):
            return False
        if source.scope_of(use.block) != scope and scope in source.ancestors(use.block) and _has(use.expr, name):
            return False  # a function inside of it
    return all(
        _returned_stays(project, source, scope, result.value, name, steps)
        for result in source.facts.returns
        if source.scope_of(result.block) == scope
    )


def _call_lets_go(project: Project, source: SourceFacts, call: Call, name: str, steps: int) -> bool:
    """Whether a call does no more with an object than to fit or to apply it."""
    func = call.func
    if isinstance(func, Attr) and is_name(func.base, name):
        return func.name in USES
    given = [(position, value) for position, value in enumerate(call.args) if _has(value, name)]
    named = [(keyword.name, keyword.value) for keyword in call.keywords if _has(keyword.value, name)]
    if not given and not named:
        return not _has(func, name)
    if not all(is_name(value, name) for _, value in (*given, *named)):
        return False
    symbol = project.callers.target(source, call)
    function = symbol.fact if symbol is not None and not symbol.rest else None
    if symbol is None or not isinstance(function, Function):
        return False
    params = [_positional(function, position) for position, _ in given]
    params += [next((p for p in function.params if p.name == key), None) for key, _ in named]
    return all(
        param is not None and _stays(project, symbol.source, function.block, param.name, steps - 1)
        for param in params
    )


def _positional(function: Function, position: int) -> Param | None:
    params = [p for p in function.params if p.kind in ("positional-only", "positional")]
    shift = 1 if params and params[0].name in ("self", "cls") else 0
    return params[position + shift] if position + shift < len(params) else None


def _returned_stays(
    project: Project, source: SourceFacts, scope: int, value: Expr, name: str, steps: int
) -> bool:
    """Whether what a function returns is not the object, or the callers let go of it as well."""
    if not _has(value, name):
        return True
    function = source.function_of(scope)
    if function is None or not is_name(value, name):
        return False
    callers = project.callers.of(source, function.qualname)
    for caller in callers:
        bound = [
            b for b in caller.source.facts.bindings if b.value == Called(caller.number) and b.kind == "assign"
        ]
        if len(bound) != 1 or bound[0].path:
            return False
        home = caller.source.scope_of(bound[0].block)
        if not _stays(project, caller.source, home, bound[0].name, steps - 1):
            return False
    return bool(callers)


def _has(expr: Expr, name: str) -> bool:
    return any(is_name(part, name) for part in walk(expr))


def _is_use(expr: Expr, name: str) -> bool:
    """Whether an expression has nothing to do with a name, or only looks up a method that fits or applies."""
    return not _has(expr, name) or (isinstance(expr, Attr) and is_name(expr.base, name) and expr.name in USES)
