"""The rule `in-place-intermediate`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Artifact,
    DataAccess,
    Finding,
    Location,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    comes_from,
    facts,
    is_appended_to,
    is_versioned,
)

_KEPT = re.compile(
    r"cache|tmp|temp|ckpt|checkpoint|state|history|log|registry|manifest|index|meta", re.IGNORECASE
)


class InPlaceIntermediate(Rule):
    """A step reads a dataset and overwrites it: it cannot be run twice, and nobody can see what it changed.

    A second run starts from other data than the first; a crash in between leaves half of both. Sculley et al. 2015,
    section 5 (intermediate files) and section 8 (reproducibility debt).

    ## How to repair

    Write a new file and leave the input as it was.

    ## Read, changed, written back

    ```python title="add_prices.py"
    import pandas as pd
    df = pd.read_csv("data/demand.csv")
    df = df.merge(pd.read_csv("data/prices.csv"), on="sku")
    df.to_csv("data/demand.csv", index=False)  # expect: in-place-intermediate
    ```

    ## Written under another name

    ```python title="add_prices.py"
    import pandas as pd
    df = pd.read_csv("data/demand.csv")
    df.to_csv("data/demand_priced.csv", index=False)
    ```

    ## A log that grows, a cache, a default for a missing file

    ```python title="collect.py"
    import os
    import pandas as pd
    old = pd.read_csv("data/measurements.csv")
    pd.concat([old, pd.DataFrame()]).to_csv("data/measurements.csv")
    if os.path.exists("data/embeddings.parquet"):
        e = pd.read_parquet("data/embeddings.parquet")
    else:
        e = pd.DataFrame()
        e.to_parquet("data/embeddings.parquet")
    c = pd.read_csv("cache/answers.csv")
    c.to_csv("cache/answers.csv")
    ```

    ## In a function that a script calls

    ```python title="merge.py"
    import pandas as pd
    PRICES = "data/prices.csv"
    def main():
        df = pd.read_csv(PRICES)
        df["price"] = df["price"] * 2
        df.to_csv(PRICES)  # expect: in-place-intermediate
    if __name__ == "__main__":
        main()
    ```

    ## Written first, then read back

    ```python title="export.py"
    import pandas as pd
    pd.DataFrame().to_csv("out/table.csv")
    print(pd.read_csv("out/table.csv"))
    ```

    ## Something else under the same name, temporary files, checkpoints, settings, a row of a database

    ```python title="other.py"
    import json
    import pandas as pd
    import torch
    old = pd.read_csv("data/prices.csv")
    new = pd.DataFrame({"price": [1]})
    new.to_csv("data/prices.csv")
    model.load_state_dict(torch.load("weights.pt"))
    torch.save(model.state_dict(), "weights.pt")
    settings = json.load(open("settings.json"))
    json.dump(settings, open("settings.json", "w"))
    rows = pd.read_sql("SELECT * FROM customers", db)
    db.execute("UPDATE customers SET churned = 1")
    ```

    ## Data that are kept in git or by DVC, for which there is `overwritten-source-data`

    ```python title="clean.py"
    import pandas as pd
    df = pd.read_csv("data/visits.csv")
    df.dropna().to_csv("data/visits.csv")
    ```

    ```yaml title="data/visits.csv.dvc"
    outs:
    - path: visits.csv
    ```

    ## A file of the program's own

    ```python title="demo.py"
    import numpy as np

    np.savetxt("scores_of_all.csv", a)
    b = np.loadtxt("scores_of_all.csv")
    np.savetxt("scores_of_all.csv", b, delimiter=",")
    ```

    ## Written beside it first, and a file that is formatted

    ```python title="repair.py"
    import os
    import pandas as pd
    df = pd.read_csv("data/demand.csv").dropna()
    df.to_csv("data/demand.csv.tmp", index=False)
    os.rename("data/demand.csv", "data/demand.csv.bak")
    os.replace("data/demand.csv.tmp", "data/demand.csv")
    ```

    ```python title="tidy.py"
    from pathlib import Path
    text = Path("src/model.py").read_text()
    Path("src/model.py").write_text(text.replace("\t", "    "))
    ```
    """

    severity = Severity.WARNING
    profile = Profile.CI
    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Report a write to what the same function or script has read before."""
        seen: set[Location] = set()
        for artifact in project.artifacts:
            if artifact.kind not in ("dataset", "table") or not artifact.is_sure or _KEPT.search(artifact.name):
                continue
            if is_versioned(project, artifact):
                continue  # the data that everything starts from, for which there is `overwritten-source-data`
            for write in artifact.writes:
                source = write.source
                if write.effect != "writes" or write.location in seen or source.source.is_any(*self.skip_roles):
                    continue
                read = next(
                    (
                        r
                        for r in artifact.reads
                        if r.source is source and r.chain == write.chain and r.component == write.component
                        and r.effect == "reads" and r.location < write.location
                        and str(r.address) == str(write.address)
                        and source.scope_of(r.call.block) == source.scope_of(write.call.block)
                    ),
                    None,
                )  # fmt: skip
                if read is None or _is_own(artifact, read):
                    continue
                if (
                    _guarded(source, read.call)
                    or _guarded(source, write.call)
                    or is_appended_to(source, write.call)
                ):
                    continue
                if write.api.endswith("execute") or not _is_made_of(source, write.call, read.call):
                    continue
                seen.add(write.location)
                yield self.finding(
                    write.location,
                    f"`{artifact.name}` is read (line {read.location.span.line}) and overwritten by the same step: "
                    "it cannot be re-run or traced",
                    related=[Related(read.location, "it is read here")],
                )
                break


def _is_own(artifact: Artifact, read: DataAccess) -> bool:
    """Whether the file that is read was made by the same program before."""
    return any(w.component == read.component and w.location < read.location for w in artifact.writes)


def _guarded(source: SourceFacts, call: facts.Call) -> bool:
    return source.enclosing(call.block, "if", "else", "try", "except") is not None


def _is_made_of(source: SourceFacts, write: facts.Call, read: facts.Call) -> bool:
    """Whether what is written was read: through names and calls of the file."""
    number = source.number_of(read)
    given = [*write.args, *(keyword.value for keyword in write.keywords)]
    given += [write.func.base] if isinstance(write.func, facts.Attr) else []
    return any(comes_from(source, value, number) for value in given)
