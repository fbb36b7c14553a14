"""The rule `row-iteration`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Rule, Severity, row_loops, written


class RowIteration(Rule):
    """A table is worked through row by row, although each row needs arithmetic alone.

    Column arithmetic does the same a hundred times faster and says in one line what is computed; the loop is also where
    dtypes get lost, since each row becomes a series of one type. Zhang et al. 2022 list it as "Unnecessary Iteration".

    ## How to repair

    Compute with columns, `np.where` or `groupby(...).transform`.

    ## Arithmetic, a condition, a list that grows

    ```python title="features.py"
    import pandas as pd

    df = pd.read_csv("people.csv")
    for i, row in df.iterrows():  # expect: row-iteration
        df.loc[i, "bmi"] = row["weight"] / row["height"] ** 2
    tall = []
    for row in df.itertuples():  # expect: row-iteration
        if row.height > 1.9:
            tall.append(1)
        else:
            tall.append(0)
    ```

    ## The body writes, asks, draws or stops

    ```python title="export.py"
    import pandas as pd
    import requests

    df = pd.read_csv("people.csv")
    for i, row in df.iterrows():
        requests.post("https://example.com", json=dict(row))
    for row in df.itertuples():
        print(row.name)
    for i, row in df.iterrows():
        if row["weight"] > 100:
            break
    for i, row in df.iterrows():
        plot(row)
    ```

    ## What a row gives depends on the rows before

    ```python title="balance.py"
    import pandas as pd

    df = pd.read_csv("bookings.csv")
    balance = 0
    for i, row in df.iterrows():
        balance = balance * 1.01 + row["amount"]
        df.loc[i, "balance"] = balance
    ```

    ## The loop stops early, asks what it has seen, or fills something that is no list

    ```python title="seen.py"
    import pandas as pd

    df = pd.read_csv("bookings.csv")
    first, known, odd = [], {}, []
    for i, row in df.iterrows():
        if row["amount"] > 100:
            break
        first.append(row["amount"])
    for i, row in df.iterrows():
        if row["shop"] in known:
            if known[row["shop"]] != row["city"]:
                odd.append(row["shop"])
        known[row["shop"]] = row["city"]
    records, texts = [], []
    for i, row in df.iterrows():
        dataset.append(row["amount"])
    for i, row in df.iterrows():
        records.append({"amount": row["amount"]})
        texts.append(f"{row['shop']}: {row['amount']}")
    ```

    ## Other things are iterated

    ```python title="walk.py"
    import pandas as pd

    for row in table.itertuples():
        total.append(row.a + row.b)
    ```

    ## A table of a few written rows; drawing

    ```python title="legend.py"
    import matplotlib.pyplot as plt
    import pandas as pd

    colours = pd.DataFrame({"name": ["a", "b"], "value": [1, 2]})
    shown = []
    for row in colours.itertuples():
        shown.append(row.value * 2)
    df = pd.read_csv("people.csv")
    for i, row in df.iterrows():
        plt.text(row["x"], row["y"], row["name"])
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each loop over the rows of a table that only computes."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            for call, loop in row_loops(project, source):
                yield self.finding(
                    source.location(call.span),
                    f"the loop over `{written(call.func)}()` only computes: columns do that at once",
                    scope=source.scope_name(loop),
                )
