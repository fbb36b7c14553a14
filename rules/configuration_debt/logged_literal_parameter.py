"""The rule `logged-literal-parameter`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Fix,
    Kind,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    SourceFacts,
    Span,
    facts,
    variable_fix,
)

_ONE = ("mlflow.log_param", "mlflow.*.log_param", "neptune.*.log_parameter", "comet_ml.*.log_parameter")
_MANY = ("mlflow.log_params", "mlflow.*.log_params", "wandb.init", "wandb.config.update", "*.log_hyperparams",
         "comet_ml.*.log_parameters", "dvclive.Live.log_params", "*.log_params", "*.log_param")  # fmt: skip


class LoggedLiteralParameter(Rule):
    """The tracker is told another value of a parameter than the model gets.

    The value that is logged was written a second time, and only one of the two was changed. Every comparison of runs
    by this parameter is wrong, and a run cannot be repeated from its record. Muralidhar et al. 2021 call tuning that
    leaves no true record "tuning under the carpet".

    ## How to repair

    Log the object that configures the model, or the variable that both use.

    ## Two values of one parameter

    ```python title="segment.py"
    import mlflow
    from sklearn.decomposition import PCA

    pca = PCA(n_components=4)
    mlflow.log_params({"n_components": 3, "best_k": k})  # expect: logged-literal-parameter
    ```

    ```python title="train.py"
    import mlflow

    EPOCHS = 30
    fit(epochs=EPOCHS)
    mlflow.log_param("epochs", 20)  # expect: logged-literal-parameter
    ```

    ## Fixed

    ```python title="train.py"
    import mlflow

    EPOCHS = 30
    fit(epochs=EPOCHS)
    mlflow.log_param("epochs", EPOCHS)
    ```

    ## The same value, the same name node, or several models

    ```python title="train.py"
    import mlflow
    from sklearn.ensemble import RandomForestClassifier

    depth = 8
    model = RandomForestClassifier(max_depth=depth, n_estimators=100)
    mlflow.log_params({"max_depth": depth, "n_estimators": 100})
    other = RandomForestClassifier(max_depth=4, n_estimators=300)
    mlflow.log_param("n_estimators", 300)
    mlflow.log_param("stage", "final")
    ```

    ## A value that is not known, and texts

    ```python title="train.py"
    import mlflow

    model = build(dropout=rate, name="small")
    mlflow.log_params({"dropout": 0.1, "name": "churn-small"})
    ```

    ## A parameter of another function that only has the same name

    ```python title="plot.py"
    import mlflow

    def draw(size=4):
        return figure(size)

    mlflow.log_param("size", 3)
    ```

    ## Tests, and tags

    ```python title="tests/test_train.py"
    import mlflow
    fit(epochs=30)
    mlflow.log_param("epochs", 20)
    ```
    """

    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each parameter that is logged with another number than is used."""
        told: set[tuple[str, Span, str]] = set()
        for site in project.calls(*_ONE, *_MANY):
            source = site.source
            if source.source.is_any(*self.skip_roles):
                continue
            for name, logged in _logged(site):
                used = _used(source, source.keyword_values.get(name, []), site.call)
                if (
                    used
                    and all(value != logged for value, _ in used)
                    and (source.path, site.call.span, name) not in told
                ):
                    told.add((source.path, site.call.span, name))
                    values = " and ".join(f"`{value:g}`" for value in dict.fromkeys(value for value, _ in used))
                    informal = source.kind is Kind.NOTEBOOK or source.source.is_any(Role.TUTORIAL)
                    yield self.finding(
                        site.location,
                        f"`{name}` is logged as `{logged:g}`, and what is used is {values}",
                        related=[
                            Related(source.location(span), f"`{name}` is `{value:g}`") for value, span in used[:5]
                        ],
                        severity=Severity.INFO if informal else None,
                        scope=name,
                        fix=_fix(source, source.keyword_values.get(name, []), site.call, logged),
                    )


def _fix(
    source: SourceFacts, given: list[tuple[facts.Call, facts.Expr]], logging: facts.Call, logged: float
) -> Fix | None:
    """Logs the variable, if all that is used comes from one."""
    values = {value for call, value in given if call is not logging}
    variable = values.pop() if len(values) == 1 else None
    if not isinstance(variable, facts.Ref) or source.function_of(source.scope_of(logging.block)) is not None:
        return None
    return variable_fix(source, logging, logged, variable.name)


def _logged(site: Site) -> Iterator[tuple[str, float]]:
    """The names and literal numbers that a call of a tracker records."""
    first = site.argument(0, "key", "name", "params", "config", "parameters")
    second = site.argument(1, "value")
    if site.name == "wandb.init":
        first = site.argument(None, "config")
    if isinstance(first, facts.Map):
        for key, value in zip(first.keys, first.values, strict=True):
            if isinstance(key, facts.Const) and _number(value) is not None:
                yield str(key.value), float(str(_number(value)))
    elif isinstance(first, facts.Const) and second is not None and _number(second) is not None:
        yield str(first.value), float(str(_number(second)))


def _used(
    source: SourceFacts, given: list[tuple[facts.Call, facts.Expr]], logging: facts.Call
) -> list[tuple[float, Span]]:
    """The numbers that calls of a file get under a name; none as soon as one of them is not known."""
    found: list[tuple[float, Span]] = []
    for call, expr in given:
        is_log = getattr(call.func, "name", "").startswith("log")
        if call is logging or is_log or call.name.endswith("add_argument"):
            continue
        value = _number(_bound(source, expr))
        if value is None:
            return []
        found.append((float(value), call.span))
    return found


def _bound(source: SourceFacts, expr: facts.Expr) -> facts.Expr:
    """What a name that is bound once stands for."""
    if isinstance(expr, facts.Ref):
        indexes = expr.bindings or tuple(source.bindings_by_scope.get(0, {}).get(expr.name, ()))
        if len(indexes) == 1 and indexes[0] >= 0:
            binding = source.facts.bindings[indexes[0]]
            if binding.kind == "assign" and binding.value is not None and not binding.path:
                return binding.value
    return expr


def _number(expr: facts.Expr) -> float | int | None:
    value = expr.value if isinstance(expr, facts.Const) else None
    return value if type(value) in (int, float) else None  # type: ignore[return-value]
