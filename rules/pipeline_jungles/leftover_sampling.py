"""The rule `leftover-sampling`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Site,
    SourceFacts,
    argument_removal,
    facts,
    walk,
)

_READERS = (
    "pandas.read_csv", "pandas.read_table", "pandas.read_excel", "polars.read_csv", "polars.scan_csv",
    "polars.read_parquet", "dask.dataframe.read_csv",
)  # fmt: skip
_FEWEST_ROWS = 50
_CUTS = frozenset({"head", "limit", "sample", "tail"})
_LOOKS = frozenset({"columns", "dtypes", "shape", "info", "head", "describe", "keys"})


class LeftoverSampling(Rule):
    """A script that trains or writes data uses only a fixed part of its rows, and nothing says that it is meant so.

    While debugging, ten thousand rows were enough. The number stayed, the model is trained on a fraction of the data,
    and its scores are those of a prototype. Sculley et al. 2015, section 5: results at small scale rarely reflect the
    reality at full scale.

    ## How to repair

    Make the number of rows a setting that is off by default, or take it out.

    ## A limited read that is written, and a frame that is cut before it is used

    ```python title="ingest.py"
    import pandas as pd
    df = pd.read_csv("https://example.com/customers.csv", usecols=COLS, nrows=10000)  # expect: leftover-sampling
    df.to_csv("data/raw/train.csv", index=False)
    ```

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("data/raw/train.csv")
    df = df.head(5000)  # expect: leftover-sampling
    model = LogisticRegression().fit(df[["a"]], df["b"])
    ```

    ## Fixed

    ```python title="ingest.py"
    import pandas as pd
    df = pd.read_csv("https://example.com/customers.csv", usecols=COLS)
    df.to_csv("data/raw/train.csv", index=False)
    ```

    ## The number is a setting; a debug run; looking at the header

    ```python title="ingest.py"
    import pandas as pd
    names = pd.read_csv("a.csv", nrows=100).columns
    df = pd.read_csv("a.csv", nrows=rows)
    top = pd.read_csv("a.csv", nrows=5)
    if debug:
        df = pd.read_csv("a.csv", nrows=1000)
        df = df.sample(1000)
    df = df.sample(frac=1, random_state=1)
    df.to_csv("b.csv", index=False)
    ```

    ## Charts, samples with a name of their own, classes that are balanced, notebooks

    ```python title="report.py"
    import pandas as pd
    df = pd.read_csv("a.csv")
    best = df.sort_values("score").head(100)
    df = df.sort_values("score").head(100)
    df = df.groupby("label").sample(100)
    df.to_csv("b.csv", index=False)
    ```

    ```python title="explore.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("a.csv", nrows=1000)
    df.to_csv("b.csv")
    ```
    """

    profile = Profile.CI
    minutes = 5
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each limit that reaches a fit or a write of the same file."""
        for site in project.calls(*_READERS):
            rows = site.argument(None, "nrows", "n_rows")
            if not isinstance(rows, facts.Const) or not isinstance(rows.value, int) or rows.value < _FEWEST_ROWS:
                continue
            if self._counts(site.source, site.call) and not _only_looks(site):
                name = next(k.name for k in site.call.keywords if k.value == rows)
                yield from self._finding(project, site.source, site.call, f"{name}={rows.value}")
        for site in project.calls(*(f"*.{name}" for name in _CUTS)):
            amount = _amount(site)
            if amount and self._counts(site.source, site.call) and _cuts_itself(site):
                method = site.name.rpartition(".")[2]
                yield from self._finding(project, site.source, site.call, f"{method}({amount})")

    def _counts(self, source: SourceFacts, call: facts.Call) -> bool:
        if source.kind is not Kind.PYTHON or source.source.is_any(*self.skip_roles):
            return False
        return source.enclosing(call.block, "if", "else", "ternary", "except", "for", "while") is None

    def _finding(self, project: Project, source: SourceFacts, call: facts.Call, what: str) -> Iterator[Finding]:
        """A finding, if the file goes on to fit a model or to write data."""
        later = [
            (event.location, "a model is fitted")
            for event in project.phases.events(source)
            if event.phase == "fit" and event.call.span.line >= call.span.line
        ]
        later += [
            (write.location, "the data is written")
            for artifact in project.artifacts
            if artifact.kind in ("dataset", "table")
            for write in artifact.writes
            if write.source is source and write.call.span.line >= call.span.line
        ]
        if later:
            yield self.finding(
                source.location(call.span),
                f"`{what}` leaves out the rest of the data before {later[0][1]}: left from debugging?",
                related=[Related(place, what_then) for place, what_then in later[:2]],
                scope=source.scope_name(call.block),
                fix=argument_removal(source, call, what.partition("=")[0]) if "=" in what else None,
            )


def _amount(site: Site) -> str:
    """The literal number of rows, or their share, that a call leaves."""
    for value in (site.argument(0, "n", "num"), site.argument(None, "frac", "fraction")):
        if isinstance(value, facts.Const) and not isinstance(value.value, bool):
            number = value.value
            if isinstance(number, int) and number >= _FEWEST_ROWS:
                return str(number)
            if isinstance(number, float) and 0 < number < 1:
                return str(number)
    return ""


def _cuts_itself(site: Site) -> bool:
    """Whether the call is `df = df.head(1000)`: the frame of that name is the whole no more."""
    func = site.call.func
    base = func.base if isinstance(func, facts.Attr) else None
    if not isinstance(base, facts.Ref) or any(k.name == "weights" for k in site.call.keywords):
        return False
    number = site.source.facts.calls.index(site.call)
    return any(
        binding.name == base.name
        and not binding.path
        and any(
            isinstance(part, facts.Called) and part.call == number for part in _chain(site.source, binding.value)
        )
        for binding in site.source.facts.bindings
    )


def _chain(source: SourceFacts, expr: facts.Expr | None) -> Iterator[facts.Expr]:
    """A call and the calls that it is a method of: `df.head(5).reset_index()`."""
    while isinstance(expr, facts.Called):
        yield expr
        func = source.facts.calls[expr.call].func
        expr = func.base if isinstance(func, facts.Attr) else None


def _only_looks(site: Site) -> bool:
    """Whether nothing but names and types of columns is taken from what was read."""
    source = site.source
    number = source.facts.calls.index(site.call)
    if any(
        isinstance(part, facts.Attr) and part.name in _LOOKS and part.base == facts.Called(number)
        for binding in source.facts.bindings
        for part in walk(binding.value)
    ):
        return True
    bound = [i for i, b in enumerate(source.facts.bindings) if b.value == facts.Called(number)]
    uses = [
        use.expr
        for use in source.facts.uses
        if any(isinstance(p, facts.Ref) and set(bound) & set(p.bindings) for p in walk(use.expr))
    ]
    return bool(bound and uses) and all(isinstance(expr, facts.Attr) and expr.name in _LOOKS for expr in uses)
