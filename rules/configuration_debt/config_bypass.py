"""The rule `config-bypass`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Project, Related, Role, Rule, Severity, Site, facts

_MODELS = frozenset({"classifier", "regressor", "clusterer", "outlier-detector", "estimator", "booster"})
_NEUTRAL = frozenset(
    "random_state seed random_seed n_jobs num_threads nthread thread_count verbose verbosity max_iter tol".split()
)

_RESULTS = re.compile(r"metric|score|result|report|histor|summary|statistic|schema", re.IGNORECASE)
"""Names of files in which results are kept, and no parameters."""

_TRAINERS = frozenset({"xgboost.train", "xgboost.cv", "lightgbm.train", "lightgbm.cv"})
_DEFAULTS = {
    "n_estimators": 100, "min_samples_split": 2, "min_samples_leaf": 1, "max_leaf_nodes": 31, "num_leaves": 31,
    "learning_rate": 0.1, "subsample": 1, "colsample_bytree": 1, "reg_alpha": 0, "C": 1, "alpha": 1, "l1_ratio": 0.5,
    "degree": 3, "coef0": 0, "n_neighbors": 5, "leaf_size": 30, "p": 2, "n_clusters": 8, "validation_fraction": 0.1,
}  # fmt: skip
"""What these mean if nobody writes them, in most libraries: to write it decides nothing."""


class ConfigBypass(Rule):
    """Hyper-parameters are written into code although the project keeps its parameters in a file.

    Whoever looks into the parameter file believes to see what the model was trained with. DVC or MLflow, which
    track the file, do not see these numbers, and an experiment needs a change of the code. Sculley et al. 2015,
    section 6.

    ## How to repair

    Move the numbers to the parameter file and pass them from there.

    ## Three numbers next to a parameter file

    ```yaml title="params.yaml"
    split: {size: 0.2}
    ```

    ```python title="train.py"
    import yaml
    from xgboost import XGBClassifier
    params = yaml.safe_load(open("params.yaml"))
    X, y = split(params["split"]["size"])
    model = XGBClassifier(max_depth=7, n_estimators=830, learning_rate=0.037)  # expect: config-bypass
    model.fit(X, y)
    ```

    ## In a dictionary

    ```yaml title="params.yaml"
    split: {size: 0.2}
    ```

    ```python title="train.py"
    import lightgbm
    import yaml
    from xgboost import XGBClassifier
    size = yaml.safe_load(open("params.yaml"))["split"]["size"]
    params = {"max_depth": 7, "eta": 0.03, "subsample": 0.7, "objective": "binary:logistic"}
    model = XGBClassifier(**params)  # expect: config-bypass
    lightgbm.train({"num_leaves": 99, "learning_rate": 0.02, "bagging_fraction": 0.6}, data)
    ```

    ## Parameters from the file, few numbers, neutral arguments

    ```yaml title="params.yaml"
    model: {depth: 3}
    ```

    ```python title="train.py"
    import yaml
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import RandomForestClassifier
    from xgboost import XGBClassifier
    params = yaml.safe_load(open("params.yaml"))["model"]
    first = XGBClassifier(**params, n_estimators=10, learning_rate=0.1, subsample=0.5)
    second = RandomForestClassifier(max_depth=params["depth"], n_estimators=10, min_samples_leaf=2, max_features=3)
    third = RandomForestClassifier(n_estimators=100, max_depth=3, n_jobs=-1, random_state=1)
    ```

    ## Baselines, defaults of the library, spaces that are searched, notebooks and tests

    ```yaml title="params.yaml"
    split: {size: 0.2}
    ```

    ```python title="train.py"
    import yaml
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import GridSearchCV
    size = yaml.safe_load(open("params.yaml"))["split"]["size"]
    DummyRegressor(quantile=0.3, constant=3, other=4)
    RandomForestClassifier(n_estimators=100, min_samples_split=2, min_samples_leaf=1, max_depth=5)
    GridSearchCV(RandomForestClassifier(), {"max_depth": [3, 5], "n_estimators": [10, 20], "max_features": [1, 2]})
    def objective(trial):
        depth = trial.suggest_int("max_depth", 2, 9)
        return RandomForestClassifier(max_depth=depth, n_estimators=300, min_samples_leaf=7, max_features=5)
    ```

    ```python title="explore.ipynb"
    # %%
    from sklearn.ensemble import RandomForestClassifier
    RandomForestClassifier(n_estimators=300, max_depth=9, min_samples_leaf=7)
    ```

    ```python title="tests/test_train.py"
    from sklearn.ensemble import RandomForestClassifier
    RandomForestClassifier(n_estimators=3, max_depth=2, min_samples_leaf=7)
    ```

    ## Results are no parameters

    ```python title="compare.py"
    import json
    from xgboost import XGBClassifier
    model = XGBClassifier(max_depth=7, n_estimators=830, learning_rate=0.037)
    before = json.load(open("models/metrics_v1.json"))["rmse"]
    best = json.load(open("best.json"))["loss"]
    json.dump({"loss": best}, open("best.json", "w"))
    ```

    ```json title="models/metrics_v1.json"
    {"rmse": 0.4}
    ```

    ```json title="best.json"
    {"loss": 0.4}
    ```

    ## No parameter file

    ```python title="train.py"
    from xgboost import XGBClassifier
    model = XGBClassifier(max_depth=7, n_estimators=830, learning_rate=0.037)
    ```
    """

    minutes = 10
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    least: int = 3
    """Fewer written hyper-parameters are not reported."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each model with written hyper-parameters in a file that reads parameters."""
        readers: dict[str, tuple[str, Location]] = {}  # by part of the project
        written = {
            a.address.path
            for a in project.accesses
            if a.effect in ("writes", "appends") and a.address is not None
        }
        for (path, _), locations in project.config_reads.reads.items():
            if path in written or _RESULTS.search(path.rpartition("/")[2]):
                continue
            for location in locations:
                readers.setdefault(project.subprojects.root_of(location.path), (path, location))
        found: dict[str, list[tuple[Site, list[str]]]] = {}
        for site in project.calls("*") if readers else ():
            source = site.source
            root = project.subprojects.root_of(source.path)
            if root not in readers or source.kind is not Kind.PYTHON or source.source.is_any(*self.skip_roles):
                continue
            api = project.types.tables.lookup(site.name)
            is_model = api is not None and api.role in _MODELS and "dummy" not in site.name
            if is_model or site.name in _TRAINERS:
                literals = _written(site)
                if len(literals) >= self.least:
                    found.setdefault(source.path, []).append((site, literals))
        for (site, literals), *others in found.values():
            holder, reader = readers[project.subprojects.root_of(site.source.path)]
            names = ", ".join(f"`{name}`" for name in literals[:4])
            yield self.finding(
                site.location,
                f"{len(literals)} hyper-parameters of `{_short(site)}` ({names}) are"
                f" written into the code, while `{holder}` holds parameters",
                related=[
                    Related(reader, f"reads `{holder}`"),
                    *(Related(o.location, f"{len(more)} of `{_short(o)}`") for o, more in others[:10]),
                ],
                severity=Severity.INFO if site.source.source.is_any(Role.TUTORIAL) else None,
                scope=site.source.scope_name(site.call.block),
            )


