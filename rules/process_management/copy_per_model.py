"""The rule `copy-per-model`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import basename, dirname

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    line_similarity,
)

_WORKS = frozenset(
    "fit train predict predict_proba backward fit_transform train_model evaluate transform read_csv read_sql".split()
)
_NUMBERED = re.compile(r"(?i)(_?v?\d+|_?(copy|old|new|final|backup|bak))+$")
_NOT_OWN = re.compile(
    r"(^|/)(examples?|tutorials?|samples?|templates?|lessons?|chapter\w*|ch\d+|archive\w*|legacy)(/|$)"
)


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
    """

    profile = Profile.AUDIT
    minutes = 45
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK, Role.MIGRATION, Role.TUTORIAL}

    least_files: int = 3
    """Fewer copies are not reported."""

    least_lines: int = 12
    """Shorter files are not compared."""

    share: float = 0.75
    """The share of lines that copies have in common."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each group of copies in a directory."""
        folders: dict[str, list[SourceFacts]] = defaultdict(list)
        for source in self.sources(project, Kind.PYTHON):
            header = source.facts.header
            if header.code_lines >= self.least_lines and not _NOT_OWN.search(source.path) and self._works(source):
                folders[dirname(source.path)].append(source)
        for files in folders.values():
            left = files if len(files) >= self.least_files else []
            while left:
                first, *rest = left
                lines = first.facts.lines
                family = [first] + [s for s in rest if line_similarity(lines, s.facts.lines) >= self.share]
                left = [s for s in rest if s not in family]
                if len({_NUMBERED.sub("", basename(s.path)[:-3]) for s in family}) >= self.least_files:
                    yield self._finding(family)

    def _works(self, source: SourceFacts) -> bool:
        header = source.facts.header
        names = {name.rpartition(".")[2] for name in header.names}
        return not _WORKS.isdisjoint(header.methods) or not _WORKS.isdisjoint(names)

    def _finding(self, family: list[SourceFacts]) -> Finding:
        place = family[1]
        names = ", ".join(f"`{basename(s.path)}`" for s in family[:4]) + (" …" if len(family) > 4 else "")
        return self.finding(
            place.location(Span.at(1)),
            f"{len(family)} scripts are copies of each other ({names}): one with parameters would do",
            related=[Related(s.location(Span.at(1)), "a copy") for s in family if s is not place][:20],
            minutes=self.minutes + 15 * len(family),
            severity=Severity.WARNING,
        )
