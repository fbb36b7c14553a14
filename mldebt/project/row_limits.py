"""Calls that leave only so many rows of data: `nrows=10000`, `df = df.head(5000)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Called, Const, Expr, Ref
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

_READERS = (
    "pandas.read_csv", "pandas.read_table", "pandas.read_excel", "polars.read_csv", "polars.scan_csv",
    "polars.read_parquet", "dask.dataframe.read_csv",
)  # fmt: skip
_WINDOWS = frozenset({"skiprows", "skip_rows", "iterator", "chunksize"})
"""Options of a read that takes a chosen part of the rows, or all of them piece by piece."""

_FEWEST_ROWS = 50
_CUTS = frozenset({"head", "limit", "sample", "tail"})
_LOOKS = frozenset({"columns", "dtypes", "shape", "info", "head", "describe", "keys"})


class RowLimit(NamedTuple):
    """A call with a literal limit; `what` shows it."""

    source: SourceFacts
    call: Call
    what: str


def row_limits(project: Project) -> Iterator[RowLimit]:
    """All such calls: reads of at least 50 rows that are used as data, and frames that are cut in place."""
    for site in project.calls(*_READERS):
        rows = site.argument(None, "nrows", "n_rows")
        if not isinstance(rows, Const) or not isinstance(rows.value, int) or rows.value < _FEWEST_ROWS:
            continue
        is_window = any(keyword.name in _WINDOWS for keyword in site.call.keywords)
        if not is_window and not _only_looks(site):
            name = next(keyword.name for keyword in site.call.keywords if keyword.value == rows)
            yield RowLimit(site.source, site.call, f"{name}={rows.value}")
    for site in project.calls(*(f"*.{name}" for name in _CUTS)):
        amount = _amount(site)
        if amount and _cuts_itself(site):
            yield RowLimit(site.source, site.call, f"{site.name.rpartition('.')[2]}({amount})")


def _amount(site: Site) -> str:
    """The literal number of rows, or their share, that a call leaves."""
    for value in (site.argument(0, "n", "num"), site.argument(None, "frac", "fraction")):
        if isinstance(value, Const) and not isinstance(value.value, bool):
            number = value.value
            if isinstance(number, int) and number >= _FEWEST_ROWS:
                return str(number)
            if isinstance(number, float) and 0 < number < 1:
                return str(number)
    return ""


def _cuts_itself(site: Site) -> bool:
    """Whether the call is `df = df.head(1000)`: the frame of that name is the whole no more."""
    func = site.call.func
    base = func.base if isinstance(func, Attr) else None
    if not isinstance(base, Ref) or any(k.name == "weights" for k in site.call.keywords):
        return False
    number = site.source.number_of(site.call)
    return any(
        binding.name == base.name
        and not binding.path
        and any(isinstance(part, Called) and part.call == number for part in _chain(site.source, binding.value))
        for binding in site.source.facts.bindings
    )


def _chain(source: SourceFacts, expr: Expr | None) -> Iterator[Expr]:
    """A call and the calls that it is a method of: `df.head(5).reset_index()`."""
    while isinstance(expr, Called):
        yield expr
        func = source.facts.calls[expr.call].func
        expr = func.base if isinstance(func, Attr) else None


def _only_looks(site: Site) -> bool:
    """Whether nothing but names and types of columns is taken from what was read."""
    source = site.source
    number = source.number_of(site.call)
    if any(
        isinstance(part, Attr) and part.name in _LOOKS and part.base == Called(number)
        for binding in source.facts.bindings
        for part in walk(binding.value)
    ):
        return True
    bound = [i for i, b in enumerate(source.facts.bindings) if b.value == Called(number)]
    uses = [
        use.expr
        for use in source.facts.uses
        if any(isinstance(p, Ref) and set(bound) & set(p.bindings) for p in walk(use.expr))
    ]
    return bool(bound and uses) and all(isinstance(expr, Attr) and expr.name in _LOOKS for expr in uses)
