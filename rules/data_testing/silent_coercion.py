"""The rule `silent-coercion`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Project, Related, Role, Rule, Severity, Site, SourceFacts, facts, walk

_READERS = ("pandas.read_csv", "pandas.read_table", "pandas.read_fwf")
_LOSSY: dict[str, frozenset[object]] = {
    "errors": frozenset({"coerce", "ignore"}),
    "on_bad_lines": frozenset({"skip", "warn"}),
    "error_bad_lines": frozenset({False}),
    "encoding_errors": frozenset({"ignore", "replace"}),
}
_LOOKS = frozenset(
    "isna isnull notna notnull isnan isfinite count value_counts any all sum mean describe info hasnans fillna"
    " interpolate date strftime isoformat timestamp to_pydatetime"
    .split()
)  # fmt: skip
"""Methods that look at gaps; the last ones belong to single values, which fail where they are none."""

_SHOWS = re.compile(
    r"(^|[/_.-])(dashboards?|charts?|plots?|visuali[sz]\w*|monitoring|streamlit\w*|ui)([/_.-]|$)", re.IGNORECASE
)


class SilentCoercion(Rule):
    """Values that do not parse become gaps, and nothing counts them.

    When the source changes its format, a whole column turns into gaps: the pipeline runs, the model sees imputed
    values, and nobody is told. Foidl et al. 2022 count such values among the data smells; Sculley et al. 2015,
    section 8: data need tests as code does.

    ## How to repair

    Count what could not be read, and fail when it is more than a share that was agreed upon.

    ## Gaps that nobody sees

    ```python title="clean.py"
    import pandas as pd

    def clean(df):
        df["lat"] = pd.to_numeric(df["lat"], errors="coerce")  # expect: silent-coercion
        df["day"] = pd.to_datetime(df["day"], errors="coerce")
        return df
    ```

    ## Counted, checked or filled on purpose

    ```python title="clean.py"
    import pandas as pd

    def clean(df):
        df["lat"] = pd.to_numeric(df["lat"], errors="coerce")
        lost = df["lat"].isna().mean()
        if lost > 0.01:
            raise ValueError(lost)
        return df

    def fill(df):
        df["age"] = pd.to_numeric(df["age"], errors="coerce").fillna(-1)
        return df
    ```

    ## Errors that stop the program, and drops of columns that may be missing

    ```python title="clean.py"
    import pandas as pd

    df = pd.read_csv("a.csv", on_bad_lines="error")
    df["day"] = pd.to_datetime(df["day"], errors="raise")
    df = df.drop(columns=["old"], errors="ignore")
    ```

    ## Logged, monitored, in notebooks and tests

    ```python title="clean.py"
    import logging
    import pandas as pd
    def clean(df):
        lat = pd.to_numeric(df["lat"], errors="coerce")
        logging.info("%s gaps", lat.isnull().sum())
        return lat
    ```

    ```python title="helpers.py"
    import pandas as pd

    def number(column):
        return pd.to_numeric(column, errors="coerce")

    def day(text):
        return pd.to_datetime(text, errors="coerce").date()

    def lowest(column):
        clean = pd.to_numeric(column, errors="coerce").dropna()
        return None if clean.empty else clean.min()
    ```

    ```python title="monitoring/drift.py"
    import pandas as pd
    def drift(df):
        return pd.to_numeric(df["lat"], errors="coerce").describe()
    ```

    ```python title="explore.ipynb"
    # %%
    import pandas as pd
    df["lat"] = pd.to_numeric(df["lat"], errors="coerce")
    ```

    ```python title="tests/test_clean.py"
    import pandas as pd
    frame = pd.to_numeric(pd.Series(["1"]), errors="coerce")
    ```
    """

    default = False
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each function with such conversions."""
        found: dict[tuple[str, str], list[tuple[Site, str]]] = {}
        for site in project.calls("pandas.to_numeric", "pandas.to_datetime", "pandas.to_timedelta", *_READERS):
            if site.source.source.is_any(*self.skip_roles) or _SHOWS.search(site.source.path):
                continue
            index = site.source.number_of(site.call)
            if any(result.value == facts.Called(index) for result in site.source.facts.returns):
                continue  # a helper; whoever calls it may count
            for keyword in site.call.keywords:
                value = keyword.value.value if isinstance(keyword.value, facts.Const) else None
                if keyword.name in _LOSSY and value in _LOSSY[keyword.name]:
                    scope = site.source.scope_name(site.call.block)
                    found.setdefault((site.source.path, scope), []).append((site, f"{keyword.name}={value!r}"))
        for (_, scope), sites in found.items():
            (first, written), *others = sites
            if not _looks(first.source, scope):
                yield self.finding(
                    first.location,
                    f"`{first.name.partition('.')[2]}({written})` turns bad values into gaps, and nothing counts them"
                    + (f" (and {len(others)} more)" if others else ""),
                    related=[Related(site.location, text) for site, text in others[:10]],
                    severity=Severity.INFO if first.source.source.is_any(Role.TUTORIAL) else None,
                    scope=scope,
                )


def _looks(source: SourceFacts, scope: str) -> bool:
    """Whether a function looks at gaps at all, or at what is left."""
    blocks = source.facts.blocks
    if any(
        getattr(part, "name", "") == "empty" and source.scope_name(block.parent) == scope
        for block in blocks
        for part in walk(block.test)
    ):
        return True
    return any(
        isinstance(call.func, facts.Attr) and call.func.name in _LOOKS and source.scope_name(call.block) == scope
        for call in source.facts.calls
    )
