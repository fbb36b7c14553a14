"""The rule `direct-feedback-loop`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import DataAccess, Finding, Handoff, Project, Related, Rule, facts

_RANDOMISED = re.compile(
    r"explor|random_bucket|propensity|holdout|hold_out|control_group|epsilon|bandit", re.IGNORECASE
)


class DirectFeedbackLoop(Rule):
    """A model is trained on data that its own predictions went into.

    What the model said yesterday decides what it sees tomorrow, so that it confirms itself, and no score shows it
    (Sculley et al. 2015, section 4, "Direct Feedback Loops"). The rule follows files: from the program that trains to
    the one that loads the model, predicts and writes, and back.

    ## How to repair

    Log which model and which chance showed what, train on a randomised slice, or keep a part of the data away from
    the model's influence.

    ## Scores that are written become training data

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    shown = pd.read_csv("data/shown_items.csv")
    model = LogisticRegression().fit(shown[["a", "score"]], shown["clicked"])
    joblib.dump(model, "models/clicks_model.pkl")
    ```

    ```python title="serve.py"
    import joblib
    import pandas as pd

    model = joblib.load("models/clicks_model.pkl")
    items = pd.read_csv("data/new_items.csv")
    items["score"] = model.predict_proba(items[["a", "b"]])[:, 1]
    items.to_csv("data/shown_items.csv")  # expect: direct-feedback-loop
    ```

    ## Predictions that are only evaluated

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    rows = pd.read_csv("data/raw_items.csv")
    joblib.dump(LogisticRegression().fit(rows[["a"]], rows["clicked"]), "models/clicks_model.pkl")
    scored = pd.read_csv("data/scored_items.csv")
    print((scored["score"] - scored["clicked"]).abs().mean())
    ```

    ```python title="serve.py"
    import joblib
    import pandas as pd

    items = pd.read_csv("data/new_items.csv")
    items["score"] = joblib.load("models/clicks_model.pkl").predict(items[["a"]])
    items.to_csv("data/scored_items.csv")
    ```

    ## A randomised slice

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    shown = pd.read_csv("data/shown_items.csv")
    shown = shown[shown["explore_bucket"] == 1]
    joblib.dump(LogisticRegression().fit(shown[["a"]], shown["clicked"]), "models/clicks_model.pkl")
    ```

    ```python title="serve.py"
    import joblib
    import pandas as pd

    items = pd.read_csv("data/new_items.csv")
    items["score"] = joblib.load("models/clicks_model.pkl").predict(items[["a"]])
    items.to_csv("data/shown_items.csv")
    ```
    """

    minutes = 120

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file of predictions that the same model is trained on."""
        fitting = {site.source.path for site in project.model_outputs.fits}
        if not fitting:
            return
        pairs: dict[tuple[str, str], Handoff] = {}
        for handoff in project.handoffs:
            if handoff.is_sure:
                pairs.setdefault((handoff.producer, handoff.consumer), handoff)
        for handoff in project.handoffs:
            back = pairs.get((handoff.consumer, handoff.producer))
            read, write = handoff.read, handoff.write
            if back is None or not handoff.is_sure or read.source.path not in fitting:
                continue
            if write.source.source.is_any(*self.skip_roles) or _RANDOMISED.search(
                " ".join(read.source.facts.words)
            ):
                continue
            if _writes_predictions(project, write) and _is_trained_on(project, read):
                yield self.finding(
                    write.origin,
                    f"the model feeds its own training data: {back.write.origin} -> {back.artifact.name} -> "
                    f"{back.read.origin} -> {handoff.artifact.name} -> {read.origin}",
                    related=[
                        Related(read.origin, "trains on it"),
                        Related(back.write.origin, "writes the model"),
                    ],
                    scope=write.source.scope_name(write.call.block),
                )


def _writes_predictions(project: Project, write: DataAccess) -> bool:
    """Whether what a call writes holds predictions of a supervised model."""
    call, outputs = write.call, project.model_outputs
    values = [*call.args, *((call.func.base,) if isinstance(call.func, facts.Attr) else ())]
    return any(
        outputs.is_model(found.source, found.model)
        for value in values
        for found in outputs.inside(write.source, value)
    )


def _is_trained_on(project: Project, read: DataAccess) -> bool:
    """Whether what a call reads reaches a fit in the same file."""
    number = next((i for i, call in enumerate(read.source.facts.calls) if call is read.call), -1)
    for site in project.model_outputs.fits:
        if site.source is read.source:
            for rows in (site.argument(0, "X", "x"), site.argument(1, "y")):
                trail = project.flow.trail(site.source, rows, site.call.span.line)
                if (read.source.path, "call", number) in trail.places:
                    return True
    return False
