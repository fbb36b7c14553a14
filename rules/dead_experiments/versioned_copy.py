"""The rule `versioned-copy`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Location, Project, Related, Role, Rule, Severity, SourceFacts, Span


class VersionedCopy(Rule):
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

    ## Chapters that are numbered, versions of an interface, migrations

    ```python title="v1/api.py"
    import pandas as pd
    def load(path):
        frame = pd.read_csv(path)
        return frame.dropna()
    def score(model, frame):
        rows = frame[["a", "b"]]
        found = model.predict(rows)
        return found.tolist()
    def health():
        return {"ok": True, "version": 1}
    def names():
        return ["a", "b"]
    def limits():
        return {"a": (0, 1), "b": (0, 2)}
    def describe():
        return "the first interface"
    ```

    ```python title="v2/api.py"
    import pandas as pd
    def load(path):
        frame = pd.read_csv(path)
        return frame.dropna()
    def score(model, frame):
        rows = frame[["a", "b"]]
        found = model.predict(rows)
        return found.tolist()
    def health():
        return {"ok": True, "version": 2}
    def names():
        return ["a", "b"]
    def limits():
        return {"a": (0, 1), "b": (0, 2)}
    def describe():
        return "the second interface"
    ```
    """

    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each copy."""
        for copy, original, similarity in project.versions.copies:
            if any(source.source.is_any(*self.skip_roles, Role.MIGRATION) for source in (copy, original)):
                continue
            if _is_same_file(copy, original):
                continue
            yield self.finding(
                Location(copy.path, Span.at(1)),
                f"`{copy.path}` is a {round(similarity * 100)} % copy of `{original.path}`: two versions of the same "
                f"step live side by side{_liveness(project, copy, original)}",
                related=[Related(Location(original.path, Span.at(1)), "the other version")],
                severity=Severity.INFO if copy.source.is_any(Role.TUTORIAL) else None,
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
