"""The rule `copy-per-model`."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Profile, Project, Related, Rule, Severity, SourceFacts, Span, script_families


class CopyPerModel(Rule):
    """Each model, region or target has its own copy of the same script.

    A correction has to be made in every copy, and the copies drift apart until nobody knows which differences are
    meant. Sculley et al. 2015, section 8 (process management debt): many similar models need to be updated safely and
    automatically.

    ## How to repair

    One script with parameters, and one configuration file for each model.

    ## A script for each region

    ```python title="train_north.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import Ridge

    table = pd.read_csv("data/north.csv")
    table = table.dropna()
    table["ratio"] = table["a"] / table["b"]
    table["long"] = table["days"] > 30
    features = table[["ratio", "long", "a"]]
    target = table["sales"]
    model = Ridge(alpha=1.0)
    model.fit(features, target)
    print(model.coef_)
    joblib.dump(model, "models/north.pkl")
    ```

    ```python title="train_south.py"
    import joblib  # expect: copy-per-model
    import pandas as pd
    from sklearn.linear_model import Ridge

    table = pd.read_csv("data/south.csv")
    table = table.dropna()
    table["ratio"] = table["a"] / table["b"]
    table["long"] = table["days"] > 30
    features = table[["ratio", "long", "a"]]
    target = table["sales"]
    model = Ridge(alpha=1.0)
    model.fit(features, target)
    print(model.coef_)
    joblib.dump(model, "models/south.pkl")
    ```

    ```python title="train_west.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import Ridge

    table = pd.read_csv("data/west.csv")
    table = table.dropna()
    table["ratio"] = table["a"] / table["b"]
    table["long"] = table["days"] > 30
    features = table[["ratio", "long", "a"]]
    target = table["sales"]
    model = Ridge(alpha=1.0)
    model.fit(features, target)
    print(model.coef_)
    joblib.dump(model, "models/west.pkl")
    ```

    ## Two files, or versions of one

    ```python title="a.py"
    model.fit(x, y)
    ```

    ```python title="b.py"
    model.fit(x, y)
    ```

    ## Scripts that do different things

    ```python title="train.py"
    import pandas as pd

    model.fit(pd.read_csv("a.csv"))
    ```

    ```python title="score.py"
    import pandas as pd

    print(model.predict(pd.read_csv("b.csv")))
    ```

    ## Tests

    ```python title="tests/test_north.py"
    model.fit(x, y)
    ```
    """

    profile = Profile.AUDIT
    minutes = 45
    gathers = True

    least_files: int = 3
    """Fewer copies are not reported."""

    least_lines: int = 12
    """Shorter files are not compared."""

    share: float = 0.75
    """The share of lines that copies have in common."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each group of copies in a directory."""
        for family in script_families(project, self.least_files, self.least_lines, self.share):
            yield self._finding(family)

    def _finding(self, family: tuple[SourceFacts, ...]) -> Finding:
        place = family[1]
        names = ", ".join(f"`{basename(s.path)}`" for s in family[:4]) + (" …" if len(family) > 4 else "")
        return self.finding(
            place.location(Span.at(1)),
            f"{len(family)} scripts are copies of each other ({names}): one with parameters would do",
            related=[Related(s.location(Span.at(1)), "a copy") for s in family if s is not place][:20],
            minutes=self.minutes + 15 * len(family),
            severity=Severity.WARNING,
        )
