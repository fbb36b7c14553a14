"""The rule `versioned-copy`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import basename

from mldebt import (
    Finding,
    Location,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    VersionedCopy,
    is_library,
)

_GENERATION = re.compile(r"[-_]?v?\d+\.py$")


class VersionedCopies(Rule):
    """Two versions of the same step live side by side, told apart by their names.

    `train.py` and `train_v2.py` share most of their lines. A repair made in one is missing in the other, and
    nobody knows which of them the last model came from. Sculley et al. 2015, section 5 ("Dead Experimental Codepaths");
    Tang et al. 2021 find duplicated experiments to be the most frequent kind of debt in machine-learning code.

    ## How to repair

    Keep the one that is used, and express what differs as configuration. Delete the others, or tag them.

    ## A second version of a script

    ```python title="train_v2.py"
    # expect: versioned-copy
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    def load():
        frame = pd.read_csv("data/train.csv")
        frame = frame.dropna()
        return frame

    def train(frame):
        model = LogisticRegression(C=0.5, class_weight="balanced")
        columns = [name for name in frame.columns if name != "target"]
        model.fit(frame[columns], frame["target"])
        print(model.score(frame[columns], frame["target"]))
        print(model.coef_)
        return model

    if __name__ == "__main__":
        train(load())
    ```

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    def load():
        frame = pd.read_csv("data/train.csv")
        frame = frame.dropna()
        return frame

    def train(frame):
        model = LogisticRegression()
        columns = [name for name in frame.columns if name != "target"]
        model.fit(frame[columns], frame["target"])
        print(model.score(frame[columns], frame["target"]))
        print(model.coef_)
        return model

    if __name__ == "__main__":
        train(load())
    ```

    ## Files that count something else, with little in common

    ```python title="model1.py"
    import numpy as np
    from lightgbm import LGBMClassifier
    def fit(x, y):
        booster = LGBMClassifier(n_estimators=300)
        booster.fit(x, y)
        importance = booster.feature_importances_
        order = np.argsort(importance)
        for position in order[::-1]:
            print(position, importance[position])
        return booster
    def check(booster, x, y):
        proba = booster.predict_proba(x)
        hits = proba.argmax(axis=1) == y
        print(hits.mean())
        return hits
    ```

    ```python title="model.py"
    import numpy as np
    def fit(x, y):
        weights = np.zeros(x.shape[1])
        for step in range(100):
            error = x @ weights - y
            weights -= 0.1 * x.T @ error
            print(step, abs(error).sum())
        return weights
    def check(weights, x, y):
        score = x @ weights
        hits = (score > 0.5) == y
        print(hits.mean())
        spread = score.std()
        print(spread)
        return hits
    ```

    ## A short file

    ```python title="run.py"
    from churn import train
    train.main()
    ```

    ```python title="run_old.py"
    from churn import train
    train.main()
    ```

    ## A library's second version of an architecture, or of its interface

    ```toml title="pyproject.toml"
    [project]
    name = "nets"
    classifiers = ["Programming Language :: Python"]
    ```

    ```python title="nets/former.py"
    from torch import nn
    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.first = nn.Linear(width, 4 * width)
            self.second = nn.Linear(4 * width, width)
            self.norm = nn.LayerNorm(width)
            self.drop = nn.Dropout(0.1)
        def forward(self, x):
            y = self.norm(x)
            y = self.first(y)
            y = self.drop(y)
            y = self.second(y)
            y = self.drop(y)
            return x + y
    ```

    ```python title="nets/former_v2.py"
    from torch import nn
    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.first = nn.Linear(width, 4 * width)
            self.second = nn.Linear(4 * width, width)
            self.norm = nn.LayerNorm(width)
            self.drop = nn.Dropout(0.1)
        def forward(self, x):
            y = self.first(x)
            y = self.drop(y)
            y = self.second(y)
            y = self.drop(y)
            return self.norm(x + y)
    ```
    """

    minutes = 30
    many: int = 3
    """So many copies from one directory to another are one finding."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each copy, and one for a directory of them."""
        moved: dict[tuple[str, str], list[VersionedCopy]] = defaultdict(list)
        for found in project.versions.copies:
            copy, original, _ = found
            if any(source.source.is_any(*self.skip_roles, Role.MIGRATION) for source in (copy, original)):
                continue
            if _is_same_file(copy, original) or _is_generation(project, copy, original):
                continue
            moved[_homes(copy.path, original.path)].append(found)
        for (home, _), copies in moved.items():
            if home and len(copies) >= self.many:
                yield self._finding(project, copies[0], copies[1:])
            else:
                yield from (self._finding(project, found, []) for found in copies)

    def _finding(self, project: Project, found: VersionedCopy, others: list[VersionedCopy]) -> Finding:
        copy, original, similarity = found
        liveness = "" if others else _liveness(project, copy, original)
        more = f", and {len(others)} more files beside it are copies, too" if others else ""
        return self.finding(
            Location(copy.path, Span.at(1)),
            f"`{copy.path}` is a {round(similarity * 100)} % copy of `{original.path}`{more}: two versions of the same "
            f"step live side by side{liveness}",
            related=[
                Related(Location(original.path, Span.at(1)), "the other version"),
                *(
                    Related(Location(o.copy.path, Span.at(1)), f"a copy of `{o.original.path}`")
                    for o in others[:30]
                ),
            ],
            minutes=self.minutes + 5 * len(others),
            severity=Severity.INFO if copy.source.is_any(Role.TUTORIAL) else None,
        )


def _homes(copy: str, original: str) -> tuple[str, str]:
    """The directories that were copied: what comes before the part that two paths have in common, if they differ."""
    one, two = copy.split("/"), original.split("/")
    while one and two and one[-1] == two[-1]:
        one.pop()
        two.pop()
    return ("/".join(one), "/".join(two)) if len(one) < len(copy.split("/")) else ("", copy)


def _is_generation(project: Project, copy: SourceFacts, original: SourceFacts) -> bool:
    """Whether a library has both on purpose: an interface, or an architecture, and its second version."""
    name = basename(copy.path)
    return (
        bool(_GENERATION.search(name)) and is_library(project, copy.path) and is_library(project, original.path)
    )


def _is_same_file(first: SourceFacts, second: SourceFacts) -> bool:
    """Whether one is a link to the other."""
    return first.source.data is None and first.source.file.resolve() == second.source.file.resolve()


def _liveness(project: Project, copy: SourceFacts, original: SourceFacts) -> str:
    """Which of two files something else uses, if it is one of them alone."""
    documented = {
        point.path for point in project.entry_points if point.kind in ("script", "document", "installed")
    }
    used = [
        source.path in documented or bool(project.imports.importers.get(source.path))
        for source in (copy, original)
    ]
    if used == [True, False]:
        return f"; only `{copy.path}` is used"
    return f"; only `{original.path}` is used" if used == [False, True] else ""
