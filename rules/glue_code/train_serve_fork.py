"""The rule `train-serve-fork`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    CloneMember,
    Finding,
    Kind,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    facts,
    line_similarity,
    prepares_data,
    serves,
)

_SIMILAR = 0.5
_ASIDE = re.compile(r"#|log(ger|ging)?\b|print\(|try:|except\b|finally:|raise\b")
_FEWEST_COLUMNS = 3


class TrainServeFork(Rule):
    """The service prepares its input with its own copy of the training code.

    A change of the training side does not reach the copy: the model then sees other values than it was trained on,
    and nothing fails. Breck et al. 2017, Monitor 3: training and serving features compute the same values. Sculley
    et al. 2015, section 5 ("Glue Code").

    ## How to repair

    Install the feature code in the service, too, or move it into the saved pipeline.

    ## A copy that has drifted

    ```python title="src/features.py"
    import re, pandas as pd
    def clean(text):
        text = text.lower()
        text = re.sub(r"[^a-z0-9 !?.,]", "", text)
        return " ".join(word for word in text.split() if len(word) > 2)
    frame = pd.read_csv("raw.csv")
    frame["text"] = frame["text"].map(clean)
    frame.to_csv("clean.csv")
    ```

    ```python title="api/app.py"
    import re, joblib
    from flask import Flask
    app = Flask(__name__)
    model = joblib.load("model.pkl")
    def clean(text):  # expect: train-serve-fork
        text = text.lower()
        text = re.sub(r"[^a-z0-9 ]", "", text)
        return " ".join(word for word in text.split() if len(word) > 2)
    @app.post("/score")
    def score(note):
        return model.predict([clean(note)])
    ```

    ## The same columns, computed once more under other names

    ```python title="src/prepare.py"
    import numpy as np, pandas as pd
    def add_features(frame):
        rows = frame.copy()
        rows["area"] = (
            rows["width"] * rows["height"]
        )
        rows["ratio"] = rows["width"] / (rows["height"] + 1)
        rows["log_price"] = np.log1p(rows["price"])
        return rows
    add_features(pd.read_csv("raw.csv")).to_csv("features.csv")
    ```

    ```python title="src/serve.py"
    import joblib, numpy as np
    from fastapi import FastAPI
    app = FastAPI()
    model = joblib.load("model.pkl")
    def add_features(data):  # expect: train-serve-fork
        data["area"] = data["width"] * data["height"]
        data["ratio"] = data["width"] / (data["height"] + 1)
        data["log_price"] = np.log1p(data["price"])
        return data
    @app.post("/score")
    def score(data):
        return model.predict(add_features(data))
    ```

    ## One function for both

    ```python title="features.py"
    def clean(text):
        text = text.lower()
        text = text.strip()
        return " ".join(text.split())
    ```

    ```python title="app.py"
    import joblib
    from flask import Flask
    from features import clean
    model = joblib.load("model.pkl")
    def score(note):
        return model.predict([clean(note)])
    ```

    ## A helper that makes no features

    ```python title="train.py"
    def load_params(path):
        with open(path) as stream:
            params = json.load(stream)
        return params["train"]
    ```

    ```python title="app.py"
    import joblib
    from flask import Flask
    model = joblib.load("model.pkl")
    def load_params(path):
        with open(path) as stream:
            params = json.load(stream)
        return params["train"]
    def score(note):
        return model.predict([note])
    ```

    ## A service that only shows how

    ```python title="src/features.py"
    import re, pandas as pd
    def clean(text):
        text = text.lower()
        text = re.sub(r"[^a-z0-9 !?.,]", "", text)
        return " ".join(word for word in text.split() if len(word) > 2)
    frame = pd.read_csv("raw.csv")
    frame["text"] = frame["text"].map(clean)
    frame.to_csv("clean.csv")
    ```

    ```python title="examples/app.py"
    import re, joblib
    from flask import Flask
    app = Flask(__name__)
    model = joblib.load("model.pkl")
    def clean(text):
        text = text.lower()
        text = re.sub(r"[^a-z0-9 ]", "", text)
        return " ".join(word for word in text.split() if len(word) > 2)
    @app.post("/score")
    def score(note):
        return model.predict([clean(note)])
    ```

    ## A copy still, but annotations and logging are no drift

    ```python title="src/features.py"
    import re, pandas as pd
    def clean(text):
        text = text.lower()
        text = re.sub(r"[^a-z0-9 ]", "", text)
        return " ".join(word for word in text.split() if len(word) > 2)
    frame = pd.read_csv("raw.csv")
    frame["text"] = frame["text"].map(clean)
    frame.to_csv("clean.csv")
    ```

    ```python title="api/app.py"
    import logging, re, joblib
    from flask import Flask
    app = Flask(__name__)
    model = joblib.load("model.pkl")
    def clean(text: str) -> str:  # expect: train-serve-fork as warning
        logging.info("cleaning")
        text = text.lower()
        text = re.sub(r"[^a-z0-9 ]", "", text)
        return " ".join(word for word in text.split() if len(word) > 2)
    @app.post("/score")
    def score(note):
        return model.predict([clean(note)])
    ```
    """

    severity = Severity.ERROR
    minutes = 45

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each function of a service that repeats one of the training side."""
        code = [s for s in self.sources(project, Kind.PYTHON) if not s.source.is_any(Role.TUTORIAL)]
        services = [source for source in code if serves(source)]
        for service in services:
            others = [source for source in code if source not in services and _is_near(project, service, source)]
            for member in _members(service):
                twin = max(
                    (t for other in others for t in _members(other) if t.function.name == member.function.name),
                    key=lambda twin: line_similarity(member.lines, twin.lines),
                    default=None,
                )
                if twin is not None and (
                    line_similarity(member.lines, twin.lines) >= _SIMILAR or _same_columns(member, twin)
                ):
                    yield self._finding(member, twin)

    def _finding(self, member: CloneMember, twin: CloneMember) -> Finding:
        same = member.clone.exact == twin.clone.exact or _deeds(member) == _deeds(twin)
        origin = twin.source.location(twin.function.span)
        drift = "the copies still do the same" if same else "the copies differ"
        return self.finding(
            member.source.location(member.function.span),
            f"serving prepares its input with its own copy of `{member.function.name}` instead of the training code "
            f"({origin}); {drift}",
            related=[Related(origin, "the training side")],
            severity=Severity.WARNING if same else None,
            scope=member.function.qualname,
        )


