"""The rule `blanket-imputation`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    ModelWays,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    SourceFacts,
    facts,
    ways_to_models,
)

_FILLERS = frozenset({0, -1, -99, -999, -9999, 9999, "", "missing", "unknown", "Unknown", "None", "NA", "nan"})
_COUNTED = re.compile(
    r"pivot|crosstab|unstack|get_dummies|value_counts|reindex|groupby|resample|diff|shift|rolling|pct_change|count|corr|size|lag|filter|importance",
    re.IGNORECASE,
)


class BlanketImputation(Rule):
    """One value fills the gaps of every column of a frame that a model sees.

    A missing age becomes an age of 0 and a missing price a free product; the model learns these as facts, and nobody
    is told when a source starts to send gaps. Foidl et al. 2022 count such dummy values among the data smells; Hynes
    et al. 2017 lint for them.

    ## How to repair

    Impute each column by what it means, within the pipeline: `SimpleImputer(strategy="median", add_indicator=True)`.

    ## The whole frame, before a fit

    ```python title="train.py"
    import pandas as pd
    from sklearn.svm import SVC

    df = pd.read_csv("train.csv")
    df = df.fillna(0)  # expect: blanket-imputation
    SVC().fit(df, y)
    ```

    ## Some columns, a value for each, or tables of counts

    ```python title="train.py"
    import pandas as pd
    from sklearn.svm import SVC

    df = pd.read_csv("train.csv")
    df["visits"] = df["visits"].fillna(0)
    df = df.fillna({"age": df["age"].median(), "city": "unknown"})
    df = df.fillna(df.mean())
    df[["a", "b"]] = df[["a", "b"]].fillna(0)
    df.fillna(0)
    counts = df.pivot_table(index="day", columns="city", aggfunc="count").fillna(0)
    SVC().fit(df, y)
    ```

    ## A table of results beside a model

    ```python title="compare.py"
    import pandas as pd
    from sklearn.svm import SVC

    solution = pd.read_csv("results.csv").fillna(0)
    print(solution)
    SVC().fit(X, y)
    ```

    ## Nothing is trained or predicted

    ```python title="report.py"
    import pandas as pd

    pd.read_csv("sales.csv").fillna(0).to_html("sales.html")
    ```

    ## Masks and aligned tables, one column of text, gaps that a booster knows, tests

    ```python title="train.py"
    import pandas as pd
    from xgboost import XGBClassifier
    df = pd.read_csv("train.csv")
    text = df["text"].fillna("")
    dummies = pd.get_dummies(df["city"]).reindex(columns=known).fillna(0)
    sums = df.groupby(["day", "city"])["visits"].sum().unstack().fillna(0)
    table = pd.crosstab(df["day"], df["city"]).fillna(0)
    X = df.fillna(-999)
    XGBClassifier(missing=-999).fit(X, y)
    ```

    ```python title="tests/test_train.py"
    import pandas as pd
    from sklearn.svm import SVC
    SVC().fit(pd.read_csv("train.csv").fillna(0), y)
    ```
    """

    severity = Severity.WARNING
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each frame that is filled with one value in code that fits or predicts."""
        found: dict[tuple[str, str], list[tuple[Site, object]]] = {}
        ways: dict[str, ModelWays] = {}
        for site in project.calls("pandas.DataFrame.fillna"):
            source = site.source
            if source.source.is_any(*self.skip_roles) or source.kind not in (Kind.PYTHON, Kind.NOTEBOOK):
                continue
            value = site.argument(0, "value")
            if not isinstance(value, facts.Const) or value.value not in _FILLERS or not _is_whole(source, site):
                continue
            if site.call.bare and site.argument(None, "inplace") != facts.Const(True):
                continue
            if source.path not in ways:
                ways[source.path] = ways_to_models(project, source)
            if ways[source.path].lead_from(site) and value not in ways[source.path].known:
                place = source.scope_name(site.call.block) or f"{site.location.cell}:{site.location.span.line}"
                found.setdefault((source.path, place), []).append((site, value.value))
        for (site, filler), *others in found.values():
            informal = site.source.source.is_any(Role.NOTEBOOK, Role.TUTORIAL)
            yield self.finding(
                site.location,
                f"`fillna({filler!r})` fills every column of the frame with one value",
                related=[
                    Related(o.location, f"`fillna({v!r})`, too") for o, v in others if o.location != site.location
                ],
                severity=Severity.INFO if informal else None,
                scope=site.source.scope_name(site.call.block),
            )


def _is_whole(source: SourceFacts, site: Site) -> bool:
    """Whether the receiver is a frame with all its columns, and no table that was made by counting."""
    expr = site.call.func.base if isinstance(site.call.func, facts.Attr) else None
    for _ in range(8):
        match expr:
            case facts.Item():
                return False
            case facts.Called(index):
                call = source.facts.calls[index]
                name = call.name or (call.func.name if isinstance(call.func, facts.Attr) else "")
                if _COUNTED.search(name):
                    return False
                expr = call.func.base if not call.name and isinstance(call.func, facts.Attr) else None
            case facts.Ref(_, (only,)) if only >= 0:
                expr = source.facts.bindings[only].value
            case _:
                return True
    return True
