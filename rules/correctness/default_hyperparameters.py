"""The rule `default-hyperparameters`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Role, Rule, Severity, Site, facts

_ESTIMATORS = (
    "sklearn.ensemble.*", "sklearn.tree.*", "sklearn.svm.*", "sklearn.neighbors.*", "sklearn.neural_network.*",
    "sklearn.linear_model.*", "xgboost.*", "lightgbm.*", "catboost.*",
)  # fmt: skip
_TUNABLE = re.compile(
    r"(RandomForest|ExtraTrees|(Hist)?GradientBoosting|AdaBoost|Bagging|DecisionTree|KNeighbors|MLP|SGD|XGB|LGBM|CatBoost)"
    r"(Classifier|Regressor)|(Linear)?SV[CR]|Ridge|Lasso|ElasticNet|LogisticRegression"
)
_NEUTRAL = frozenset(
    "random_state seed random_seed n_jobs verbose thread_count silent verbosity max_iter nthread".split()
)
_SAVES = ("joblib.dump", "pickle.dump", "dill.dump", "cloudpickle.dump", "skops.io.dump", "mlflow.*.log_model")


class DefaultHyperparameters(Rule):
    """A model is trained and saved with the defaults of its library alone.

    The defaults were chosen for no problem in particular, and they change between versions: the same code then trains
    another model. Zhang et al. 2022 list it as "Hyperparameter Not Explicitly Set"; a third of all projects do it, so
    that the rule is off unless it is selected.

    ## How to repair

    Write down the parameters that matter, or tune them; record them with the model.

    ## Trained and saved

    ```python title="train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from xgboost import XGBClassifier

    def train(X, y):
        model = RandomForestClassifier(random_state=0)  # expect: default-hyperparameters
        model.fit(X, y)
        joblib.dump(model, "forest.joblib")

    def boost(X, y):
        joblib.dump(XGBClassifier().fit(X, y), "boost.joblib")  # expect: default-hyperparameters
    ```

    ## Set, tuned, or from the configuration

    ```python title="train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import GridSearchCV

    def train(X, y, params):
        model = RandomForestClassifier(n_estimators=300)
        joblib.dump(model.fit(X, y), "a.joblib")
        other = RandomForestClassifier(**params)
        joblib.dump(other.fit(X, y), "b.joblib")
        search = GridSearchCV(RandomForestClassifier(), {"max_depth": [3, 9]})
        joblib.dump(search.fit(X, y), "c.joblib")
        later = RandomForestClassifier()
        later.set_params(**params)
        joblib.dump(later.fit(X, y), "d.joblib")
    ```

    ## Compared and thrown away, and models without parameters

    ```python title="compare.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LinearRegression

    print(RandomForestClassifier().fit(X, y).score(X_test, y_test))
    joblib.dump(LinearRegression().fit(X, y), "line.joblib")
    ```

    ## Baselines, meta-models of tuned ones, notebooks and tests

    ```python title="train.py"
    import joblib
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import BaggingClassifier, VotingClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.tree import DecisionTreeClassifier

    def train(X, y):
        joblib.dump(DummyClassifier().fit(X, y), "base.joblib")
        joblib.dump(GaussianNB().fit(X, y), "bayes.joblib")
        tree = DecisionTreeClassifier(max_depth=5)
        joblib.dump(BaggingClassifier(tree).fit(X, y), "bag.joblib")
        joblib.dump(VotingClassifier([("tree", tree)]).fit(X, y), "vote.joblib")
    ```

    ```python title="explore.ipynb"
    # %%
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    joblib.dump(RandomForestClassifier().fit(X, y), "forest.joblib")
    ```

    ```python title="tests/test_model.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier

    def test_model(X, y, tmp_path):
        joblib.dump(RandomForestClassifier().fit(X, y), tmp_path / "forest.joblib")
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    default = False
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each model that is made with defaults and saved by the same function."""
        saves: dict[tuple[str, int], list[facts.Expr]] = {}
        for site in project.calls(*_SAVES):
            if site.call.args:
                key = (site.source.path, site.source.scope_of(site.call.block))
                saves.setdefault(key, []).append(site.call.args[0])
        for site in project.calls(*_ESTIMATORS) if saves else ():
            name = site.name.rpartition(".")[2]
            if not _TUNABLE.fullmatch(name) or site.source.source.is_any(*self.skip_roles):
                continue
            if site.call.args or any(keyword.name not in _NEUTRAL for keyword in site.call.keywords):
                continue
            saved = saves.get((site.source.path, site.source.scope_of(site.call.block)), ())
            if any(_is_made_by(site, model) for model in saved):
                yield self.finding(
                    site.location,
                    f"`{name}` is trained and saved, and no hyperparameter is chosen: its library's defaults decide",
                    scope=site.source.scope_name(site.call.block),
                )


def _is_made_by(site: Site, expr: facts.Expr, depth: int = 0) -> bool:
    """Whether what is saved is the estimator, perhaps fitted in between, and nothing sets its parameters."""
    source = site.source
    match expr:
        case facts.Ref(name, (binding,)) if binding >= 0 and depth < 6:
            value = source.facts.bindings[binding].value
            calls = (
                c for c in source.facts.calls if isinstance(c.func, facts.Attr) and c.func.name == "set_params"
            )
            if any(isinstance(c.func, facts.Attr) and getattr(c.func.base, "name", "") == name for c in calls):
                return False
            return value is not None and _is_made_by(site, value, depth + 1)
        case facts.Called(index) if depth < 6:
            call = source.facts.calls[index]
            if call is site.call:
                return True
            if isinstance(call.func, facts.Attr) and call.func.name == "fit":
                return _is_made_by(site, call.func.base, depth + 1)
    return False
