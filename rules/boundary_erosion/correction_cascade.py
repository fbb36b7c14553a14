"""The rule `correction-cascade`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Output, Project, Related, Rule, Severity, Site, facts, is_out_of_fold, written

_Model = tuple[str, str]
"""The path of a file and the name of a model in it."""


class CorrectionCascade(Rule):
    """A model is trained on the predictions of another one.

    Whoever improves the first model changes the inputs of the second, which was fitted to the old mistakes, so that
    a better part can make the whole worse (Sculley et al. 2015, section 2, "Correction Cascades").

    ## How to repair

    Give the first model the features that tell the cases apart, or train a model of its own for them. Stack models
    with `StackingClassifier` or on predictions for held-out rows.

    ## A saved model's score as a feature

    ```python title="fix.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    df = pd.read_parquet("a.parquet")
    df["base"] = joblib.load("churn.pkl").predict_proba(df[["a", "b"]])[:, 1]
    fix = LogisticRegression().fit(df[["base", "is_b2b"]], df["churned"])  # expect: correction-cascade
    ```

    ## What the first model got wrong is learned by the second

    ```python title="residual.py"
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import Ridge

    first = Ridge().fit(X, y)
    rest = y - first.predict(X)
    second = RandomForestRegressor(random_state=0)
    second.fit(X, rest)  # expect: correction-cascade
    ```

    ## A chain of three is one finding

    ```python title="boost.py"
    from sklearn.tree import DecisionTreeRegressor

    first = DecisionTreeRegressor(random_state=0).fit(X, y)
    y2 = y - first.predict(X)
    second = DecisionTreeRegressor(random_state=0)
    second.fit(X, y2)
    y3 = y2 - second.predict(X)
    third = DecisionTreeRegressor(random_state=0)
    third.fit(X, y3)  # expect: correction-cascade
    ```

    ## Predictions for held-out rows, clusters, components, calibration

    ```python title="stack.py"
    import numpy as np
    import pandas as pd
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.cluster import KMeans
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import KFold, cross_val_predict

    base = RandomForestClassifier(random_state=0)
    LogisticRegression().fit(cross_val_predict(base, X, y).reshape(-1, 1), y)
    held_out = np.zeros(len(X))
    for train, test in KFold(5).split(X):
        held_out[test] = base.fit(X[train], y[train]).predict_proba(X[test])[:, 1]
    LogisticRegression().fit(held_out.reshape(-1, 1), y)
    df = pd.DataFrame({"group": KMeans(3).fit(X).predict(X)})
    LogisticRegression().fit(df, y)
    IsotonicRegression().fit(base.predict_proba(X)[:, 1], y)
    ```

    ## A teacher's labels, and a model that is only asked

    ```python title="other.py"
    from sklearn.linear_model import Ridge

    model = Ridge().fit(X, y)
    predicted = model.predict(X_new)
    print(score(y_new, predicted))
    other = Ridge().fit(X_new, y_new)
    ```

    ## An encoder that stays as it is, components

    ```python title="embed.py"
    from sentence_transformers import SentenceTransformer
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression

    encoder = SentenceTransformer("all-MiniLM-L6-v2")
    vectors = encoder.encode(texts)
    LogisticRegression().fit(vectors, y)
    parts = PCA(9).fit(X).transform(X)
    LogisticRegression().fit(parts, y)
    ```
    """

    minutes = 60

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each cascade, at the fit of its last model."""
        below: dict[_Model, tuple[Site, list[Output]]] = {}
        for site in project.model_outputs.fits:
            if not site.source.source.is_any(*self.skip_roles) and not _calibrates(project, site):
                outputs = list(self._upstream(project, site))
                if outputs:
                    below.setdefault(_fitted(site), (site, outputs))
        inner = {_asked(output) for _, outputs in below.values() for output in outputs}
        for model, (site, outputs) in below.items():
            if model not in inner or model in map(_asked, outputs):
                yield self._finding(below, site, outputs)

    def _finding(
        self, below: dict[_Model, tuple[Site, list[Output]]], site: Site, outputs: list[Output]
    ) -> Finding:
        cascade = {_asked(output): output for output in outputs}
        waiting = list(cascade)
        for model in waiting:  # grows while it is walked
            for output in below[model][1] if model in below else ():
                if _asked(output) not in cascade:
                    cascade[_asked(output)] = output
                    waiting.append(_asked(output))
        nearest = max(cascade.values(), key=lambda o: (o.source is site.source, o.call.span))
        place = nearest.source.location(nearest.call.span)
        more = f"; {len(cascade) + 1} models correct each other" if len(cascade) > 1 else ""
        return self.finding(
            site.location,
            f"`{_fitted(site)[1]}` is trained on predictions that `{written(nearest.model)}` makes at {place}{more}",
            related=[
                Related(o.source.location(o.call.span), "predictions that go in")
                for o in sorted(cascade.values(), key=lambda o: o is not nearest)
            ],
            severity=Severity.ERROR if len(cascade) > 1 else None,
            minutes=self.minutes * len(cascade),
            scope=site.source.scope_name(site.call.block),
        )

    def _upstream(self, project: Project, site: Site) -> Iterator[Output]:
        """The predictions of other models among the features, or taken off the target."""
        outputs = project.model_outputs
        found = list(outputs.inside(site.source, site.argument(0, "X", "x")))
        target = site.argument(1, "y")
        if any(isinstance(value, facts.Binary) and value.operator == "-" for value in _values(site, target)):
            found += outputs.of(site.source, target)
        func = site.call.func
        own = func.base if isinstance(func, facts.Attr) else func
        for output in found:
            other = output.source is not site.source or not _is_same(output.model, own)
            if other and outputs.is_model(output.source, output.model) and not is_out_of_fold(project, output):
                yield output


def _fitted(site: Site) -> _Model:
    """What tells the fitted model from others."""
    return site.source.path, written(site.call.func).rpartition(".")[0]


def _asked(output: Output) -> _Model:
    """What tells the model that predicts from others."""
    return output.source.path, written(output.model)


def _is_same(one: facts.Expr, other: facts.Expr) -> bool:
    return not isinstance(one, facts.Called) and written(one) == written(other)


def _values(site: Site, expr: facts.Expr | None) -> Iterator[facts.Expr]:
    if isinstance(expr, facts.Ref):
        bindings = (site.source.facts.bindings[index] for index in expr.bindings if index >= 0)
        yield from (binding.value for binding in bindings if binding.value is not None)
    elif expr is not None:
        yield expr


def _calibrates(project: Project, site: Site) -> bool:
    func = site.call.func
    kind = project.type_of(site.source, func.base) if isinstance(func, facts.Attr) else ""
    return "calibrat" in kind.lower() or "Isotonic" in kind
