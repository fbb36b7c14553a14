"""Preparations that are fitted anew for whatever rows they are given: training rows once, held-out rows once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Called, Ref, Seq
from mldebt.project.lost_transformers import LEARN_NOTHING
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import root_name, walk
from mldebt.source import Kind, Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_TRAIN = re.compile(r"(^|_)(x_?)?(train(ing)?|fit|tr|trn)(ing)?(_|$|\d)|train", re.IGNORECASE)
_TEST = re.compile(
    r"(^|_|x)(test(ing)?|tst|te|holdout|valid(ation)?|val|dev|unseen|production|current|submission|new)(_|$|\d)",
    re.IGNORECASE,
)
_STATISTICS = frozenset("mean median mode std var quantile min max".split())


class Refit(NamedTuple):
    """`call` fits `what` on `table`, a parameter of a function or the variable of a loop."""

    source: SourceFacts
    call: Call
    what: str
    table: str


def refits(project: Project) -> Iterator[tuple[Refit, list[tuple[str, Location]]]]:
    """The first such fit of each function or loop, with the names and places of the rows that it is given."""
    seen: set[tuple[str, int]] = set()
    for fit in _fits(project):
        scope, places = _both(project, fit)
        if places and (fit.source.path, scope) not in seen and not _is_asked(fit.source, fit, scope):
            seen.add((fit.source.path, scope))
            yield fit, places


def _fits(project: Project) -> Iterator[Refit]:
    """The fits of transformers, and the gaps filled by a statistic, by path and place."""
    for site in project.calls("*.fit_transform", "*.fit", "*.fillna"):
        source, call = site.source, site.call
        if source.kind not in (Kind.PYTHON, Kind.NOTEBOOK) or not call.args or not isinstance(call.func, Attr):
            continue
        if call.func.name == "fillna":
            for part in walk(call.args[0]):
                inner = source.facts.calls[part.call] if isinstance(part, Called) else None
                if inner is not None and isinstance(inner.func, Attr) and inner.func.name in _STATISTICS:
                    table = root_name(inner.func.base)
                    if table and table == root_name(call.func.base):
                        yield Refit(source, call, f"a `{inner.func.name}` that fills gaps", table)
                        break
        else:
            apis = project.flow.apis
            kind = apis.learner(source, call.func.base)
            if not kind and apis.learns_vocabulary(source, call.func.base):
                kind = "encoder"
            table = root_name(call.args[0])
            if kind and kind not in LEARN_NOTHING and table and not apis.is_predictor(source, call.func.base):
                yield Refit(source, call, f"`{kind}`", table)


def _both(project: Project, fit: Refit) -> tuple[int, list[tuple[str, Location]]]:
    """The function or loop that a table is the parameter or variable of, with where it gets both kinds of rows."""
    source, blocks = fit.source, fit.source.facts.blocks
    for index in source.ancestors(fit.call.block):
        block = blocks[index]
        if block.kind == "for" and isinstance(block.test, Seq):
            bound = any(
                b.kind == "for" and b.name == fit.table and index in source.ancestors(b.block)
                for b in source.facts.bindings
            )
            names = [root_name(item) for item in block.test.items]
            if bound and _are_both(names):
                return index, [(name, source.location(block.span)) for name in names[:1]]
        if block.kind == "function":
            function = source.function_of(index)
            if function is None:
                return 0, []
            params = [p for p in function.params if p.kind in ("positional-only", "positional", "keyword")]
            own = [p.name for p in params if p.name not in ("self", "cls")]
            if fit.table not in own or _is_rebound(source, index, fit.table):
                return 0, []
            given = []
            for caller in project.callers.of(source, function.qualname):
                value = next((k.value for k in caller.call.keywords if k.name == fit.table), None)
                position = own.index(fit.table)
                if value is None and position < len(caller.call.args):
                    value = caller.call.args[position]
                if value is not None and root_name(value):
                    given.append((root_name(value), caller.source.location(caller.call.span)))
            return index, given if _are_both([name for name, _ in given]) else []
    return 0, []


def _are_both(names: list[str]) -> bool:
    held_out = [name for name in names if _TEST.search(name) and not _TRAIN.search(name)]
    return bool(held_out) and any(_TRAIN.search(name) and not _TEST.search(name) for name in names)


def _is_rebound(source: SourceFacts, scope: int, name: str) -> bool:
    """Whether a parameter is bound anew to something that does not come from it."""
    for binding in source.facts.bindings:
        if binding.name == name and binding.kind == "assign" and source.scope_of(binding.block) == scope:
            value = binding.value
            func = source.facts.calls[value.call].func if isinstance(value, Called) else value
            mentioned = {part.name for part in walk(func) if isinstance(part, Ref)}
            if isinstance(value, Called):
                mentioned |= {
                    part.name
                    for argument in source.facts.calls[value.call].args
                    for part in walk(argument)
                    if isinstance(part, Ref)
                }
            if name not in mentioned:
                return True
    return False


def _is_asked(source: SourceFacts, fit: Refit, scope: int) -> bool:
    """Whether the fit stands under a condition: the function knows two modes."""
    for index in source.ancestors(fit.call.block):
        if index == scope:
            return False
        if source.facts.blocks[index].kind in ("if", "else", "ternary"):
            return True
    return False
