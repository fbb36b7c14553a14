"""The rule `parameters-as-metric`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Profile, Project, Rule, Severity

_PARAMETERS = re.compile(
    r"((hyper|used|model|train(ing)?|best)?[-_]?)*(params?|parameters|hparams|config|settings)\.(json|ya?ml|toml)$",
    re.IGNORECASE,
)


class ParametersAsMetric(Rule):
    """A stage declares a file of parameters as a metric.

    Tools that compare runs then show settings among the scores, and a change of a setting looks like a change of
    quality. What the settings were is known from the parameter file already; the copy can only differ. Sculley et
    al. 2015, section 6: it should be easy to see as a human what differs between two configurations.

    ## How to repair

    Declare the settings as parameters of the stage, and only scores as metrics.

    ## A dump beside the scores

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        metrics:
          - report/scores.json:
              cache: false
          - report/params.json:  # expect: parameters-as-metric
              cache: false
    ```

    ## Scores

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        params: [train.alpha]
        outs: [report/params.json]
        metrics: [report/scores.json, reports/parameter_recovery.json]
    ```

    ## The parameters of a stage

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        params:
          - config/params.yaml:
              - alpha
        metrics: [metrics.json]
    ```
    """

    profile = Profile.CI
    severity = Severity.WARNING
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each such metric."""
        for stage in project.stages:
            for metric in stage.metrics:
                source = project.source(metric.location.path)
                if source is not None and source.source.is_any(*self.skip_roles):
                    continue
                if _PARAMETERS.fullmatch(basename(metric.path)):
                    yield self.finding(
                        metric.location,
                        f"`{metric.path}` is declared as a metric of `{stage.name}`, and holds parameters by its name",
                        scope=stage.name,
                    )
