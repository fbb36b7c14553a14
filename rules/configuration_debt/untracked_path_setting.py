"""The rule `untracked-path-setting`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Rule, Severity, undeclared_params


class UntrackedPathSetting(Rule):
    """A stage takes a path from the parameter file, declares the path, and does not declare the parameter.

    The path is known twice, in the parameter and among the outputs or inputs. Whoever changes the parameter runs a
    stage that is not asked to run again, or writes a file that nothing declares. Sculley et al. 2015, section 6: it
    should be hard to make manual errors, omissions or oversights. (Parameters that are no paths are
    `undeclared-stage-param`.)

    ## How to repair

    Enter the key under `params`, and write the path as `${…}`.

    ## A path that stands in both

    ```yaml title="dvc.yaml"
    stages:
      explore:
        cmd: python explore.py
        deps: [explore.py, data/raw.csv]
        params: [explore.version]
        outs: [data/share.csv]
    ```

    ```yaml title="params.yaml"
    explore: {version: 1, share: share.csv}
    ```

    ```python title="explore.py"
    import pandas as pd
    import yaml

    params = yaml.safe_load(open("params.yaml"))["explore"]
    print(params["version"])
    pd.read_csv("data/raw.csv").mean().to_csv("data/" + params["share"])  # expect: untracked-path-setting
    ```

    ## The key is declared, as a whole or alone

    ```yaml title="dvc.yaml"
    stages:
      explore:
        cmd: python explore.py
        deps: [explore.py, data/raw.csv]
        params: [explore]
        outs: [data/share.csv]
    ```

    ```yaml title="params.yaml"
    explore: {version: 1, share: share.csv}
    ```

    ```python title="explore.py"
    import pandas as pd
    import yaml

    params = yaml.safe_load(open("params.yaml"))["explore"]
    pd.read_csv("data/raw.csv").mean().to_csv("data/" + params["share"])
    ```

    ## The parameter file is a dependency

    ```yaml title="dvc.yaml"
    stages:
      explore:
        cmd: python explore.py
        deps: [explore.py, params.yaml, data/raw.csv]
        outs: [data/share.csv]
    ```

    ```yaml title="params.yaml"
    explore: {version: 1, share: share.csv}
    ```

    ```python title="explore.py"
    import pandas as pd
    import yaml

    params = yaml.safe_load(open("params.yaml"))["explore"]
    pd.read_csv("data/raw.csv").mean().to_csv("data/" + params["share"])
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each stage, at the first place that reads such a key."""
        for stage in project.stages:
            if stage.tool != "dvc" or not (stage.inputs or stage.params):
                continue
            if project.by_path[stage.path].source.is_any(*self.skip_roles):
                continue
            reads = undeclared_params(project, stage, paths=True)
            if reads:
                shown = ", ".join(f"`{read.key}`" for read in reads[:4])
                yield self.finding(
                    reads[0].places[0],
                    f"stage `{stage.name}` takes a path from {shown} of `{reads[0].file}`, and does not track it",
                    related=[
                        *(Related(read.places[0], f"`{read.key}` is read here") for read in reads[1:]),
                        Related(stage.location, f"`{stage.name}`"),
                    ],
                    scope=stage.name,
                )
