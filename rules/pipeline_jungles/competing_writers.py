"""The rule `competing-writers`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import DataAccess, Finding, Kind, Profile, Project, Related, Role, Rule, Severity, component_of

_POINTERS = re.compile(
    r"latest|checkpoint|ckpt|last|tmp|temp|cache|log|state|history|submission|output", re.IGNORECASE
)


class CompetingWriters(Rule):
    """Several scripts overwrite the same data: what it holds depends on which of them ran last.

    Readers cannot tell which version they got, and an error in one script is hidden by the next run of another.
    Sculley et al. 2015, section 5: in a pipeline jungle "managing these pipelines, detecting errors and recovering
    from failures are all difficult and costly".

    ## How to repair

    Leave one writer for each file; give the enriched or filtered version a name of its own.

    ## Two scripts, one file, one reader

    ```python title="build_profiles.py"
    import pandas as pd
    pd.DataFrame().to_csv("data/daily_demand.csv")  # expect: competing-writers
    ```

    ```python title="merge_prices.py"
    import pandas as pd
    df = pd.DataFrame()
    df.to_csv("data/daily_demand.csv")
    ```

    ```python title="train.py"
    import pandas as pd
    pd.read_csv("data/daily_demand.csv")
    ```

    ## Each has its own

    ```python title="build_profiles.py"
    import pandas as pd
    pd.DataFrame().to_csv("data/daily_demand.csv")
    ```

    ```python title="merge_prices.py"
    import pandas as pd
    pd.DataFrame().to_csv("data/daily_demand_priced.csv")
    pd.read_csv("data/daily_demand.csv")
    ```

    ## Appending is no overwriting

    ```python title="jan.py"
    import pandas as pd
    pd.DataFrame().to_csv("data/sales_all.csv", mode="a")
    ```

    ```python title="feb.py"
    import pandas as pd
    pd.DataFrame().to_csv("data/sales_all.csv", mode="a")
    ```

    ```python title="train.py"
    import pandas as pd
    pd.read_csv("data/sales_all.csv")
    ```

    ## Same name, different directories; a notebook and its export

    ```python title="a/make.py"
    from pathlib import Path
    import pandas as pd
    pd.DataFrame().to_csv(Path(__file__).parent / "input_table.csv")
    ```

    ```python title="b/make.py"
    from pathlib import Path
    import pandas as pd
    pd.DataFrame().to_csv(Path(__file__).parent / "input_table.csv")
    pd.read_csv(Path(__file__).parent / "input_table.csv")
    ```
    """

    severity = Severity.ERROR
    profile = Profile.CI
    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Report data that several components surely overwrite and another one reads."""
        for artifact in project.artifacts:
            if artifact.kind not in ("dataset", "table", "model") or not artifact.is_sure:
                continue
            if _POINTERS.search(artifact.name):
                continue
            writes = [
                write
                for write in artifact.writes
                if write.effect == "writes"
                and not project.by_path[write.component].source.is_any(*self.skip_roles)
            ]
            scripts = [w for w in writes if project.by_path[w.component].kind is Kind.PYTHON]
            writers = _distinct(scripts or writes)
            readers = {component_of(read.component) for read in artifact.reads}
            if len(writers) < 2 or not readers - {component_of(write.component) for write in writes}:
                continue
            first, *others = writers
            names = ", ".join(f"`{write.component}`" for write in writers)
            related = [Related(write.origin, f"`{artifact.name}` is overwritten here, too") for write in others]
            related += [Related(read.origin, "it is read here") for read in artifact.reads[:3]]
            yield self.finding(
                first.origin,
                f"`{artifact.name}` is written by {len(writers)} components ({names}): "
                "its content depends on which ran last",
                related=dict.fromkeys(related),
            )


def _distinct(writes: list[DataAccess]) -> list[DataAccess]:
    """One write for each writer: two programs that call the same writing function are one, as is one that runs
    the other.
    """
    components = {write.component for write in writes}
    writes = [w for w in writes if not components.intersection(place.path for place in w.chain) - {w.component}]
    found: list[DataAccess] = []
    for write in writes:
        if not any(
            write.location == other.location or component_of(write.component) == component_of(other.component)
            for other in found
        ):
            found.append(write)
    return found
