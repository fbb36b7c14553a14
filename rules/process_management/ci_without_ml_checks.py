"""The rule `ci-without-ml-checks`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Role, Rule, Severity, Stage

_CHECKS = re.compile(
    r"\b(pytest|unittest|nose\w*|tox|nox|ruff|flake8|pylint|black|mypy|isort|make (test|lint|check)|pre-commit)\b"
)
_LEARNS = re.compile(
    r"\b(dvc (repro|exp)|kedro run|mlflow run|snakemake|cml|make \S*(train|model|pipeline|data|eval|e2e|all)|papermill"
    r"|nbmake|nbval|nbconvert|great_expectations|soda scan|dbt (test|build)|zenml|metaflow|zoomcamp|airflow"
    r"|docker compose|az ml|sagemaker|vertex|databricks)\b|train|evaluat|validat|smoke|e2e|integration"
    r"|data|predict|infer|model|pipeline",
    re.IGNORECASE,
)
_EXERCISES = re.compile(
    r"fit|train|predict|evaluat|validat|score|transform|forward|pipeline|model|infer", re.IGNORECASE
)


class CiWithoutMlChecks(Rule):
    """The automation checks the code of an ML project, and neither its data nor its models.

    A change that makes every model worse passes: it is formatted, and its helpers work. Breck et al. 2017 (ML Test
    Score, infrastructure 3): the whole pipeline is tested, from the data to the predictions.

    ## How to repair

    Train on a hundred rows in CI, check the schema of a sample of the data, and compare a metric with a limit.

    ## Linting only

    ```yaml title=".github/workflows/ci.yml"
    on: push
    jobs:
      check:
        runs-on: ubuntu-22.04
        steps:
          - run: ruff check . && pytest tests  # expect: ci-without-ml-checks
    ```

    ```python title="train.py"
    from sklearn.linear_model import Ridge

    if __name__ == "__main__":
        Ridge().fit(X, y)
    ```

    ```python title="tests/test_text.py"
    from helpers import clean

    def test_clean():
        assert clean(" a") == "a"
    ```

    ## A test that trains

    ```yaml title=".github/workflows/ci.yml"
    on: push
    jobs:
      check:
        runs-on: ubuntu-22.04
        steps:
          - run: pytest tests
    ```

    ```python title="train.py"
    from sklearn.linear_model import Ridge

    def train(X, y):
        return Ridge().fit(X, y)

    if __name__ == "__main__":
        train(X, y)
    ```

    ```python title="tests/test_train.py"
    from train import train

    def test_train():
        assert train([[1]], [1]).predict([[1]]) == 1
    ```

    ## A job that runs the pipeline, and a project that trains nothing

    ```yaml title="a/.github/workflows/ci.yml"
    on: push
    jobs:
      check:
        runs-on: ubuntu-22.04
        steps:
          - run: ruff check .
          - run: dvc repro
    ```

    ```python title="helpers.py"
    def clean(text):
        return text.strip()
    ```

    ## No workflow at all

    ```python title="train.py"
    from sklearn.linear_model import Ridge
    Ridge().fit(X, y)
    ```

    ## A test of the training that says it wants a graphics card

    ```yaml title=".github/workflows/ci.yml"
    on: push
    jobs:
      check:
        runs-on: ubuntu-22.04
        steps:
          - run: pytest -m "not gpu" tests
    ```

    ```python title="train.py"
    from sklearn.linear_model import Ridge

    def train(X, y):
        return Ridge().fit(X, y)

    if __name__ == "__main__":
        train(X, y)
    ```

    ```python title="tests/test_train.py"
    import pytest
    from train import train

    @pytest.mark.gpu
    def test_smoke():
        assert train([[1]], [1])
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 90

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield at most one finding, at the first step that checks something."""
        stages = [stage for stage in project.stages if stage.tool == "workflow"]
        checking = [stage for stage in stages if _CHECKS.search(_text(stage))]
        if not checking or any(_LEARNS.search(_text(stage)) for stage in stages):
            return
        programs = [
            p for p in project.phases.training if not p.source.source.is_any(*self.skip_roles, Role.TUTORIAL)
        ]
        if programs and not _tests_learning(project):
            yield self.finding(
                checking[0].location,
                f"{len(stages)} steps run automatically, and none of them checks data, trains or evaluates, while"
                f" `{programs[0].source.path}` trains a model",
                related=[Related(stage.location, "another step") for stage in checking[1:5]],
            )


def _text(stage: Stage) -> str:
    return " ".join((stage.name, *(word for command in stage.commands for word in command.argv)))


def _tests_learning(project: Project) -> bool:
    """Whether any test uses something that, by its name, has to do with data or models."""
    for source in project.code:
        if source.source.is_any(Role.TEST):
            header = source.facts.header
            if any(
                map(
                    _EXERCISES.search,
                    (*header.methods, *header.names, *header.modules, source.path.rpartition("/")[2]),
                )
            ):
                return True
    return False
