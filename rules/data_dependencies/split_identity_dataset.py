"""The rule `split-identity-dataset`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import dirname, join, normpath

from mldebt import (
    Confidence,
    DataAccess,
    Finding,
    Project,
    Related,
    Role,
    Rule,
    is_distinctive,
    is_kept,
    parts_that_copy,
)

_VARIANT = re.compile(
    r"(^|[/_-])(train|test|val|valid|validation|dev|raw|interim|processed|clean|prod|production|staging|old|new|full|sample"
    r"|backup|archive|v\d+|\d+)($|[/_-])",
    re.IGNORECASE,
)
_MODELS = (".pkl", ".pickle", ".joblib", ".h5", ".keras", ".pt", ".pth", ".onnx", ".sav", ".cbm")


class SplitIdentityDataset(Rule):
    """The same data is written at one address and read at another.

    Somebody copies it by hand from the one to the other, or the reader works with a copy that was left long ago:
    nothing says which, and nothing notices. Sculley et al. 2015, section 3 (data dependencies that no tool sees).

    ## How to repair

    Let writer and reader take the path from one constant or setting, or script the copy.

    ## A notebook writes beside itself, a script reads from the data directory; a model that is carried over

    ```python title="notebooks/clean.ipynb"
    # %%
    import pandas as pd
    pd.DataFrame().to_csv("cleaned_visits.csv")
    ```

    ```python title="train.py"
    import joblib
    import pandas as pd
    df = pd.read_csv("data/cleaned_visits.csv")  # expect: split-identity-dataset
    joblib.dump(object(), "saved_models/model.joblib")
    ```

    ```python title="service/predict.py"
    import joblib
    model = joblib.load("service/model/model.joblib")  # expect: split-identity-dataset
    ```

    ## A name that many files have, variants of the data, a copy in code, the reader's own product

    ```python title="prepare.py"
    import pandas as pd
    pd.DataFrame().to_csv("out/train.csv")
    pd.DataFrame().to_csv("raw/visits_2019.csv")
    pd.DataFrame().to_csv("out/shops_list.csv")
    ```

    ```python title="train.py"
    import pandas as pd
    pd.read_csv("data/train.csv")
    pd.read_csv("processed/visits_2019.csv")
    pd.DataFrame().to_csv("data/shops_list.csv")
    pd.read_csv("data/shops_list.csv")
    ```

    ## A copy that code makes

    ```python title="prepare.py"
    import shutil
    import pandas as pd
    pd.DataFrame().to_csv("out/shops_list.csv")
    shutil.copy("out/shops_list.csv", "data")
    ```

    ```python title="train.py"
    import pandas as pd
    pd.read_csv("data/shops_list.csv")
    ```

    ## Only read where it is there

    ```python title="data/letters/prepare.py"
    import pickle
    pickle.dump({}, open("data/letters/meta.pkl", "wb"))
    ```

    ```python title="train.py"
    import os
    import pickle
    path = os.path.join("data", "words", "meta.pkl")
    if os.path.exists(path):
        meta = pickle.load(open(path, "rb"))
    ```

    ## A copy that a command makes

    ```python title="prepare.py"
    import pandas as pd
    pd.DataFrame().to_csv("out/shops_list.csv")
    ```

    ```bash title="run.sh"
    python prepare.py
    cp out/shops_list.csv data/
    python train.py
    ```

    ```python title="train.py"
    import pandas as pd
    pd.read_csv("data/shops_list.csv")
    ```
    """

    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each program and directory where it reads what nothing puts there, at the first read."""
        named: dict[tuple[str, str], tuple[dict[str, list[DataAccess]], dict[str, list[DataAccess]]]] = {}
        for artifact in project.artifacts:
            for access in (*artifact.reads, *artifact.writes) if artifact.is_data else ():
                address = access.address
                if address is not None and address.is_known and address.ending and ":" not in address.path:
                    key = artifact.subproject, address.name
                    reads, writes = named.setdefault(key, (defaultdict(list), defaultdict(list)))
                    (reads if access.effect == "reads" else writes)[address.path].append(access)
        moved = None
        pairs: dict[tuple[str, str, str], list[tuple[list[DataAccess], list[DataAccess]]]] = defaultdict(list)
        for (subproject, name), (reads, writes) in sorted(named.items()):
            wanted = sorted(set(reads) - set(writes))
            if len(writes) != 1 or len(wanted) != 1:
                continue
            (source, target) = next(iter(writes)), wanted[0]
            model = name.endswith(_MODELS) and len(set(reads) | set(writes)) == 2
            if not (is_distinctive(name) or model) or self._are_variants(source, target):
                continue
            if self._can_be(writes[source]) & self._can_be(reads[target]):
                continue
            if is_kept(project, target) and not model:
                continue
            moved = parts_that_copy(project) if moved is None else moved
            if subproject in moved or any(self._is_optional(project, read) for read in reads[target]):
                continue
            readers = {r.component for r in reads[target] if not self._is_skipped(project, r)}
            for reader in sorted(readers - {write.component for write in writes[source]})[:1]:
                pairs[reader, dirname(source), dirname(target)].append((writes[source], reads[target]))
        for moves in pairs.values():
            finding = self._finding(project, moves)
            if finding is not None:
                yield finding

    def _finding(
        self, project: Project, moves: list[tuple[list[DataAccess], list[DataAccess]]]
    ) -> Finding | None:
        """One finding for what a program reads in one directory and another one writes in another."""
        writers = {write.component for made, _ in moves for write in made}
        writes = [write for made, _ in moves for write in made if not self._is_skipped(project, write)]
        others_read = (r for _, used in moves for r in used if r.component not in writers)
        reads = [r for r in others_read if not self._is_skipped(project, r)]
        if not reads or not writes:
            return None
        first, *others = sorted({read.origin for read in reads})
        opened = sorted({r.location for r in reads if r.location.path != r.component})
        (made, used), *more = moves
        also = f" (and {len(more)} more of the same directory)" if more else ""
        return self.finding(
            first,
            f"`{made[0].address}` is written and `{used[0].address}` is read{also}, where nothing puts it",
            related=[Related(write.origin, f"`{write.address}` is written here") for write in writes[:4]]
            + [Related(place, "it is read here, too") for place in others]
            + [Related(place, "it is opened here") for place in opened],
            confidence=Confidence.MEDIUM,
        )

    def _is_optional(self, project: Project, access: DataAccess) -> bool:
        """Whether the program asks first whether the data is there."""
        asked = (a for a in project.accesses if a.effect == "checks-exists" and a.component == access.component)
        return any(str(check.address) == str(access.address) for check in asked)

    def _is_skipped(self, project: Project, access: DataAccess) -> bool:
        return project.by_path[access.component].source.is_any(*self.skip_roles)

    def _can_be(self, accesses: list[DataAccess]) -> set[str]:
        """The paths that accesses can mean: from where the project starts, and from the directory of the code."""
        found = set()
        for access in accesses:
            if access.address is not None:
                found |= {access.address.path, normpath(join(dirname(access.component), access.address.shape))}
        return found

    def _are_variants(self, one: str, other: str) -> bool:
        """Whether one of the directories says that this is another edition of the data, or one holds the other."""
        nested = one.endswith(f"/{other}") or other.endswith(f"/{one}")  # the program runs in another directory
        if nested or any(p.startswith(("/", "~", "..", "$")) for p in (one, other)):
            return True
        differing = set(dirname(one).split("/")) ^ set(dirname(other).split("/"))
        return any(_VARIANT.search(part) for part in differing)
