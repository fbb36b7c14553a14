"""The rule `shuffled-time-split`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Project, Related, Role, Rule, Severity, Split, facts, signs

_NAMES = {
    "lag": "columns of earlier rows",
    "next": "a target of the next row",
    "order": "an order by date",
    "date": "dates",
    "period": "regular periods",
}


class ShuffledTimeSplit(Rule):
    """Rows that are ordered in time are split at random.

    Between two training days lies a test day whose lags and neighbours the model has seen: it is tested on its own
    past. The rule wants two signs of a forecast in the same rows, one of them a value of another row.

    ## How to repair

    Split at a date, or cross-validate with `TimeSeriesSplit`.

    ## Lags and an order by date; tomorrow's value as the target

    ```python title="train.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split

    df = pd.read_csv("sales.csv").set_index("date")
    df = df.sort_values("date")
    df["lag_7"] = df["sales"].shift(7)
    train, test = train_test_split(df, random_state=0)  # expect: shuffled-time-split
    ```

    ```python title="stock.ipynb"
    # %%
    import pandas as pd
    from sklearn.model_selection import train_test_split
    df = pd.read_csv("btc.csv")
    df["mean_7"] = df["price"].rolling(7).mean()
    df["up"] = df["price"].shift(-1) > df["price"]
    X = df.drop(columns=["up"])
    X_train, X_test, y_train, y_test = train_test_split(X, df["up"], test_size=0.2)  # expect: shuffled-time-split
    ```

    ## In the order of time

    ```python title="train.py"
    import pandas as pd
    from sklearn.model_selection import TimeSeriesSplit, train_test_split

    df = pd.read_csv("sales.csv").sort_values("date")
    df["lag_7"] = df["sales"].shift(7)
    train, test = train_test_split(df, shuffle=False)
    for fit, hold in TimeSeriesSplit(5).split(df):
        model.fit(df.iloc[fit], df.iloc[hold])
    before, after = df[df["date"] < "2024-01-01"], df[df["date"] >= "2024-01-01"]
    ```

    ## One sign alone, and signs in another table

    ```python title="train.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split

    users = pd.read_csv("users.csv").sort_values("date")
    prices = pd.read_csv("prices.csv").sort_values("date")
    prices["lag"] = prices["price"].shift(1)
    train, test = train_test_split(users, random_state=0)
    ```

    ## Whole periods are held out

    ```python title="train.py"
    import pandas as pd
    from sklearn.model_selection import GroupKFold, GroupShuffleSplit

    df = pd.read_csv("sales.csv").sort_values("date")
    df["lag_7"] = df["sales"].shift(7)
    for fit, hold in GroupKFold(5).split(df, groups=df["month"]):
        model.fit(df.iloc[fit])
    for fit, hold in GroupShuffleSplit(1, random_state=0).split(df, groups=df["month"]):
        model.fit(df.iloc[fit])
    ```
    """

    minutes = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each random split of rows with two signs of time."""
        for split in project.splits:
            if split.source.source.is_any(*self.skip_roles) or not _is_random(split):
                continue
            found = {sign.kind: sign for sign in signs(split.source, split.trail)}
            if len(found) < 2 or not {"lag", "next"} & found.keys():
                continue
            shown = " and ".join(_NAMES[kind] for kind in sorted(found)[:2])
            yield self.finding(
                split.location,
                f"rows with {shown} are split at random: the model is tested on its own past",
                related=[
                    Related(split.source.location(sign.call.span), _NAMES[kind])
                    for kind, sign in sorted(found.items())
                ],
                severity=Severity.INFO if split.source.source.is_any(Role.TUTORIAL) else None,
                scope=split.source.scope_name(_call(split).block),
            )


def _call(split: Split) -> facts.Call:
    return next(call for call in split.source.facts.calls if call.span == split.span)


def _is_random(split: Split) -> bool:
    """Whether a split is made by `train_test_split` and shuffles."""
    if split.how != "split":
        return False
    return not any(k.name == "shuffle" and k.value != facts.Const(True) for k in _call(split).keywords)
