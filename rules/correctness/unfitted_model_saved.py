"""The rule `unfitted-model-saved`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from mldebt import Finding, Project, Related, Rule, Severity, Site, SourceFacts, facts

_SAVES = (
    "joblib.dump",
    "pickle.dump",
    "cloudpickle.dump",
    "dill.dump",
    "mlflow.sklearn.log_model",
    "skops.io.dump",
)
_CLONING = re.compile(
    r"sklearn\.(model_selection\.(cross_val\w+|cross_validate|\w*SearchCV|learning_curve|validation_curve)|base\.clone)$"
)
_TEMPLATE = re.compile(r"template|(^|_)spec(_|$)|unfitted|untrained", re.IGNORECASE)
_STEPS = frozenset({"_final_estimator", "steps", "named_steps"})


class UnfittedModelSaved(Rule):
    """A model is saved that was never fitted: only copies of it were.

    `cross_validate`, `GridSearchCV` and their like fit clones and leave the estimator that they get as it was. The file
    holds a model without parameters, and the first prediction of whoever loads it fails.

    ## How to repair

    Fit the model on the training data before saving it; after a search save `search.best_estimator_`.

    ## After a cross-validation, after a search

    ```python title="train.py"
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_validate

    model = LogisticRegression()
    scores = cross_validate(model, X, y, cv=5)
    joblib.dump(model, "model.pkl")  # expect: unfitted-model-saved
    ```

    ```python title="tune.ipynb"
    # %%
    import pickle
    from sklearn.model_selection import GridSearchCV
    from sklearn.svm import SVC
    svc = SVC()
    search = GridSearchCV(svc, {"C": [1, 10]}).fit(X, y)
    with open("svc.pkl", "wb") as file:
        pickle.dump(svc, file)  # expect: unfitted-model-saved
    ```

    ## A step of a pipeline, while the fitted clones are thrown away

    ```python title="steps.py"
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_validate
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    results = cross_validate(pipeline, X, y, return_estimator=True)
    joblib.dump(pipeline._final_estimator, "model.pkl")  # expect: unfitted-model-saved
    joblib.dump(results["estimator"][0], "clone.pkl")
    ```

    ## Fitted in the end, or the search's own model

    ```python title="train.py"
    import joblib
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.model_selection import GridSearchCV, cross_val_score

    model = LogisticRegression()
    print(cross_val_score(model, X, y))
    joblib.dump(model.fit(X, y), "a.pkl")
    joblib.dump(model, "b.pkl")
    search = GridSearchCV(Ridge(), {"alpha": [1, 2]})
    search.fit(X, y)
    joblib.dump(search, "c.pkl")
    joblib.dump(search.best_estimator_, "d.pkl")
    ```

    ## Something else may fit it

    ```python title="train.py"
    import joblib
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import cross_val_score

    from helpers import finish

    model = Ridge()
    print(cross_val_score(model, X, y))
    finish(model, X, y)
    joblib.dump(model, "a.pkl")
    ```

    ## A template for a later fit; the fitted clones

    ```python title="train.py"
    import joblib
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import cross_validate

    template = Ridge()
    scores = cross_validate(template, X, y, return_estimator=True)
    joblib.dump(scores["estimator"], "models.pkl")
    joblib.dump(template, "template.pkl")
    unfitted_model = Ridge()
    cross_validate(unfitted_model, X, y)
    joblib.dump(unfitted_model, "spec.pkl")
    ```
    """

    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each saved model of which only clones were fitted."""
        naming = functools.cache(_naming)
        for site in project.calls(*_SAVES):
            model = _whole(site.argument(0, "value", "obj", "sk_model"))
            if not isinstance(model, facts.Ref) or site.source.source.is_any(*self.skip_roles):
                continue
            if _TEMPLATE.search(model.name):
                continue
            cloning = _only_cloned(site, model, naming(site.source).get(model.name, []))
            if cloning is not None:
                by = cloning.name.rpartition(".")[2]
                yield self.finding(
                    site.location,
                    f"`{model.name}` is saved but never fitted: `{by}` fits clones of it",
                    related=[Related(cloning.location, "fits clones")],
                    scope=site.source.scope_name(site.call.block),
                )


def _naming(source: SourceFacts) -> dict[str, list[facts.Call]]:
    """The calls of methods of a name, or with it among their arguments, by name."""
    found: dict[str, list[facts.Call]] = {}
    for call in source.facts.calls:
        base = [call.func.base] if isinstance(call.func, facts.Attr) else []
        parts = (*base, *call.args, *(keyword.value for keyword in call.keywords))
        for name in {part.name for part in parts if isinstance(part, facts.Ref)}:
            found.setdefault(name, []).append(call)
    return found


def _only_cloned(saved: Site, model: facts.Ref, calls: list[facts.Call]) -> Site | None:
    """The call that fits clones of a model, if nothing else can have fitted the model itself."""
    source, cloning = saved.source, None
    for call in calls:
        if isinstance(call.func, facts.Attr) and _is_same(call.func.base, model):
            return None  # `model.fit(…)`, or another method that may do it
        arguments = (*call.args, *(keyword.value for keyword in call.keywords))
        if call is saved.call or not any(_is_same(argument, model) for argument in arguments):
            continue
        name = call.name if _CLONING.match(call.name) else ""
        if name:
            cloning = cloning or Site(source, call, name)
        elif call.name not in _SAVES and call.name not in ("print", "type", "str", "repr"):
            return None  # what else gets it may fit it
    return cloning


def _whole(saved: facts.Expr | None) -> facts.Expr | None:
    """The pipeline that a saved step is taken out of; else what is saved."""
    while isinstance(saved, facts.Item) or (isinstance(saved, facts.Attr) and saved.name in _STEPS):
        saved = saved.base
    return saved


def _is_same(expr: facts.Expr, model: facts.Ref) -> bool:
    return (
        isinstance(expr, facts.Ref) and expr.name == model.name and bool(set(expr.bindings) & set(model.bindings))
    )
