"""The rule `one-sided-imputation`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, Span, facts

_FILLS = frozenset({"fillna", "ffill", "bfill", "pad", "interpolate", "nan_to_num"})
_KNOWS_GAPS = frozenset(
    "fillna dropna ffill bfill interpolate nan_to_num isna isnull notna notnull drop_nulls fill_null fill_nan COALESCE"
    " coalesce na_values keep_default_na".split()
)
_IMPUTES = re.compile(r"[Ii]mput")


class OneSidedImputation(Rule):
    """Gaps are filled where a model predicts, and nowhere before it is trained.

    The model learned from rows whose gaps were left as they are, or from rows without any, and is measured or used on
    rows with an invented value: the same input is another one. Breck et al. 2017 (ML Test Score, monitoring 3):
    training and serving compute the same features.

    ## How to repair

    Fill gaps in one function, or in the saved pipeline, that training and prediction both use.

    ## Filled for the evaluation alone

    ```python title="train.py"
    import joblib
    import pandas as pd
    from xgboost import XGBClassifier

    df = pd.read_csv("train.csv")
    joblib.dump(XGBClassifier().fit(df[["a"]], df["y"]), "model.pkl")
    ```

    ```python title="evaluate.py"
    import joblib
    import pandas as pd

    df = pd.read_csv("test.csv")
    df = df.fillna(0)  # expect: one-sided-imputation
    print(joblib.load("model.pkl").predict(df[["a"]]))
    ```

    ## Training, or a step before it, looks after gaps

    ```python title="prepare.py"
    import pandas as pd
    pd.read_csv("raw.csv").dropna().to_csv("train.csv")
    ```

    ```python title="train.py"
    import joblib
    import pandas as pd
    from xgboost import XGBClassifier

    df = pd.read_csv("train.csv")
    joblib.dump(XGBClassifier().fit(df[["a"]], df["y"]), "model.pkl")
    ```

    ```python title="evaluate.py"
    import joblib
    import pandas as pd

    df = pd.read_csv("test.csv").fillna(0)
    print(joblib.load("model.pkl").predict(df[["a"]]))
    ```

    ## What was predicted is filled, behind the model

    ```python title="train.py"
    import joblib
    import pandas as pd
    from xgboost import XGBClassifier

    df = pd.read_csv("train.csv")
    joblib.dump(XGBClassifier().fit(df[["a"]], df["y"]), "model.pkl")
    ```

    ```python title="report.py"
    import joblib
    import pandas as pd

    df = pd.read_csv("test.csv")
    df["p"] = joblib.load("model.pkl").predict(df[["a"]])
    print(df.groupby("shop").p.mean().fillna(0))
    ```
    """

    severity = Severity.WARNING
    profile = Profile.AUDIT
    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that fills gaps before it predicts, if nothing else does."""
        programs = [
            p
            for p in project.phases.training
            if p.source.kind is Kind.PYTHON and not p.source.source.is_any(*self.skip_roles, Role.TUTORIAL)
        ]
        for program in programs[:1]:
            root = project.subprojects.root_of(program.source.path)
            knowing = [
                source
                for source in project.sources(Kind.PYTHON, Kind.NOTEBOOK, Kind.SQL)
                if project.subprojects.root_of(source.path) == root
                and not source.source.is_any(*self.skip_roles)
                and _knows_gaps(source.facts.words)
            ]
            trains = {p.source.path for p in programs} | {path for p in programs for path in p.reach.paths}
            if not knowing or any(source.path in trains or source.kind is not Kind.PYTHON for source in knowing):
                continue
            places = [(source, call) for source in knowing if (call := _filling(source)) is not None]
            if len(places) == len(knowing):
                for source, call in places:
                    yield self.finding(
                        source.location(call.span),
                        f"gaps are filled here, and nowhere before `{program.source.path}` trains",
                        related=[Related(program.source.location(Span.at(1)), "trains")],
                        scope=source.scope_name(call.block),
                    )


def _knows_gaps(words: Sequence[str]) -> bool:
    """Whether a file has a word for missing values."""
    return not _KNOWS_GAPS.isdisjoint(words) or bool(_IMPUTES.search("\n".join(words)))


def _filling(source: SourceFacts) -> facts.Call | None:
    """The first call that fills gaps, if a prediction comes behind it."""
    fills = [c for c in source.facts.calls if isinstance(c.func, facts.Attr) and c.func.name in _FILLS]
    predicts = [
        c for c in source.facts.calls if isinstance(c.func, facts.Attr) and c.func.name.startswith("predict")
    ]
    if not fills or not predicts:
        return None
    first, last = min(fills, key=lambda call: call.span), max(predicts, key=lambda call: call.span)
    return first if first.span < last.span else None
