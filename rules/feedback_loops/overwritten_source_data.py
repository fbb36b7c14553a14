"""The rule `overwritten-source-data`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Artifact,
    DataAccess,
    Finding,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    is_appended_to,
    is_versioned,
)

_GROWS = re.compile(r"cache|tmp|temp|state|history|log|registry|manifest|index|meta|result|metric|score", re.I)


class OverwrittenSourceData(Rule):
    """A program writes its result over the data that it starts from: the next run learns from the last one's output.

    What was filtered, filled or sampled once is filtered, filled and sampled again, and from the second run on
    nobody works with the data that were delivered. Sculley et al. 2015, section 4: what a system puts out comes back
    as what it learns from, and no code shows the circle. Meant are files that git or DVC keeps, and that everything
    else is made of.

    ## How to repair

    Leave the delivered data as they are. Write each table to a file of its own, and read that from there on.

    ## A notebook that writes over the file it has read

    ```yaml title="data/visits.csv.dvc"
    outs:
    - path: visits.csv
    ```

    ```python title="notebooks/prepare.ipynb"
    # %% [1]
    import pandas as pd
    df = pd.read_csv("../data/visits.csv")
    # %% [2]
    df = df.dropna()
    df.to_csv("../data/visits.csv", index=False)  # expect: overwritten-source-data
    # %% [3]
    by_browser = df[["browser", "aware"]]
    by_browser.to_csv("../data/visits.csv", index=False)
    ```

    ## By the name that a module of settings gives it

    ```python title="scripts/defaults.py"
    data_file = "../data/" + "visits.csv"
    ```

    ```python title="analysis/clean.ipynb"
    # %% [1]
    import sys
    import pandas as pd
    sys.path.append("../scripts")
    import defaults
    df = pd.read_csv(defaults.data_file)
    df.drop_duplicates().to_csv(defaults.data_file)  # expect: overwritten-source-data
    ```

    ```yaml title="data/visits.csv.dvc"
    outs:
    - path: visits.csv
    ```

    ## To a file of its own

    ```python title="clean.py"
    import pandas as pd
    df = pd.read_csv("data/visits.csv")
    df.dropna().to_csv("data/visits_clean.csv")
    ```

    ```yaml title="data/visits.csv.dvc"
    outs:
    - path: visits.csv
    ```

    ## Rows that are added, a result that is kept up to date, and a file that the program makes itself

    ```python title="collect.py"
    import pandas as pd
    old = pd.read_csv("data/measured.csv")
    pd.concat([old, fetch()]).to_csv("data/measured.csv")
    scores = pd.read_csv("data/scores.csv")
    scores.to_csv("data/scores.csv")
    made = pd.DataFrame(fetch())
    made.to_csv("data/made.csv")
    made = pd.read_csv("data/made.csv")
    made.to_csv("data/made.csv")
    ```

    ```yaml title="data/measured.csv.dvc"
    outs: [{path: measured.csv}]
    ```

    ```yaml title="data/scores.csv.dvc"
    outs: [{path: scores.csv}]
    ```

    ```yaml title="data/made.csv.dvc"
    outs: [{path: made.csv}]
    ```

    ## It is read if it is there, and made if it is not

    ```python title="load.py"
    import os
    import pandas as pd
    if os.path.exists("data/sales.csv"):
        sales = pd.read_csv("data/sales.csv")
    else:
        sales = pd.DataFrame(invent())
        sales.to_csv("data/sales.csv")
    ```

    ```yaml title="data/sales.csv.dvc"
    outs:
    - path: sales.csv
    ```

    ## Another program makes it

    ```python title="fetch.py"
    import pandas as pd
    pd.read_json("https://example.org/visits").to_csv("data/visits.csv")
    ```

    ```python title="clean.py"
    import pandas as pd
    df = pd.read_csv("data/visits.csv")
    df.dropna().to_csv("data/visits.csv")
    ```

    ```yaml title="data/visits.csv.dvc"
    outs: [{path: visits.csv}]
    ```
    """

    severity = Severity.WARNING
    profile = Profile.AUDIT
    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each program that reads such a file and then writes over it."""
        for artifact in project.artifacts:
            if artifact.kind != "dataset" or not artifact.is_sure or _GROWS.search(artifact.name):
                continue
            if not is_versioned(project, artifact):
                continue
            read_first = {
                write: read
                for write in artifact.writes
                if write.effect == "writes" and (read := _read_before(artifact, write)) is not None
            }
            if len(read_first) < len(artifact.writes) or any(
                is_appended_to(write.source, write.call) for write in artifact.writes
            ):
                continue
            for component in sorted({write.component for write in read_first}):
                writes = [write for write in read_first if write.component == component]
                if not writes[0].source.source.is_any(*self.skip_roles):
                    yield self._finding(artifact, writes, read_first[writes[0]])

    def _finding(self, artifact: Artifact, writes: list[DataAccess], read: DataAccess) -> Finding:
        first, *more = writes
        often = f" {len(writes)} times" if more else ""
        related = [Related(read.origin, "is read here")]
        related += [Related(write.origin, "is overwritten again") for write in more]
        return self.finding(
            first.origin,
            f"`{artifact.name}`, which the program starts from, is overwritten{often} by what it makes of it: the "
            "next run starts from this result",
            related=related,
            scope=first.source.scope_name(first.call.block),
        )


def _read_before(artifact: Artifact, write: DataAccess) -> DataAccess | None:
    """Where the same program reads the data first, if it does so before it writes them for the first time."""
    own = [a for a in (*artifact.reads, *artifact.writes) if a.component == write.component and a is not write]
    first = next((a for a in own if all(a is b or a.is_before(b) for b in (*own, write))), None)
    if first is None or first.effect != "reads":
        return None
    is_made_if_missing = first.source is write.source and first.source.are_alternatives(
        first.call.block, write.call.block
    )
    return None if is_made_if_missing else first
