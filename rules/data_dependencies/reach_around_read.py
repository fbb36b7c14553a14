"""The rule `reach-around-read`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import dirname

from mldebt import (
    Confidence,
    DataAccess,
    Finding,
    Kind,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    are_nested,
    component_of,
)

_GAP = re.compile(r"\{[^{}]*\}")
_PASSING = re.compile(
    r"^(/tmp|/dev|/proc|/var/(tmp|log|run)|/etc|/usr|/kaggle|/content|/root/\.cache)(/|$)|/\.?cache/"
)
_FEWEST_PARTS = 2
_WRITES = ("writes", "appends")


class ReachAroundRead(Rule):
    """One part of the repository reads what another part writes for itself, past everything that declares it.

    The parts are built and deployed apart, each with its own dependencies, and yet the producer cannot rename a
    column, move a directory or change a library without breaking a reader that it does not know. Sculley et al.
    2015, section 2: undeclared consumers are a hidden tight coupling to other parts of the stack.

    ## How to repair

    Publish the data (a registry, a DVC import, a table with an owner) and read a pinned version of it.

    ## Into the directory of another part

    ```text title="recsys/requirements.txt"
    numpy==1.26.4
    ```

    ```text title="ads/requirements.txt"
    numpy==1.24.0
    ```

    ```python title="recsys/embed.py"
    import numpy as np
    np.save("outputs/item_embeddings.npy", np.zeros(3))
    ```

    ```python title="ads/rank.py"
    import numpy as np
    emb = np.load("../recsys/outputs/item_embeddings.npy")  # expect: reach-around-read
    ```

    ## Through a directory that both have mounted

    ```text title="pipeline/requirements.txt"
    joblib==1.4.0
    ```

    ```text title="serving/requirements.txt"
    joblib==1.3.0
    ```

    ```python title="pipeline/train.py"
    import sys
    import joblib
    joblib.dump(object(), f"/opt/registry/{sys.argv[1]}/model.pickle")
    ```

    ```python title="serving/app.py"
    import joblib
    def load(run):
        return joblib.load(f"/opt/registry/{run}/model.pickle")  # expect: reach-around-read
    ```

    ## One part, run by one image

    ```text title="Dockerfile"
    FROM python:3.11.9
    ```

    ```python title="train/fit.py"
    import numpy as np
    np.save("/srv/shared/shops.npy", np.zeros(3))
    np.save("serve/shops.npy", np.zeros(3))
    ```

    ```python title="serve/app.py"
    import numpy as np
    np.load("/srv/shared/shops.npy")
    np.load("serve/shops.npy")
    ```

    ## Two parts; data that nobody here writes; temporary files; a contract

    ```text title="a/requirements.txt"
    numpy==1.26.4
    ```

    ```text title="b/requirements.txt"
    numpy==1.26.4
    ```

    ```toml title="mldebt.toml"
    [[contract.dataset]]
    path = "/srv/shared/shops.npy"
    owner = "team-shops"
    consumers = ["b/read.py"]
    ```

    ```python title="a/write.py"
    import numpy as np
    np.save("own.npy", np.zeros(3))
    np.save("/tmp/run/x.npy", np.zeros(3))
    np.save("/srv/shared/shops.npy", np.zeros(3))
    ```

    ```python title="b/read.py"
    import numpy as np
    np.load("../a/reference.npy")
    np.load("/tmp/run/x.npy")
    np.load("/srv/shared/shops.npy")
    ```

    ## A test of another part's file; a directory at the top that all parts share

    ```text title="a/requirements.txt"
    numpy==1.26.4
    ```

    ```text title="b/requirements.txt"
    numpy==1.26.4
    ```

    ```python title="a/write.py"
    import numpy as np
    np.save("outputs/shops.npy", np.zeros(3))
    ```

    ```python title="b/tests/test_read.py"
    import numpy as np
    def test_shops():
        assert len(np.load("../../a/outputs/shops.npy"))
    ```

    ```python title="tools/export.py"
    import numpy as np
    np.save("data/rows.npy", np.zeros(3))
    ```

    ```python title="b/rank.py"
    import numpy as np
    np.load("../data/rows.npy")
    ```
    """

    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file and what it reads of another part, at the first read."""
        written: dict[str, list[DataAccess]] = defaultdict(list)
        for access in project.accesses:
            place = self._place(project, access) if access.effect in _WRITES else ""
            if place and project.by_path[access.component].kind is not Kind.NOTEBOOK:
                written[place].append(access)
        if not written:
            return
        parts = {place: {self._part(project, w.component) for w in writes} for place, writes in written.items()}
        declared = {(component_of(h.consumer), h.read.location) for h in project.handoffs if h.declared}
        found: dict[tuple[str, str], list[tuple[DataAccess, DataAccess]]] = defaultdict(list)
        for access in project.accesses:
            place = self._place(project, access) if access.effect == "reads" else ""
            if not place or place not in written or access.api.startswith("dvc."):
                continue
            home = self._part(project, access.component)
            if any(are_nested(home, part) for part in parts[place]) or self._has_contract(project, access):
                continue
            if (component_of(access.component), access.location) not in declared:
                found[access.component, place].append((access, written[place][0]))
        for (component, _), pairs in sorted(found.items()):
            read, write = min(pairs, key=lambda pair: pair[0].origin)
            opened = sorted({r.location for r, _ in pairs if r.location.path != component})
            yield self.finding(
                read.origin,
                f"`{component}` reads `{read.address}`, which another part of the repository "
                f"(`{write.component}`) writes: nothing declares it",
                related=[Related(write.origin, "it is written here")]
                + [Related(place, "it is opened here") for place in opened],
                severity=Severity.INFO if project.by_path[component].kind is Kind.NOTEBOOK else None,
                confidence=Confidence.HIGH if read.address and read.address.is_known else Confidence.MEDIUM,
            )

    def _part(self, project: Project, path: str) -> str:
        """The directory of what is deployed with a file: the nearest with an image of its own, or its sub-project."""
        root = project.subprojects.root_of(path)
        home = dirname(path)
        while home != root and home:
            if f"{home}/Dockerfile" in project.files:
                return home
            home = dirname(home)
        return root

    def _place(self, project: Project, access: DataAccess) -> str:
        """The place of data that parts can share: a path in the repository, or below an absolute directory."""
        address = access.address
        if address is None or project.by_path[access.component].source.is_any(*self.skip_roles):
            return ""
        shape = address.path if address.is_known else _GAP.sub("{}", address.shape)
        if not address.ending or address.is_remote or _PASSING.search(shape):
            return ""
        if shape.startswith("/"):
            parts = [part for part in shape.split("{")[0].split("/") if part]
            return shape if len(parts) >= _FEWEST_PARTS and address.name else ""
        if not address.is_known or shape.startswith(("..", "~", "$")) or ":" in shape:
            return ""
        return shape

    def _has_contract(self, project: Project, access: DataAccess) -> bool:
        address = access.address
        contracts = (declared for declared in project.declared_data if declared.tool == "contract")
        return address is not None and any(contract.covers(address.path) for contract in contracts)
