"""The rule `hard-coded-decision-threshold`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Fix,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    ScoreCut,
    Severity,
    constant_fix,
    score_cuts,
)


class HardCodedDecisionThreshold(Rule):
    """A decision is made by comparing a model's score with a number in the code.

    The number was right for one model. After the next training the same scores mean something else, and the
    threshold stays. Sculley et al. 2015, section 7 ("Fixed Thresholds in Dynamic Systems"): old, manually set
    thresholds may be invalid after an update; they can be learned on held-out data instead.

    One half, the cut that a classifier makes by itself, is left out, and so are notebooks.

    ## How to repair

    Choose the threshold on held-out data where the model is trained, save it with the model, and read it.

    ## Probabilities, in arrays, columns and loops

    ```python title="score.py"
    import numpy as np
    p = model.predict_proba(X)[:, 1]
    df["churn"] = (p >= 0.63).astype(int)  # expect: hard-coded-decision-threshold
    df["score"] = model.predict_proba(X)[:, 1]
    risky = df[df["score"] > 0.8]  # expect: hard-coded-decision-threshold
    labels = np.where(network.predict(X) > 0.35, 1, 0)  # expect: hard-coded-decision-threshold
    ```

    ## One number

    ```python title="score.py"
    import pandas as pd

    def alarm(model, X):
        scores = model.predict_proba(X)[:, 1]
        return scores > 0.37  # expect: hard-coded-decision-threshold
    ```

    ## Fixed

    ```python title="score.py"
    import pandas as pd

    DECISION_THRESHOLD = 0.37

    def alarm(model, X):
        scores = model.predict_proba(X)[:, 1]
        return scores > DECISION_THRESHOLD  # expect: hard-coded-decision-threshold
    ```

    ## A named number is the same number; bands are one decision

    ```python title="serve.py"
    import torch
    THRESHOLD = 0.72

    def decide(x):
        score = torch.sigmoid(model(x)).item()
        return "yes" if score > THRESHOLD else "no"  # expect: hard-coded-decision-threshold

    def band(x):
        p = model.predict_proba(x)[0, 1]
        if p > 0.7:  # expect: hard-coded-decision-threshold
            return "high"
        if p > 0.3:
            return "middle"
        return "low"
    ```

    ## Scores on an open scale

    ```python title="detect.py"
    outliers = forest.score_samples(X) < -0.62  # expect: hard-coded-decision-threshold
    ```

    ## From the configuration, from the model, swept, or one half

    ```python title="score.py"
    import numpy as np
    from sklearn.metrics import f1_score
    p = bundle.model.predict_proba(X)[:, 1]
    flags = p >= bundle.threshold
    other = p >= config["threshold"]
    plain = p > 0.5
    best = max(np.linspace(0, 1, 50), key=lambda t: f1_score(y, p > t))
    ```

    ## Aggregates and other numbers

    ```python title="check.py"
    import numpy as np
    p = model.predict_proba(X)[:, 1]
    assert np.std(p) > 0.01
    if p.mean() > 0.2 or len(p) > 0.3 or age > 0.63:
        warn()
    ```

    ## Pictures, guards, sweeps, tests and notebooks

    ```python title="report.py"
    from sklearn.metrics import f1_score
    import matplotlib.pyplot as plt
    p = model.predict_proba(X)[:, 1]
    safe = p > 1e-6
    plt.axvline(0.63)
    plt.hist(p[p > 0.63])
    for t in [0.3, 0.4, 0.63]:
        print(t, (p > t).mean())
    print(f1_score(y, p > 0.3), f1_score(y, p > 0.4))
    ```

    ```python title="tests/test_score.py"
    p = model.predict_proba(X)[:, 1]
    assert (p > 0.63).all()
    ```

    ```python title="explore.ipynb"
    # %%
    flags = (model.predict_proba(X)[:, 1] > 0.63).astype(int)
    ```
    """

    profile = Profile.HOOK
    minutes = 20
    gathers = True
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each score that a function cuts at written numbers."""
        found: dict[tuple[str, str, str], list[ScoreCut]] = {}
        for cut in score_cuts(project):
            if not cut.source.source.is_any(*self.skip_roles):
                scope = cut.source.scope_name(cut.block)
                # at module level each chain of cuts is a decision of its own
                place = scope or str(_start_of_chain(cut))
                found.setdefault((cut.source.path, place, cut.score), []).append(cut)
        for cuts in found.values():
            first, *others = sorted(cuts, key=lambda cut: cut.location)
            *values, last = (f"{value:g}" for value in dict.fromkeys(cut.value for cut in [first, *others]))
            numbers = f"{', '.join(values)} and {last}, numbers" if values else f"{last}, a number"
            yield self.finding(
                first.location,
                f"scores of `{first.score}` are cut at {numbers} that only this model made right",
                related=[Related(other.location, f"cut at {other.value:g}") for other in others],
                severity=Severity.INFO if first.source.source.is_any(Role.TUTORIAL) else None,
                scope=first.source.scope_name(first.block),
                fix=_fix([first, *others]),
            )


def _start_of_chain(cut: ScoreCut) -> int:
    """The line of the first `if` of a chain of branches that a cut belongs to."""
    blocks = cut.source.facts.blocks
    chain = [b for b in cut.source.ancestors(cut.block) if blocks[b].kind == "else"]
    outer = blocks[chain[-1]].partner if chain else -1
    return blocks[outer].span.line if outer >= 0 else cut.location.span.line


def _fix(cuts: list[ScoreCut]) -> Fix | None:
    """Gives a single number a name; a first step only."""
    if len({cut.value for cut in cuts}) > 1:
        return None
    return constant_fix(cuts[0].source, [c.location.span for c in cuts], cuts[0].value, "DECISION_THRESHOLD")
