"""The rule `silent-pipeline-failure`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Confidence, Finding, Profile, Project, Role, Rule, Severity, Site, facts, walk

_DAGS = (
    "airflow.DAG",
    "airflow.models.DAG",
    "airflow.models.dag.DAG",
    "airflow.decorators.dag",
    "airflow.sdk.DAG",
    "airflow.sdk.dag",
)
_SPEAKS = re.compile(
    r"(retries|on_\w+_callback|sla\w*|email_on_failure|email_on_retry|dagrun_timeout|execution_timeout)$"
)
_NEVER = frozenset({None, "@once", "None"})


class SilentPipelineFailure(Rule):
    """A scheduled pipeline fails without anybody being told.

    It has neither retries nor a callback nor a time limit: when an upstream producer is late or has changed, the
    run fails, and consumers go on with old data and old models. Sculley et al. 2015, section 7 ("Up-Stream
    Producers"): alerts must be propagated to the control plane of the system.

    ## How to repair

    Give the DAG `default_args` with retries and a callback, and a time limit to its tasks.

    ## A daily training

    ```python title="dags/retrain.py"
    from datetime import datetime
    from airflow import DAG
    with DAG("retrain", schedule="@daily", start_date=datetime(2024, 1, 1)) as dag:  # expect: silent-pipeline-failure
        train()
    ```

    ```python title="dags/score.py"
    from airflow.decorators import dag
    ARGS = {"owner": "churn", "depends_on_past": False}
    @dag(schedule_interval="0 3 * * *", default_args=ARGS)  # expect: silent-pipeline-failure
    def score():
        run()
    ```

    ## Retries, callbacks, no schedule, arguments from elsewhere

    ```python title="dags/retrain.py"
    from airflow import DAG
    from common import defaults
    ARGS = {"retries": 2}
    with DAG("a", schedule="@daily", default_args=ARGS):
        train()
    with DAG("b", schedule="@daily", on_failure_callback=notify):
        train()
    with DAG("c", schedule=None):
        train()
    with DAG("d"):
        train()
    with DAG("e", schedule="@daily", default_args=defaults):
        train()
    with DAG("f", schedule="@daily", default_args={**defaults}):
        train()
    ```

    ## A task that speaks for itself

    ```python title="dags/retrain.py"
    from airflow import DAG
    from airflow.operators.python import PythonOperator
    with DAG("retrain", schedule="@daily"):
        PythonOperator(task_id="train", python_callable=train, retries=3)
    ```

    ## Started by hand

    ```python title="dags/retrain.py"
    from airflow import DAG
    from common import ARGS
    with DAG("a", schedule=None, default_args={}):
        train()
    with DAG("b", schedule="@daily", default_args={**ARGS, "owner": "x"}):
        train()
    ```
    """

    severity = Severity.INFO
    confidence = Confidence.MEDIUM
    profile = Profile.AUDIT
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each scheduled DAG that says nothing about failures."""
        for site in project.calls(*_DAGS):
            if site.source.source.is_any(*self.skip_roles, Role.TUTORIAL) or site.hides_arguments:
                continue
            schedule = site.argument(None, "schedule", "schedule_interval", "timetable")
            if schedule is None or (isinstance(schedule, facts.Const) and schedule.value in _NEVER):
                continue
            if not self._speaks(project, site) and not _any_task_speaks(site):
                name = site.argument(0, "dag_id")
                shown = f" `{name.value}`" if isinstance(name, facts.Const) else ""
                yield self.finding(
                    site.location,
                    f"the scheduled pipeline{shown} fails silently: no retries, no callback, no time limit",
                )

    def _speaks(self, project: Project, site: Site) -> bool:
        """Whether the DAG or its default arguments say something about failures, or may do so."""
        if any(_SPEAKS.match(keyword.name) for keyword in site.call.keywords):
            return True
        given = site.argument(None, "default_args")
        if given is None:
            return False
        table = project.value(site.source, given)
        entries = getattr(table, "entries", None)
        if entries is None or getattr(table, "open", True):
            return True
        return any(
            _SPEAKS.match(str(key)) and getattr(value, "value", True) not in (0, False) for key, value in entries
        )


def _any_task_speaks(site: Site) -> bool:
    """Whether some call in the file passes such an argument itself."""
    for call in site.source.facts.calls:
        if any(_SPEAKS.match(keyword.name) and not _is_off(keyword.value) for keyword in call.keywords):
            return True
    return False


def _is_off(expr: facts.Expr) -> bool:
    return any(isinstance(part, facts.Const) and part.value in (0, False, None) for part in walk(expr))
