"""The rule `model-filtered-training-data`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Output, Project, Related, Rule, SourceFacts, facts, written

_DEEPEST = 8
_QUERIED = re.compile(r"\b([A-Za-z_]\w*)`?\s*(?:[<>]=?|==)")
_POSITIONS = ("numpy.where", "numpy.flatnonzero", "numpy.nonzero", "numpy.argwhere")


class ModelFilteredTrainingData(Rule):
    """Training rows are chosen by what a model said about them.

    The next model only sees what the last one approved; what it was wrong about never comes back (Sculley et al.
    2015, section 4: "a model may directly influence the selection of its own future training data").

    ## How to repair

    Train on an unfiltered or randomised sample, or weigh the rows by the probability that they were shown.

    ## A column that a model filled, a mask on its scores

    ```python title="retrain.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    logs = pd.read_parquet("logs.parquet")
    old = LogisticRegression().fit(logs[cols], logs["clicked"])
    logs["model_score"] = old.predict_proba(logs[cols])[:, 1]
    shown = logs[logs["model_score"] > 0.4]
    new = LogisticRegression()
    new.fit(shown[cols], shown["clicked"])  # expect: model-filtered-training-data
    ```

    ```python title="clean.ipynb"
    # %%
    import joblib
    from sklearn.svm import SVC
    sure = joblib.load("old.pkl").predict_proba(X)[:, 1]
    # %%
    SVC().fit(X[sure > 0.9], y[sure > 0.9])  # expect: model-filtered-training-data
    ```

    ```python title="query.py"
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    logs = pd.read_parquet("logs.parquet")
    old = LogisticRegression().fit(logs[cols], logs["clicked"])
    logs["score"] = old.predict_proba(logs[cols])[:, 1]
    shown = logs.query("score > 0.4")
    LogisticRegression().fit(shown[cols], shown["clicked"])  # expect: model-filtered-training-data
    rows = np.where(old.predict_proba(logs[cols])[:, 1] > 0.4)[0]
    new = LogisticRegression()
    new.fit(logs[cols].values[rows], logs["clicked"].values[rows])  # expect: model-filtered-training-data
    chosen = logs.loc[logs.score > 0.4, cols]
    new.fit(chosen, logs.loc[logs.score > 0.4, "clicked"])  # expect: model-filtered-training-data
    recent = logs.query("day > 20")
    new.fit(recent[cols], recent["clicked"])
    ```

    ## A filter on groups, on outliers

    ```python title="train.py"
    import pandas as pd
    from sklearn.cluster import KMeans
    from sklearn.ensemble import IsolationForest
    from sklearn.linear_model import LogisticRegression

    logs = pd.read_parquet("logs.parquet")
    logs["group"] = KMeans(3, random_state=0).fit(logs[cols]).predict(logs[cols])
    logs["odd"] = IsolationForest(random_state=0).fit(logs[cols]).predict(logs[cols])
    part = logs[(logs["odd"] == 1) & (logs["group"] == 2)]
    model = LogisticRegression().fit(part[cols], part["y"])
    ```

    ## A filter that nothing is trained on

    ```python title="report.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    logs = pd.read_parquet("logs.parquet")
    model = LogisticRegression().fit(logs[cols], logs["y"])
    logs["score"] = model.predict_proba(logs[cols])[:, 1]
    print(logs[logs["score"] > 0.9])
    ```

    ## Hard rows count for more

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    logs = pd.read_parquet("logs.parquet")
    old = LogisticRegression().fit(logs[cols], logs["y"])
    logs["score"] = old.predict_proba(logs[cols])[:, 1]
    new = LogisticRegression().fit(logs[cols], logs["y"], sample_weight=abs(logs["y"] - logs["score"]))
    ```
    """

    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each fit on rows that a model's output selects."""
        for site in project.model_outputs.fits:
            if site.source.source.is_any(*self.skip_roles):
                continue
            chosen = _chosen_by(project, site.source, site.argument(0, "X", "x"), 0)
            if chosen is not None:
                place = chosen.source.location(chosen.call.span)
                trained = written(site.call.func).rpartition(".")[0]
                yield self.finding(
                    site.location,
                    f"{f'`{trained}`' if trained.strip('…') else 'a model'} is trained on rows that a prediction of "
                    f"`{written(chosen.model)}` at {place} selects",
                    related=[Related(place, "predicts what is selected by")],
                    scope=site.source.scope_name(site.call.block),
                )


def _chosen_by(project: Project, source: SourceFacts, expr: facts.Expr | None, depth: int) -> Output | None:
    """The prediction that a selection of rows on the way to an expression compares."""
    if expr is None or depth > _DEEPEST:
        return None
    match expr:
        case facts.Item(base, index):
            found = _compared(project, source, index, 0)
            return found or _chosen_by(project, source, base, depth + 1)
        case facts.Attr(base, _):
            return _chosen_by(project, source, base, depth + 1)
        case facts.Called(number):
            call = source.facts.calls[number]
            if not isinstance(call.func, facts.Attr):
                return None
            if call.func.name == "query" and call.args and isinstance(call.args[0], facts.Const):
                for name in _QUERIED.findall(str(call.args[0].value)):
                    for output in _of_column(project, source, name):
                        return output
            return _chosen_by(project, source, call.func.base, depth + 1)
        case facts.Ref(_, (index,)) if index >= 0:
            binding = source.facts.bindings[index]
            return None if binding.path else _chosen_by(project, source, binding.value, depth + 1)
    return None


def _compared(project: Project, source: SourceFacts, mask: facts.Expr, depth: int) -> Output | None:
    """The prediction of a supervised model that a mask compares with something."""
    if depth > _DEEPEST:
        return None
    match mask:
        case facts.Compare(operator, left, _) if operator in (">", ">=", "<", "<=", "=="):
            return next(iter(_scores(project, source, left)), None)
        case facts.Item(base, facts.Const(0)):
            return _compared(project, source, base, depth + 1)
        case facts.Called(number) if source.facts.calls[number].name in _POSITIONS:
            return next((_compared(project, source, a, depth + 1) for a in source.facts.calls[number].args), None)
        case facts.Binary(_, left, right):
            return _compared(project, source, left, depth + 1) or _compared(project, source, right, depth + 1)
        case facts.Seq("tuple", items) if items:
            return _compared(project, source, items[0], depth + 1)
        case facts.Ref(_, (index,)) if index >= 0:
            value = source.facts.bindings[index].value
            return _compared(project, source, value, depth + 1) if value is not None else None
    return None


def _scores(project: Project, source: SourceFacts, expr: facts.Expr) -> Iterator[Output]:
    """The predictions that a compared value, or the column that it is, was made of."""
    column = expr.index if isinstance(expr, facts.Item) else expr
    name = (
        expr.name if isinstance(expr, facts.Attr) else column.value if isinstance(column, facts.Const) else None
    )
    if isinstance(name, str):
        yield from _of_column(project, source, name)
    else:
        yield from (o for o in project.model_outputs.of(source, expr) if _is_supervised(project, o))


def _of_column(project: Project, source: SourceFacts, name: str) -> Iterator[Output]:
    """The predictions that are stored in a column of that name."""
    for store in source.facts.stores:
        target = store.target
        if isinstance(target, facts.Item) and target.index == facts.Const(name):
            yield from (o for o in project.model_outputs.of(source, store.value) if _is_supervised(project, o))


def _is_supervised(project: Project, output: Output) -> bool:
    return project.model_outputs.is_model(output.source, output.model)
