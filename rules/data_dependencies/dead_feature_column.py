"""The rule `dead-feature-column`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    DeadColumn,
    Finding,
    Fix,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    dead_columns,
    facts,
    statement_removal,
    walk,
)


class DeadFeatureColumn(Rule):
    """A column is computed, and nothing ever uses it.

    It is dropped again, or the model is given other columns. What it is computed from looks needed all the same: the
    inputs are loaded, joined and waited for, and nobody dares to remove them. Sculley et al. 2015, section 3:
    underutilized data dependencies, legacy and bundled features.

    ## How to repair

    Delete the column, and then the inputs that only it needed.

    ## Dropped again; never chosen

    ```python title="features.py"
    import pandas as pd
    def build(df):
        df["tenure_squared"] = df["tenure"] ** 2  # expect: dead-feature-column
        df["arpu"] = df["revenue"] / df["tenure"]
        df = df.drop(columns=["tenure_squared"])
        return df
    def train(model):
        table = pd.read_csv("customers.csv")
        table["ratio_old"] = table["revenue"] / table["visits"]  # expect: dead-feature-column
        table["ratio"] = table["revenue"] / table["orders"]
        return model.fit(table[["tenure", "ratio"]], table["churned"])
    ```

    ## Fixed

    ```python title="features.py"
    import pandas as pd
    def build(df):
        df["tenure_squared"] = df["tenure"] ** 2  # expect: dead-feature-column
        df["arpu"] = df["revenue"] / df["tenure"]
        df = df.drop(columns=["tenure_squared"])
        return df
    def train(model):
        table = pd.read_csv("customers.csv")
        table["ratio"] = table["revenue"] / table["orders"]
        return model.fit(table[["tenure", "ratio"]], table["churned"])
    ```

    ## In a script, whose model is given a list that stands there

    ```python title="fit.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    FEATURES = ["tenure", "arpu"]
    df = pd.read_csv("customers.csv")
    df["tenure_squared"] = df["tenure"] ** 2  # expect: dead-feature-column
    df["arpu"] = df["revenue"] / df["tenure"]
    LogisticRegression().fit(df[FEATURES], df["churned"])
    ```

    ## Used before it is dropped, by its name or as a part of the whole; handed on; named elsewhere

    ```python title="features.py"
    import pandas as pd
    def build(df, shops):
        df["tenure_squared"] = df["tenure"] ** 2
        df["risk"] = df["tenure_squared"] * 3
        df["shop_key"] = df["shop"].str.lower()
        df = df.merge(shops)
        df = df.drop(columns=["tenure_squared", "shop_key"])
        df["ratio_old"] = df["revenue"] / df["visits"]
        print(df[["tenure", "risk"]])
        return df
    def train(model, table):
        table["share"] = table["revenue"] / table["visits"]
        table.to_csv("table.csv")
        return model.fit(table[["tenure", "risk"]], table["churned"])
    def choose(model, table, names):
        table["part"] = table["revenue"] / table["visits"]
        return model.fit(table[names], table["churned"])
    def configured(model, table):
        table["quota"] = table["revenue"] / table["visits"]
        return model.fit(table[["tenure", "risk"]], table["churned"])
    ```

    ```yaml title="params.yaml"
    features: [quota]
    ```

    ## A record that is no frame's; a constant

    ```python title="log.py"
    import pandas as pd
    def note(df):
        df["origin"] = "shop"
        return df.drop(columns="origin")
    ```

    ## All but the key are predicted with

    ```python title="predict.py"
    import numpy as np
    import pandas as pd
    test = pd.read_csv("test.csv")
    test["before"] = test["year"] <= 2012
    scores = model.predict(np.array(test.drop(columns=["key"])))
    test[["key"]].to_csv("scores.csv")
    ```

    ## Chosen by names that are put together; drawn by position; shown; a key of a join

    ```python title="features.py"
    import pandas as pd
    def train(model, parts):
        table = pd.read_csv("customers.csv")
        table["ratio_1"] = table["revenue"] / table["visits"]
        return model.fit(table[[f"ratio_{part}" for part in parts]], table["churned"])
    def draw():
        table = pd.read_csv("customers.csv")
        table["ratio"] = table["revenue"] / table["visits"]
        table.iloc[:, 3].plot()
        return table[["tenure"]]
    def show():
        table = pd.read_csv("customers.csv")
        table["ratio_b"] = table["revenue"] / table["visits"]
        print(table)
        return table[["tenure"]]
    def join(shops):
        table = pd.read_csv("customers.csv")
        table["shop_code"] = table["shop"].str.lower()
        table = table.merge(shops, how="left")
        return table[["tenure", "region"]]
    ```
    """

    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each column, where it is first computed."""
        for dead in dead_columns(project):
            if dead.source.source.is_any(*self.skip_roles):
                continue
            first, *others = (dead.source.location(store.span) for store in dead.stores)
            related = [Related(place, "it is computed here, too") for place in others]
            how = "nothing takes it"
            if dead.dropped is not None:
                how = "it is dropped again without a use"
                related.append(Related(dead.source.location(dead.dropped.span), "it is dropped here"))
            yield self.finding(
                first,
                f"column `{dead.name}` is computed, and {how}",
                related=related,
                severity=Severity.INFO if dead.source.source.is_any(Role.NOTEBOOK) else None,
                scope=dead.source.scope_name(dead.stores[0].block),
                fix=_fix(dead),
            )


def _fix(dead: DeadColumn) -> Fix | None:
    """Deletes the assignments, if they only compute with columns and nothing drops the column."""
    if dead.dropped is not None or any(isinstance(p, facts.Called) for s in dead.stores for p in walk(s.value)):
        return None
    return statement_removal(dead.source, [store.span for store in dead.stores], f"Delete `{dead.name}`")
