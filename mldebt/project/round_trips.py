"""Values that are converted into another representation and straight back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Called, Expr, Item, Ref, Seq
from mldebt.project.branches import written
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Span

if TYPE_CHECKING:
    from mldebt.project.project import Project


_FOREIGN = frozenset({"tensorflow", "jax", "jax.numpy", "polars", "cupy", "mxnet", "paddle"})
"""Libraries whose objects have a `numpy` method, too."""


class RoundTrip(NamedTuple):
    """`back` undoes what was done to `name` at `away`; `chain` shows the representations, `lost` what gets lost."""

    back: Site
    away: Span
    name: str
    chain: str
    lost: str


class _Trip(NamedTuple):
    """A way there and back: the calls that lead back, the methods (or functions) that led away, and what is lost."""

    back: tuple[str, ...]
    away: frozenset[str]
    chain: str
    lost: str
    surely: bool = True


_TRIPS = (
    _Trip(
        ("pandas.DataFrame",),
        frozenset({"values", "to_numpy"}),
        "frame → array → frame",
        "index and dtypes",
        False,
    ),
    _Trip(
        ("pandas.DataFrame", "pandas.DataFrame.from_dict"),
        frozenset({"to_dict"}),
        "frame → dict → frame",
        "dtypes",
    ),
    _Trip(
        ("torch.from_numpy", "torch.tensor", "torch.as_tensor", "torch.Tensor"),
        frozenset({"numpy"}),
        "tensor → array → tensor",
        "device and gradient",
    ),
    _Trip(("json.loads",), frozenset({"json.dumps"}), "object → JSON → object", "types of keys and values"),
    _Trip(("polars.from_pandas",), frozenset({"to_pandas"}), "polars → pandas → polars", "dtypes"),
    _Trip(("*.createDataFrame",), frozenset({"toPandas"}), "spark → pandas → spark", "the cluster"),
    _Trip(
        ("scipy.sparse.csr_matrix", "scipy.sparse.csc_matrix"),
        frozenset({"toarray", "todense"}),
        "sparse → dense → sparse",
        "memory",
    ),
)


def find_round_trips(project: Project) -> Iterator[RoundTrip]:
    """All ways there and back, by kind and place, but for those that a comment beside them explains."""
    for trip in _TRIPS:
        for site in project.calls(*trip.back):
            given = site.argument(0, "data", "obj", "s")
            if "numpy" in trip.away and not _FOREIGN.isdisjoint(site.source.facts.header.modules):
                continue  # the array may come from the other library
            away = _away(project, site, given, trip) if given is not None else None
            if away is not None and not _is_explained(site):
                span, start = away
                yield RoundTrip(site, span, written(start), trip.chain, trip.lost)


def _away(project: Project, site: Site, given: Expr, trip: _Trip) -> tuple[Span, Expr] | None:
    """Where the value that is converted back was converted, and what it was; None if it was not converted, or is used
    in between.
    """
    source = site.source
    span = site.call.span
    bound: int | None = None
    if isinstance(given, Ref):
        if len(given.bindings) != 1 or given.bindings[0] < 0:
            return None
        bound = given.bindings[0]
        binding = source.facts.bindings[bound]
        if binding.kind != "assign" or binding.path or binding.value is None:
            return None
        given, span = binding.value, binding.span
    base: Expr | None = None
    if isinstance(given, Item) and isinstance(given.base, Attr):
        given = given.base  # some rows of the array
    if isinstance(given, Attr) and given.name in trip.away:
        base = given.base
    elif isinstance(given, Called):
        call = source.facts.calls[given.call]
        if call.name in trip.away and call.args and not call.keywords:
            base = call.args[0]
        elif isinstance(call.func, Attr) and call.func.name in trip.away and not call.args and not call.keywords:
            base = call.func.base
    if base is None or (bound is not None and _uses(source, bound) > 1):
        return None
    surely = trip.surely or _has_columns(site, base) or _is_frame(project, source, base)
    return (span, base) if surely else None


def _has_columns(site: Site, expr: Expr) -> bool:
    """Whether `frame[COLUMNS]` gets the same columns again, or `frame` those of itself."""
    columns = site.argument(None, "columns")
    if isinstance(columns, Attr) and columns.name == "columns" and columns.base == expr:
        return True
    if not isinstance(expr, Item) or columns is None:
        return False
    if isinstance(columns, Ref) and isinstance(expr.index, Ref):
        return columns.name == expr.index.name
    return columns == expr.index


def _is_frame(project: Project, source: SourceFacts, expr: Expr) -> bool:
    if isinstance(expr, Item) and isinstance(expr.index, Ref | Seq):
        expr = expr.base
    return project.type_of(source, expr) == "pandas.DataFrame"


def _uses(source: SourceFacts, binding: int) -> int:
    """How often a binding is read, as far as the chains that are recorded once tell."""
    passed = [
        expr
        for call in source.facts.calls
        for expr in (call.func, *call.args, *(keyword.value for keyword in call.keywords))
    ]
    read = [use.expr for use in source.facts.uses]
    return max(sum(1 for expr in exprs if _is_of(expr, binding)) for exprs in (passed, read))


def _is_of(expr: Expr, binding: int) -> bool:
    """Whether an expression is a name that a binding gives its value, or a part of it."""
    while isinstance(expr, Attr | Item):
        expr = expr.base
    return isinstance(expr, Ref) and binding in expr.bindings


def _is_explained(site: Site) -> bool:
    line = site.call.span.line
    return any(c.span.line in (line, line - 1) for c in site.source.facts.comments)
