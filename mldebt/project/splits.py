"""The places where rows are held out: `train_test_split`, folds, cross-validation and searches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Called, Expr, Item, Ref
from mldebt.plain_facts import keyword_argument
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.project.trails import Trail, is_target
from mldebt.project.walk import walk
from mldebt.source import Location, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_FITS = frozenset({"fit", "fit_generator", "train", "fit_transform"})


class Split(NamedTuple):
    """A place that holds out rows, and the trail of the rows that it divides (the targets are left out).

    `how` is split, slices, folds, cross-validation or search.
    """

    source: SourceFacts
    span: Span
    trail: Trail
    how: str

    @property
    def location(self) -> Location:
        """The place."""
        return self.source.location(self.span)


def find_splits(project: Project) -> Iterator[Split]:
    """The project's splits, by path and place."""
    flow = project.flow
    found = dict(_plain_splits(project))
    for source in {split.source.path: split.source for split in found.values()}.values():
        for index in range(len(source.facts.calls)):
            outside = flow.learned_outside(source, index)
            for place in outside[2].divided if outside else ():
                split_here = found.get(place)
                if outside and split_here and outside[1].places & split_here.trail.places:
                    split_here.trail.learned.append(outside[0])
    yield from (found[key] for key in sorted(found))


def _plain_splits(project: Project) -> Iterator[tuple[tuple[str, int], Split]]:
    """The splits without what is learned apart from them, by the number of the call (of the slices: negative)."""
    flow = project.flow
    for site in project.calls("*.train_test_split", "*.split", "*.cross_val*", "*.fit"):
        how = _kind(project, site.source, site.call, site.name)
        if not how:
            continue
        trail = Trail()
        for data, line in _data(project, site.source, site.call, how):
            trail.add(flow.trail(site.source, data, line))
        if how in ("search", "cross-validation"):  # what was fitted on `X_train` leaks into the choice only
            trail.learned = [learned for learned in trail.learned if not learned.named]
        yield _key(site), Split(site.source, site.call.span, trail, how)
    for site in project.calls("sklearn.cross_validation.*", "sklearn.model_selection.*"):
        if flow.apis.has_role(site.name, "splitter"):
            trail = Trail()
            for data, line in _indexed(project, site.source, site.call):
                trail.add(flow.trail(site.source, data, line))
            if trail.places:
                yield _key(site), Split(site.source, site.call.span, trail, "folds")
    for source in project.code:
        if not _FITS.isdisjoint(source.facts.header.methods):
            for number, sliced in enumerate(flow.sliced(source).splits):
                trail = Trail()
                trail.add(flow.trail(source, sliced.base, sliced.line))
                yield (source.path, -1 - number), Split(source, sliced.span, trail, "slices")


def _key(site: Site) -> tuple[str, int]:
    return site.source.path, next(i for i, call in enumerate(site.source.facts.calls) if call is site.call)


def _kind(project: Project, source: SourceFacts, call: Call, name: str) -> str:
    apis = project.flow.apis
    canonical = apis.tables.canonical(name)
    if canonical == "sklearn.model_selection.train_test_split":
        return "split"
    if apis.is_cross_validation(canonical):
        return "cross-validation"
    func = call.func
    if isinstance(func, Attr) and func.name in ("split", "fit"):
        role = "splitter" if func.name == "split" else "search"
        if any(apis.has_role(found, role) for found in apis.types(source, func.base)):
            return "folds" if role == "splitter" else role
    return ""


def _data(project: Project, source: SourceFacts, call: Call, how: str) -> Iterator[tuple[Expr, int]]:
    """The features that a call divides, with the line up to which changes count."""
    line = call.span.line
    if how == "split":
        given = [a for a in call.args if not is_target(source, a)] or list(call.args[:1])
        yield from ((argument, line) for argument in (given[:1] if len(call.args) == 2 else given))
        yield from ((k.value, line) for k in call.keywords if k.name in ("X", ""))
        return
    position = 1 if how == "cross-validation" else 0
    keyword = keyword_argument(call, "X")
    if keyword is not None:
        yield keyword, line
    elif position < len(call.args):
        yield call.args[position], line
    if how == "folds":
        yield from _indexed(project, source, call)


def _indexed(project: Project, source: SourceFacts, split: Call) -> Iterator[tuple[Expr, int]]:
    """What the row numbers of the folds are used on: `X` in `X[train_index]`, `df` in `df.iloc[valid]`."""
    flow = project.flow
    folds = set()
    for index, binding in enumerate(source.facts.bindings):
        splitter = flow.splitter_of(source, binding)
        if splitter is not None and _made_by(source, splitter) is split:
            folds.add(index)
    if not folds:
        return
    seen: set[Expr] = set()
    for call in source.facts.calls:
        for argument in call.args:
            yield from _bases(argument, folds, seen, call.span.line, source)
    for binding in source.facts.bindings:
        if binding.value is not None:
            yield from _bases(binding.value, folds, seen, binding.span.line, source)


def _bases(
    expr: Expr, folds: set[int], seen: set[Expr], line: int, source: SourceFacts
) -> Iterator[tuple[Expr, int]]:
    for part in walk(expr):
        if isinstance(part, Item) and any(
            isinstance(r, Ref) and folds & set(r.bindings) for r in walk(part.index)
        ):
            base = part.base
            if base not in seen and not is_target(source, base):
                seen.add(base)
                yield base, line


def _made_by(source: SourceFacts, splitter: Expr) -> Call | None:
    """The call that made a splitter's folds: `kf.split(X)`, or the constructor of an old-style splitter."""
    if isinstance(splitter, Called):
        return source.facts.calls[splitter.call]
    for index in splitter.bindings if isinstance(splitter, Ref) else ():
        value = source.facts.bindings[index].value if index >= 0 else None
        if isinstance(value, Called):
            return source.facts.calls[value.call]
    return None
