"""Loops that keep the model, or the setting, with the best score on the test part of a split."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binding, Call, Called, Compare, Expr, Ref
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import names_in, walk
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
        if (
            not loop
            or (source.path, loop) in seen
            or not _is_on_test(project, site)
            or _holds_out_more(project, source)
        ):
            continue
        kept = _kept(source, loop, site.call)
        if kept is not None:
            seen.add((source.path, loop))
            yield HeldOutChoice(site, kept)


def _is_on_test(project: Project, site: Site) -> bool:
    """Whether a score is computed on the test part of a split that is not called validation data."""
    for argument in site.call.args[:2]:
        if any(_VALIDATION.search(name.name) for name in names_in(argument)):
            return False
        trail = project.flow.trail(site.source, argument, site.call.span.line)
        if trail.divided and trail.parts - {"target"} == {"test"}:
            return True
    return False


def _holds_out_more(project: Project, source: SourceFacts) -> bool:
    """Whether a file splits twice, so that a part may be left for the end."""
    return sum(split.source is source and split.how == "split" for split in project.splits) > 1


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


def _holds(source: SourceFacts, binding: Binding, score: Call) -> bool:
    return any(isinstance(p, Called) and source.facts.calls[p.call] is score for p in walk(binding.value))


def _name(expr: Expr) -> str:
    return expr.name if isinstance(expr, Ref | Attr) else ""
