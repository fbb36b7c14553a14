"""Loops that keep the model, or the setting, with the best score on the test part of a split, or collect the scores
of which the best is taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binding, Call, Called, Compare, Expr, Item, Ref
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import names_in, root_name, walk
from mldebt.source import Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_SCORES = (
    "*.score",
    "*.evaluate",
    "sklearn.metrics.*_score",
    "sklearn.metrics.*_error",
    "sklearn.metrics.*_loss",
)
_BEST = re.compile(r"best|(^|_)(max|min|top|highest|lowest)($|_)", re.IGNORECASE)
_TEST_TARGET = re.compile(r"(y|Y|labels?|targets?)_?test$")
_CHOOSES = frozenset({"max", "min", "numpy.argmax", "numpy.argmin"})
_CHOOSING_METHODS = frozenset({"idxmax", "idxmin", "nlargest", "nsmallest"})
_VALIDATION = re.compile(r"val|dev", re.IGNORECASE)


class HeldOutChoice(NamedTuple):
    """A score on the test part in a loop, and the comparison that keeps the best one."""

    score: Site
    kept: Location


def held_out_choices(project: Project) -> Iterator[HeldOutChoice]:
    """The loops that choose by the test part, by path and place; none where another part is held out, too."""
    seen: set[tuple[str, int]] = set()
    for site in project.calls(*_SCORES):
        source = site.source
        loop = next(
            (b for b in source.ancestors(site.call.block) if source.facts.blocks[b].kind in ("for", "while")), 0
        )
        if not loop and _is_on_test(project, site) and not _holds_out_more(project, source):
            place = _kept_by_caller(project, site)
            if place is not None and (source.path, -place.span.line) not in seen:
                seen.add((source.path, -place.span.line))
                yield HeldOutChoice(site, place)
        if (
            not loop
            or (source.path, loop) in seen
            or not _is_on_test(project, site)
            or _holds_out_more(project, source)
        ):
            continue
        kept = _kept(source, loop, site.call) or _taken(project, source, loop, site.call)
        if kept is not None:
            seen.add((source.path, loop))
            yield HeldOutChoice(site, kept)


def _is_on_test(project: Project, site: Site) -> bool:
    """Whether a score is computed on the test part of a split that is not called validation data."""
    for argument in site.call.args[:2]:
        names = {name.name for name in names_in(argument)}
        if any(map(_VALIDATION.search, names)):
            return False
        if any(map(_TEST_TARGET.match, names)):
            return True
        trail = project.flow.trail(site.source, argument, site.call.span.line)
        if trail.divided and trail.parts - {"target"} == {"test"}:
            return True
    return False


def _holds_out_more(project: Project, source: SourceFacts) -> bool:
    """Whether a file splits twice, so that a part may be left for the end."""
    return sum(split.source is source and split.how == "split" for split in project.splits) > 1


def _kept_by_caller(project: Project, site: Site) -> Location | None:
    """Where a loop compares with the best one so far the score that a function computes and returns."""
    source = site.source
    home = _function(source, site.call.block)
    function = source.function_of(home)
    if function is None:
        return None
    names = {b.name for b in source.facts.bindings if _holds(source, b, site.call)}
    if not any(
        _function(source, r.block) == home
        and (names & _names(source, r.value) or site.call in _calls(source, r.value))
        for r in source.facts.returns
    ):
        return None
    for caller in project.callers.of(source, function.qualname):
        blocks = caller.source.facts.blocks
        around = caller.source.ancestors(caller.call.block)
        loop = next((b for b in around if blocks[b].kind in ("for", "while")), 0)
        place = _kept(caller.source, loop, caller.call) if loop else None
        if place is not None:
            return place
    return None


def _kept(source: SourceFacts, loop: int, score: Call) -> Location | None:
    """Where the score is compared with the best one so far, inside the loop."""
    names = {
        b.name for b in source.facts.bindings if _holds(source, b, score) and loop in source.ancestors(b.block)
    }
    for block in source.facts.blocks:
        if block.kind != "if" or loop not in source.ancestors(block.parent):
            continue
        for part in walk(block.test):
            if isinstance(part, Compare) and part.operator in (">", "<", ">=", "<="):
                sides = {_name(part.left), _name(part.right)}
                if sides & names and any(_BEST.search(name) for name in sides - names):
                    return source.location(block.span)
    return None


def _taken(project: Project, source: SourceFacts, loop: int, score: Call) -> Location | None:
    """Where the best of the scores that a loop collects is taken: behind it, or where its function is called."""
    lists = _collected(source, loop, score)
    if not lists:
        return None
    home = _function(source, loop)
    function = source.function_of(home)
    place = _choice(source, lists, source.facts.blocks[loop].span.end_line, home)
    if place is not None or function is None:
        return place
    if not any(
        _function(source, r.block) == home and lists & _names(source, r.value) for r in source.facts.returns
    ):
        return None
    for caller in project.callers.of(source, function.qualname):
        names = {
            b.name
            for b in caller.source.facts.bindings
            if not b.path and isinstance(b.value, Called) and b.value.call == caller.number
        }
        place = _choice(caller.source, names, caller.call.span.line, _function(caller.source, caller.call.block))
        if place is not None:
            return place
    return None


def _collected(source: SourceFacts, loop: int, score: Call) -> set[str]:
    """The names of the lists and dicts that a loop puts its scores into."""
    content = source.facts
    inside = [b for b in content.bindings if loop in source.ancestors(b.block)]
    names = {b.name for b in inside if score in _calls(source, b.value)}
    found = set()
    for store in content.stores:
        value = store.value
        if loop in source.ancestors(store.block) and (
            score in _calls(source, value) or names & _names(source, value)
        ):
            found.add(root_name(store.target) if isinstance(store.target, Item) else "")
    for call in content.calls:
        if (
            not isinstance(call.func, Attr)
            or call.func.name != "append"
            or loop not in source.ancestors(call.block)
        ):
            continue
        if any(score in _calls(source, a) or names & _names(source, a) for a in call.args):
            found.add(root_name(call.func.base))
    return found - {"", "self", "mlflow"}


def _choice(source: SourceFacts, lists: set[str], line: int, around: int) -> Location | None:
    """Where the best of some collections is taken, below a line and in one function."""
    content = source.facts
    tables = {b.name for b in content.bindings if b.span.line > line and lists & _names(source, b.value)} | lists
    for call in content.calls:
        if call.span.line <= line or _function(source, call.block) != around:
            continue
        if call.name in _CHOOSES and len(call.args) == 1 and tables & _names(source, call.args[0]):
            return source.location(call.span)
        func = call.func
        if isinstance(func, Attr) and func.name in _CHOOSING_METHODS and tables & _names(source, func.base):
            return source.location(call.span)
    return None


def _function(source: SourceFacts, block: int) -> int:
    """The function around a block; 0 for none."""
    return next((b for b in source.ancestors(block) if source.facts.blocks[b].kind == "function"), 0)


def _calls(source: SourceFacts, expr: Expr | None, depth: int = 3) -> Iterator[Call]:
    """The calls in an expression, with those in their arguments."""
    for part in walk(expr):
        if isinstance(part, Called):
            call = source.facts.calls[part.call]
            yield call
            if depth:
                for inner in (*call.args, call.func):
                    yield from _calls(source, inner, depth - 1)


def _names(source: SourceFacts, expr: Expr | None) -> set[str]:
    """The names that an expression reads, with those in the arguments of its calls."""
    exprs = [expr, *(part for call in _calls(source, expr) for part in (call.func, *call.args))]
    return {name.name for part in exprs for name in names_in(part)}


def _holds(source: SourceFacts, binding: Binding, score: Call) -> bool:
    return any(isinstance(p, Called) and source.facts.calls[p.call] is score for p in walk(binding.value))


def _name(expr: Expr) -> str:
    return expr.name if isinstance(expr, Ref | Attr) else ""
