"""The rule `prototype-in-production`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from mldebt import Finding, Project, Related, Role, Rule, Span

_DEPLOYS = frozenset({"docker", "compose", "mlproject", "airflow", "workflow"})
_PLAYGROUND = re.compile(
    r"(^|/)(notebooks?|experiments?|sandbox|scratch|playground|poc|prototypes?|prototyping|tmp|archived?|deprecated"
    r"|old|eda|exploration)/", re.I
)  # fmt: skip
_TESTS = re.compile(r"\b(nbmake|nbval|pytest|tox|nox|ruff|black|flake8|mypy|jupyter-book|quarto|sphinx)\b")


class PrototypeInProduction(Rule):
    """An image, a job or a scheduled workflow runs a notebook or code from a playground directory.

    Exploratory code was written to be read once: it has no tests and no errors that anybody sees. Time pressure
    makes a product of it. Sculley et al. 2015, section 5 ("Prototype Smell").

    ## How to repair

    Move what the product needs into the package, with tests, and start that.

    ## An image that starts an experiment

    ```dockerfile title="Dockerfile"
    FROM python:3.12
    COPY . .
    CMD ["python", "experiments/score_final.py"]  # expect: prototype-in-production
    ```

    ```python title="experiments/score_final.py"
    score()
    ```

    ## A workflow that runs a notebook on a schedule

    ```yaml title=".github/workflows/score.yml"
    on:
      schedule:
        - cron: "0 3 * * *"
    jobs:
      score:
        runs-on: ubuntu-latest
        steps:
          - run: papermill notebooks/score.ipynb out.ipynb  # expect: prototype-in-production
    ```

    ```python title="notebooks/score.ipynb"
    # %% [1]
    score()
    ```

    ## The package, and a script

    ```dockerfile title="Dockerfile"
    FROM python:3.12
    COPY . .
    CMD ["python", "-m", "churn.score"]
    ```

    ```python title="churn/score.py"
    score()
    ```

    ## Notebooks that are tested, and experiments that people start

    ```yaml title=".github/workflows/test.yml"
    on: push
    jobs:
      test:
        runs-on: ubuntu-latest
        steps:
          - run: pytest --nbmake notebooks/score.ipynb
    ```

    ```make title="Makefile"
    explore:
    \tpython experiments/explore.py
    ```

    ```python title="experiments/explore.py"
    explore()
    ```

    ```python title="notebooks/score.ipynb"
    # %% [1]
    score()
    ```

    ## A product that is a demonstration

    ```dockerfile title="Dockerfile"
    FROM python:3.12
    COPY . .
    CMD ["python", "demo/app.py"]
    ```

    ```python title="demo/app.py"
    score()
    ```

    ## A platform whose unit is the notebook

    ```yaml title="databricks.yml"
    bundle: {name: churn}
    resources:
      jobs:
        score:
          tasks:
            - task_key: score
              notebook_task: {notebook_path: notebooks/score.ipynb}
    ```

    ```python title="notebooks/score.ipynb"
    # %% tagged parameters
    day = "today"
    # %%
    score(day)
    ```

    ```python title="tests/test_score.py"
    assert score
    ```
    """

    minutes = 90

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each prototype that a deployed stage runs."""
        is_scheduled = functools.cache(lambda path: _is_scheduled(project, path))
        for stage in project.stages:
            if stage.tool not in _DEPLOYS or (stage.tool == "workflow" and not is_scheduled(stage.path)):
                continue
            for execution in project.executions(stage):
                source = project.source(execution.path)
                is_notebook = execution.path.endswith(".ipynb")
                if source is None or source.source.is_any(Role.TUTORIAL, *self.skip_roles):
                    continue
                command = execution.command
                if command is not None and _TESTS.search(" ".join(command.argv)):
                    continue
                if is_notebook or _PLAYGROUND.search(execution.path):
                    why = "a notebook" if is_notebook else "in a directory for experiments"
                    yield self.finding(
                        command.location if command is not None else stage.location,
                        f"`{stage.name}` runs prototype code: `{execution.path}` is {why}",
                        related=[Related(source.location(Span.at(1)), "this is run")],
                    )


def _is_scheduled(project: Project, path: str) -> bool:
    """Whether nobody starts the workflow by hand or by a change."""
    source = project.source(path)
    return source is not None and any("schedule" in entry.path[:2] for entry in source.facts.entries)