def _short(site: Site) -> str:
    return ".".join(site.name.split(".")[-2:]) if site.name in _TRAINERS else site.name.rpartition(".")[2]


def _written(site: Site) -> list[str]:
    """The names of the literal numbers that a model gets; none if anything comes from elsewhere."""
    given: list[tuple[str, facts.Expr]] = []
    if site.name in _TRAINERS:
        params = site.argument(0, "params")
        if params is not None:
            given.append(("", params))
    elif not any(isinstance(argument, facts.Star) for argument in site.call.args):
        given += [(keyword.name, keyword.value) for keyword in site.call.keywords]
    found = []
    for name, value in given:
        pairs = [(name, value)] if name else _entries(site, value)
        if pairs is None:
            return []
        for key, expr in pairs:
            if isinstance(expr, facts.Const):
                is_choice = key not in _NEUTRAL and _DEFAULTS.get(key) != expr.value
                if type(expr.value) in (int, float) and is_choice:
                    found.append(key)
            elif key not in _NEUTRAL:
                return []
    return found


def _entries(site: Site, expr: facts.Expr) -> list[tuple[str, facts.Expr]] | None:
    """The entries of a dictionary that is written out, here or where its name is bound; None for any other."""
    if isinstance(expr, facts.Ref) and len(expr.bindings) == 1 and expr.bindings[0] >= 0:
        binding = site.source.facts.bindings[expr.bindings[0]]
        expr = binding.value if binding.kind == "assign" and not binding.path and binding.value else expr
    if not isinstance(expr, facts.Map) or not all(isinstance(key, facts.Const) for key in expr.keys):
        return None
    return [(str(getattr(k, "value", "")), v) for k, v in zip(expr.keys, expr.values, strict=True)]
