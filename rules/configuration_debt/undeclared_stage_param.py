"""The rule `undeclared-stage-param`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Fix,
    Location,
    ParamRead,
    Project,
    Related,
    Rule,
    Stage,
    listing_fix,
    undeclared_params,
)


class UndeclaredStageParam(Rule):
    """A stage reads parameters that it does not track.

    When such a parameter changes, the orchestrator finds nothing to do: the stored outputs belong to the old value,
    and the comparison of two experiments shows a change that never happened. Sculley et al. 2015, section 6:
    configuration should be as visible as code.

    ## How to repair

    List the keys under the stage's `params`, or the group that holds them.

    ## Keys of the file, read in the script and in what it imports

    ```yaml title="dvc.yaml"
    stages:
      split:  # expect: undeclared-stage-param
        cmd: python split.py
        deps: [split.py, settings.py]
      train:
        cmd: python train.py
        deps: [train.py]
        params: [train.depth]  # expect: undeclared-stage-param
    ```

    ```yaml title="params.yaml"
    seed: 7
    split: {test_size: 0.2}
    train: {depth: 3, rate: 0.1}
    ```

    ```python title="settings.py"
    import yaml
    def load_params():
        with open("params.yaml") as file:
            return yaml.safe_load(file)
    ```

    ```python title="split.py"
    from settings import load_params
    params = load_params()
    print(params["split"]["test_size"], params["seed"])
    ```

    ```python title="train.py"
    import yaml
    with open("params.yaml") as file:
        params = yaml.safe_load(file)["train"]
    fit(depth=params["depth"], rate=params["rate"])
    ```

    ## Fixed

    ```yaml title="dvc.yaml"
    stages:
      split:
        cmd: python split.py
        params:
        - seed
        - split.test_size
        deps: [split.py, settings.py]
      train:
        cmd: python train.py
        deps: [train.py]
        params: [train.depth, train.rate]
    ```

    ## Tracked by key, by group or as a file; a path that is declared

    ```yaml title="dvc.yaml"
    stages:
      a: {cmd: python a.py, deps: [a.py, "${data.dir}/in.csv"], params: [train, seed]}
      b: {cmd: python a.py, deps: [a.py], params: [params.yaml:]}
      c: {cmd: python a.py, deps: [a.py, params.yaml]}
      d: {cmd: python d.py, deps: [d.py], params: [train.depth, train.rate]}
    ```

    ```yaml title="params.yaml"
    seed: 7
    data: {dir: data/raw}
    train: {depth: 3, rate: 0.1}
    ```

    ```python title="a.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    print(params["seed"], params["train"]["depth"], params["data"]["dir"])
    ```

    ```python title="d.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))["train"]
    fit(**params)
    ```

    ## What does not run, what is only told, and what always runs

    ```yaml title="dvc.yaml"
    stages:
      a: {cmd: python a.py, deps: [a.py], params: [seed]}
      b: {cmd: python b.py, deps: [b.py], always_changed: true}
    ```

    ```yaml title="params.yaml"
    seed: 7
    depth: 3
    ```

    ```python title="a.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    fit(params["seed"])
    depth = params["depth"]
    print(f"depth {depth}")
    def unused():
        return params["depth"]
    ```

    ```python title="b.py"
    import yaml
    print(yaml.safe_load(open("params.yaml"))["depth"])
    ```

    ## Shown by DVC

    ```yaml title="dvc.yaml"
    stages:
      a: {cmd: python a.py, deps: [a.py], params: [seed]}
    ```

    ```yaml title="params.yaml"
    seed: 7
    depth: 3
    ```

    ```python title="a.py"
    import dvc.api
    params = dvc.api.params_show()
    print(params["seed"])
    ```
    """

    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding a stage, at its parameters, with the reads of each key."""
        seen: set[Location] = set()
        for stage in project.stages:
            if stage.tool != "dvc" or stage.location in seen or not (stage.inputs or stage.params):
                continue
            seen.add(stage.location)
            missing = undeclared_params(project, stage)
            if not missing or project.by_path[stage.path].source.is_any(*self.skip_roles):
                continue
            shown = ", ".join(f"`{read.key}`" for read in missing[:4])
            shown += f" and {len(missing) - 4} more" if len(missing) > 4 else ""
            yield self.finding(
                self._place(project, stage),
                f"stage `{stage.name}` reads {shown} of `{missing[0].file}`, which it does not track: "
                "a change does not make it run again",
                related=[
                    Related(place, f"`{read.key}` is read here") for read in missing for place in read.places[:2]
                ],
                minutes=self.minutes + len(missing) - 1,
                scope=stage.name,
                fix=self._fix(project, stage, missing),
            )

    def _fix(self, project: Project, stage: Stage, missing: list[ParamRead]) -> Fix | None:
        """Adds the keys, where all belong to the file that DVC looks them up in."""
        if any(read.file != f"{stage.directory}/params.yaml".lstrip("/") for read in missing):
            return None
        keys = [read.key for read in missing]
        return listing_fix(project.by_path[stage.path], stage, "params", keys, are_paths=False)

    def _place(self, project: Project, stage: Stage) -> Location:
        source = project.by_path[stage.path]
        for entry in source.facts.entries:
            if entry.path[:2] == ("stages", stage.name.partition("@")[0]) and entry.path[-1] == "params":
                return source.location(entry.key)
        return stage.location
