"""The rule `unstable-order`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Disorder, Finding, Kind, Project, Related, Role, Rule, Severity, disorders, sorting_fix

_EFFECTS = {
    "labels": "labels are numbered",
    "columns": "columns are chosen",
    "rows": "files are joined",
}


class UnstableOrder(Rule):
    """An order that Python or the file system chooses decides about columns, labels or rows.

    A set of texts has another order in every process (hashes are salted), a directory another one on every machine.
    Numbers given to labels then change their meaning between training and serving, columns are swapped, and a seeded
    split takes other rows. Sculley et al. 2015, section 8, name the reliance on initial conditions among the reasons
    why experiments cannot be reproduced.

    ## How to repair

    Sort: `enumerate(sorted(set(labels)))`, `sorted(glob(...))`.

    ## Numbers of labels

    ```python title="labels.py"
    import os

    ids = {label: i for i, label in enumerate(set(labels))}  # expect: unstable-order
    names = {}
    for number, name in enumerate(os.listdir("data/train")):  # expect: unstable-order
        names[name] = number
    ```

    ## Fixed

    ```python title="labels.py"
    import os

    ids = {label: i for i, label in enumerate(sorted(set(labels)))}
    names = {}
    for number, name in enumerate(sorted(os.listdir("data/train"))):
        names[name] = number
    ```

    ## Columns

    ```python title="train.py"
    features = list(set(base) | set(extra))  # expect: unstable-order
    model.fit(df[features], y)
    ```

    ## Fixed

    ```python title="train.py"
    features = sorted(set(base) | set(extra))
    model.fit(df[features], y)
    ```

    ## Rows

    ```python title="rows.py"
    import glob
    import pandas as pd

    everything = pd.concat([pd.read_csv(f) for f in glob.glob("data/*.csv")])  # expect: unstable-order

    def load():
        parts = []
        for file in glob.glob("more/*.csv"):  # expect: unstable-order
            parts.append(pd.read_csv(file))
        return pd.concat(parts)
    ```

    ## Sorted before or after

    ```python title="rows.py"
    import glob
    import pandas as pd

    ids = {label: i for i, label in enumerate(sorted(set(labels)))}
    files = glob.glob("data/*.csv")
    files.sort()
    everything = pd.concat([pd.read_csv(f) for f in files])

    def load():
        return pd.concat([pd.read_csv(f) for f in glob.glob("*.csv")]).sort_values("day")
    ```

    ## The order does not matter

    ```python title="count.py"
    import os
    import pandas as pd

    columns = list(set(frame.columns))
    print(len(columns))
    for number, name in enumerate(os.listdir("data")):
        print(number, name)
    for name in os.listdir("data"):
        pd.read_csv(name).dropna().to_csv(f"clean/{name}")
    ```

    ## Predictions side by side, rows that are matched by a key, and rows by their numbers

    ```python title="blend.py"
    import os
    import pandas as pd
    files = os.listdir("submissions")
    table = pd.concat([pd.read_csv(f, index_col=0) for f in files], axis=1)
    folds = pd.concat([pd.read_csv(f) for f in os.listdir("folds")])
    table = pd.merge(table, folds, on="id", how="left")
    best = list(set(kept) & set(seen))
    rows, names = features[best, :], labels[best]
    ```

    ## Membership, and tests

    ```python title="select.py"
    import pandas as pd
    wanted = set(a) - set(b)
    df = df[df["id"].isin(wanted)]
    keep = [c for c in columns if c in wanted]
    numbers = list(set(a) - set(b))
    df[numbers] = df[numbers].astype(float)
    print(df[numbers].corr(), df[numbers].groupby("day").sum())
    ```

    ```python title="tests/test_labels.py"
    ids = {label: i for i, label in enumerate(set(labels))}
    ```
    """

    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each set or listing whose order is used."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            informal = source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK)
            found: dict[tuple[str, str], list[Disorder]] = {}
            for place in disorders(project, source):
                scope = source.scope_name(place.block) or str(place.span.line)
                found.setdefault((place.kind, scope), []).append(place)
            for place, *others in found.values():
                yield self.finding(
                    source.location(place.span),
                    f"{_EFFECTS[place.kind]} in an order that differs from run to run, or from machine to machine",
                    related=[
                        *(Related(source.location(at), "joined here") for at in (place.effect,) if at),
                        *(Related(source.location(other.span), "here, too") for other in others[:8]),
                    ],
                    severity=Severity.INFO if informal else None,
                    scope=source.scope_name(place.block),
                    fix=sorting_fix(source, place.span),
                )
