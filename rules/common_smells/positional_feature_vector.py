"""The rule `positional-feature-vector`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Location, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts, walk

_PREDICTS = ("*.predict", "*.predict_proba", "*.decision_function", "*.predict_log_proba")
_ARRAYS = frozenset({"array", "asarray", "DataFrame", "tensor", "FloatTensor", "Tensor", "DMatrix", "float32"})
_ADAPTERS = re.compile(r"^(to|as|into|make|build)_\w*(matrix|tensor|array|pool|batch)$")
"""Functions of a project that put a row into the form that a model wants."""

_SAME_ROWS = frozenset({"reshape", "astype", "transform", "to", "float", "values", "to_numpy"})
_FEWEST = 3


class PositionalFeatureVector(Rule):
    """A model is given a row whose features are told apart by their position alone.

    `model.predict([[age, income, tenure]])` is right only while the order is the one of the training table, which
    stands elsewhere. When that changes, all predictions are wrong. Sculley et al. 2015, section 5.

    ## How to repair

    Build a named row (a data frame with columns) and select the features by the list saved with the model.

    ## Through what a booster wants, and a function of the project for it; one finding a row

    ```python title="serve.py"
    import numpy as np
    import xgboost as xgb
    def to_matrix(values):
        return xgb.DMatrix(np.asarray(values, dtype=float))
    def score(request, booster):
        row = np.array([[request.age, request.rev, request.tenure]])
        first = booster.predict(xgb.DMatrix(row))  # expect: positional-feature-vector
        return first + booster.predict(to_matrix(row))
    def adapted(request, booster):
        row = [[request.age, request.rev, request.tenure]]
        return booster.predict(to_matrix(row))  # expect: positional-feature-vector
    ```

    ## A row of request fields

    ```python title="app.py"
    import joblib
    import numpy as np
    model = joblib.load("model.pkl")
    def score(req):
        return model.predict_proba([[req.age, req.income, req.tenure]])[0, 1]  # expect: positional-feature-vector
    def score_array(d):
        row = np.array([d["age"], d["income"], d["tenure"], float(d["calls"])]).reshape(1, -1)
        return model.predict(row)  # expect: positional-feature-vector
    ```

    ## All values of a form, one after the other

    ```python title="app.py"
    import joblib
    import numpy as np
    from flask import request
    model = joblib.load("model.pkl")
    def score():
        row = [float(x) for x in request.form.values()]
        return model.predict([np.array(row)])  # expect: positional-feature-vector
    def texts(rows):
        return model.predict([clean(row) for row in rows])
    ```

    ## Through a scaler, and in the order of a request's keys

    ```python title="app.py"
    import joblib
    import numpy as np
    model, scaler = joblib.load("model.pkl")
    def score(age, income, tenure):
        row = scaler.transform(np.array([[age, income, tenure]]))
        return model.predict(row)  # expect: positional-feature-vector
    def score_form(form):
        row = [list(map(float, form.values()))]
        return predict(row)  # expect: positional-feature-vector
    def predict(row):
        return model.predict(row)
    ```

    ## A named row

    ```python title="app.py"
    import joblib
    import pandas as pd
    bundle = joblib.load("model.pkl")
    FEATURES = ["age", "income", "tenure"]
    def score(req):
        row = pd.DataFrame([[req.age, req.income, req.tenure]], columns=FEATURES)
        named = pd.DataFrame([req.model_dump()])[bundle.features]
        ordered = [[req[name] for name in FEATURES]]
        return bundle.predict(row), bundle.predict(named), bundle.predict(ordered)
    ```

    ## Constants, few features, and tests

    ```python title="app.py"
    import joblib
    model = joblib.load("model.pkl")
    def score(x, y):
        return model.predict([[x, y]])
    def classify(text):
        return model.predict([text]), model.predict([[5.1, 3.5, 1.4, 0.2]])
    ```

    ```python title="tests/test_model.py"
    def test(model, a, b, c):
        assert model.predict([[a, b, c]])
    ```
    """

    profile = Profile.HOOK
    minutes = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each such row, at the first prediction from it."""
        found: dict[tuple[str, int, facts.Expr], list[Location]] = defaultdict(list)
        for site in project.calls(*_PREDICTS):
            given = site.argument(0, "X", "x", "data")
            if given is None or site.source.source.is_any(*self.skip_roles):
                continue
            asked = ((site.source, site.call, given), *_from_callers(project, site.source, given))
            for source, call, expr in asked:
                row = _row(source, expr, in_array=False)
                if row is not None:
                    places = found[source.path, source.scope_of(call.block), row]
                    places.append(source.location(call.span))
        for (path, scope, values), places in found.items():
            yield self._finding(project.by_path[path], scope, values, sorted(set(places)))

    def _finding(self, source: SourceFacts, scope: int, row: facts.Expr, places: list[Location]) -> Finding:
        what = f"{len(row.items)} features" if isinstance(row, facts.Seq) else "the values of a mapping"
        made = [b for b in source.facts.bindings if b.value is not None and row in walk(b.value)]
        return self.finding(
            places[0],
            f"a model receives {what} by position: their order is the only contract",
            related=[
                *(Related(source.location(binding.span), "the row is put together here") for binding in made[:1]),
                *(Related(place, "asked with the same row") for place in places[1:]),
            ],
            severity=Severity.INFO if source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK) else None,
            scope=source.scope_name(scope),
        )


