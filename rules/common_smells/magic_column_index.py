"""The rule `magic-column-index`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts, walk

_READERS = frozenset(
    {"read_csv", "read_parquet", "read_excel", "read_feather", "read_table", "read_sql", "read_json"}
)
_MODELS = frozenset({"fit", "predict", "fit_transform", "train_test_split", "fit_resample", "cross_val_score"})
_SAME_COLUMNS = frozenset({"dropna", "copy", "reset_index", "sample", "fillna", "drop_duplicates", "sort_values"})
_BRIGHTEST = (facts.Const(255), facts.Const(255.0))


class MagicColumnIndex(Rule):
    """Features or the target are taken out of a table by their position.

    `df.iloc[:, 1:-1]` means other columns as soon as somebody adds one upstream, and the model is trained on them
    without an error. Sculley et al. 2015, section 5 ("Plain-Old-Data Type Smell").

    ## How to repair

    Select columns by name.

    ## Features and target

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("churn.csv")
    X = df.iloc[:, 1:-1]  # expect: magic-column-index
    y = df.iloc[:, -1]
    model = LogisticRegression().fit(X, y)
    ```

    ## Through an array, and after cleaning

    ```python title="train.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split
    def split():
        df = pd.read_csv("churn.csv").dropna()
        X = df.iloc[:, [3, 4]].values  # expect: magic-column-index
        y = df.values[:, 7]
        return train_test_split(X, y)
    ```

    ## By name, and for display

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("churn.csv")
    X, y = df[["age", "paid"]], df["churned"]
    LogisticRegression().fit(X, y)
    print(df.iloc[:, 0], df.iloc[:100])
    ```

    ## Pictures, arrays

    ```python title="digits.py"
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("digits.csv")
    X, y = df.iloc[:, 1:].values / 255, df.iloc[:, 0]
    pixels = df.iloc[:, 1:]
    labels = df.iloc[:, 0]
    LogisticRegression().fit(pixels, labels)
    ```

    ```python title="arrays.py"
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    data = np.load("churn.npy")
    X = data[:, 1:]
    LogisticRegression().fit(X, data[:, 0])
    ```

    ## Tables without names, selected ones, and positions that are given

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    raw = pd.read_csv("churn.data", header=None)
    LogisticRegression().fit(raw.iloc[:, 1:], raw.iloc[:, 0])
    table = pd.read_csv("churn.csv")[["churned", "age", "paid"]]
    X, y = table.iloc[:, 1:], table.iloc[:, 0]
    LogisticRegression().fit(X, y)
    def features(first):
        df = pd.read_csv("churn.csv")
        X = df.iloc[:, first]
        return LogisticRegression().fit(X)
    ```
    """

    profile = Profile.HOOK
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each table whose columns a model gets by position."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            seen: set[int] = set()
            for binding, place in _model_inputs(source):
                table = _by_position(source, place)
                if table is None or table in seen or _holds_pictures(source):
                    continue
                seen.add(table)
                mild = source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK)
                yield self.finding(
                    source.location(binding.span),
                    f"`{binding.name}` is taken out of `{source.facts.bindings[table].name}` by position: a column "
                    "inserted upstream changes the model without an error",
                    related=[
                        Related(source.location(source.facts.bindings[table].span), "the table is read here")
                    ],
                    severity=Severity.INFO if mild else None,
                    scope=source.scope_name(binding.block),
                )


def _model_inputs(source: SourceFacts) -> Iterator[tuple[facts.Binding, facts.Expr]]:
    """The variables that are given to a model or to a split, with the values they are bound to, by place."""
    indexes = {
        index
        for call in source.facts.calls
        if isinstance(call.func, facts.Attr | facts.Ref) and call.func.name in _MODELS
        for argument in (*call.args[:2], *(k.value for k in call.keywords if k.name in ("X", "y")))
        if isinstance(argument, facts.Ref) and len(argument.bindings) == 1 and argument.bindings[0] >= 0
        for index in argument.bindings
    }
    for index in sorted(indexes, key=lambda i: source.facts.bindings[i].span):
        binding = source.facts.bindings[index]
        if binding.kind == "assign" and binding.value is not None and not binding.path:
            yield binding, binding.value


def _holds_pictures(source: SourceFacts) -> bool:
    """Whether a row is a picture or a signal: it is divided by 255, or gets three dimensions or more."""
    for call in source.facts.calls:
        if isinstance(call.func, facts.Attr) and call.func.name == "reshape":
            shape = call.args[0] if call.args else None
            if len(shape.items if isinstance(shape, facts.Seq) else call.args) > 2:
                return True
    values = [held.value for held in (*source.facts.bindings, *source.facts.stores) if held.value is not None]
    parts = (part for value in values for part in walk(value) if isinstance(part, facts.Binary))
    return any(part.operator == "/" and part.right in _BRIGHTEST for part in parts)


def _by_position(source: SourceFacts, expr: facts.Expr) -> int | None:
    """The binding of the table, with names, that an expression takes columns of by constant positions; else None."""
    while not isinstance(expr, facts.Item):
        if isinstance(expr, facts.Attr) and expr.name == "values":
            expr = expr.base
        elif isinstance(expr, facts.Called) and isinstance(
            func := source.facts.calls[expr.call].func, facts.Attr
        ):
            expr = func.base
        else:
            return None
    base, index = expr.base, expr.index
    if (
        not isinstance(base, facts.Attr)
        or base.name not in ("iloc", "values")
        or not isinstance(base.base, facts.Ref)
    ):
        return None
    if not isinstance(index, facts.Seq) or len(index.items) != 2 or index.items[0] != facts.Hole("slice"):
        return None
    if not _is_constant(index.items[1]) or len(base.base.bindings) != 1 or base.base.bindings[0] < 0:
        return None
    table = base.base.bindings[0]
    return table if _has_names(source, source.facts.bindings[table].value) else None


def _is_constant(expr: facts.Expr) -> bool:
    if isinstance(expr, facts.Seq):
        return all(_is_constant(item) for item in expr.items)
    if isinstance(expr, facts.Unary):
        return _is_constant(expr.operand)
    return expr == facts.Hole("slice") or (isinstance(expr, facts.Const) and isinstance(expr.value, int))


def _has_names(source: SourceFacts, expr: facts.Expr | None) -> bool:
    """Whether a value is a whole table that was read with its header."""
    while isinstance(expr, facts.Called):
        call = source.facts.calls[expr.call]
        if not isinstance(call.func, facts.Attr):
            return False
        if call.func.name in _READERS:
            return not any(k.name in ("header", "names", "usecols", "columns", "") for k in call.keywords)
        if call.func.name not in _SAME_COLUMNS:
            return False
        expr = call.func.base
    return False
