"""The rule `undeclared-stage-output`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import DataAccess, Finding, Fix, Project, Related, Rule, Severity, Stage, listing_fix, stage_flows

_PICTURES = (".png", ".jpg", ".jpeg", ".svg", ".pdf", ".html", ".gif", ".txt")


class UndeclaredStageOutput(Rule):
    """A stage writes a file that is not among its outputs.

    Such a file is neither stored with the run nor removed before the next one, so that it belongs to no version;
    a stage that reads it depends on who ran what last. Sculley et al. 2015, section 3 (undeclared data
    dependencies) and section 5 (intermediate files).

    ## How to repair

    Declare the file under `outs`, `metrics` or `plots`, or delete the line that writes it if nothing reads it.

    ## A file on the side that another stage reads; one's own input

    ```yaml title="dvc.yaml"
    stages:
      clean:
        cmd: python clean.py
        deps: [clean.py, data/raw.csv]
        outs: [data/clean.csv]  # expect: undeclared-stage-output
      enrich:  # expect: undeclared-stage-output
        cmd: python enrich.py
        deps: [enrich.py, data/clean.csv]
    ```

    ```python title="clean.py"
    import pandas as pd
    df = pd.read_csv("data/raw.csv")
    df.to_csv("data/clean.csv")
    df.describe().to_csv("data/column_stats.csv")
    ```

    ```python title="enrich.py"
    import pandas as pd
    df = pd.read_csv("data/clean.csv")
    df.to_csv("data/clean.csv")
    ```

    ## Fixed

    ```yaml title="dvc.yaml"
    stages:
      clean:
        cmd: python clean.py
        deps: [clean.py, data/raw.csv]
        outs: [data/clean.csv, data/column_stats.csv]
      enrich:
        cmd: python enrich.py
        deps: [enrich.py, data/clean.csv]
    ```

    ## Declared as output, metric, plot or in a directory

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py models/model.pkl
        deps: [train.py]
        outs: [models/model.pkl, tables]
        metrics: [{metrics.json: {cache: false}}]
        plots: [plots]
    ```

    ```python title="train.py"
    import json
    import pickle
    import sys
    import pandas as pd
    pickle.dump(object(), open(sys.argv[1], "wb"))
    pd.DataFrame().to_csv("tables/errors.csv")
    json.dump({}, open("metrics.json", "w"))
    ```

    ## Logs, caches, what is removed again, what does not run, what is not known

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        deps: [train.py]
        outs: [model.pkl]
    ```

    ```python title="train.py"
    import os
    import sys
    import pandas as pd
    open("logs/train.log", "w")
    pd.DataFrame().to_csv("cache/part.csv")
    pd.DataFrame().to_csv("scratch.csv")
    os.remove("scratch.csv")
    pd.DataFrame().to_csv(sys.argv[1])
    def unused():
        pd.DataFrame().to_csv("data/old.csv")
    ```

    ## What trackers write; a picture in the directory of a run

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        deps: [train.py]
        outs: [model.pkl]
    ```

    ```python title="train.py"
    import matplotlib.pyplot as plt
    import pandas as pd
    pd.DataFrame().to_csv("mlruns/0/table.csv")
    pd.DataFrame().to_csv("wandb/latest/table.csv")
    pd.DataFrame().to_csv("lightning_logs/version_0/table.csv")
    plt.savefig("confusion_matrix.png")
    ```
    """

    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding a stage, at its outputs: an error where the data is read, too."""
        for flow in stage_flows(project, "dvc", "snakemake"):
            stage = flow.stage
            written = {path: made for path, made in flow.writes.items() if self._counts(project, path, made)}
            if not written or project.by_path[stage.path].source.is_any(*self.skip_roles):
                continue
            shown = ", ".join(f"`{path}`" for path in sorted(written)[:4])
            shown += f" and {len(written) - 4} more" if len(written) > 4 else ""
            related = [
                Related(place, f"`{path}` is written here")
                for path, accesses in sorted(written.items())
                for place in dict.fromkeys(place for a in accesses for place in (a.location, *a.chain[-1:]))
            ]
            severity = self.severity
            if any(self._is_read_elsewhere(project, path, a) for path, a in written.items()):
                severity = Severity.ERROR
            yield self.finding(
                flow.place("outs"),
                f"stage `{stage.name}` writes {shown}, which {'are' if len(written) > 1 else 'is'} not among its "
                "outputs",
                related=related,
                severity=severity,
                minutes=self.minutes + 2 * (len(written) - 1),
                scope=stage.name,
                fix=self._fix(project, stage, sorted(written)),
            )

    def _counts(self, project: Project, path: str, writes: list[DataAccess]) -> bool:
        """Whether a file is more than a picture or a text for people."""
        shown = path.lower().endswith(_PICTURES)
        return not shown or self._is_read_elsewhere(project, path, writes)

    def _fix(self, project: Project, stage: Stage, paths: list[str]) -> Fix | None:
        """Adds the outputs, unless DVC would refuse one: an input of the stage, or the product of another."""
        taken = {declared.path for declared in stage.inputs}
        taken.update(declared.path for other in project.stages for declared in other.products)
        if not taken.isdisjoint(paths):
            return None
        return listing_fix(project.by_path[stage.path], stage, "outs", paths, are_paths=True)

    def _is_read_elsewhere(self, project: Project, path: str, writes: list[DataAccess]) -> bool:
        writers = {path for access in writes for path in (access.component, access.source.path)}
        return any(
            read.component not in writers and read.source.path not in writers
            for artifact in project.artifacts
            if artifact.address.path == path
            for read in artifact.reads
        )
