"""The rule `hidden-handoff`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mldebt import Confidence, Finding, Handoff, Profile, Project, Related, Rule, Severity, needs_a_notebook


class HiddenHandoff(Rule):
    """One script reads what another one writes, and nothing declares that dependency.

    Compilers see when code needs other code; here only the reader's error message, or its silent use of last
    month's file, tells. Sculley et al. 2015, section 3: data dependencies cost more than code dependencies,
    because hardly any tool shows them; section 5 on intermediate files. (Longer chains are `file-drop-chain`.)

    ## How to repair

    Declare both scripts as stages with the file as output and input (DVC, Snakemake, Make, a DAG), enter it in
    the data catalogue, or merge the two into one program.

    ## A file between two scripts, of a package with classifiers, too

    ```toml title="pyproject.toml"
    project.classifiers = ["Programming Language :: Python :: 3"]
    ```

    ```python title="make_folds.py"
    import pandas as pd
    pd.DataFrame().to_csv("interim/folds_v2.csv")
    ```

    ```python title="dataset.py"
    import os
    import pandas as pd
    ROOT = "interim"
    folds = pd.read_csv(os.path.join(ROOT, "folds_v2.csv"))  # expect: hidden-handoff
    ```

    ## A model for a service; what only a notebook makes is `notebook-in-pipeline`

    ```python title="train.py"
    import joblib
    model = object()
    joblib.dump(model, "models/churn_classifier.joblib")
    ```

    ```python title="notebooks/shops.ipynb"
    # %%
    import pandas as pd
    pd.DataFrame().to_csv("../interim/shop_list.csv")
    ```

    ```python title="api/app.py"
    import joblib
    import pandas as pd
    model = joblib.load("models/churn_classifier.joblib")  # expect: hidden-handoff
    shops = pd.read_csv("interim/shop_list.csv")
    ```

    ## A file that everybody reads

    ```python title="make_folds.py"
    import pandas as pd
    pd.DataFrame().to_csv("interim/folds_v2.csv")
    ```

    ```python title="model_a.py"
    import pandas as pd
    folds = pd.read_csv("interim/folds_v2.csv")  # expect: hidden-handoff
    ```

    ```python title="model_b.py"
    import pandas as pd
    folds = pd.read_csv("interim/folds_v2.csv")
    ```

    ```python title="model_c.py"
    import pandas as pd
    folds = pd.read_csv("interim/folds_v2.csv")
    ```

    ## A notebook and its export are one step

    ```python title="clean.ipynb"
    # %%
    import pandas as pd
    pd.read_csv("in/orders.csv").to_csv("work/orders_clean.csv")
    pd.read_csv("work/orders_clean.csv")
    ```

    ```python title="clean.py"
    import pandas as pd
    pd.read_csv("in/orders.csv").to_csv("work/orders_clean.csv")
    pd.read_csv("work/orders_clean.csv")
    ```

    ## Declared by the reader's stage

    ```yaml title="dvc.yaml"
    stages:
      folds: {cmd: python make_folds.py, deps: [make_folds.py], outs: [interim/folds_v2.csv]}
      fit: {cmd: python fit.py, deps: [fit.py, interim/folds_v2.csv]}
    ```

    ```python title="make_folds.py"
    import pandas as pd
    pd.DataFrame().to_csv("interim/folds_v2.csv")
    ```

    ```python title="fit.py"
    import pandas as pd
    pd.read_csv("interim/folds_v2.csv")
    ```

    ## Only the writer is a stage

    ```yaml title="dvc.yaml"
    stages:
      folds: {cmd: python make_folds.py, deps: [make_folds.py], outs: [interim/folds_v2.csv]}
    ```

    ```python title="make_folds.py"
    import pandas as pd
    pd.DataFrame().to_csv("interim/folds_v2.csv")
    ```

    ```python title="fit.py"
    import pandas as pd
    pd.read_csv("interim/folds_v2.csv")  # expect: hidden-handoff
    ```

    ## Methods of one class, commands of one program, tests

    ```python title="store.py"
    import pandas as pd
    class Store:
        def save(self, table):
            table.to_csv("interim/store.csv")
        def load(self):
            return pd.read_csv("interim/store.csv")
    ```

    ```python title="tests/test_folds.py"
    import pandas as pd
    def test_folds():
        pd.DataFrame().to_csv("interim/folds_v3.csv")
    ```

    ```python title="folds.py"
    import pandas as pd
    pd.read_csv("interim/folds_v3.csv")
    ```

    ## A path that nobody knows is no evidence

    ```python title="export.py"
    import sys
    import pandas as pd
    pd.DataFrame().to_csv(sys.argv[1])
    ```

    ```python title="report.py"
    import pandas as pd
    pd.read_csv("work/export.csv")
    ```
    """

    severity = Severity.WARNING
    profile = Profile.CI
    minutes = 20

    minutes_per_edge: int = 10
    fewest_readers: int = 3
    """How many files that read the same are one finding."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file and what it reads from the same writers, at the first read; many files that
        read the same are one finding.
        """
        for chain in project.chains:
            if len(chain.path) >= 2:
                continue
            pairs = defaultdict(list)
            for handoff in chain.handoffs:
                if needs_a_notebook(project, handoff):
                    continue  # `notebook-in-pipeline` speaks of it
                pairs[handoff.consumer, handoff.producer].append(handoff)
            alike: dict[tuple[str, tuple[str, ...]], list[Handoff]] = defaultdict(list)
            for (consumer, _), handoffs in sorted(pairs.items()):
                alike[consumer, tuple(handoff.artifact.name for handoff in handoffs)] += handoffs
            hubs = defaultdict(list)
            for (_, artifacts), handoffs in alike.items():
                hubs[artifacts].append(handoffs)
            for readers in hubs.values():
                if len(readers) < self.fewest_readers:
                    yield from (self._finding(project, handoffs) for handoffs in readers)
                else:
                    yield self._finding(project, [handoff for handoffs in readers for handoff in handoffs])

    def _finding(self, project: Project, handoffs: list[Handoff]) -> Finding:
        first, *others = handoffs
        producers = _listed(handoff.producer for handoff in handoffs)
        consumers = _listed(handoff.consumer for handoff in handoffs)
        artifacts = list(dict.fromkeys(handoff.artifact.name for handoff in handoffs))
        related = [Related(h.write.origin, f"`{h.artifact.name}` is written here") for h in handoffs]
        related += [Related(h.read.origin, f"`{h.artifact.name}` is read here") for h in others]
        related += [
            Related(a.location, f"`{h.artifact.name}` is opened here")
            for h in handoffs
            for a in (h.read, h.write)
            if a.location.path != a.component
        ]
        sure = all(handoff.is_sure for handoff in handoffs)
        return self.finding(
            first.read.origin,
            f"{producers} -> {_listed(artifacts)} -> {consumers}: {_missing(project, handoffs)}",
            related=[r for r in dict.fromkeys(related) if r.location != first.read.origin],
            confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
            minutes=self.minutes
            + self.minutes_per_edge * (len({(h.consumer, h.artifact.name) for h in handoffs}) - 1),
        )


def _missing(project: Project, handoffs: list[Handoff]) -> str:
    """What is not said: where the data is, or, if some declaration names it, who reads it."""
    names = dict.fromkeys(handoff.artifact.address.path for handoff in handoffs)
    declared = [
        *project.declared_data,
        *(d for stage in project.stages for d in (*stage.inputs, *stage.products)),
    ]
    places = [next((d.location.path for d in declared if d.path and d.covers(name)), "") for name in names]
    if not all(places):
        return "no stage, catalogue or contract declares this"
    return f"{_listed(places)} declares the data, but not that it goes from the one to the other"


def _listed(names: Iterable[str]) -> str:
    """The first three names, and how many more there are."""
    names = list(dict.fromkeys(names))
    return ", ".join(f"`{name}`" for name in names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
