"""The rule `frozen-statistic`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Confidence,
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    facts,
    walk,
)

_KNOWN = frozenset(
    {
        0.485,
        0.456,
        0.406,
        0.229,
        0.224,
        0.225,
        0.1307,
        0.3081,
        0.4914,
        0.4822,
        0.4465,
        0.2023,
        0.1994,
        0.2010,
        127.5,
    }
    | {255.0, 273.15, 3.14159, 2.71828, 9.81, 1.609, 1.60934, 2.54, 0.3048, 0.4536, 6371.0, 6378.1, 0.5}
)
"""Constants of nature, units and the usual image statistics."""


class FrozenStatistic(Rule):
    """A mean, a deviation or a typical value of the data is written into the code.

    The number was right for the data of one day. When the data change, the feature changes its meaning, and training
    and service disagree as soon as one of the copies is updated. Sculley et al. 2015, section 7: the external world is
    rarely stable. Off by default.

    ## How to repair

    Fit a scaler or an imputer on the training data, and save it with the model.

    ## Scaled and filled by hand

    ```python title="features.py"
    import pandas as pd

    def prepare(df):
        df["amount"] = (df["amount"] - 83.417) / 129.02  # expect: frozen-statistic
        df["age"] = df["age"].fillna(29.699)
        return df
    ```

    ## Constants that do not come from data

    ```python title="images.py"
    import pandas as pd

    def prepare(df):
        df["celsius"] = df["kelvin"] - 273.15
        df["pixel"] = (df["pixel"] - 127.5) / 127.5
        df["x"] = (df["x"] - 0.485) / 0.229
        df["share"] = df["share"].fillna(0.5)
        df["gap"] = df["gap"].fillna(-999.0)
        df["grey"] = (df["grey"] - 128.0) / 128.0
        df["age"] = df["age"].fillna(df["age"].mean())
        return df
    ```

    ## Code without tables

    ```python title="scale.py"
    def scale(x):
        return (x - 83.417) / 129.02
    ```

    ## Limits that have a name, values of an artifact, tests

    ```python title="features.py"
    import joblib
    import pandas as pd
    LOWEST_PRESSURE, HIGHEST_PRESSURE = 870.25, 1085.75
    stats = joblib.load("stats.pkl")
    df["pressure"] = df["pressure"].clip(LOWEST_PRESSURE, HIGHEST_PRESSURE)
    df["amount"] = (df["amount"] - stats["mean"]) / stats["std"]
    ```

    ```python title="tests/test_features.py"
    import pandas as pd
    df["amount"] = (df["amount"] - 83.417) / 129.02
    ```
    """

    severity = Severity.INFO
    confidence = Confidence.MEDIUM
    profile = Profile.AUDIT
    default = False
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such numbers."""
        for source in self.sources(project, Kind.PYTHON):
            modules = {module.partition(".")[0] for module in source.facts.header.modules}
            if modules.isdisjoint({"pandas", "polars", "pyspark"}):
                continue
            found = {span: shown for shown, span in _frozen(source)}
            if found:
                (span, shown), *others = sorted(found.items())
                yield self.finding(
                    source.location(span),
                    f"a statistic of the data is written into the code: `{shown}`",
                    related=[Related(source.location(place), f"`{text}`") for place, text in others[:10]],
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
                )


def _frozen(source: SourceFacts) -> Iterator[tuple[str, Span]]:
    for call in source.facts.calls:
        value = call.args[0] if call.args else None
        if isinstance(call.func, facts.Attr) and call.func.name == "fillna" and _is_measured(value):
            yield f"fillna({value.value})", call.span  # type: ignore[union-attr]
    holders = [(s.value, s.span) for s in source.facts.stores] + [(r.value, r.span) for r in source.facts.returns]
    holders += [(b.value, b.span) for b in source.facts.bindings if b.value is not None]
    for holder, span in holders:
        for part in walk(holder):
            match part:
                case facts.Binary("/", facts.Binary("-", _, low), scale) if _is_measured(low) and _is_measured(
                    scale
                ):
                    yield f"(… - {low.value}) / {scale.value}", span  # type: ignore[union-attr]


def _is_measured(expr: facts.Expr | None) -> bool:
    """Whether an expression is a number with at least three significant digits that is no known constant."""
    value = expr.value if isinstance(expr, facts.Const) else None
    if not isinstance(value, float) or abs(value) in _KNOWN or value.is_integer():
        return False
    return len(f"{abs(value):.6g}".replace(".", "").strip("0")) >= 3
