"""The rule `nan-equality`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Fix,
    Kind,
    Profile,
    Project,
    Rule,
    Severity,
    SourceFacts,
    facts,
    missing_test_fix,
    qualified,
    written,
)

_NAN = re.compile(r"(numpy|pandas\.np|math|cmath|scipy|torch|cupy|jax\.numpy)\.(nan|NaN|NAN)$")
_MISSING = frozenset({"pandas.NA", "pandas.NaT", "numpy.NaT"})
_NAN_TEXT = re.compile(r"[+-]?(nan|nat)$", re.IGNORECASE)
_FROM_TEXT = re.compile(r"(float|numpy\.(float|datetime|timedelta)\d+|decimal\.Decimal|pandas\.Timestamp)$")
_QUERY = re.compile(r"[!=]=\s*@?(?:np\.|numpy\.|math\.)?nan\b(?!['\"])", re.IGNORECASE)
_OUTCOMES = {"==": "is always False", "!=": "is always True"}


class NanEquality(Rule):
    """A comparison with NaN has the same result for every value.

    NaN equals nothing, not even itself, so `x == np.nan` never finds a missing value: rows that should be dropped
    or filled stay, and nothing fails. Zhang et al. 2022 list it as "NaN Equivalence Comparison Misused".

    ## How to repair

    Ask `pd.isna(x)` or `pd.notna(x)` (`math.isnan`, `np.isnan` for plain numbers).

    ## Every spelling of NaN

    ```python title="clean.py"
    import math
    import numpy as np
    import pandas as pd

    for value in values:
        if value == np.nan:  # expect: nan-equality
            continue
    rows = df[df["age"] != math.nan]  # expect: nan-equality
    first = 0 if x == float("nan") else x  # expect: nan-equality
    late = df.loc[pd.NaT == df.date]  # expect: nan-equality
    known = value != pd.NA  # expect: nan-equality
    ```

    ## Fixed

    ```python title="clean.py"
    import math
    import numpy as np
    import pandas as pd

    for value in values:
        if pd.isna(value):
            continue
    rows = df[pd.notna(df["age"])]
    first = 0 if pd.isna(x) else x
    late = df.loc[pd.isna(df.date)]
    known = pd.notna(value)
    ```

    ## Identity and membership find only the very same object

    ```python title="clean.ipynb"
    # %%
    from numpy import nan
    mask = [v is nan for v in df.city]  # expect: nan-equality
    if row["city"] in (None, nan):  # expect: nan-equality
        drop(row)
    ```

    ## In a query

    ```python title="clean.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    missing = df.query("age == nan")  # expect: nan-equality
    written = df.query("city == 'nan'")
    ```

    ## The right ways to ask, and the idiom

    ```python title="clean.py"
    import numpy as np
    import pandas as pd

    missing = pd.isna(df.age) | df.city.isin([np.nan])
    if x != x or value is pd.NaT or value is pd.NA:
        skip()
    df = df.replace(np.nan, 0)
    is_text = name == "nan" or float("nan") < 1 or float(text) == 0
    ```

    ## Tests state how NaN behaves

    ```python title="tests/test_nan.py"
    import numpy as np

    def test_nan():
        assert not (np.nan == np.nan)
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 2

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each comparison with a NaN."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            for condition in source.facts.conditions:
                if claim := _claim(source, condition.comparison):
                    message = f"{_shown(condition.comparison)} compares with NaN and {claim}"
                    scope = source.scope_name(condition.block)
                    yield self.finding(
                        source.location(condition.span), message, scope=scope, fix=_fix(source, condition)
                    )
        for site in project.calls("pandas.DataFrame.query", "*.query"):
            query = site.argument(0, "expr")
            text = query.value if isinstance(query, facts.Const) and isinstance(query.value, str) else ""
            if _QUERY.search(text) and not site.source.source.is_any(*self.skip_roles):
                message = f"the query `{text}` compares with NaN, which equals nothing"
                yield self.finding(site.location, message, scope=site.source.scope_name(site.call.block))


def _shown(comparison: facts.Expr) -> str:
    """The comparison as written; its operator alone where it holds calls."""
    text = written(comparison)
    if "…" not in text or not isinstance(comparison, facts.Compare):
        return f"`{text}`"
    left = written(comparison.left)
    return f"`{comparison.operator}`" if "…" in left else f"`{left} {comparison.operator}` …"


def _fix(source: SourceFacts, condition: facts.Condition) -> Fix | None:
    left = condition.comparison.left if isinstance(condition.comparison, facts.Compare) else None
    nan_is_left = left is not None and bool(_nan(source, left))
    return missing_test_fix(source, condition.span, nan_is_left=nan_is_left)


def _claim(source: SourceFacts, comparison: facts.Expr) -> str:
    """What is wrong with a comparison; empty if it is none with NaN."""
    if not isinstance(comparison, facts.Compare):
        return ""
    for operand in (comparison.left, comparison.right):
        if name := _nan(source, operand):
            if comparison.operator in _OUTCOMES:
                return "gives NA" if name == "pandas.NA" else _OUTCOMES[comparison.operator]
            if comparison.operator.startswith("is") and name not in _MISSING:
                return "finds only the very same object"
    if comparison.operator.endswith("in") and isinstance(comparison.right, facts.Seq):
        names = [_nan(source, item) for item in comparison.right.items]
        if any(name and name not in _MISSING for name in names):
            return "finds only the very same object"
    return ""


def _nan(source: SourceFacts, expr: facts.Expr) -> str:
    """The qualified name of the NaN that an expression is; empty for anything else."""
    if isinstance(expr, facts.Called):
        call = source.facts.calls[expr.call]
        text = call.args[0] if len(call.args) == 1 else None
        is_nan = isinstance(text, facts.Const) and isinstance(text.value, str) and _NAN_TEXT.match(text.value)
        return call.name if is_nan and _FROM_TEXT.match(call.name) else ""
    if not isinstance(expr, facts.Attr | facts.Ref):
        return ""
    name = qualified(source, expr)
    return name if _NAN.match(name) or name in _MISSING else ""
