"""The rule `competing-writers`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Role, Rule, Severity, component_of

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
            writers = {}
            for write in artifact.writes:
                source = project.by_path[write.component]
                if write.effect == "writes" and not source.source.is_any(*self.skip_roles):
                    writers.setdefault(component_of(write.component), write)
            readers = {component_of(read.component) for read in artifact.reads}
            if len(writers) < 2 or not readers - writers.keys():
                continue
            first, *others = writers.values()
            names = ", ".join(f"`{write.component}`" for write in writers.values())
            related = [Related(write.origin, f"`{artifact.name}` is overwritten here, too") for write in others]
            related += [Related(read.origin, "it is read here") for read in artifact.reads[:3]]
            yield self.finding(
                first.origin,
                f"`{artifact.name}` is written by {len(writers)} components ({names}): "
                "its content depends on which ran last",
                related=dict.fromkeys(related),
            )
