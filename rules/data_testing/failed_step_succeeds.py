"""The rule `failed-step-succeeds`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Role,
    Rule,
    Severity,
    SourceFacts,
    facts,
    is_library,
    only_tells,
    tried_around,
)

_WORK = frozenset({"fit", "tune", "predict", "evaluate"})
_PAGES = frozenset(
    "flask fastapi streamlit gradio dash django uvicorn chainlit tkinter PyQt5 telegram discord".split()
)


class FailedStepSucceeds(Rule):
    """A step that fails says so in its log and ends as if it had succeeded.

    The pipeline goes on with the model or the metrics of the run before, and its status is green. Sculley et al.
    2015, section 5, count detecting errors and recovering from them among the costs of such pipelines; Breck et al.
    2017 (ML Test Score, infrastructure 3). (Where a caller works with the missing result, it is `ignored-failure`.)

    ## How to repair

    Raise the error again behind the message.

    ## An evaluation whose metrics may be missing

    ```python title="evaluate.py"
    import json
    import logging
    import joblib
    import pandas as pd
    from sklearn.metrics import r2_score

    def evaluate(path):
        test = pd.read_csv(path)
        try:
            model = joblib.load("model.pkl")
            score = r2_score(test["y"], model.predict(test[["x"]]))
            with open("metrics.json", "w") as file:
                json.dump({"r2": score}, file)
        except Exception as error:  # expect: failed-step-succeeds
            logging.error("evaluation failed: %s", error)

    if __name__ == "__main__":
        evaluate("test.csv")
    ```

    ## Raised again, an exit, an error that is expected

    ```python title="train.py"
    import logging
    import sys
    import joblib
    from sklearn.linear_model import Ridge

    def train(X, y):
        try:
            joblib.dump(Ridge().fit(X, y), "model.pkl")
        except Exception as error:
            logging.error("training failed: %s", error)
            raise

    def again(X, y):
        try:
            joblib.dump(Ridge().fit(X, y), "model.pkl")
        except Exception as error:
            logging.error("training failed: %s", error)
            sys.exit(1)

    def known(X, y):
        try:
            joblib.dump(Ridge().fit(X, y), "model.pkl")
        except FileExistsError as error:
            logging.error("there is one: %s", error)
    ```

    ## One of many items, a page that shows the error

    ```python title="train.py"
    import logging
    import joblib
    from sklearn.linear_model import Ridge

    def train(tables):
        for name, X, y in tables:
            try:
                joblib.dump(Ridge().fit(X, y), f"{name}.pkl")
            except Exception as error:
                logging.error("training failed: %s", error)
    ```

    ```python title="app.py"
    import streamlit as st
    import joblib

    def show(row):
        try:
            st.write(joblib.load("model.pkl").predict(row))
        except Exception as error:
            st.error(str(error))
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each handler of a whole step that only tells."""
        for source in self.sources(project, Kind.PYTHON):
            if any(module.partition(".")[0] in _PAGES for module in source.facts.header.modules):
                continue
            if is_library(project, source.path):
                continue
            for index, block in enumerate(source.facts.blocks):
                if block.kind != "except" or not only_tells(block) or _is_one_of_many(source, index):
                    continue
                steps = [
                    event.name.removeprefix("*.").rpartition(".")[2]
                    for event in project.phases.events(source)
                    if event.phase in _WORK and tried_around(source, event.call) == block.partner
                ]
                if steps and not _gives(source, block.partner) and _ends(source, block):
                    names = ", ".join(f"`{name}`" for name in dict.fromkeys(steps[:4]))
                    yield self.finding(
                        source.location(block.span),
                        f"a failure of {names} is only told: the step ends as if it had succeeded",
                        scope=source.scope_name(index),
                    )


def _is_one_of_many(source: SourceFacts, handler: int) -> bool:
    return source.enclosing(handler, "for", "while") is not None


def _gives(source: SourceFacts, tried: int) -> bool:
    """Whether the tried code returns something, which a caller may miss."""
    return any(
        tried in source.ancestors(result.block) and result.value != facts.Const(None)
        for result in source.facts.returns
    )


def _ends(source: SourceFacts, handler: facts.Block) -> bool:
    """Whether nothing of the function or module comes behind a handler."""
    scope = source.scope_of(handler.parent)
    everything = source.facts
    stop = max(b.span.end_line for b in everything.blocks if b.kind == "except" and b.partner == handler.partner)
    later = [c.span.line for c in everything.calls if source.scope_of(c.block) == scope]
    later += [r.span.line for r in everything.returns if source.scope_of(r.block) == scope]
    return not any(line > stop for line in later)
