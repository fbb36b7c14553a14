"""The rule `pickled-metric`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Role, Rule, SourceFacts, facts

_DUMPS = ("pickle.dump", "joblib.dump", "dill.dump", "cloudpickle.dump")
_WRAPPERS = frozenset({"round", "float", "abs", "int", "numpy.round", "numpy.mean", "sum", "max", "min"})
_SCORES = ("_score", "_error", "_loss", "accuracy", "precision", "recall", "roc_auc")
_DEEPEST = 4


class PickledMetric(Rule):
    """A single number, the score of a model, is pickled as if it were an object.

    Nobody sees what is in the file without running Python, no tool compares two of them, and beside the models'
    files it is taken for a model. Sculley et al. 2015, section 5 (Plain-Old-Data Type smell).

    ## How to repair

    Write scores as JSON (`{"accuracy": 0.93}`) or log them to the tracker. Pickle the model, if that was meant.

    ## Scores

    ```python title="train.py"
    import pickle
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score

    model = LogisticRegression().fit(X, y)
    accuracy = round(model.score(X_test, y_test) * 100, 2)
    pickle.dump(accuracy, open("log.pkl", "wb"))  # expect: pickled-metric
    with open("acc.pkl", "wb") as stream:
        pickle.dump(accuracy_score(y_test, model.predict(X_test)), stream)  # expect: pickled-metric
    ```

    ## Models, tables of scores

    ```python title="train.py"
    import pickle
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score

    model = LogisticRegression().fit(X, y)
    pickle.dump(model, open("log.pkl", "wb"))
    pickle.dump({"accuracy": accuracy_score(a, b)}, open("scores.pkl", "wb"))
    ```

    ## Something that is called a score

    ```python title="train.py"
    import pickle

    pickle.dump(score_matrix, open("scores.pkl", "wb"))
    pickle.dump(all_scores(model), open("scores.pkl", "wb"))
    ```
    """

    profile = Profile.AUDIT
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each pickled score."""
        for site in project.calls(*_DUMPS):
            if site.source.source.is_any(*self.skip_roles, Role.TUTORIAL):
                continue
            given = site.argument(0, "obj", "value")
            if given is not None and _is_score(site.source, given, 0):
                yield self.finding(
                    site.location,
                    f"a score, a single number, is written by `{site.name}`: only Python can read it, and the file"
                    " looks like a model",
                    related=_origin(site.source, given),
                    scope=site.source.scope_name(site.call.block),
                )


def _origin(source: SourceFacts, expr: facts.Expr) -> list[Related]:
    """Where the score is computed."""
    if not isinstance(expr, facts.Ref):
        return []
    return [Related(source.location(source.facts.bindings[expr.bindings[0]].span), "the score is computed here")]


def _is_score(source: SourceFacts, expr: facts.Expr, depth: int) -> bool:
    """Whether an expression is the result of a metric, rounded or scaled at most."""
    if depth > _DEEPEST:
        return False
    match expr:
        case facts.Ref(_, bindings) if len(bindings) == 1 and bindings[0] >= 0:
            binding = source.facts.bindings[bindings[0]]
            return (
                binding.kind == "assign"
                and not binding.path
                and binding.value is not None
                and _is_score(source, binding.value, depth + 1)
            )
        case facts.Binary(_, left, right):
            return any(
                _is_score(source, one, depth + 1) and isinstance(other, facts.Const)
                for one, other in ((left, right), (right, left))
            )
        case facts.Called(number):
            call = source.facts.calls[number]
            if call.name in _WRAPPERS and call.args:
                return _is_score(source, call.args[0], depth + 1)
            if call.name.startswith("sklearn.metrics."):
                return call.name.endswith(_SCORES) and not any(
                    k.name in ("average", "multioutput") for k in call.keywords
                )
            if isinstance(call.func, facts.Attr):
                if call.func.name == "mean":
                    return _is_score(source, call.func.base, depth + 1)
                return call.func.name == "score" and len(call.args) > 1 and not call.name.startswith(":")
    return False
