"""The rule `training-at-start`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, SourceFacts, facts

_SERVERS = re.compile(
    r"(flask\.(Flask|Blueprint)|fastapi\.(FastAPI|(routing\.)?APIRouter)|streamlit\.\w+|gradio\.(Interface|Blocks)|dash\.Dash)$"
)
"""What makes a service, or shows a page."""
_CONDITIONS = frozenset({"if", "else", "elif", "except", "ternary", "while"})


class TrainingAtStart(Rule):
    """A service or page trains its model when it starts, or whenever somebody opens it.

    What is served is a model that nobody has evaluated, and another one after each restart: a prototype that went
    into use. Each copy of the service needs the training data, and waits until it has been fitted. Sculley et al. 2015,
    section 6 (Prototype Smell).

    ## How to repair

    Train in a step of its own that saves the model and its scores, and load the model here.

    ## Fitted while the module is imported

    ```python title="app.py"
    import pandas as pd
    from flask import Flask
    from sklearn.linear_model import LogisticRegression

    app = Flask(__name__)
    frame = pd.read_csv("visits.csv")
    model = LogisticRegression()
    model.fit(frame[["age"]], frame.label)  # expect: training-at-start
    ```

    ## By a function of the project, and by a page

    ```python title="trainer.py"
    from sklearn.svm import SVC

    class Trainer:
        def train(self):
            model = SVC()
            model.fit(self.rows, self.labels)
            return model
    ```

    ```python title="api.py"
    from fastapi import FastAPI
    from trainer import Trainer

    app = FastAPI()
    trainer = Trainer()
    model = trainer.train()  # expect: training-at-start
    ```

    ```python title="page.py"
    import streamlit as st
    from sklearn.ensemble import RandomForestClassifier

    rows, labels = load()
    forest = RandomForestClassifier(random_state=0).fit(rows, labels)  # expect: training-at-start
    st.write(forest.predict(st.slider("Age")))
    ```

    ## On request, where the model is missing, kept

    ```python title="app.py"
    import os
    import joblib
    import streamlit as st
    from sklearn.svm import SVC

    if not os.path.exists("model.pkl"):
        joblib.dump(SVC().fit(rows, labels), "model.pkl")
    if st.button("Train"):
        SVC().fit(rows, labels)

    @st.cache_resource
    def trained():
        return SVC().fit(rows, labels)
    ```

    ## A route that trains, what learns columns, a program

    ```python title="api.py"
    from fastapi import FastAPI
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    app = FastAPI()
    scaler = StandardScaler().fit(rows)

    @app.post("/train")
    def train(body):
        SVC().fit(body.rows, body.labels)
    ```

    ```python title="train.py"
    from sklearn.svm import SVC
    SVC().fit(rows, labels)
    ```
    """

    profile = Profile.AUDIT
    minutes = 60
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each service or page, at the first training."""
        found: dict[str, list[tuple[Location, Location | None]]] = {}
        for site in project.calls("*.fit"):
            if len(site.call.args) + sum(k.name == "y" for k in site.call.keywords) < 2:
                continue
            source = site.source
            if source.source.is_any(*self.skip_roles) or source.kind is not Kind.PYTHON:
                continue
            if _serves(source) and _at_start(source, site.call):
                found.setdefault(source.path, []).append((site.location, None))
            function = _function_around(source, site.call)
            if function is None or function.decorators or _serves(source):
                continue
            for caller in project.callers.of(source, function.qualname):
                other = caller.source
                is_own = other.kind is Kind.PYTHON and not other.source.is_any(*self.skip_roles)
                if is_own and _serves(other) and _at_start(other, caller.call):
                    found.setdefault(other.path, []).append((other.location(caller.call.span), site.location))
        for path, places in sorted(found.items()):
            (first, origin), *others = sorted(places, key=lambda pair: pair[0])
            related = [Related(origin, "it is fitted here")] if origin is not None else []
            yield self.finding(
                first,
                f"`{path}` answers requests with a model that it trains itself when it starts",
                related=[*related, *(Related(place, "trained here, too") for place, _ in others)],
            )


def _serves(source: SourceFacts) -> bool:
    """Whether a file is a service or a page."""
    return any(map(_SERVERS.match, source.facts.header.names))


def _function_around(source: SourceFacts, call: facts.Call) -> facts.Function | None:
    around = set(source.ancestors(call.block))
    return next((f for f in source.facts.functions if f.block in around), None)


def _at_start(source: SourceFacts, call: facts.Call) -> bool:
    """Whether a call runs with the module, whatever is asked."""
    blocks = source.facts.blocks
    if any(blocks[index].kind in _CONDITIONS for index in source.ancestors(call.block)):
        return False
    return _function_around(source, call) is None
