"""The rule `prediction-patch`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Rule, SourceFacts, Span, facts, is_number, walk, written

_PREDICTED = re.compile(r"^(y_?)?(pred|preds|prediction|predictions|predicted|y_?hat)$", re.IGNORECASE)
_LOADS = re.compile(r"(^|\.)(read_csv|loadtxt|load|open|float|genfromtxt|read_table)$")


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
    pred[np.isnan(pred)] = 0
    ```

    ## A blend, an ensemble, what is learned

    ```python title="blend.py"
    final = 0.7 * a.predict(X) + 0.3 * b.predict(X)
    mean = (a.predict(X) + b.predict(X)) / 2
    target = reward + gamma * model.predict(state).max()
    error = y - model.predict(X)
    ```
    """

    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each prediction that is patched."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            header = source.facts.header
            predicts = any(name.startswith("predict") for name in header.methods)
            if not predicts and not any(_PREDICTED.match(b.name) for b in source.facts.bindings):
                continue
            for shown, block, span in sorted(set(self._patches(project, source)), key=lambda patch: patch[2]):
                yield self.finding(
                    source.location(span),
                    f"a model's output is changed by hand: `{shown}`",
                    scope=source.scope_name(block),
                )

    def _patches(self, project: Project, source: SourceFacts) -> Iterator[tuple[str, int, Span]]:
        for binding in source.facts.bindings:
            value = binding.value
            if binding.kind in ("assign", "augmented") and isinstance(value, facts.Binary) and not binding.path:
                number = value.right if is_number(value.right) else value.left
                score = value.left if number is value.right else value.right
                if _is_odd(number) and _is_prediction(project, source, score, binding.name):
                    yield f"{binding.name} {value.operator} {written(number)}", binding.block, binding.span
            elif isinstance(value, facts.Called):
                yield from self._chosen(project, source, value, binding.block, binding.span)
        for store in source.facts.stores:
            if isinstance(store.target, facts.Item) and store.operator == "=" and is_number(store.value):
                base, mask = _masked(store.target)
                if _reads_other(mask, base) and _is_prediction(project, source, base, "", whole=False):
                    yield f"{written(base)}[…] = {written(store.value)}", store.block, store.span
            elif isinstance(store.value, facts.Called):
                yield from self._chosen(project, source, store.value, store.block, store.span)

    def _chosen(
        self, project: Project, source: SourceFacts, value: facts.Called, block: int, span: Span
    ) -> Iterator[tuple[str, int, Span]]:
        """`np.where(condition on the input, constant, prediction)`."""
        call = source.facts.calls[value.call]
        if call.name != "numpy.where" or len(call.args) != 3:
            return
        condition, one, other = call.args
        constant, score = (one, other) if is_number(one) else (other, one)
        patches = is_number(constant) and not is_number(score) and _reads_other(condition, score)
        if patches and _is_prediction(project, source, score, ""):
            yield f"where(…, {written(one)}, {written(other)})", block, span


def _is_odd(number: facts.Expr) -> bool:
    """Whether a number is none that converts units or halves."""
    value = number.value if isinstance(number, facts.Const) else None
    return (
        isinstance(value, float) and value not in (0.0, 1.0, -1.0, 2.0, 0.5) and not _is_power_of_ten(abs(value))
    )


def _is_power_of_ten(value: float) -> bool:
    return any(abs(value - 10.0**exponent) < 1e-12 for exponent in range(-9, 10))


def _is_prediction(
    project: Project, source: SourceFacts, expr: facts.Expr, name: str, whole: bool = True
) -> bool:
    """Whether a value is what a supervised model predicts, or is named so and comes from a file."""
    outputs = project.model_outputs.of(source, expr)
    if outputs:
        return len({output.place for output in outputs}) == 1
    return bool(_PREDICTED.match(name)) and isinstance(expr, facts.Ref) and _is_loaded(source, expr)


def _is_loaded(source: SourceFacts, expr: facts.Ref) -> bool:
    for index in expr.bindings:
        value = source.facts.bindings[index].value if index >= 0 else None
        if isinstance(value, facts.Called) and _LOADS.search(source.facts.calls[value.call].name):
            return True
    return False


def _masked(target: facts.Item) -> tuple[facts.Expr, facts.Expr]:
    """What a store changes, and the condition on the rows."""
    index = target.index
    if isinstance(target.base, facts.Attr) and target.base.name in ("loc", "iloc"):
        if isinstance(index, facts.Seq) and len(index.items) == 2:
            return facts.Item(target.base.base, index.items[1]), index.items[0]
        return target.base.base, index
    return target.base, index


def _reads_other(mask: facts.Expr, score: facts.Expr) -> bool:
    """Whether a condition compares something else than the prediction itself."""
    own = {part.name for part in walk(score) if isinstance(part, facts.Ref)}
    compared = [part for part in walk(mask) if isinstance(part, facts.Compare)]
    names = {part.name for part in walk(mask) if isinstance(part, facts.Ref)}
    columns = {part.index for part in walk(mask) if isinstance(part, facts.Item)}
    target = {part.index for part in walk(score) if isinstance(part, facts.Item)}
    return bool(compared) and (bool(names - own) or bool(columns - target))
