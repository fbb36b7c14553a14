"""The rule `competing-writers`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import (
    Artifact,
    DataAccess,
    Finding,
    Kind,
    Location,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    component_of,
    facts,
    line_similarity,
    walk,
)

_POINTERS = re.compile(
    r"latest|checkpoint|ckpt|last|tmp|temp|cache|log|state|history|submission|output", re.IGNORECASE
)
_REGISTERED = "models:/"
_EXISTS = re.compile(r"exists|is_file|isfile", re.IGNORECASE)
_ALIKE = 0.6


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

    ## Where there is none yet, checkpoints, tests, copies of one script

    ```python title="build_profiles.py"
    import os
    import pandas as pd
    pd.DataFrame().to_csv("data/daily_demand.csv")
    pd.DataFrame().to_csv("data/latest_demand.csv")
    ```

    ```python title="train.py"
    import os
    import pandas as pd
    if not os.path.exists("data/daily_demand.csv"):
        pd.DataFrame().to_csv("data/daily_demand.csv")
    pd.DataFrame({"a": [1]}).to_csv("data/latest_demand.csv")
    ```

    ```python title="tests/test_profiles.py"
    import pandas as pd
    pd.DataFrame().to_csv("data/daily_demand.csv")
    ```

    ```python title="score.py"
    import pandas as pd
    pd.read_csv("data/daily_demand.csv")
    pd.read_csv("data/latest_demand.csv")
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

    ## Appending is no overwriting, and a registry keeps every version

    ```python title="jan.py"
    import mlflow, pandas as pd
    pd.DataFrame().to_csv("data/sales_all.csv", mode="a")
    mlflow.register_model("runs:/1/model", "demand")
    ```

    ```python title="feb.py"
    import mlflow, pandas as pd
    pd.DataFrame().to_csv("data/sales_all.csv", mode="a")
    mlflow.register_model("runs:/2/model", "demand")
    ```

    ```python title="train.py"
    import mlflow, pandas as pd
    pd.read_csv("data/sales_all.csv")
    mlflow.pyfunc.load_model("models:/demand/3")
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

    ## A part of its own each, metrics, and a target that cleans

    ```python title="jan.py"
    import json
    import pandas as pd
    pd.DataFrame().to_csv(f"data/sales/{region}.csv")
    json.dump({"auc": 0.9}, open("metrics.json", "w"))
    ```

    ```python title="feb.py"
    import json
    import pandas as pd
    pd.DataFrame().to_csv(f"data/sales/{country}/part.csv")
    json.dump({"auc": 0.8}, open("metrics.json", "w"))
    ```

    ```python title="train.py"
    import json
    import pandas as pd
    pd.read_csv("data/sales/north.csv")
    json.load(open("metrics.json"))
    ```

    ```make title="Makefile"
    clean:
        echo > data/sales/north.csv
    ```
    """

    severity = Severity.ERROR
    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Report data that several components surely overwrite and another one reads; once for the same writers."""
        groups: dict[tuple[str, ...], list[tuple[Artifact, list[DataAccess]]]] = defaultdict(list)
        for artifact in project.artifacts:
            if artifact.kind not in ("dataset", "table", "model") or not artifact.is_sure:
                continue
            if _POINTERS.search(artifact.name) or artifact.name.startswith(_REGISTERED):
                continue
            writes = [w for w in artifact.writes if w.effect == "writes" and self._counts(project, w)]
            scripts = [w for w in writes if project.by_path[w.component].kind is Kind.PYTHON]
            writers = _distinct(scripts or writes)
            readers = {component_of(read.component) for read in artifact.reads}
            if len(writers) < 2 or not readers - {component_of(write.component) for write in writes}:
                continue
            if not _are_copies(project, writers):
                groups[tuple(write.component for write in writers)].append((artifact, writers))
        for found in groups.values():
            yield self._finding(found)

    def _counts(self, project: Project, write: DataAccess) -> bool:
        """Whether a write is part of the pipeline and happens whatever there is already."""
        guard = write.source.enclosing(write.call.block, "if", "else")
        is_first = (
            guard is not None and guard.test is not None and bool(_EXISTS.search(_calls_in(write, guard.test)))
        )
        return not is_first and not project.by_path[write.component].source.is_any(*self.skip_roles)

    def _finding(self, found: list[tuple[Artifact, list[DataAccess]]]) -> Finding:
        (artifact, (first, *others)), *more = found
        names = ", ".join(f"`{write.component}`" for write in (first, *others)[:4]) + (" …" if others[3:] else "")
        also = f", as is `{more[0][0].name}`" if len(more) == 1 else f", as are {len(more)} more" if more else ""
        related = [Related(write.origin, f"`{artifact.name}` is overwritten here, too") for write in others]
        related += [Related(read.origin, "it is read here") for read in artifact.reads[:3]]
        related += [Related(w.origin, f"`{a.name}` is written here") for a, writers in more for w in writers]
        return self.finding(
            first.origin,
            f"`{artifact.name}` is written by {len(others) + 1} components ({names}){also}: "
            "its content depends on which ran last",
            related=dict.fromkeys(related),
            minutes=20 + 10 * len(found),
        )


def _calls_in(write: DataAccess, test: facts.Expr) -> str:
    """The names of what a condition calls."""
    calls = write.source.facts.calls
    parts = (calls[part.call] for part in walk(test) if isinstance(part, facts.Called))
    return " ".join(c.func.name if isinstance(c.func, facts.Attr) else c.name for c in parts)


def _are_copies(project: Project, writers: list[DataAccess]) -> bool:
    """Whether the writers are copies of one script, of which other rules speak."""
    first, *others = (project.by_path[write.component].facts.lines for write in writers)
    return all(line_similarity(first, lines) >= _ALIKE for lines in others)


def _distinct(writes: list[DataAccess]) -> list[DataAccess]:
    """One write for each writer: two programs that call the same writing function are one, as is one that runs
    the other.
    """
    components = {write.component for write in writes}
    writes = [w for w in writes if not components.intersection(place.path for place in w.chain) - {w.component}]
    places: dict[str, set[Location]] = defaultdict(set)
    for write in writes:
        places[component_of(write.component)].add(write.location)
    found: list[DataAccess] = []
    for write in writes:
        mine = component_of(write.component)
        if not any(
            mine == component_of(other.component) or places[mine] & places[component_of(other.component)]
            for other in found
        ):
            found.append(write)
    return found
