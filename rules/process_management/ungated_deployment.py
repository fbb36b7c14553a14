"""The rule `ungated-deployment`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Program, Project, Related, Role, Rule, Severity, Site, SourceFacts, facts, walk

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
_QUALITY = re.compile(
    r"metric|score|accura|auc|f1|rmse|mae|mse|loss|r2|precision|recall|thresh|better|best|champion|baseline|quality|gate"
    r"|approv|pass(ed)?$|valid|should|compare|improv|mape|error|performance|deploy|promot|decision",
    re.IGNORECASE,
)
_KNOWN = (":", ".", "sklearn", "keras", "tensorflow", "torch", "transformers", "xgboost", "lightgbm", "catboost")
_JUDGES = re.compile(r"validat|evaluate|gate|approv|(^|_)check", re.IGNORECASE)
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

    ## A check from elsewhere

    ```python title="retrain.py"
    from mlflow import MlflowClient
    from sklearn.linear_model import Ridge
    from company.gates import validate_model
    model = Ridge().fit(X, y)
    validate_model(model)
    MlflowClient().set_registered_model_alias("churn", "production", register(model))
    ```
    """

    severity = Severity.ERROR
    minutes = 60
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each place that deploys what an ungated program trained."""
        sites = [site for site in project.calls(*_DEPLOYS) if self._puts_into_use(site)]
        told: set[str] = set()
        for program in project.phases.training if sites else ():
            for site in sites:
                place = str(site.location)
                if place in told or not program.reach.has(site.source, site.call.block):
                    continue
                if not program.reach.by_name and not _has_gate(project, program):
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

    def _puts_into_use(self, site: Site) -> bool:
        """Whether a call makes a model the one in use, rather than a candidate."""
        if site.source.source.is_any(*self.skip_roles):
            return False
        values = (*site.call.args, *(keyword.value for keyword in site.call.keywords))
        return not any(isinstance(v, facts.Const) and v.value in _NOT_IN_USE for v in values)


def _has_gate(project: Project, program: Program) -> bool:
    """Whether any condition or assertion in the code that a program runs may be about quality."""
    for path in program.reach.paths:
        source = project.source(path)
        for block in source.facts.blocks if source is not None else ():
            if block.kind in ("if", "ternary", "while") and any(map(_QUALITY.search, _words(block.test))):
                return True
        if source is not None and _is_judged_elsewhere(project, source):
            return True
        if source is not None and any(
            _QUALITY.search(f.name) for f in source.facts.functions if "valid" in f.name
        ):
            return True
    return False


def _is_judged_elsewhere(project: Project, source: SourceFacts) -> bool:
    """Whether a function of an unknown package may be the gate, by its name."""
    for call in source.facts.calls:
        root, _, last = call.name.rpartition(".")
        if root and _JUDGES.search(last) and not root.startswith(_KNOWN):
            is_known = project.types.tables.lookup(call.name) is not None
            if not is_known and project.names.symbol(source, call.name) is None:
                return True
    return False


def _words(expr: facts.Expr | None) -> Iterator[str]:
    for part in walk(expr):
        if isinstance(part, facts.Ref | facts.Attr):
            yield part.name
        elif isinstance(part, facts.Const) and isinstance(part.value, str):
            yield part.value