def _from_callers(
    project: Project, source: SourceFacts, expr: facts.Expr
) -> Iterator[tuple[SourceFacts, facts.Call, facts.Expr]]:
    """What the callers of a function pass, if the expression is a parameter of it."""
    if not isinstance(expr, facts.Ref) or len(expr.bindings) != 1 or expr.bindings[0] < 0:
        return
    function = source.function_of(source.facts.bindings[expr.bindings[0]].block)
    if function is None or all(p.binding != expr.bindings[0] for p in function.params):
        return
    names = [p.name for p in function.params if p.binding >= 0 and p.name not in ("self", "cls")]
    for caller in project.callers.of(source, function.qualname) if expr.name in names else ():
        position = names.index(expr.name)
        if position < len(caller.call.args) and not caller.source.source.is_any(Role.TEST):
            yield caller.source, caller.call, caller.call.args[position]


def _row(
    source: SourceFacts, expr: facts.Expr, in_array: bool, depth: int = 0
) -> facts.Seq | facts.Called | None:
    """The row that an expression holds, if its features have no names; None for anything else."""
    if depth > 8:
        return None
    if isinstance(expr, facts.Ref) and len(expr.bindings) == 1 and expr.bindings[0] >= 0:
        binding = source.facts.bindings[expr.bindings[0]]
        plain = binding.kind in ("assign", "annotated") and not binding.path and binding.value is not None
        return _row(source, binding.value, in_array, depth + 1) if plain and binding.value is not None else None
    if isinstance(expr, facts.Called):
        return _row_of_call(source, expr, in_array, depth)
    if isinstance(expr, facts.Each):
        return _row(source, _over(source, expr.element), in_array, depth + 1)
    if not isinstance(expr, facts.Seq) or expr.kind == "set" or not expr.items:
        return None
    if len(expr.items) == 1 or isinstance(expr.items[0], facts.Seq):
        return _row(source, expr.items[0], True, depth + 1)
    moving = [item for item in expr.items if isinstance(item, facts.Ref | facts.Attr | facts.Item | facts.Called)]
    whole = any(isinstance(item, facts.Star | facts.Each | facts.Hole | facts.Seq) for item in expr.items)
    return expr if in_array and len(moving) >= _FEWEST and not whole else None


def _over(source: SourceFacts, each: facts.Expr) -> facts.Expr:
    """What a comprehension that takes one thing after the other goes over; a constant for any other."""
    given = source.facts.calls[each.call].args if isinstance(each, facts.Called) else (each,)
    bound = [source.facts.bindings[i] for p in given if isinstance(p, facts.Ref) for i in p.bindings]
    return next((b.value for b in bound if b.value and b.kind == "for" and not b.path), facts.Const(None))


def _row_of_call(
    source: SourceFacts, expr: facts.Called, in_array: bool, depth: int
) -> facts.Seq | facts.Called | None:
    call = source.facts.calls[expr.call]
    last = call.func.name if isinstance(call.func, facts.Attr | facts.Ref) else ""
    if last == "values" and isinstance(call.func, facts.Attr) and not call.args:
        return expr if in_array else None
    if last == "map" and len(call.args) == 2:
        return _row(source, call.args[1], in_array, depth + 1)
    if last in _SAME_ROWS and isinstance(call.func, facts.Attr):
        given = call.args[0] if last == "transform" and call.args else call.func.base
        return _row(source, given, in_array or last == "reshape", depth + 1)
    is_adapter = call.name.startswith(":") and bool(_ADAPTERS.search(last))
    named = any(keyword.name in ("columns", "feature_names") for keyword in call.keywords)
    if (last in _ARRAYS | {"list"} or is_adapter) and call.args and not named:
        return _row(source, call.args[0], in_array, depth + 1)
    return None
