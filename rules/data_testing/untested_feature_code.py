"""The rule `untested-feature-code`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    SourceFacts,
    facts,
    is_library,
    prepares_data,
)

_FRAMES = frozenset(
    "assign fillna astype groupby merge rolling shift get_dummies dropna resample pivot_table with_columns".split()
)
"""Methods of tables that make or change columns."""

_TABLES = frozenset({"pandas", "polars", "pyspark", "dask", "cudf", "modin"})


class UntestedFeatureCode(Rule):
    """Most functions that make features are used by no test.

    A feature that is wrong for one value in a thousand makes no program fail: only its tests could tell. Breck et al.
    2017 (ML Test Score, data 7): all code that creates input features is tested. Off by default.

    ## How to repair

    Test each feature on a frame of three rows, gaps included.

    ## Tests of the service only

    ```python title="features.py"
    import pandas as pd
    def compute_tenure(df):  # expect: untested-feature-code
        df = df.copy()
        df["tenure"] = df["end"] - df["start"]
        df["tenure"] = df["tenure"].clip(0)
        df["long"] = df["tenure"] > 365
        return df

    def clean_text(df):
        df = df.copy()
        df["text"] = df["text"].str.lower()
        df["text"] = df["text"].str.strip()
        df["words"] = df["text"].str.split()
        return df

    def encode_region(df):
        df = df.copy()
        df["region"] = df["region"].fillna("none")
        df["region"] = df["region"].map(CODES)
        df["known"] = df["region"] > 0
        return df

    def scale_amounts(df):
        df = df.copy()
        df["amount"] = df["amount"] / 100
        df["fee"] = df["fee"] / 100
        df["net"] = df["amount"] - df["fee"]
        return df
    ```

    ```python title="train.py"
    from features import compute_tenure, clean_text, encode_region, scale_amounts
    from sklearn.linear_model import Ridge

    if __name__ == "__main__":
        Ridge().fit(scale_amounts(encode_region(clean_text(compute_tenure(df)))), y)
    ```

    ```python title="tests/test_api.py"
    def test_api():
        assert client.get("/health")
    ```

    ## Two features, or no test at all

    ```python title="features.py"
    import pandas as pd
    def compute_tenure(df):
        df = df.copy()
        df["tenure"] = df["end"] - df["start"]
        df["tenure"] = df["tenure"].clip(0)
        df["long"] = df["tenure"] > 365
        return df
    ```

    ```python title="train.py"
    from features import compute_tenure
    from sklearn.linear_model import Ridge

    if __name__ == "__main__":
        Ridge().fit(compute_tenure(df), y)
    ```

    ## Pictures, and arguments of a program: no tables

    ```python title="features.py"
    def transform(row):
        row["a"] = row["end"] - row["start"]
        row["b"] = row["a"] > 3
        row["c"] = row["a"] > 4
        return row

    def prepare_picture(row):
        row["a"] = row["end"] - row["start"]
        row["b"] = row["a"] > 3
        row["c"] = row["a"] > 4
        return row

    def prepare_env(row):
        row["a"] = row["end"] - row["start"]
        row["b"] = row["a"] > 3
        row["c"] = row["a"] > 4
        return row

    def prepare_mask(row):
        row["a"] = row["end"] - row["start"]
        row["b"] = row["a"] > 3
        row["c"] = row["a"] > 4
        return row
    ```

    ```python title="train.py"
    from features import prepare_env, prepare_mask, prepare_picture, transform
    from sklearn.linear_model import Ridge
    Ridge().fit(transform(prepare_env(prepare_mask(prepare_picture(rows)))), y)
    ```

    ```python title="tests/test_api.py"
    def test_api():
        assert client.get("/health")
    ```

    ## Features without a model

    ```python title="features.py"
    import pandas as pd
    def compute_tenure(df):
        df = df.copy()
        df["tenure"] = df["end"] - df["start"]
        df["long"] = df["tenure"] > 365
        return df
    ```

    ```python title="tests/test_api.py"
    def test_api():
        assert client.get("/health")
    ```

    ## Steps that are tested through their class

    ```python title="features.py"
    import pandas as pd
    class Features:
        def compute_tenure(self, df):
            df["tenure"] = df["end"] - df["start"]
            df["tenure"] = df["tenure"].clip(0)
            df["long"] = df["tenure"] > 365
            df["short"] = df["tenure"] < 30
            return df
    ```

    ```python title="train.py"
    from features import Features
    from sklearn.linear_model import Ridge
    Ridge().fit(Features().compute_tenure(df), y)
    ```

    ```python title="tests/test_features.py"
    from features import Features
    def test_features():
        assert Features().run(frame())
    ```

    ## Doctests are tests

    ```python title="features.py"
    import pandas as pd
    def compute_tenure(df):
        '''
        >>> compute_tenure(frame())
        '''
        df = df.copy()
        df["a"] = df["end"] - df["start"]
        df["a"] = df["a"].clip(0)
        df["b"] = df["a"] > 365
        return df
    def compute_age(df):
        '''
        >>> compute_age(frame())
        '''
        df = df.copy()
        df["a"] = df["end"] - df["start"]
        df["a"] = df["a"].clip(0)
        df["b"] = df["a"] > 365
        return df
    def clean_text(df):
        '''
        >>> clean_text(frame())
        '''
        df = df.copy()
        df["a"] = df["end"] - df["start"]
        df["a"] = df["a"].clip(0)
        df["b"] = df["a"] > 365
        return df
    def encode_region(df):
        '''
        >>> encode_region(frame())
        '''
        df = df.copy()
        df["a"] = df["end"] - df["start"]
        df["a"] = df["a"].clip(0)
        df["b"] = df["a"] > 365
        return df
    ```

    ```python title="train.py"
    from features import clean_text, compute_age, compute_tenure, encode_region
    from sklearn.linear_model import Ridge
    Ridge().fit(encode_region(clean_text(compute_age(compute_tenure(df)))), y)
    ```

    ```python title="tests/test_api.py"
    def test_api():
        assert client.get("/health")
    ```
    """

    profile = Profile.AUDIT
    default = False
    minutes = 45

    least_functions: int = 4
    """Programs with fewer functions for features are not reported."""

    least_statements: int = 5
    """Shorter functions do not count."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each training program more than half of whose features no test mentions."""
        tested: set[str] = set()
        for source in project.sources(Kind.PYTHON):
            if source.source.is_any(Role.TEST):
                tested.update(source.facts.words)
        told: set[str] = set()
        for program in project.phases.training if tested else ():
            if program.source.kind is Kind.NOTEBOOK or program.source.source.is_any(
                *self.skip_roles, Role.TUTORIAL
            ):
                continue
            made = [
                (reached, function)
                for path in sorted(program.reach.paths)
                if (reached := project.source(path)) is not None and not reached.source.is_any(*self.skip_roles)
                if _has_tables(reached) and not is_library(project, path)
                for function in reached.facts.functions
                if self._makes_features(reached, function) and program.reach.has(reached, function.block)
            ]
            missing = [
                (s, f)
                for s, f in made
                if tested.isdisjoint((f.name, f.qualname.partition(".")[0]))
                and f"{s.path}:{f.qualname}" not in told
                and not _has_doctest(s, f.name)
            ]
            if len(made) >= self.least_functions and 2 * len(missing) > len(made):
                told.update(f"{s.path}:{f.qualname}" for s, f in missing)
                (first, function), *others = missing
                yield self.finding(
                    first.location(function.span),
                    f"{len(missing)} of {len(made)} functions that make features for `{program.source.path}` are"
                    f" used by no test: {', '.join(f'`{f.name}`' for _, f in missing[:4])}",
                    related=[Related(s.location(f.span), f"`{f.name}`") for s, f in others[:10]],
                    minutes=self.minutes + 20 * len(missing),
                )

    def _makes_features(self, source: SourceFacts, function: facts.Function) -> bool:
        """Whether a function computes or cleans features, by its name, and is long enough to be wrong."""
        block = source.facts.blocks[function.block]
        if block.size < self.least_statements or not function.params or not prepares_data(function.name):
            return False
        return any(
            isinstance(s.target, facts.Item)
            and isinstance(s.target.index, facts.Const)
            and function.block in source.ancestors(s.block)
            for s in source.facts.stores
        ) or any(
            getattr(call.func, "name", "") in _FRAMES and function.block in source.ancestors(call.block)
            for call in source.facts.calls
        )


def _has_tables(source: SourceFacts) -> bool:
    return not _TABLES.isdisjoint(module.partition(".")[0] for module in source.facts.header.modules)


def _has_doctest(source: SourceFacts, name: str) -> bool:
    """Whether an example in a docstring calls a function; docstrings are no facts, so the text is read."""
    return re.search(rf"^\s*>>> .*\b{re.escape(name)}\(", source.text(), re.MULTILINE) is not None
