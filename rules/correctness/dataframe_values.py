"""The rule `dataframe-values`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mldebt import (
    Edit,
    Finding,
    Fix,
    Kind,
    Profile,
    Project,
    Rule,
    Safety,
    Severity,
    SourceFacts,
    Span,
    facts,
    written,
)

_TABLES = frozenset({"pandas.DataFrame", "pandas.Series"})


class DataframeValues(Rule):
    """`.values` is read from a table.

    What it gives depends on the dtypes: an array, an extension array, a copy or a view. `to_numpy()` says what comes
    out and can be told the dtype. Zhang et al. 2022 list it as "Dataframe Conversion API Misused"; others report it,
    too, so that it is off unless it is selected.

    ## How to repair

    Write `.to_numpy()`.

    ## A table, and a column

    ```python title="train.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    X = df[["a", "b"]].values  # expect: dataframe-values
    y = df["label"].values  # expect: dataframe-values
    ```

    ## Fixed

    ```python title="train.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    X = df[["a", "b"]].to_numpy()
    y = df["label"].to_numpy()
    ```

    ## Dictionaries have a method of that name, and other objects are not known

    ```python title="train.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    counts = {"a": 1}
    rows = list(counts.values())
    known = df["a"].isin(counts.values())
    x = table.values
    ```

    ## Written to

    ```python title="train.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    df.values[0, 0] = 1
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    default = False
    minutes = 1

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each place where values are read from something that is surely a table."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            modules = {module.partition(".")[0] for module in source.facts.header.modules}
            if "pandas" not in modules or "values" not in source.facts.words:
                continue
            seen = set()
            for use in source.facts.uses:
                expr = use.expr
                if not isinstance(expr, facts.Attr) or expr.name != "values" or use.span in seen:
                    continue
                if project.type_of(source, expr.base) in _TABLES:
                    seen.add(use.span)
                    yield self._finding(project, source, use, expr)

    def _finding(self, project: Project, source: SourceFacts, use: facts.Use, expr: facts.Attr) -> Finding:
        return self.finding(
            source.location(use.span),
            f"what `{written(expr)}` gives depends on the dtypes: `.to_numpy()` says it",
            scope=source.scope_name(use.block),
            fix=_fix(project, source, use.span),
        )


def _fix(project: Project, source: SourceFacts, span: Span) -> Fix | None:
    syntax = project.syntax(source)
    if syntax is None:
        return None
    found = (n for n in ast.walk(syntax.tree) if isinstance(n, ast.Attribute) and n.attr == "values")
    node = next((n for n in found if syntax.span(n) == span), None)
    if node is None:
        return None
    edit: Edit | None = syntax.edit(
        Span(span.end_line, span.end_column - 6, span.end_line, span.end_column), "to_numpy()"
    )
    return None if edit is None else Fix("Write `.to_numpy()`", (edit,), Safety.SAFE)
