"""The rule `undeclared-stage-input`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Project, Related, Rule, Severity, listing_fix, stage_flows


class UndeclaredStageInput(Rule):
    """A stage reads a file that is not among its dependencies.

    The orchestrator runs a stage again when what it declares has changed. A file that it reads on the side can
    change, or be gone, and the stored outputs still count as fresh. Sculley et al. 2015, section 3: data
    dependencies that no tool can see are easy to build and hard to untangle.

    ## How to repair

    Add the paths to the stage's `deps`, and track the files where they are not tracked.

    ## A second table, and a helper's constant

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python src/train.py
        deps: [src, data/features.parquet]  # expect: undeclared-stage-input
        outs: [model.pkl]
    ```

    ```python title="src/train.py"
    import pandas as pd
    from regions import regions
    features = pd.read_parquet("data/features.parquet")
    macro = pd.read_csv("data/ext/macro.csv")
    regions()
    ```

    ```python title="src/regions.py"
    import pandas as pd
    PATH = "inputs/regions.csv"
    def regions():
        return pd.read_csv(PATH)
    ```

    ## Fixed

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python src/train.py
        deps: [src, data/features.parquet, data/ext/macro.csv, inputs/regions.csv]
        outs: [model.pkl]
    ```

    ## Declared by name, by directory, through an argument, through a parameter

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python src/train.py data/prices.csv
        deps: [src, data/features.parquet, data/ext, data/prices.csv, "${train.table}"]
        outs: [model.pkl]
    ```

    ```yaml title="params.yaml"
    train: {table: data/other.csv}
    ```

    ```python title="src/train.py"
    import sys
    import yaml
    import pandas as pd
    params = yaml.safe_load(open("params.yaml"))
    pd.read_parquet("data/features.parquet")
    pd.read_csv("data/ext/macro.csv")
    pd.read_csv(sys.argv[1])
    pd.read_csv(params["train"]["table"])
    ```

    ## Made by the stage itself; not there each time; in a function that does not run; unknown

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python src/train.py
        deps: [src]
        outs: [model.pkl]
    ```

    ```python title="src/train.py"
    import os
    import pandas as pd
    pd.DataFrame().to_csv("scratch.csv")
    pd.read_csv("scratch.csv")
    if os.path.exists("data/weights.csv"):
        pd.read_csv("data/weights.csv")
    pd.read_csv(os.environ["EXTRA"])
    pd.read_csv("cache/answers.csv")
    def unused():
        return pd.read_csv("data/old.csv")
    ```

    ## Stages that run each time anyway

    ```yaml title="dvc.yaml"
    stages:
      report: {cmd: python report.py, deps: [report.py], always_changed: true}
      fetch: {cmd: python report.py, outs: [page.html]}
    ```

    ```python title="report.py"
    import pandas as pd
    pd.read_csv("data/today.csv")
    ```

    ## Declared by its DVC file; the package's own resource; settings of the environment; a log; a download

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python src/train.py
        deps: [src, data/raw.dvc]
        outs: [model.pkl]
    ```

    ```yaml title="data/raw.dvc"
    outs: [{path: raw, md5: 1.dir}]
    ```

    ```python title="src/train.py"
    import importlib.resources
    import nltk
    import pandas as pd
    from dotenv import load_dotenv
    load_dotenv(".env")
    nltk.download("stopwords")
    pd.read_csv("data/raw/visits.csv")
    words = importlib.resources.files("shop").joinpath("words.txt").read_text()
    print(open("logs/train.log").read())
    ```
    """

    severity = Severity.ERROR
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding a stage, at its dependencies, with all the reads."""
        for flow in stage_flows(project, "dvc", "snakemake"):
            stage = flow.stage
            if not flow.reads or not (stage.inputs or stage.params):
                continue
            if project.by_path[stage.path].source.is_any(*self.skip_roles):
                continue
            shown = ", ".join(f"`{path}`" for path in sorted(flow.reads)[:4])
            shown += f" and {len(flow.reads) - 4} more" if len(flow.reads) > 4 else ""
            related = [
                Related(place, f"`{path}` is read here")
                for path, accesses in sorted(flow.reads.items())
                for place in dict.fromkeys(place for a in accesses for place in (a.location, *a.chain[-1:]))
            ]
            yield self.finding(
                flow.place("deps"),
                f"stage `{stage.name}` reads {shown}, which {'are' if len(flow.reads) > 1 else 'is'} not among its "
                "dependencies: it does not run again when the data changes",
                related=related,
                minutes=self.minutes + 2 * (len(flow.reads) - 1),
                scope=stage.name,
                fix=listing_fix(project.by_path[stage.path], stage, "deps", sorted(flow.reads), are_paths=True),
            )
