"""The rule `ungated-deployment`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    facts,
    has_gate,
    is_tried_first,
    workflow_releases,
)

_DEPLOYS = (
    "*.transition_model_version_stage",
    "*.set_registered_model_alias",
    "sagemaker.*.deploy",
    "*.create_endpoint",
    "*.update_endpoint",
    "mlflow.deployments.*.create_deployment",
    "mlflow.sagemaker.deploy",
    "azureml.core.Model.deploy",
)
_NOT_IN_USE = frozenset({"None", "Staging", "Archived", "staging", "archived", "challenger", "candidate"})


class UngatedDeployment(Rule):
    """A program trains a model and puts it into use without looking at its quality.

    A broken data delivery, a bad seed or a bug in a feature goes straight to the users, because nothing stands between
    the training and the service. Breck et al. 2017 (ML Test Score, infrastructure 4 and 6): quality is validated before
    a model is served, and a model can be tried before it is used.

    ## How to repair

    Compare the metrics of the new model on held-out data with a limit and with the model in use; stop if it is worse.

    ## Trained and promoted

    ```python title="retrain.py"
    from mlflow import MlflowClient
    from sklearn.linear_model import Ridge

    model = Ridge().fit(X, y)
    version = register(model)
    MlflowClient().set_registered_model_alias("churn", "production", version)  # expect: ungated-deployment
    ```

    ## A gate

    ```python title="retrain.py"
    from mlflow import MlflowClient
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score

    model = Ridge().fit(X, y)
    score = r2_score(y_test, model.predict(X_test))
    if score < 0.7:
        raise SystemExit("not good enough")
    MlflowClient().set_registered_model_alias("churn", "production", register(model))
    ```

    ## Staged for somebody else to decide, and a program that only promotes

    ```python title="retrain.py"
    from mlflow import MlflowClient
    from sklearn.linear_model import Ridge

    model = Ridge().fit(X, y)
    MlflowClient().transition_model_version_stage("churn", register(model), "Staging")
    ```

    ```python title="promote.py"
    from mlflow import MlflowClient

    MlflowClient().set_registered_model_alias("churn", "production", 4)
    ```

    ## In a workflow

    ```yaml title=".github/workflows/deploy.yml"
    on: push
    jobs:
      release:
        runs-on: ubuntu-22.04
        steps:
          - run: pytest
          - run: python train.py
          - run: docker build -t churn:1 . && docker push churn:1
          - run: gcloud run deploy churn --image churn:1  # expect: ungated-deployment
    ```

    ```python title="train.py"
    from sklearn.linear_model import Ridge
    Ridge().fit(X, y)
    ```

    ## A step that evaluates, an environment that asks, a workflow that people start

    ```yaml title=".github/workflows/a.yml"
    on: push
    jobs:
      release:
        runs-on: ubuntu-22.04
        steps: [{run: python train.py}, {run: python evaluate.py}, {run: gcloud run deploy churn}]
      ship:
        runs-on: ubuntu-22.04
        environment: production
        steps: [{run: python train.py}, {run: kubectl apply -f service.yml}]
    ```

    ```yaml title=".github/workflows/b.yml"
    on: workflow_dispatch
    jobs: {ship: {steps: [{run: python train.py}, {run: kubectl apply -f service.yml}]}}
    ```

    ```python title="train.py"
    from sklearn.linear_model import Ridge
    Ridge().fit(X, y)
    ```

    ```python title="evaluate.py"
    assert score(load()) > 0.7
    ```

    ## A check from elsewhere

    ```python title="retrain.py"
    from mlflow import MlflowClient
    from sklearn.linear_model import Ridge
    from company.gates import validate_model
    model = Ridge().fit(X, y)
    validate_model(model)
    MlflowClient().set_registered_model_alias("churn", "production", register(model))
    ```

    ## Tried on a part of the traffic first

    ```toml title="mldebt.toml"
    [[contract.deployment]]
    model = "churn"
    strategy = "canary"
    ```

    ```python title="retrain.py"
    from mlflow import MlflowClient
    from sklearn.linear_model import Ridge

    model = Ridge().fit(X, y)
    version = register(model)
    MlflowClient().set_registered_model_alias("churn", "production", version)
    ```
    """

    severity = Severity.ERROR
    minutes = 60
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each place that deploys what an ungated program trained."""
        if is_tried_first(project):
            return
        sites = [site for site in project.calls(*_DEPLOYS) if self._puts_into_use(site)]
        told: set[str] = set()
        for program in project.phases.training if sites else ():
            for site in sites:
                place = str(site.location)
                if place in told or not program.reach.has(site.source, site.call.block):
                    continue
                if not program.reach.by_name and not has_gate(project, program):
                    told.add(place)
                    fit = next(project.phases.during(program, "fit", "tune"))
                    yield self.finding(
                        site.location,
                        f"`{program.source.path}` trains a model and puts it into use with"
                        f" `{getattr(site.call.func, 'name', site.name)}`, and compares its quality with nothing",
                        related=[Related(fit.location, "trained here")],
                        severity=Severity.WARNING if program.source.kind is Kind.NOTEBOOK else None,
                        scope=site.source.scope_name(site.call.block),
                    )

        for found in workflow_releases(project):
            if not has_gate(project, found.program):
                yield self.finding(
                    found.deploy.location,
                    f"this deploys what `{found.program.source.path}` trained, and no step compares its quality",
                    related=[Related(found.train.location, "trains")],
                )

    def _puts_into_use(self, site: Site) -> bool:
        """Whether a call makes a model the one in use, rather than a candidate."""
        if site.source.source.is_any(*self.skip_roles):
            return False
        values = (*site.call.args, *(keyword.value for keyword in site.call.keywords))
        return not any(isinstance(v, facts.Const) and v.value in _NOT_IN_USE for v in values)
