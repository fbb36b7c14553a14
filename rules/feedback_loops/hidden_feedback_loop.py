"""The rule `hidden-feedback-loop`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Influence, Project, Related, Rule, influences


class HiddenFeedbackLoop(Rule):
    """Models are trained on data that each other's predictions went into.

    Each change of one of them changes what the other learns, and comes back; no file of the project shows more than a
    part of the circle (Sculley et al. 2015, section 4, "Hidden Feedback Loops"). The rule follows files and tables
    from the program that trains to the one that predicts and writes, to the training of the next model, and back.

    ## How to repair

    Cut one edge: train on a randomised slice, keep separate logs. Evaluate the models together.

    ## A ranking that reviews are chosen by, and back

    ```python title="train_ranker.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    rows = pd.read_csv("data/review_order.csv")
    joblib.dump(LogisticRegression().fit(rows[["a", "place"]], rows["clicked"]), "models/ranker.pkl")
    ```

    ```python title="rank.py"
    import joblib
    import pandas as pd

    def load_model():
        return joblib.load("models/ranker.pkl")

    items = pd.read_csv("data/items.csv")
    ranker = load_model()
    items["rank"] = ranker.predict_proba(items[["a", "place"]])[:, 1]
    items.to_csv("data/impressions.csv")
    ```

    ```python title="reviews.py"
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier

    shown = pd.read_csv("data/impressions.csv")
    model = RandomForestClassifier(random_state=0).fit(shown[["rank"]], shown["reviewed"])
    reviews = pd.read_csv("data/reviews.csv")
    reviews["place"] = model.predict(reviews[["rank"]])
    reviews.to_csv("data/review_order.csv")  # expect: hidden-feedback-loop
    ```

    ## Tables, and a step between

    ```python title="jobs/price.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    rows = pd.read_sql("SELECT * FROM demand_features", engine)
    model = Ridge().fit(rows[["demand"]], rows["price"])
    rows["price_guess"] = model.predict(rows[["demand"]])
    rows.to_sql("price_guesses", engine)
    ```

    ```python title="jobs/demand.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    rows = pd.read_sql("SELECT * FROM price_guesses", engine)
    model = Ridge().fit(rows[["price_guess"]], rows["sold"])
    rows["demand"] = model.predict(rows[["price_guess"]])
    rows.to_sql("demand_guesses", engine)  # expect: hidden-feedback-loop
    ```

    ```python title="jobs/features.py"
    import pandas as pd
    guesses = pd.read_sql("SELECT * FROM demand_guesses", engine)
    guesses.dropna().to_sql("demand_features", engine)
    ```

    ## A student of a teacher: no way back

    ```python title="teach.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    rows = pd.read_csv("data/rows.csv")
    rows["guess"] = Ridge().fit(rows[["a"]], rows["y"]).predict(rows[["a"]])
    rows.to_csv("data/taught.csv")
    ```

    ```python title="student.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    rows = pd.read_csv("data/taught.csv")
    rows["short"] = Ridge().fit(rows[["a"]], rows["guess"]).predict(rows[["a"]])
    rows.to_csv("data/short.csv")
    ```

    ## Two models in turn inside one function; predictions that come back to be compared only

    ```python title="alternate.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    def alternate(rows):
        for _ in range(5):
            rows["u"] = Ridge().fit(rows[["v"]], rows["y"]).predict(rows[["v"]])
            rows["v"] = Ridge().fit(rows[["u"]], rows["y"]).predict(rows[["u"]])
        rows.to_csv("data/factors.csv")

    alternate(pd.read_csv("data/rows.csv"))
    print(pd.read_csv("data/checked.csv")["error"].mean())
    ```

    ```python title="check.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    rows = pd.read_csv("data/factors.csv")
    rows["error"] = Ridge().fit(rows[["u"]], rows["y"]).predict(rows[["u"]]) - rows["y"]
    rows.to_csv("data/checked.csv")
    ```

    ## One of them is trained on a slice that no model chose

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
    rows = rows[rows["explore"] == 1]
    rows["demand"] = Ridge().fit(rows[["price"]], rows["sold"]).predict(rows[["price"]])
    rows.to_csv("data/demands.csv")
    ```
    """

    minutes = 240

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for the smallest circle of each group of models that influence each other."""
        edges: dict[str, dict[str, Influence]] = {}
        for found in influences(project):
            if found.model != found.learner:
                edges.setdefault(found.model, {}).setdefault(found.learner, found)
        circles = [circle for start in sorted(edges) if (circle := _smallest_circle(edges, start))]
        told: set[str] = set()
        for circle in sorted(circles, key=len):
            models = [influence.model for influence in circle]
            write = circle[0].steps[0].write
            if told.isdisjoint(models) and not write.source.source.is_any(*self.skip_roles):
                told.update(models)
                way = [part for i in circle for part in (i.model, *(step.artifact.name for step in i.steps))]
                yield self.finding(
                    write.origin,
                    f"the models of {', '.join(f'`{m}`' for m in sorted(models))} are trained on what each other "
                    f"predicts: {' -> '.join((*way, models[0]))}",
                    related=list(_places(circle)),
                    scope=write.source.scope_name(write.call.block),
                )


def _places(circle: list[Influence]) -> Iterator[Related]:
    for influence in circle:
        if influence.saved is not None:
            yield Related(influence.saved.write.origin, "writes the model")
        if influence is not circle[0]:
            yield Related(influence.steps[0].write.origin, "writes its predictions")
        yield Related(influence.steps[-1].read.origin, "trains on them")


def _smallest_circle(edges: dict[str, dict[str, Influence]], start: str) -> list[Influence]:
    """The shortest way from a program back to itself; empty if there is none."""
    ways: list[list[Influence]] = [[influence] for _, influence in sorted(edges[start].items())]
    seen: set[str] = set()
    for way in ways:  # grows while it is walked: the shortest ways come first
        here = way[-1].learner
        if here == start:
            return way
        if here not in seen:
            seen.add(here)
            ways += [[*way, influence] for _, influence in sorted(edges.get(here, {}).items())]
    return []
