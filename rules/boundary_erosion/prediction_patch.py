"""The rule `prediction-patch`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Related, Rule, prediction_patches


class PredictionPatch(Rule):
    """A model's output is changed by hand before it is used.

    The number corrects the mistakes of one state of the model. It stays when the model is trained again, nobody knows
    whether it still helps, and the score of the model is no longer the score of what users get (Sculley et al. 2015,
    section 2, "Correction Cascades").

    ## How to repair

    Train again with the signal that is missing. Where the business wants an exception, make it a named step with
    its own settings and tests that logs how often it applies.

    ## Scaled, shifted, overwritten where the input says so

    ```python title="score.py"
    import numpy as np

    pred = model.predict(X)
    pred = pred * 1.07  # expect: prediction-patch
    pred[df["region"] == "NORTH"] = 0.0  # expect: prediction-patch
    pred -= 0.003  # expect: prediction-patch
    final = np.where(df["closed"] == 1, 0, model.predict(X))  # expect: prediction-patch
    ```

    ## Predictions of another program

    ```python title="calibrate.py"
    for line in open("predictions.txt"):
        prediction = float(line.strip())
        if prediction > 0.0035:
            prediction -= 0.003  # expect: prediction-patch
        print(prediction)
    ```

    ## Replaced outside of a range that the code knows

    ```python title="service.py"
    def quality(model, row):
        found = model.predict(row).tolist()[0]
        if 3 <= found <= 8:  # expect: prediction-patch
            return found
        return "Unexpected result"
    ```

    ## Back to the scale of the target, percent, legal ranges, rounding, classes

    ```python title="score.py"
    import numpy as np

    pred = np.expm1(model.predict(X))
    pred = scaler.inverse_transform(pred) * std + mean
    percent = 100 * pred
    pred = np.clip(pred, 0, 1)
    pred[pred < 0] = 0
    classes = (pred > 0.5).astype(int)
    half = pred * 0.5
    classes_too = pred.copy()
    classes_too[pred >= 0.5] = 1
    pred[np.isnan(pred)] = 0
    ```

    ## A blend, an ensemble, what is learned

    ```python title="blend.py"
    final = 0.7 * a.predict(X) + 0.3 * b.predict(X)
    mean = (a.predict(X) + b.predict(X)) / 2
    target = reward + gamma * model.predict(state).max()
    error = y - model.predict(X)
    ```

    ## A constant of the configuration that changes the unit

    ```python title="serve.py"
    def score(rows):
        watts = model.predict(rows)
        return watts * config.WATTS_PER_KILOWATT
    ```
    """

    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each prediction that is patched."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            for patch in prediction_patches(project, source):
                outputs = project.model_outputs.of(source, patch.score)
                made = dict.fromkeys(output.source.location(output.call.span) for output in outputs)
                yield self.finding(
                    source.location(patch.span),
                    f"a model's output is changed by hand: `{patch.shown}`",
                    related=[Related(place, "predicted here") for place in made if place.span != patch.span],
                    scope=source.scope_name(patch.block),
                )
