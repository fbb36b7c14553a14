"""The rule `self-graded-metric`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Project, Rule, Severity, SourceFacts, facts, written

_PREDICTS = frozenset({"predict", "predict_proba", "decision_function", "predict_log_proba", "predict_classes"})
_ROWS = frozenset(
    {"argmax", "round", "astype", "ravel", "flatten", "squeeze", "reshape", "numpy", "copy", "tolist"}
)
_DEEPEST = 12
_METRICS = (
    "sklearn.metrics.*_score",
    "sklearn.metrics.*_loss",
    "sklearn.metrics.*_error",
    "sklearn.metrics.*_curve",
    "sklearn.metrics.confusion_matrix",
    "sklearn.metrics.classification_report",
)


class SelfGradedMetric(Rule):
    """A metric compares a model's predictions with labels that were made from the same predictions.

    The score says how consistent the model is with itself, not how good it is, and is close to perfect for every
    model. Yang et al. 2022 and Zhang et al. 2022 count such evaluations as leakage of the label.

    ## How to repair

    Give the metric the true labels of the same rows.

    ## Labels from a threshold, from the same call, from another call of the same model

    ```python title="score.py"
    from sklearn.metrics import accuracy_score, average_precision_score, confusion_matrix

    proba = model.predict_proba(X)[:, 1]
    labels = (proba > 0.5).astype(int)
    print(average_precision_score(labels, proba))  # expect: self-graded-metric
    print(accuracy_score(model.predict(X), labels))  # expect: self-graded-metric
    print(confusion_matrix(y_true=labels, y_pred=labels))  # expect: self-graded-metric
    ```

    ## The true labels, in either order

    ```python title="score.py"
    from sklearn.metrics import accuracy_score, roc_auc_score

    pred = model.predict(X_test)
    print(accuracy_score(y_test, pred), roc_auc_score(pred, y_test))
    truth = encoder.inverse_transform(y_test)
    print(accuracy_score(truth, pred))
    ```

    ## An array of the same shape, into which the truth is written

    ```python title="score.py"
    from sklearn.metrics import accuracy_score

    pred = model.predict(X_test)
    truth = pred.copy()
    truth[:, :3] = y_test
    print(accuracy_score(truth, pred))
    ```

    ## Two models, or two sets of rows, are compared on purpose

    ```python title="agree.py"
    from sklearn.metrics import accuracy_score, cohen_kappa_score

    teacher_labels = teacher.predict(X)
    print(accuracy_score(teacher_labels, student.predict(X)))
    print(cohen_kappa_score(model.predict(X), model.predict(augment(X))))
    ```
    """

    severity = Severity.ERROR
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each metric whose two sides are the same model's predictions."""
        for site in project.calls(*_METRICS):
            truth, predicted = site.argument(0, "y_true"), site.argument(1, "y_pred", "y_score", "probas_pred")
            if truth is None or predicted is None or site.source.source.is_any(*self.skip_roles):
                continue
            one, other = _prediction(site.source, truth, 0), _prediction(site.source, predicted, 0)
            if one is not None and other is not None and _same(one, other):
                metric, model = site.name.rpartition(".")[2], written(one.func).rpartition(".")[0]
                yield self.finding(
                    site.location,
                    f"`{metric}` compares predictions of `{model}` with labels made from its own predictions",
                    scope=site.source.scope_name(site.call.block),
                )


def _prediction(source: SourceFacts, expr: facts.Expr, depth: int) -> facts.Call | None:
    """The prediction that an expression is, or is computed from with nothing else but constants."""
    if depth > _DEEPEST:
        return None
    match expr:
        case facts.Ref(name, (index,)) if index >= 0:
            if _is_written_to(source, name):
                return None  # something else is written into it
            binding = source.facts.bindings[index]
            plain = binding.kind == "assign" and not binding.path and binding.value is not None
            return _prediction(source, binding.value, depth + 1) if plain and binding.value else None
        case facts.Item(base, facts.Seq() | facts.Const() | facts.Hole()):
            return _prediction(source, base, depth + 1)
        case facts.Compare(_, base, facts.Const()):
            return _prediction(source, base, depth + 1)
        case facts.Called(number):
            call = source.facts.calls[number]
            if (
                call.name in ("numpy.argmax", "numpy.round", "numpy.where", "numpy.array", "numpy.squeeze")
                and call.args
            ):
                return _prediction(source, call.args[0], depth + 1)
            if isinstance(call.func, facts.Attr):
                if call.func.name in _PREDICTS:
                    return call
                if call.func.name in _ROWS:
                    return _prediction(source, call.func.base, depth + 1)
    return None


def _is_written_to(source: SourceFacts, name: str) -> bool:
    targets = (store.target for store in source.facts.stores)
    return any(isinstance(target, facts.Item) and written(target.base) == name for target in targets)


def _same(one: facts.Call, other: facts.Call) -> bool:
    """Whether two predictions are made by the same object for the same rows."""
    if one is other:
        return True
    if not isinstance(one.func, facts.Attr) or not isinstance(other.func, facts.Attr):
        return False
    return isinstance(one.func.base, facts.Ref) and one.func.base == other.func.base and one.args == other.args
