"""The rule `repeated-path`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, Severity, joined_paths

_PATH = re.compile(
    r"(?!(\.{0,2}/)*(kaggle/)?input/)(\.{0,2}/)*([\w.@+-]+/)+[\w@+-][\w.@+-]*\.(csv|tsv|pkl|pickle|joblib|sav|h5|hdf5|keras|pt|pth|bin|onnx|npy|npz|parquet"
    r"|feather|json|txt|db|sqlite3?|xlsx?|model|zip)$",
    re.IGNORECASE,
)


class RepeatedPath(Rule):
    """The same path is written out in several files.

    One program writes it, another reads it, and each has its own copy of the name: whoever moves the file changes one
    of them, and the other goes on with what was there before. Sculley et al. 2015, section 6: it should be hard to
    make manual errors, omissions or oversights in a configuration.

    ## How to repair

    Write the path once, in the configuration or in a module that both import.

    ## Training and service

    ```python title="model/train.py"
    import joblib
    joblib.dump(model, "artifacts/churn.joblib")
    ```

    ```python title="serve.py"
    import os
    import joblib
    model = joblib.load(os.path.join("artifacts", "churn.joblib"))  # expect: repeated-path
    ```

    ## Other paths, names without a directory, one file

    ```python title="train.py"
    import joblib
    joblib.dump(model, "artifacts/churn.joblib")
    joblib.load("artifacts/churn.joblib")
    first = open("notes.txt")
    ```

    ```python title="serve.py"
    import joblib
    joblib.load("models/churn.joblib")
    first = open("notes.txt")
    other = "n/a", "text/plain"
    ```

    ## A stage declares it: whoever moves it has to say so there

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        outs: [artifacts/churn.joblib]
    ```

    ```python title="train.py"
    import joblib
    joblib.dump(model, "artifacts/churn.joblib")
    ```

    ```python title="serve.py"
    import joblib
    joblib.load("artifacts/churn.joblib")
    ```

    ## Notebooks, tests, lessons

    ```python title="train.py"
    import joblib
    joblib.dump(model, "artifacts/churn.joblib")
    ```

    ```python title="explore.ipynb"
    # %%
    model = joblib.load("artifacts/churn.joblib")
    ```

    ```python title="tests/test_train.py"
    assert exists("artifacts/churn.joblib")
    ```

    ## Where Kaggle puts the data

    ```python title="forest.py"
    import pandas as pd
    first = pd.read_csv("../input/train.csv")
    ```

    ```python title="boosting.py"
    import pandas as pd
    second = pd.read_csv("../input/train.csv")
    third = pd.read_csv("/kaggle/input/titanic/test.csv")
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK, Role.TUTORIAL, Role.MIGRATION}

    most_files: int = 30
    """A path in more files is what a collection of programs agreed on."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each group of files that share paths, at the first copy."""
        places: dict[tuple[str, str], list[Location]] = defaultdict(list)
        for source in self.sources(project, Kind.PYTHON):
            for literal in source.facts.literals:
                if _PATH.match(literal.value.replace("\\", "/")):
                    key = (project.subprojects.root_of(source.path), _normal(literal.value))
                    places[key].append(source.location(literal.span))
        for source, text, span in joined_paths(project):
            is_meant = source.kind is Kind.PYTHON and not source.source.is_any(*self.skip_roles)
            if is_meant and _PATH.match(text):
                places[project.subprojects.root_of(source.path), _normal(text)].append(source.location(span))
        declared = {_normal(d.path) for stage in project.stages for d in (*stage.inputs, *stage.products)}
        groups: dict[frozenset[str], list[tuple[str, list[Location]]]] = defaultdict(list)
        for (_, text), found in sorted(places.items()):
            files = frozenset(place.path for place in found)
            if 1 < len(files) <= self.most_files and not any(
                d == text or d.endswith(f"/{text}") for d in declared
            ):
                groups[files].append((text, sorted(set(found))))
        for files, shared in groups.items():
            text, found = shared[0]
            copy = next(place for place in found if place.path != found[0].path)
            more = f" (and {len(shared) - 1} more)" if shared[1:] else ""
            others = [place for place in found if place != copy] + [p for _, rest in shared[1:] for p in rest]
            yield self.finding(
                copy,
                f"`{text}` is written out in {len(files)} files{more}",
                related=[Related(place, "here, too") for place in others[:30]],
            )


def _normal(text: str) -> str:
    return re.sub(r"^(\.{1,2}/)+", "", text.strip().replace("\\", "/"))
