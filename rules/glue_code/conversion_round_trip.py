"""The rule `conversion-round-trip`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mldebt import Finding, Kind, Project, Related, Role, Rule, Site, SourceFacts, Span, facts


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
    _Trip(("numpy.array", "numpy.asarray"), frozenset({"tolist"}), "array → list → array", "nothing but time"),
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


class ConversionRoundTrip(Rule):
    """A value is converted into another representation and straight back.

    Nothing was done with it in between; what the other representation cannot hold is lost, and the data is copied
    twice. Sculley et al. 2015, section 5 (Glue Code).

    ## How to repair

    Leave both conversions out; convert once, where a package needs it.

    ## A frame that forgets its index and dtypes; a tensor that leaves the device

    ```python title="train.py"
    import pandas as pd
    import torch
    df = pd.read_csv("a.csv")
    X = df[["a", "b"]].values
    X = pd.DataFrame(X, columns=["a", "b"])  # expect: conversion-round-trip
    kept = table[COLUMNS].values
    kept = pd.DataFrame(kept, columns=COLUMNS)  # expect: conversion-round-trip
    copy = torch.tensor(loss.detach().cpu().numpy())  # expect: conversion-round-trip
    ```

    ## The middle value is used, or is not what was converted

    ```python title="train.py"
    import pandas as pd
    import torch
    df = pd.read_csv("a.csv")
    array = df[["a", "b"]].values
    scaled = scaler.fit_transform(array)
    frame = pd.DataFrame(array, columns=["a", "b"])
    other = pd.DataFrame(shap_values.values)
    smooth = torch.tensor(filter(image.numpy()))
    ```

    ## Explained on its line; tests

    ```python title="train.py"
    import json
    plain = json.loads(json.dumps(config))  # drops what JSON cannot hold
    ```

    ```python title="tests/test_train.py"
    import json
    assert json.loads(json.dumps(config)) == config
    ```
    """

    minutes = 5
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each way there and back."""
        for trip in _TRIPS:
            for site in project.calls(*trip.back):
                if site.source.source.is_any(*self.skip_roles) or site.source.kind is not Kind.PYTHON:
                    continue
                given = site.argument(0, "data", "obj", "s")
                away = _away(project, site, given, trip) if given is not None else None
                if away is not None and not _is_explained(site):
                    name = given.name if isinstance(given, facts.Ref) else "the value"
                    yield self.finding(
                        site.location,
                        f"`{name}` goes {trip.chain}: the way there and back loses {trip.lost}",
                        related=[Related(site.source.location(away), "converted here")],
                        scope=site.source.scope_name(site.call.block),
                    )


def _away(project: Project, site: Site, given: facts.Expr, trip: _Trip) -> Span | None:
    """Where the value that is converted back was converted; None if it was not, or is used in between."""
    source = site.source
    span = site.call.span
    if isinstance(given, facts.Ref):
        if len(given.bindings) != 1 or given.bindings[0] < 0 or _uses(source, given.bindings[0]) > 1:
            return None
        binding = source.facts.bindings[given.bindings[0]]
        if binding.kind != "assign" or binding.path or binding.value is None:
            return None
        given, span = binding.value, binding.span
    base: facts.Expr | None = None
    if isinstance(given, facts.Attr) and given.name in trip.away:
        base = given.base
    elif isinstance(given, facts.Called):
        call = source.facts.calls[given.call]
        if call.name in trip.away and call.args and not call.keywords:
            base = call.args[0]
        elif (
            isinstance(call.func, facts.Attr)
            and call.func.name in trip.away
            and not call.args
            and not call.keywords
        ):
            base = call.func.base
    if base is None:
        return None
    surely = trip.surely or _has_columns(site, base) or _is_frame(project, source, base)
    return span if surely else None


def _has_columns(site: Site, expr: facts.Expr) -> bool:
    """Whether `frame[COLUMNS]` gets the same columns again."""
    columns = site.argument(None, "columns")
    if not isinstance(expr, facts.Item) or columns is None:
        return False
    if isinstance(columns, facts.Ref) and isinstance(expr.index, facts.Ref):
        return columns.name == expr.index.name
    return columns == expr.index


def _is_frame(project: Project, source: SourceFacts, expr: facts.Expr) -> bool:
    if isinstance(expr, facts.Item) and isinstance(expr.index, facts.Ref | facts.Seq):
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


def _is_of(expr: facts.Expr, binding: int) -> bool:
    """Whether an expression is a name that a binding gives its value, or a part of it."""
    while isinstance(expr, facts.Attr | facts.Item):
        expr = expr.base
    return isinstance(expr, facts.Ref) and binding in expr.bindings


def _is_explained(site: Site) -> bool:
    line = site.call.span.line
    return any(c.span.line in (line, line - 1) for c in site.source.facts.comments)
