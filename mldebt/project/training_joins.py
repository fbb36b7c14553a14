"""Joins on the way to a model that can repeat or lose training rows, while nothing looks at how many there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Called, Compare, Const, Expr, Ref
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.project.training_inputs import Fitted
from mldebt.project.walk import root_name, walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

_KEYS = ("on", "left_on", "right_on", "left_index", "right_index")
_READ = re.compile(r"pandas\.read_(csv|table|parquet|excel|feather|json|pickle|sql\w*)$")
_COUNTS = frozenset(
    {"duplicated", "drop_duplicates", "is_unique", "nunique", "value_counts", "shape", "info", "describe"}
)
"""What looks at the rows of a table, or makes them unique."""


class TrainingJoin(NamedTuple):
    """`how` is left (a row can meet several) or inner (a row can meet none); `right` is read from a file as it is."""

    site: Site
    left: Expr
    right: Ref
    how: str
    fitted: Fitted


def training_joins(project: Project) -> Iterator[TrainingJoin]:
    """The joins by named keys whose rows a model is fitted on, with a table that was only read, and unchecked.

    Nothing counts the rows before or after, `validate` is not given, and no name of the tables is asked for
    duplicates anywhere in the file.
    """
    for site in project.calls("pandas.merge", "pandas.DataFrame.merge"):
        shift = 0 if site.name == "pandas.merge" else 1
        if site.hides_arguments or site.argument(None, "validate", "indicator") is not None:
            continue
        how = site.argument(2 - shift, "how")
        if how not in (None, Const("left"), Const("inner")) or site.argument(3 - shift, *_KEYS) is None:
            continue
        left = site.argument(0, "left") if shift == 0 else getattr(site.call.func, "base", None)
        right = site.argument(1 - shift, "right")
        if left is None or not isinstance(right, Ref) or not _is_only_read(site.source, right):
            continue
        index = next(i for i, call in enumerate(site.source.facts.calls) if call is site.call)
        fitted = project.training_inputs.seeing(site.source, index)
        names = {root_name(left), right.name, *_bound(site.source, index)} - {""}
        if fitted is not None and not _counts(site.source, names):
            yield TrainingJoin(site, left, right, "left" if how == Const("left") else "inner", fitted)


def _is_only_read(source: SourceFacts, table: Ref) -> bool:
    """Whether a name is bound once, to what a file holds."""
    if len(table.bindings) != 1 or table.bindings[0] < 0:
        return False
    binding = source.facts.bindings[table.bindings[0]]
    if binding.kind != "assign" or binding.path or not isinstance(binding.value, Called):
        return False
    call = source.facts.calls[binding.value.call]
    unique = any(keyword.name == "index_col" for keyword in call.keywords)
    return bool(_READ.match(call.name)) and not unique


def _bound(source: SourceFacts, call: int) -> Iterator[str]:
    return (binding.name for binding in source.facts.bindings if binding.value == Called(call))


def _counts(source: SourceFacts, names: set[str]) -> bool:
    """Whether a file asks any of the tables for duplicates or for how many rows there are."""
    for call in source.facts.calls:
        func = call.func
        if isinstance(func, Attr) and func.name in _COUNTS and root_name(func.base) in names:
            return True
        if call.name == "len" and any(root_name(argument) in names for argument in call.args):
            return True
    tests = (c.comparison for c in source.facts.conditions if isinstance(c.comparison, Compare))
    parts = (part for use in (*(u.expr for u in source.facts.uses), *tests) for part in walk(use))
    return any(
        isinstance(part, Attr) and part.name in _COUNTS and root_name(part.base) in names for part in parts
    )
