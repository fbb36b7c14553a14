"""The rule `orphan-output`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Artifact, Finding, Kind, Profile, Project, Related, Role, Rule, Severity, is_library

_DELIVERED = re.compile(
    r"(^|/)(out|outputs?|results?|reports?|submissions?|subs?|exports?|dist|public|artifacts?|figures?|plots?|logs?|preds?"
    r"|predictions?|oof|tmp|temp|cache|backups?|archive|checkpoints?|ckpts?|weights|runs?|releases?|deliver\w*)(/|$)"
    r"|submi|predict|result|report|score|metric|history|log|summary|importance|eval|params|export|final|sample|example|debug"
    r"|forecast|output|stat|best|backup|cv_|oof|test_|leaderboard|compar|coef|correl",
    re.IGNORECASE,
)


class OrphanOutput(Rule):
    """A script writes intermediate data that nothing in the project reads.

    The last reader was deleted and the step that makes the data was not: it costs time in each run, and nobody dares to
    take it out. Sculley et al. 2015, section 3 (Underutilized Data Dependencies) and section 5.

    ## How to repair

    Delete the write and what only it needs, or say who outside of the project reads it.

    ## The second table has no reader

    ```python title="prepare.py"
    import pandas as pd
    df = pd.read_csv("data/raw/customers.csv")
    df.to_parquet("data/interim/customers.parquet")
    df.groupby("region").sum().to_parquet("data/interim/regions.parquet")  # expect: orphan-output
    ```

    ```python title="train.py"
    import pandas as pd
    pd.read_parquet("data/interim/customers.parquet")
    ```

    ## Somebody may read it: a path that is not known, a document, a declared stage

    ```python title="prepare.py"
    import sys
    import pandas as pd
    df = pd.read_csv(sys.argv[1])
    df.to_parquet("data/interim/customers.parquet")
    ```

    ## Results, and what documents name

    ```python title="prepare.py"
    import pandas as pd
    df = pd.read_csv("data/raw/customers.csv")
    df.to_csv("reports/churn.csv")
    df.to_csv("submission.csv")
    df.to_parquet("data/interim/customers.parquet")
    ```

    ```text title="README.md"
    Load `data/interim/customers.parquet` into the dashboard.
    ```

    ## A library writes what its users ask for

    ```toml title="pyproject.toml"
    [project]
    name = "tables"
    classifiers = ["Programming Language :: Python :: 3"]
    ```

    ```python title="src/tables/export.py"
    import pandas as pd
    def export():
        pd.read_csv("data/raw/customers.csv").to_parquet("data/interim/customers.parquet")
    ```

    ## A contract says who reads it

    ```toml title="mldebt.toml"
    [[contract.dataset]]
    path = "data/interim/customers.parquet"
    consumers = ["external:reporting"]
    ```

    ```python title="prepare.py"
    import pandas as pd
    pd.read_csv("data/raw/customers.csv").to_parquet("data/interim/customers.parquet")
    ```

    ## Another program names the file: it may be started elsewhere

    ```python title="src/convert.py"
    import pandas as pd
    pd.read_csv("data/raw/items.csv").to_parquet("items_all.parquet")
    ```

    ```python title="service/handler.py"
    def read(name):
        return open_table(name)
    items = read("../input/items_all.parquet")
    ```

    ## What a run tells: coefficients, correlations

    ```python title="fit.py"
    from os import getcwd
    import pandas as pd
    rows = pd.read_csv("data/rows.csv")
    rows.corr().to_csv(getcwd() + "/2-correlations.csv")
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each intermediate dataset without a reader."""
        found = [artifact for artifact in project.artifacts if self._is_orphan(project, artifact)]
        if not found:
            return
        unknown = {
            project.subprojects.root_of(access.component)
            for access in project.accesses
            if access.effect in ("reads", "lists") and (access.address is None or not access.address.is_known)
        }
        left = [artifact for artifact in found if artifact.subproject not in unknown]
        texts = _texts(project) if left else []
        code = [source.text() for source in project.sources(Kind.PYTHON)] if left else []
        groups: dict[str, list[Artifact]] = {}
        for artifact in left:
            name = artifact.address.name
            told = sum(text.count(name) for text in code) > len(artifact.writes)
            if not told and not any(name in text for text in texts):
                groups.setdefault(artifact.writes[0].component, []).append(artifact)
        for artifacts in groups.values():
            yield self._finding(artifacts)

    def _finding(self, artifacts: list[Artifact]) -> Finding:
        """One finding for what a file writes in vain."""
        first, *others = artifacts
        written, *again = first.writes
        more = f", and so {'are' if others[1:] else 'is'} {len(others)} more" if others else ""
        return self.finding(
            written.origin,
            f"`{first.name}` is written and read by nothing in this project{more}",
            related=[
                *(Related(write.origin, "written here, too") for write in again[:5]),
                *(Related(other.writes[0].origin, f"`{other.name}`") for other in others[:10]),
            ],
            minutes=self.minutes + 5 * len(others),
        )

    def _is_orphan(self, project: Project, artifact: Artifact) -> bool:
        if artifact.reads or not artifact.writes or artifact.kind != "dataset" or not artifact.address.is_known:
            return False
        if _DELIVERED.search(artifact.name) or any(w.effect == "appends" for w in artifact.writes):
            return False
        home = project.by_path[artifact.writes[0].component]
        if home.source.is_any(*self.skip_roles, Role.NOTEBOOK) or is_library(project, home.path):
            return False
        return not any(project.stages_running(project.by_path[write.component]) for write in artifact.writes)


def _texts(project: Project) -> list[str]:
    """The texts in which people and programs may name data."""
    kinds = (Kind.MARKDOWN, Kind.YAML, Kind.TOML, Kind.JSON, Kind.SHELL, Kind.MAKE, Kind.NOTEBOOK, Kind.SQL)
    return [source.text() for source in project.sources(*kinds)]
