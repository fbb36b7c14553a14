"""What of a file gets to where a model is fitted or asked, or to a caller: worked out once a file, from there back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Called, Expr, Ref
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

_SPLITS = frozenset({"train_test_split", "cross_val_score", "cross_validate", "cross_val_predict"})
_MOST_STEPS = 6


class ModelWays(NamedTuple):
    """What of a file gets to where a model is fitted or asked, or to a caller: calls by number, and names.

    `known` are the values that a model is told to take for gaps.
    """

    calls: set[int]
    names: set[str]
    known: list[Expr]

    def lead_from(self, site: Site) -> bool:
        """Whether what a call fills does; one that stands alone fills its receiver."""
        func = site.call.func
        base = func.base if site.call.bare and isinstance(func, Attr) else None
        number = site.source.number_of(site.call)
        return number in self.calls or (isinstance(base, Ref) and base.name in self.names)


def ways_to_models(project: Project, source: SourceFacts) -> ModelWays:
    """What is fitted, predicted from or returned in a file, and from what that is made in a few steps."""
    uses = [e.call for e in project.phases.events(source) if e.phase in ("fit", "predict", "tune")]
    uses += [call for call in source.facts.calls if call.name.rpartition(".")[2] in _SPLITS]
    known = [k.value for call in source.facts.calls for k in call.keywords if k.name == "missing"]
    ways = ModelWays(set(), set(), known)
    for call in uses:
        _add(source, ways, *call.args, *(keyword.value for keyword in call.keywords))
    _add(source, ways, *(result.value for result in source.facts.returns))
    if uses:
        made = [(binding.name, binding.value) for binding in source.facts.bindings]
        made += [(getattr(store.target, "name", ""), store.value) for store in source.facts.stores]
        by_name: dict[str, list[Expr | None]] = {}
        for name, value in made:
            by_name.setdefault(name, []).append(value)
        last = set(ways.names)
        for _ in range(_MOST_STEPS):
            before = set(ways.names)
            for name in last:
                _add(source, ways, *by_name.get(name, ()))
            last = ways.names - before
    return ways


def _add(source: SourceFacts, ways: ModelWays, *exprs: Expr | None) -> None:
    """Add the calls that expressions hold, and the names, those in the arguments of calls, too."""
    pending = list(exprs)
    while pending:
        for part in walk(pending.pop()):
            if isinstance(part, Ref):
                ways.names.add(part.name)
            elif isinstance(part, Called) and part.call not in ways.calls:
                ways.calls.add(part.call)
                call = source.facts.calls[part.call]
                pending += (call.func, *call.args, *(keyword.value for keyword in call.keywords))
