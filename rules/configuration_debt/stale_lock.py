"""The rule `stale-lock`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import dirname

from mldebt import Declared, Finding, Project, Related, Rule, Stage


class StaleLock(Rule):
    """A lock file remembers a stage that is not the one that is declared.

    The lock says which inputs made which outputs. After the declaration was edited without running the stage, the
    committed data and model come from other inputs than the pipeline file tells, and the next run gives something
    else. Sculley et al. 2015, section 6: configurations should be reviewed, and stay in step.

    ## How to repair

    Run the stage (`dvc repro`) and commit the lock file together with the declaration.

    ## A dependency that was narrowed

    ```yaml title="dvc.yaml"
    stages:
      train:  # expect: stale-lock
        cmd: python train.py
        deps: [train.py, config/main.yaml]
        outs: [model.pkl]
    ```

    ```yaml title="dvc.lock"
    schema: '2.0'
    stages:
      train:
        cmd: python train.py
        deps:
        - path: config
          md5: 8ac4f530bf552139731a72dbf02ac678.dir
        - path: train.py
          md5: 631a294f601a1275a7b9bf3f87d49709
        outs:
        - path: model.pkl
          md5: 037f415c3aa5a1d61ca77e4798f77666
    ```

    ```python title="train.py"
    ```

    ## In step, never run, or with values that are not known

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        deps: [./train.py]
        outs: [model.pkl]
        metrics: [scores.json]
      report:
        cmd: python report.py
        deps: [model.pkl]
        outs: [report.html]
      each:
        cmd: python each.py
        deps: ["${where}/a.csv"]
        outs: [b.csv]
    ```

    ```yaml title="dvc.lock"
    schema: '2.0'
    stages:
      train:
        cmd: python train.py
        deps:
        - path: train.py
          md5: 631a294f601a1275a7b9bf3f87d49709
        outs:
        - path: model.pkl
          md5: 037f415c3aa5a1d61ca77e4798f77666
        - path: scores.json
          md5: 137f415c3aa5a1d61ca77e4798f77666
      each:
        cmd: python each.py
        deps:
        - path: data/a.csv
          md5: 231a294f601a1275a7b9bf3f87d49709
        outs:
        - path: b.csv
          md5: 337f415c3aa5a1d61ca77e4798f77666
    ```

    ## A stage that is frozen on purpose

    ```yaml title="dvc.yaml"
    stages:
      get:
        cmd: python get.py
        deps: [get.py, new.txt]
        outs: [raw.csv]
        frozen: true
    ```

    ```yaml title="dvc.lock"
    schema: '2.0'
    stages:
      get:
        cmd: python get.py
        deps:
        - path: get.py
          md5: 8ac4f530bf552139731a72dbf02ac678
        outs:
        - path: raw.csv
          md5: 037f415c3aa5a1d61ca77e4798f77666
    ```
    """

    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each stage that is locked with other inputs or outputs."""
        locked = {(dirname(stage.path), stage.name): stage for stage in project.locked_stages}
        for stage in project.stages if locked else ():
            lock = locked.get((dirname(stage.path), stage.name)) if stage.tool == "dvc" else None
            if lock is None or stage.option("frozen") == "true":
                continue
            differences = [
                *_differences("input", stage.inputs, lock.inputs),
                *_differences("output", stage.products, lock.products),
            ]
            if differences:
                yield self._finding(stage, lock, differences)

    def _finding(self, stage: Stage, lock: Stage, differences: list[tuple[str, Declared]]) -> Finding:
        more = f" (and {len(differences) - 3} more)" if len(differences) > 3 else ""
        shown = "; ".join(text for text, _ in differences[:3])
        return self.finding(
            stage.location,
            f"stage `{stage.name}` is not the one of `{lock.path}`: {shown}{more}",
            related=[Related(lock.location, "as it was run")]
            + [Related(declared.location, text) for text, declared in differences[:8]],
            scope=stage.name,
        )


def _differences(
    what: str, declared: Iterable[Declared], locked: Iterable[Declared]
) -> Iterator[tuple[str, Declared]]:
    """How two lists of paths differ; nothing is said where a path has unknown parts."""
    now, then = list(declared), list(locked)
    if all(d.is_known for d in (*now, *then)):
        names = {d.path.rstrip("/"): d for d in now}
        old = {d.path.rstrip("/"): d for d in then}
        for path in sorted(names.keys() - old.keys()):
            yield f"{what} `{path}` is declared and was not locked", names[path]
        for path in sorted(old.keys() - names.keys()):
            yield f"{what} `{path}` was locked and is not declared", old[path]
