"""The rule `stale-stage-param`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Location,
    Profile,
    Project,
    Related,
    Rule,
    Span,
    entry_removal,
    location_entry,
    stale_declarations,
)


class StaleStageParam(Rule):
    """A stage tracks a parameter that nothing which it runs reads.

    Each change of the parameter makes the stage, and all that follow, run again for nothing, and readers believe that
    it matters there. Sculley et al. 2015, section 6: it should be easy to see what a configuration is used for, and
    unused settings should be found.

    ## How to repair

    Delete the line from the stage's `params`.

    ## A parameter that makes a stage run again for nothing

    ```yaml title="params.yaml"
    split: {size: 0.2}
    fit: {depth: 3}
    ```

    ```yaml title="dvc.yaml"
    stages:
      fit:
        cmd: python fit.py
        deps: [fit.py]
        params:
          - fit.depth
          - split  # expect: stale-stage-param
    ```

    ```python title="fit.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    print(params["fit"]["depth"])
    ```

    ## Fixed

    ```yaml title="params.yaml"
    split: {size: 0.2}
    fit: {depth: 3}
    ```

    ```yaml title="dvc.yaml"
    stages:
      fit:
        cmd: python fit.py
        deps: [fit.py]
        params:
          - fit.depth
    ```

    ```python title="fit.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    print(params["fit"]["depth"])
    ```

    ## By something that is no Python

    ```yaml title="params.yaml"
    split: {size: 0.2}
    ```

    ```yaml title="dvc.yaml"
    stages:
      plot:
        cmd: Rscript plot.R
        deps: [plot.R]
        params: [split]
    ```

    ## Read as a whole

    ```yaml title="params.yaml"
    split: {size: 0.2}
    fit: {depth: 3}
    ```

    ```yaml title="dvc.yaml"
    stages:
      fit:
        cmd: python fit.py
        deps: [fit.py]
        params: [fit, split]
    ```

    ```python title="fit.py"
    import dvc.api
    print(dvc.api.params_show())
    ```
    """

    profile = Profile.CI
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each such parameter."""
        for stale in stale_declarations(project):
            source = project.by_path[stale.location.path]
            if stale.kind == "parameter" and not source.source.is_any(*self.skip_roles):
                entry = location_entry(source, stale.location)
                yield self.finding(
                    stale.location,
                    f"stage `{stale.owner}` tracks the parameter `{stale.name}`, but nothing that it runs reads it",
                    related=_run(project, stale.location.path, stale.owner),
                    scope=stale.owner or stale.name,
                    fix=None if entry is None else entry_removal(source, entry, "Delete the declaration"),
                )


def _run(project: Project, path: str, name: str) -> list[Related]:
    """The sources that a stage runs."""
    stages = (stage for stage in project.stages if stage.name == name and stage.location.path == path)
    runs = dict.fromkeys(execution.path for stage in stages for execution in project.executions(stage))
    return [Related(Location(run, Span.at(1)), "is run, and does not read it") for run in list(runs)[:3]]