def _deeds(member: CloneMember) -> list[str]:
    """The lines of a function's body without what it tells, and what guards them."""
    span = member.source.facts.blocks[member.function.block].span
    lines = (line.strip() for line in member.source.text().splitlines()[span.line : span.end_line])
    return [line for line in lines if line and not _ASIDE.match(line)]


def _is_near(project: Project, service: SourceFacts, other: SourceFacts) -> bool:
    """Whether two files belong to one part of the repository, or one of them to the part around it."""
    first, second = (project.subprojects.root_of(source.path) for source in (service, other))
    return first == second or not first or not second


def _same_columns(first: CloneMember, second: CloneMember) -> bool:
    """Whether two functions write mostly the same columns, whatever they call the frame."""
    one, two = _written(first), _written(second)
    return len(one & two) >= _FEWEST_COLUMNS and 2 * len(one & two) > len(one | two)


def _written(member: CloneMember) -> set[str]:
    source = member.source
    return {
        store.target.index.value
        for store in source.facts.stores
        if isinstance(store.target, facts.Item)
        and isinstance(store.target.index, facts.Const)
        and isinstance(store.target.index.value, str)
        and member.function.block in source.ancestors(store.block)
    }


def _members(source: SourceFacts) -> Iterator[CloneMember]:
    """The functions that prepare data."""
    for clone in source.facts.clones:
        function = source.facts.functions[clone.function]
        if prepares_data(function.name):
            yield CloneMember(source, function, clone)
