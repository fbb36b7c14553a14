"""The rule `unparameterised-pipeline-notebook`."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, SourceFacts

_TAGS = frozenset({"parameters", "injected-parameters"})
_OUTSIDE = (
    "os.environ",
    "os.getenv",
    "dbutils",
    "yaml.",
    "json.load",
    "hydra",
    "omegaconf",
    "argparse",
    "dotenv",
    "configparser",
)


class UnparameterisedPipelineNotebook(Rule):
    """A pipeline runs a notebook that can be told nothing: its paths stand in its cells.

    Each run writes to the same place, whatever the day, the data and the environment are, and the only way to change
    that is to edit the notebook. Sculley et al. 2015, section 6: every line of configuration has a cost, and that in
    cells cannot be reviewed, compared or set from outside.

    ## How to repair

    Tag a cell `parameters`, give it what differs between runs, and pass the values
    (`papermill train.ipynb out.ipynb -p day 2024-05-01`).

    ## Run by a stage, with a written path in a cell

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: papermill train.ipynb out.ipynb
        deps: [train.ipynb]
    ```

    ```python title="train.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("data/raw.csv")
    df.describe().to_csv("reports/summary.csv")  # expect: unparameterised-pipeline-notebook
    ```

    ## With a cell of parameters, or settings from a file

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: papermill train.ipynb out.ipynb -p out reports/summary.csv
      other:
        cmd: jupyter nbconvert --execute other.ipynb
    ```

    ```python title="train.ipynb"
    # %% tagged parameters
    out = "reports/summary.csv"
    # %%
    import pandas as pd
    df = pd.read_csv("data/raw.csv")
    df.to_csv(out)
    ```

    ```python title="other.ipynb"
    # %%
    import pandas as pd
    import yaml
    paths = yaml.safe_load(open("params.yaml"))
    pd.read_csv(paths["raw"]).to_csv("reports/summary.csv")
    ```

    ## A report that writes nothing, and a notebook that people run

    ```yaml title="dvc.yaml"
    stages:
      report:
        cmd: jupyter nbconvert --execute report.ipynb
    ```

    ```python title="report.ipynb"
    # %%
    import pandas as pd
    pd.read_csv("reports/summary.csv").plot()
    ```

    ```python title="explore.ipynb"
    # %%
    import pandas as pd
    pd.read_csv("data/raw.csv").to_csv("data/small.csv")
    ```

    ## Settings from widgets or the environment

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: jupyter nbconvert --execute train.ipynb
    ```

    ```python title="train.ipynb"
    # %%
    import os
    import pandas as pd
    day = os.environ["DAY"]
    pd.read_csv("data/raw.csv").to_csv("reports/summary.csv")
    ```
    """

    profile = Profile.CI
    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each notebook that something runs, at the first path it writes."""
        notebooks = [s for s in self.sources(project, Kind.NOTEBOOK) if not s.source.is_any(Role.TUTORIAL)]
        runners: dict[str, tuple[str, Location]] = {}
        for process in project.processes if notebooks else ():
            if process.path.endswith(".ipynb"):
                runners[process.path] = (process.site.source.path, process.site.location)
        for source in notebooks:
            for stage, _ in project.stages_running(source):
                runners[source.path] = (f"{stage.name} ({basename(stage.path)})", stage.location)
            if source.path in runners and not _can_be_told(source):
                yield from self._finding(project, source, *runners[source.path])

    def _finding(self, project: Project, source: SourceFacts, name: str, place: Location) -> Iterator[Finding]:
        writes = [a for a in project.accesses if a.source is source and a.effect in ("writes", "appends")]
        known = [a for a in writes if a.address is not None and a.address.is_known]
        written = [a for a in known if not str(a.address).startswith("http")]  # a question to a service
        if written:
            first = min(written, key=lambda access: access.location.order)
            yield self.finding(
                first.location,
                f"`{name}` runs this notebook, which always writes `{first.address}`: it has no cell of parameters",
                related=[Related(place, "it is run here")],
            )


def _can_be_told(source: SourceFacts) -> bool:
    tagged = any(_TAGS & set(cell.tags) for cell in source.facts.cells)
    return tagged or any(name.startswith(_OUTSIDE) for name in source.facts.header.names)
