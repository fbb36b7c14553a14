"""The rule `reversed-metric`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, Site, facts, root_name

_LESS = re.compile(
    r"(^|[_/])(loss|error|err|rmse|mse|mae|mape|rmsle|msle|logloss|perplexity|ppl|fid|wer|cer|eer)($|[_/\d])",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(^|[_/])(acc(uracy)?|auc|auroc|roc_?auc|f1|f_?beta|dice|iou|miou|map|precision|recall|r2|kappa|qwk|bleu|ndcg)($|[_/\d])",
    re.IGNORECASE,
)
_TURNED = re.compile(r"neg|inverse|minus|one_minus|(^|_)n(rmse|mse|mae)", re.IGNORECASE)
_TRAINERS = frozenset("keras tensorflow lightning pytorch_lightning torch ignite tf_keras".split())
_SCORES = re.compile(r"sklearn\.metrics\.(?P<metric>\w+)$")


class ReversedMetric(Rule):
    """A search or a checkpoint keeps the worst: it maximises an error, or minimises a score.

    Nothing fails. The best trial is the one with the largest error, and its parameters are those that go into
    service. Sculley et al. 2015, section 6: it should be easy to see what a configuration does, and hard to make
    manual errors in it.

    ## How to repair

    Turn the direction round, or the sign of what is returned.

    ## A study

    ```python title="tune.py"
    import numpy as np
    import optuna
    from sklearn.metrics import mean_squared_error

    def objective(trial):
        model = fit(trial)
        rmse = np.sqrt(mean_squared_error(y_val, model.predict(X_val)))
        return rmse

    study = optuna.create_study(direction="maximize")  # expect: reversed-metric
    study.optimize(objective, n_trials=50)
    ```

    ```python title="search.py"
    import optuna
    from sklearn.metrics import f1_score

    def objective(trial):
        return f1_score(y_val, fit(trial).predict(X_val))

    study = optuna.create_study()  # expect: reversed-metric
    study.optimize(objective, n_trials=50)
    ```

    ## What is kept while training

    ```python title="train.py"
    from tensorflow.keras.callbacks import EarlyStopping, ModelCheckpoint

    keep = ModelCheckpoint("best.h5", monitor="val_loss", mode="max")  # expect: reversed-metric
    stop = EarlyStopping(monitor="val_accuracy", mode="min", patience=3)  # expect: reversed-metric
    ```

    ## The right way, and a sign that is turned

    ```python title="tune.py"
    import optuna
    from sklearn.metrics import f1_score, mean_squared_error

    def error(trial):
        return mean_squared_error(y_val, fit(trial).predict(X_val))

    def turned(trial):
        mse = mean_squared_error(y_val, fit(trial).predict(X_val))
        return -mse

    def rest(trial):
        return 1 - f1_score(y_val, fit(trial).predict(X_val))

    def both(trial):
        return error(trial), 3

    optuna.create_study(direction="minimize").optimize(error)
    first = optuna.create_study(direction="maximize")
    first.optimize(turned, n_trials=5)
    second = optuna.create_study()
    second.optimize(rest, n_trials=5)
    third = optuna.create_study(directions=["minimize", "maximize"])
    third.optimize(both, n_trials=5)
    ```

    ## Callbacks that keep the best

    ```python title="train.py"
    from tensorflow.keras.callbacks import EarlyStopping, ModelCheckpoint

    keep = ModelCheckpoint("best.h5", monitor="val_loss", mode="min")
    stop = EarlyStopping(monitor="neg_loss", mode="max")
    last = EarlyStopping(monitor="val_loss", mode="auto")
    each = ModelCheckpoint("{epoch}.h5", monitor="val_loss", mode="max", save_best_only=False)
    ```
    """

    severity = Severity.ERROR
    profile = Profile.CI
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each study and each callback that keeps the worst."""
        for site in project.calls("optuna.create_study", "optuna.study.create_study"):
            if site.source.source.is_any(*self.skip_roles) or site.hides_arguments:
                continue
            direction = site.argument(None, "direction")
            word = "minimize" if direction is None else getattr(direction, "value", None)
            if site.argument(None, "directions") is None and word in ("minimize", "maximize"):
                for result, metric in _returned(project, site):
                    if _is_reversed(metric, "max" if word == "maximize" else "min"):
                        yield self._finding(site, f"`{metric}` is {word[:3]}imised", result)
                        break
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if not any(module.partition(".")[0] in _TRAINERS for module in source.facts.header.modules):
                continue
            for call in source.facts.calls:
                said = {k.name: k.value.value for k in call.keywords if isinstance(k.value, facts.Const)}
                named, mode = said.get("monitor"), said.get("mode")
                if (
                    mode not in ("min", "max")
                    or not isinstance(named, str)
                    or said.get("save_best_only") is False
                ):
                    continue
                if _is_reversed(named, mode):
                    yield self._finding(
                        Site(source, call, call.name), f"`{named}` is kept at its {mode}imum", None
                    )

    def _finding(self, site: Site, what: str, result: facts.Return | None) -> Finding:
        source = site.source
        return self.finding(
            site.location,
            f"{what}: the worst is taken for the best",
            related=[Related(source.location(result.span), "what is returned")] if result is not None else [],
            severity=Severity.WARNING if source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK) else None,
            scope=source.scope_name(site.call.block),
        )


def _is_reversed(metric: str, mode: str) -> bool:
    if _TURNED.search(metric) or bool(_LESS.search(metric)) == bool(_MORE.search(metric)):
        return False
    return (mode == "max") == bool(_LESS.search(metric))


def _returned(project: Project, site: Site) -> Iterator[tuple[facts.Return, str]]:
    """What the functions return that a study of the same file optimises, where its name says what it is."""
    source = site.source
    names = {
        b.name
        for b in source.facts.bindings
        if isinstance(b.value, facts.Called) and source.facts.calls[b.value.call] is site.call
    }
    for call in source.facts.calls:
        is_here = (
            isinstance(call.func, facts.Attr)
            and call.func.name == "optimize"
            and root_name(call.func.base) in names
        )
        objective = call.args[0] if is_here and call.args else None
        if not isinstance(objective, facts.Ref):
            continue
        for function in source.facts.functions:
            if function.name != objective.name:
                continue
            for result in source.facts.returns:
                if source.scope_of(result.block) == function.block:
                    yield result, _metric(source.facts, result.value)


def _metric(all_: facts.Facts, value: facts.Expr) -> str:
    """The name of a metric that is returned as it is; empty for a number that is worked on."""
    if isinstance(value, facts.Ref):
        return value.name
    if isinstance(value, facts.Called):
        match = _SCORES.search(all_.calls[value.call].name)
        return match["metric"] if match else ""
    return ""
