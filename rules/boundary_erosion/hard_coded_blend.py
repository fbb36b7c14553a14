"""The rule `hard-coded-blend`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Output,
    Project,
    Related,
    Rule,
    SourceFacts,
    assigned_values,
    column_of_file,
    facts,
    reads_tables,
    weighted_terms,
    written,
)


class HardCodedBlend(Rule):
    """Scores of several models are added with weights that are written into the code.

    The weights fit the models of the day when they were found. Whoever improves one of the models unbalances the
    others: the combination creates a strong entanglement (Sculley et al. 2015, section 2).

    ## How to repair

    Learn the combination from held-out rows, or keep the weights in the configuration next to the score that they
    were tuned for.

    ## Two models, three predictions, an average with weights

    ```python title="submit.py"
    import numpy as np
    import xgboost as xgb
    from lightgbm import LGBMClassifier

    a = xgb.XGBClassifier().fit(X, y)
    b = LGBMClassifier().fit(X, y)
    final = 0.88 * a.predict_proba(rows)[:, 1] + 0.12 * b.predict_proba(rows)[:, 1]  # expect: hard-coded-blend
    first, second, third = a.predict(rows), b.predict(rows), c.predict(rows)
    submission["y"] = first * 0.5 + second * 0.3 + third * 0.2  # expect: hard-coded-blend
    mixed = np.average([first, second], axis=0, weights=[0.7, 0.3])  # expect: hard-coded-blend
    ```

    ## Files of predictions

    ```python title="blend.py"
    import pandas as pd

    trees = pd.read_csv("trees.csv")
    nets = pd.read_csv("nets.csv", index_col=0)
    tail = nets[1000:]
    out = pd.DataFrame()
    out["isFraud"] = 0.65 * trees["isFraud"] + 0.35 * nets["isFraud"].values  # expect: hard-coded-blend
    out["late"] = 0.9 * trees.late.values + 0.1 * tail.late  # expect: hard-coded-blend
    out["sum"] = 0.3 * trees["first"] + 0.7 * trees["second"]
    out["other"] = 0.3 * trees["width"] + 0.7 * nets["height"]
    out["mean"] = 0.5 * trees["isFraud"] + 0.5 * nets["isFraud"]
    ```

    ## A plain mean, weights from the configuration, weights that are tried out

    ```python title="submit.py"
    import numpy as np

    first, second = a.predict(rows), b.predict(rows)
    mean = 0.5 * first + 0.5 * second
    third = (first + second + c.predict(rows)) / 3
    final = config["first"] * first + config["second"] * second
    best = max(score(y, w * first + (1 - w) * second) for w in np.linspace(0, 1, 11))
    ```

    ## One model asked twice, losses, features

    ```python title="train.py"
    folds = 0.3 * model.predict(rows) + 0.7 * model.predict(rows[:, ::-1])
    loss = 0.7 * value_loss + 0.3 * policy_loss
    grey = 0.3 * picture[..., 0] + 0.6 * picture[..., 1] + 0.1 * picture[..., 2]
    ```

    ## Weights that were fitted

    ```python title="fitted.py"
    from scipy.optimize import minimize
    from sklearn.linear_model import LinearRegression

    first, second = a.predict(rows), b.predict(rows)
    weights = minimize(loss, [0.5, 0.5]).x
    final = weights[0] * first + weights[1] * second
    learned = LinearRegression().fit(scores, y).coef_
    other = learned[0] * first + learned[1] * second
    ```
    """

    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each weighted sum of several models' predictions."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            seen: set[int] = set()
            yield from self._submissions(source, seen)
            if not any(name.startswith("predict") for name in source.facts.header.methods):
                continue
            for value, block, span in assigned_values(source):
                weights, outputs = self._blended(project, source, value)
                if weights and span.line not in seen:
                    seen.add(span.line)
                    asked = dict.fromkeys(output.source.location(output.call.span) for output in outputs)
                    shown = ", ".join(f"{weight:g}" for weight in weights)
                    yield self.finding(
                        source.location(span),
                        f"predictions of {len(weights)} models are added with the literal weights {shown}",
                        related=[
                            Related(place, "predictions that are added") for place in asked if place.span != span
                        ],
                        scope=source.scope_name(block),
                    )

    def _submissions(self, source: SourceFacts, seen: set[int]) -> Iterator[Finding]:
        """Yield a finding for each weighted sum of one column of several files."""
        if not reads_tables(source):
            return
        for value, block, span in assigned_values(source):
            terms = weighted_terms(source, value)
            weights = [weight for weight, _ in terms]
            columns = [column_of_file(source, term) for _, term in terms]
            found = [column for column in columns if column is not None]
            calls = dict.fromkeys(call for call, _ in found)
            if len(weights) < 2 or len(found) < len(terms) or len({round(weight, 2) for weight in weights}) == 1:
                continue
            if len(calls) < 2 or len({name for _, name in found}) > 1 or span.line in seen:
                continue
            if not 0.5 <= sum(weights) <= 1.5:
                continue
            seen.add(span.line)
            yield self.finding(
                source.location(span),
                f"{len(calls)} files of predictions are added with the literal weights "
                + ", ".join(f"{weight:g}" for weight in weights),
                related=[
                    Related(source.location(source.facts.calls[call].span), "this is added") for call in calls
                ],
                scope=source.scope_name(block),
            )

    def _blended(
        self, project: Project, source: SourceFacts, value: facts.Expr
    ) -> tuple[list[float], list[Output]]:
        """The literal weights, if a value adds predictions of different models with unequal ones, and these."""
        terms = weighted_terms(source, value)
        weights = [weight for weight, _ in terms]
        if len(terms) < 2 or len({round(weight, 2) for weight in weights}) == 1:
            return [], []
        models: set[str] = set()
        outputs: list[Output] = []
        for _, score in terms:
            found = project.model_outputs.of(source, score)
            if not found:
                return [], []
            outputs += found
            models.update(
                written(output.model) if written(output.model) != "…" else str(output.place) for output in found
            )
        return (weights, outputs) if len(models) >= 2 else ([], [])
