"""The rule `direct-feedback-loop`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Handoff,
    Project,
    Related,
    Rule,
    is_randomised,
    is_trained_on,
    written_predictions,
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

    ## Two models that train each other: a hidden loop

    ```python title="price.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    rows = pd.read_csv("data/demands.csv")
    rows["price"] = Ridge().fit(rows[["demand"]], rows["paid"]).predict(rows[["demand"]])
    rows.to_csv("data/prices.csv")
    ```

    ```python title="demand.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    rows = pd.read_csv("data/prices.csv")
    rows["demand"] = Ridge().fit(rows[["price"]], rows["sold"]).predict(rows[["price"]])
    rows.to_csv("data/demands.csv")
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

    ## A model goes on from its last checkpoint

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import SGDClassifier

    rows = pd.read_csv("data/rows.csv")
    model = joblib.load("models/rows_model.pkl")
    model.partial_fit(rows[["a"]], rows["y"])
    joblib.dump(model, "models/rows_model.pkl")
    ```
    """

    minutes = 120

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file of predictions that the same model is trained on."""
        fitting = {site.source.path for site in project.model_outputs.fits}
        if not fitting:
            return
        pairs: dict[tuple[str, str], Handoff] = {}
        for handoff in sorted(project.handoffs, key=lambda handoff: handoff.artifact.kind != "model"):
            if handoff.is_sure:
                pairs.setdefault((handoff.producer, handoff.consumer), handoff)
        for handoff in project.handoffs:
            back = pairs.get((handoff.consumer, handoff.producer))
            read, write = handoff.read, handoff.write
            if back is None or not handoff.is_sure or read.source.path not in fitting:
                continue
            if write.source.source.is_any(*self.skip_roles) or is_randomised(read.source):
                continue
            if written_predictions(project, back.write) and is_trained_on(project, back.read):
                continue  # two models: a hidden feedback loop
            if written_predictions(project, write) and is_trained_on(project, read):
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
