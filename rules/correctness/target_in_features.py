"""The rule `target-in-features`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Confidence,
    Finding,
    Project,
    Role,
    Rule,
    Severity,
    TrainingColumns,
    made_from,
    made_of,
    taken_out,
    training_columns,
    written,
)


class TargetInFeatures(Rule):
    """The target, or the column that it was computed from, is among the features.

    The model only has to copy it. The score is close to perfect, and useless: the column is not known when the model
    is asked. Yang et al. 2022 and the "Rules of Machine Learning" (rule 37) warn of it.

    ## How to repair

    Leave the target and everything that was computed from it, or that it was computed from, out of the features.

    ## What the target was computed from

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split

    df = pd.read_csv("flights.csv")
    df["late"] = df["delay"] > 15
    X, y = df.drop(columns=["late"]), df["late"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    LogisticRegression().fit(X_train, y_train)  # expect: target-in-features
    ```

    ## The target itself

    ```python title="train.ipynb"
    # %%
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import Ridge
    df = pd.read_csv("houses.csv")
    columns = ["rooms", "area", "price"]
    Ridge().fit(df[columns], df["price"])  # expect: target-in-features
    # %%
    df["log_price"] = np.log1p(df["price"])
    X = df.drop(["log_price", "id"], axis=1)
    model = Ridge().fit(X, df.log_price)  # expect: target-in-features
    ```

    ## What is computed from the target

    ```python title="train.py"
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import Ridge

    df = pd.read_csv("houses.csv")
    df["log_price"] = np.log1p(df["price"])
    X = df.drop(columns=["price"])
    Ridge().fit(X, df["price"])  # expect: target-in-features
    ```

    ## Both are left out, or only one is chosen

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    df = pd.read_csv("flights.csv")
    df["late"] = df["delay"] > 15
    Ridge().fit(df.drop(columns=["late", "delay"]), df["late"])
    Ridge().fit(df[["hour", "carrier"]], df["late"])
    Ridge().fit(df.drop(columns=unknown), df["late"])
    ```

    ## The column was dropped before, the value of another day, the target is changed in place

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    df = pd.read_csv("flights.csv")
    df["late"] = df["delay"] > 15
    df.drop("delay", axis=1, inplace=True)
    Ridge().fit(df.drop(columns=["late"]), df["late"])
    df["tomorrow"] = df["sales"].shift(-1)
    Ridge().fit(df.drop(columns=["tomorrow"]), df["tomorrow"])
    df["kind"] = df["kind"].map({"a": 0, "b": 1})
    Ridge().fit(df.drop(columns=["kind"]), df["kind"])
    ```

    ## A moving average, an average of the training folds, a network that rebuilds its input

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge
    from sklearn.neural_network import MLPRegressor

    df = pd.read_csv("flights.csv")
    df["mean_7"] = df["sales"].shift(1).rolling(7).mean()
    Ridge().fit(df[["mean_7", "hour"]], df["sales"])
    X = df.drop(columns=["price"])
    df["shown"] = df["price"].round()
    Ridge().fit(X, df["price"])
    df["shop_mean"] = df["shop"].map(fold.groupby("shop")["price"].mean())
    Ridge().fit(df[["shop_mean", "hour"]], df["price"])
    MLPRegressor().fit(df[["a", "b"]], df[["a", "b"]])
    ```
    """

    severity = Severity.ERROR
    minutes = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each fit that gets its target."""
        for known in training_columns(project):
            source = known.fit.source
            if source.source.is_any(*self.skip_roles):
                continue
            leaked, told = _leaked(known)
            if leaked:
                yield self.finding(
                    known.fit.location,
                    f"`{written(known.fit.call.func).rpartition('.')[0]}` is fitted on `{leaked}`, {told}",
                    severity=Severity.WARNING if source.source.is_any(Role.TUTORIAL) else None,
                    confidence=None if leaked == known.target else Confidence.MEDIUM,
                    scope=source.scope_name(known.fit.call.block),
                )


def _leaked(known: TrainingColumns) -> tuple[str, str]:
    """The column that gives the target away, and how; empty if none is seen."""
    source, out = known.fit.source, taken_out(known.fit.source)

    def is_feature(name: str) -> bool:
        return name in known.kept if known.kept is not None else name not in out

    if is_feature(known.target):
        return known.target, "its target"
    origin = next((name for name, _ in made_from(source, known.table, known.target) if is_feature(name)), "")
    if origin:
        return origin, f"from which its target `{known.target}` is computed"
    copies = made_of(source, known.table, known.target, known.line)
    copy = next((name for name in copies if is_feature(name)), "")
    return copy, f"which is computed from its target `{known.target}`"
