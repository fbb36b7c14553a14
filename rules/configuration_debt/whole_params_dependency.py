"""The rule `whole-params-dependency`."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Location, Profile, Project, Related, Rule, Severity, Span


class WholeParamsDependency(Rule):
    """A stage depends on the file of all parameters instead of on those that it reads.

    Every change of any parameter makes the stage run again, and DVC can show and compare none of them: which settings
    an experiment was made with is hidden in the hash of a file. Sculley et al. 2015, section 6: it should be easy to
    see the difference in configuration between two models.

    ## How to repair

    List the keys that the stage reads under `params`.

    ## The file among the dependencies

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        deps:
          - train.py
          - params.yaml  # expect: whole-params-dependency
        outs: [model.pkl]
    ```

    ```yaml title="params.yaml"
    depth: 3
    ```

    ## The keys that it reads

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        deps: [train.py]
        params: [depth]
        outs: [model.pkl]
    ```

    ```yaml title="params.yaml"
    depth: 3
    ```

    ## Another file of settings

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        deps: [train.py, conf/logging.yaml]
        outs: [model.pkl]
    ```
    """

    severity = Severity.INFO
    profile = Profile.CI
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each stage of DVC that does."""
        for stage in project.stages:
            source = project.source(stage.location.path)
            if stage.tool != "dvc" or source is None or source.source.is_any(*self.skip_roles):
                continue
            for declared in stage.inputs:
                if basename(declared.path) in ("params.yaml", "params.yml", "params.json", "params.toml"):
                    path = declared.path
                    yield self.finding(
                        declared.location,
                        f"stage `{stage.name}` depends on all of `{declared.path}`: any parameter makes it run again",
                        related=[Related(Location(path, Span.at(1)), "all of this")]
                        if path in project.files
                        else [],
                        scope=stage.name,
                    )
                    break
