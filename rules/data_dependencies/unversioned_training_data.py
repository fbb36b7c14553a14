"""The rule `unversioned-training-data`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, ModelSave, Project, Related, Role, Rule

_IDENTITY = re.compile(
    r"mlflow\.(log_input|data\.)|\blog_input|use_artifact|wandb\.Artifact|dvc\.api|dvclive|hashlib|hash_pandas|joblib\.hash"
    r"|xxhash|lakefs|delta(lake)?\.|feast|log_dataset|track_file|clearml\.Dataset|Dataset\.get_by"
)


class UnversionedTrainingData(Rule):
    """A model is trained and saved from data that no version control tracks.

    The file on this machine is the only copy of what the model learned from. Once somebody replaces it, nobody can
    say which rows a model in production has seen, and no result can be repeated. Sculley et al. 2015, section 3
    (versioned copies of data) and section 8 (reproducibility debt). What no document names either is
    `phantom-input`.

    ## How to repair

    Track the data with DVC, Git LFS or a table format that knows versions, and log the version with the run.

    ## A table that the README tells to put there

    ```markdown title="README.md"
    Ask Anna for visits_2019.csv.
    ```

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("data/visits_2019.csv")  # expect: unversioned-training-data
    model = LogisticRegression().fit(df[["a"]], df["b"])
    joblib.dump(model, "model.joblib")
    ```

    ## Tracked by DVC; the run logs what it read; no model is kept

    ```yaml title="data/visits_2019.csv.dvc"
    outs: [{path: visits_2019.csv, md5: 1}]
    ```

    ```markdown title="README.md"
    Ask Anna for visits_2019.csv, shops_2019.csv and prices_2019.csv.
    ```

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("data/visits_2019.csv")
    joblib.dump(LogisticRegression().fit(df[["a"]], df["b"]), "model.joblib")
    ```

    ```python title="train_shops.py"
    import hashlib
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("data/shops_2019.csv")
    print(hashlib.sha256(open("data/shops_2019.csv", "rb").read()).hexdigest())
    joblib.dump(LogisticRegression().fit(df[["a"]], df["b"]), "shops_model.joblib")
    ```

    ```python title="explore.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("data/prices_2019.csv")
    LogisticRegression().fit(df[["a"]], df["b"])
    ```

    ## A download

    ```markdown title="README.md"
    fetch.py gets visits_2019.csv.
    ```

    ```python title="fetch.py"
    from urllib.request import urlretrieve
    urlretrieve("https://example.org/all.zip", "all.zip")
    ```

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("data/visits_2019.csv")
    joblib.dump(LogisticRegression().fit(df[["a"]], df["b"]), "model.joblib")
    ```

    ## Rows that code makes, and the data set of a package

    ```python title="train.py"
    import joblib
    from sklearn.datasets import load_iris, make_classification
    from sklearn.linear_model import LogisticRegression
    X, y = make_classification(random_state=0)
    joblib.dump(LogisticRegression().fit(X, y), "a.joblib")
    rows = load_iris()
    joblib.dump(LogisticRegression().fit(rows.data, rows.target), "b.joblib")
    ```
    """

    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file, at its first read in a program that saves a model."""
        inputs = [found for found in project.untracked_inputs if found.described]
        saves = [save for save in project.model_saves if self._counts(project, save)] if inputs else []
        for found in inputs:
            for save in saves:
                reads = [
                    r
                    for r in found.reads
                    if save.program.reach.has(r.source, r.call.block)
                    and project.training_inputs.fit_of(r.source, r.call) is not None
                ]
                if reads:
                    model = f"`{save.access.address}`" if save.access.address else "a model"
                    yield self.finding(
                        reads[0].location,
                        f"{model} is trained on `{found.artifact.address}`, which no version control tracks",
                        related=[Related(save.access.location, f"{model} is saved here")],
                    )
                    break

    def _counts(self, project: Project, save: ModelSave) -> bool:
        """Whether a program is no draft and logs nothing that tells which data it read."""
        home = save.program.source
        if home.kind is Kind.NOTEBOOK or home.source.is_any(*self.skip_roles):
            return False
        for path in save.program.reach.paths:
            header = project.by_path[path].facts.header
            if any(_IDENTITY.search(name) for name in (*header.names, *header.methods, *header.modules)):
                return False
        return True
