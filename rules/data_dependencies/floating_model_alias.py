"""The rule `floating-model-alias`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Role, Rule, Severity, Site, known_texts

_CALLS = ("mlflow.*.load_model", "mlflow.*.load_artifact", "*.use_artifact", "wandb.*.artifact")
_FLOATING = re.compile(
    r"models:/[^/\s]+(/(latest|production|staging|champion|archived|none)|@[\w-]+)|[\w./-]+:(latest|best|production|staging)",
    re.IGNORECASE,
)
_RESULTS = re.compile(r"result|metric|report|prediction|eval|score", re.IGNORECASE)
"""What is looked at, not trained on."""
_RESOLVES = frozenset({"get_latest_versions", "get_model_version_by_alias", "model_version", "run_id", "digest"})


class FloatingModelAlias(Rule):
    """A program that trains loads a model or dataset by an alias such as `latest` or `production`.

    A promotion somewhere else changes what is trained on, without a commit here and without a trace in the run.
    Sculley et al. 2015, section 3: signals from another model that updates over time are unstable data
    dependencies. (Services may load an alias: that is what promotions are for.)

    ## How to repair

    Pin the version in the training configuration, or log the version that the alias stood for.

    ## A teacher, a dataset

    ```python title="train.py"
    import mlflow
    import wandb
    from sklearn.linear_model import LogisticRegression
    teacher = mlflow.pyfunc.load_model("models:/churn/latest")  # expect: floating-model-alias
    run = wandb.init()
    data = run.use_artifact("acme/features:latest")  # expect: floating-model-alias
    LogisticRegression().fit(teacher.predict(data), [0, 1])
    ```

    ## Results that are looked at

    ```python title="train.py"
    import wandb
    from sklearn.linear_model import LogisticRegression
    table = wandb.init().use_artifact("train_results:latest").get("table")
    LogisticRegression().fit(X, y)
    ```

    ## A pinned version, also one that a setting names

    ```python title="train.py"
    import mlflow
    from sklearn.linear_model import LogisticRegression
    teacher = mlflow.pyfunc.load_model("models:/churn/14")
    other = mlflow.pyfunc.load_model(f"models:/churn/{cfg.version}")
    LogisticRegression().fit(teacher.predict(X), y)
    ```

    ## The version is looked up; a service

    ```python title="train.py"
    import mlflow
    from sklearn.linear_model import LogisticRegression
    print(mlflow.MlflowClient().get_latest_versions("churn"))
    teacher = mlflow.pyfunc.load_model("models:/churn/latest")
    LogisticRegression().fit(teacher.predict(X), y)
    ```

    ```python title="api.py"
    import mlflow
    model = mlflow.pyfunc.load_model("models:/churn/production")
    ```

    ## One flow registers a model and serves it

    ```python title="flow.py"
    import mlflow
    from sklearn.linear_model import LogisticRegression
    def train(X, y):
        model = LogisticRegression().fit(X, y)
        mlflow.sklearn.log_model(model, "model", registered_model_name="churn")
    ```

    ```python title="serve.py"
    import mlflow
    def answer(rows):
        return mlflow.pyfunc.load_model("models:/churn/latest").predict(rows)
    ```
    """

    profile = Profile.AUDIT
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each load of an alias in the reach of a program that fits a model."""
        for site in project.calls(*_CALLS):
            if site.source.source.is_any(*self.skip_roles) or not _RESOLVES.isdisjoint(site.source.facts.words):
                continue
            argument = site.argument(0, "model_uri", "artifact_or_name", "name", "artifact_uri")
            texts = known_texts(project.value(site.source, argument)) if argument is not None else []
            if len(texts) != 1 or _RESULTS.search(texts[0]):
                continue
            if _FLOATING.fullmatch(texts[0]) and self._trains(project, site):
                yield self.finding(
                    site.location,
                    f"a program that trains loads `{texts[0]}`: a promotion elsewhere changes it without a commit here",
                    severity=Severity.INFO if site.source.source.is_any(Role.NOTEBOOK) else None,
                    scope=site.source.scope_name(site.call.block),
                )

    def _trains(self, project: Project, site: Site) -> bool:
        return any(program.reach.has(site.source, site.call.block) for program in project.phases.training)
