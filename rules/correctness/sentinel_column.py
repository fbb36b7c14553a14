"""The rule `sentinel-column`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Edit,
    Finding,
    Fix,
    Kind,
    Profile,
    Project,
    Related,
    Rule,
    Safety,
    Severity,
    SourceFacts,
    facts,
    partly_filled,
    written,
)

_SENTINELS = ("", "NA", "N/A", "nan", "NaN", "none", "None", "null", "missing", -1, -99, -999, -9999)
_COUNTED = re.compile(
    r"(^|_)(is|has|flag|count|n|num|label|target|class|k?fold|cluster|pred|weight|score)(_|$)", re.IGNORECASE
)


class SentinelColumn(Rule):
    """A column starts with an empty text or -1, and only some of its rows are filled afterwards.

    What was not filled looks like a value: `isna()` does not find it, an encoder makes a category of it, and a mean
    takes it in. Zhang et al. 2022 list it as "Empty Column Misinitialization".

    ## How to repair

    Start with `pd.NA` or `np.nan`, or with a category that says "other".

    ## A text, and a number

    ```python title="segments.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    df["segment"] = ""  # expect: sentinel-column
    df.loc[df["revenue"] > 100, "segment"] = "high"
    df["distance"] = -1  # expect: sentinel-column
    for i in known:
        df.loc[i, "distance"] = far(i)
    ```

    ## Fixed

    ```python title="segments.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    df["segment"] = pd.NA
    df.loc[df["revenue"] > 100, "segment"] = "high"
    df["distance"] = -1  # expect: sentinel-column
    for i in known:
        df.loc[i, "distance"] = far(i)
    ```

    ## Flags and counters, columns that are written as a whole, and real categories

    ```python title="segments.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    df["is_new"] = -1
    df.loc[df["revenue"] > 100, "is_new"] = 1
    df["size"] = ""
    df["size"] = df["revenue"].astype(str)
    df["kind"] = "other"
    df.loc[df["revenue"] > 100, "kind"] = "high"
    df["total"] = 0
    df.loc[df["revenue"] > 100, "total"] = 5
    ```

    ## What is asked for afterwards, and objects that nobody knows

    ```python title="segments.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    df["segment"] = ""
    df.loc[df["revenue"] > 100, "segment"] = "high"
    rest = df[df["segment"] == ""]
    table["segment"] = ""
    table.loc[1, "segment"] = "high"
    ```

    ## Each row is filled in turn

    ```python title="predict.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    df["whale"] = ""
    for i, answer in enumerate(answers):
        df.loc[i, "whale"] = answer
    df["part"] = -1
    for number, (train, valid) in enumerate(folds.split(df)):
        df.loc[valid, "part"] = number
    df["text"] = ""
    for i, row in df.iterrows():
        if row["words"]:
            df.at[i, "text"] = row["words"]
        else:
            df.at[i, "text"] = row["title"]
    ```

    ## Written as a whole afterwards, and counted up

    ```python title="segments.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    df["segment"] = ""
    df.loc[df["revenue"] > 100, "segment"] = "high"
    df["segment"] = df["segment"].replace("", "low")
    df["n_visits"] = -1
    df.loc[df["revenue"] > 100, "n_visits"] += 1
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 3

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each column that is filled in part."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            modules = {module.partition(".")[0] for module in source.facts.header.modules}
            for store in source.facts.stores if "pandas" in modules else ():
                target = store.target
                if store.operator != "=" or not isinstance(target, facts.Item) or store.path:
                    continue
                column, value = target.index, store.value
                if not isinstance(column, facts.Const) or not isinstance(value, facts.Const):
                    continue
                if not _is_sentinel(value.value) or _COUNTED.search(str(column.value)):
                    continue
                filled = partly_filled(source, store, target, column)
                if filled is None or project.type_of(source, target.base) != "pandas.DataFrame":
                    continue
                yield self.finding(
                    source.location(store.span),
                    f"rows of `{written(target)}` that are not filled keep {value.value!r}, which is no missing value",
                    related=[Related(source.location(filled.span), "only some rows are filled here")],
                    scope=source.scope_name(store.block),
                    fix=_fix(project, source, store),
                )


def _is_sentinel(value: object) -> bool:
    return not isinstance(value, bool) and value in _SENTINELS


def _fix(project: Project, source: SourceFacts, store: facts.Store) -> Fix | None:
    """`pd.NA` for an empty text, under the name that pandas has here."""
    alias = next((i.alias for i in source.facts.imports if i.module == "pandas" and not i.name), "")
    syntax = project.syntax(source) if alias and store.value == facts.Const("") else None
    value = syntax.assigned(store.span) if syntax is not None else None
    edit: Edit | None = syntax.edit(syntax.span(value), f"{alias}.NA") if syntax and value is not None else None
    return None if edit is None else Fix("Start with a missing value", (edit,), Safety.UNSAFE)
