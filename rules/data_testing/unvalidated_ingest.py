"""The rule `unvalidated-ingest`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Artifact,
    DataAccess,
    Finding,
    Kind,
    ModelSave,
    Project,
    Related,
    Role,
    Rule,
)

_TABLES = frozenset({".csv", ".tsv", ".parquet", ".feather", ".xlsx", ".xls", ".jsonl"})


class UnvalidatedIngest(Rule):
    """A table from outside goes straight into a model, and nothing in the project checks it.

    When its source renames a column, sends gaps or changes a unit, training goes on and the model is just worse.
    Sculley et al. 2015, section 8: where data replaces code, data should be tested as code is. Breck et al. 2017 ask
    for a schema of the features. One check anywhere silences the rule: a schema, a look at gaps or duplicates, a
    function that is named for it. One finding a part of the repository.

    ## How to repair

    Check types, gaps, ranges and keys where the data comes in, and fail: `Schema.validate(pd.read_csv(path))`.

    ## Read, fitted, saved

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.svm import SVC

    df = pd.read_csv("data/customers.csv")  # expect: unvalidated-ingest
    joblib.dump(SVC().fit(df[["age"]], df["churned"]), "model.pkl")
    ```

    ## Checked by a schema

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.svm import SVC

    from schemas import Customers

    df = Customers.validate(pd.read_csv("data/customers.csv"))
    joblib.dump(SVC().fit(df[["age"]], df["churned"]), "model.pkl")
    ```

    ```python title="schemas.py"
    import pandera as pa

    class Customers(pa.DataFrameModel):
        age: int
    ```

    ## Checked by hand, elsewhere

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.svm import SVC

    df = pd.read_csv("data/customers.csv")
    joblib.dump(SVC().fit(df[["age"]], df["churned"]), "model.pkl")
    ```

    ```python title="check_data.py"
    import pandas as pd

    assert not pd.read_csv("data/customers.csv").isna().any().any()
    ```

    ## What the project makes itself, and data that comes with a library

    ```python title="prepare.py"
    import pandas as pd

    pd.DataFrame({"age": [1], "churned": [0]}).to_csv("data/made.csv")
    ```

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.datasets import load_iris
    from sklearn.svm import SVC

    X, y = load_iris(return_X_y=True)
    df = pd.read_csv("data/made.csv")
    joblib.dump(SVC().fit(X, y), "model.pkl")
    ```

    ## Pictures, notebooks, a declared check

    ```python title="train.py"
    import joblib
    import cv2
    from sklearn.svm import SVC
    X = [cv2.imread(f"images/{n}.png") for n in range(9)]
    joblib.dump(SVC().fit(X, y), "model.pkl")
    ```

    ```python title="explore.ipynb"
    # %%
    import joblib
    import pandas as pd
    from sklearn.svm import SVC
    df = pd.read_csv("data/customers.csv")
    joblib.dump(SVC().fit(df[["age"]], df["churned"]), "model.pkl")
    ```

    ```python title="other/train.py"
    import joblib
    import pandas as pd
    from sklearn.svm import SVC
    df = pd.read_csv("data/orders.csv")
    joblib.dump(SVC().fit(df[["age"]], df["churned"]), "model.pkl")
    ```

    ```python title="other/check.py"
    import frictionless
    frictionless.validate("data/orders.csv")
    ```
    """

    minutes = 60
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding a sub-project."""
        told: set[str] = set()
        raw = [a for a in project.artifacts if a.address.ending in _TABLES and not a.writes]
        for save in project.model_saves if raw else ():
            source = save.program.source
            root = project.subprojects.root_of(source.path)
            if source.kind is Kind.NOTEBOOK or source.source.is_any(*self.skip_roles) or root in told:
                continue
            if save.access.api.startswith("torch."):
                continue
            reads = list(_reads(raw, save))
            if reads and not project.data_checks.inside(root):
                told.add(root)
                yield self._finding(save, reads)

    def _finding(self, save: ModelSave, reads: list[tuple[Artifact, DataAccess]]) -> Finding:
        (artifact, read), *others = sorted(reads, key=lambda found: "test" in str(found[0].address))
        address = save.access.address
        model = f"`{address}`" if address is not None and address.is_known else "a model"
        return self.finding(
            read.location,
            f"`{artifact.address}` goes into {model}, and nothing checks its columns, gaps or ranges"
            f" ({read.location} -> {save.access.location})",
            related=[
                Related(save.access.location, f"saves {model}"),
                *(Related(other.location, f"reads `{more.address}`") for more, other in others[:6]),
            ],
            scope=read.source.scope_name(read.call.block),
        )


def _reads(raw: list[Artifact], save: ModelSave) -> Iterator[tuple[Artifact, DataAccess]]:
    """The raw tables that the program of a saved model reads, each at its first place."""
    for artifact in raw:
        for read in artifact.reads:
            if read.effect == "reads" and save.program.reach.has(read.source, read.call.block):
                yield artifact, read
                break
