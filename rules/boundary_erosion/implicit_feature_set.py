"""The rule `implicit-feature-set`."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    facts,
    is_exported_notebook,
    left_over_table,
    written,
)

_CHECKS = ("pandera", "great_expectations", "pandas_schema")


class ImplicitFeatureSet(Rule):
    """A model is trained on every column of a table but the target.

    Any column that somebody adds to the file silently becomes a feature: changing anything changes everything
    (Sculley et al. 2015, section 2), and which features are used cannot be seen in a review (section 6).

    ## How to repair

    Keep the list of features in one place, choose by it in training and in serving, and store it with the model.

    ## All but the target, in two ways

    ```python title="train.py"
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import train_test_split

    df = pd.read_parquet("features.parquet")
    X, y = df.drop(columns=["churned"]), df["churned"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    model = RandomForestClassifier(random_state=0).fit(X_train, y_train)  # expect: implicit-feature-set
    more = pd.read_csv("more.csv")
    RandomForestClassifier(random_state=0).fit(more.iloc[:, :-1], more["churned"])  # expect: implicit-feature-set
    ```

    ## Chosen by name, at the load, in the pipeline

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    FEATURES = ["a", "b"]
    df = pd.read_parquet("features.parquet")
    Ridge().fit(df[FEATURES], df["y"])
    few = pd.read_csv("a.csv", usecols=["a", "b", "y"])
    Ridge().fit(few.drop(columns=["y"]), few["y"])
    ```

    ```python title="pipe.py"
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    df = pd.read_parquet("features.parquet")
    model = make_pipeline(ColumnTransformer([("a", StandardScaler(), ["a", "b"])]), Ridge())
    model.fit(df.drop(columns=["y"]), df["y"])
    ```

    ## A table that the code itself makes, a notebook, checked columns

    ```python title="made.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    df = pd.DataFrame({"a": [1], "b": [2], "y": [3]})
    Ridge().fit(df.drop(columns=["y"]), df["y"])
    ```

    ```python title="checked.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    df = pd.read_csv("a.csv")
    X = df.drop(columns=["y"])
    assert list(X.columns) == ["a", "b"]
    Ridge().fit(X, df["y"])
    ```

    ## A checked set of columns, a data set of a package, a lesson

    ```python title="checked.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    df = pd.read_csv("a.csv")
    X = df.drop(columns=["y"])
    assert set(X.columns) == {"a", "b"}
    Ridge().fit(X, df["y"])
    ```

    ```python title="schema.py"
    import pandas as pd
    import pandera as pa
    from sklearn.linear_model import Ridge

    SCHEMA = pa.DataFrameSchema({"a": pa.Column(float), "y": pa.Column(float)}, strict=True)
    df = SCHEMA.validate(pd.read_csv("a.csv"))
    Ridge().fit(df.drop(columns=["y"]), df["y"])
    ```

    ```python title="iris.py"
    from sklearn.datasets import load_iris
    from sklearn.linear_model import Ridge

    df = load_iris(as_frame=True).frame
    Ridge().fit(df.drop(columns=["target"]), df["target"])
    ```

    ```python title="tutorials/first.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    df = pd.read_csv("a.csv")
    Ridge().fit(df.drop(columns=["y"]), df["y"])
    ```
    """

    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each table of which all columns but some are features, at its first fit."""
        seen: set[tuple[str, str]] = set()
        chooses = functools.cache(_chooses)
        for site in project.model_outputs.fits:
            source = site.source
            if source.source.is_any(*self.skip_roles) or source.kind is not Kind.PYTHON or chooses(source):
                continue
            if is_exported_notebook(source):
                continue
            features = site.argument(0, "X", "x")
            found = left_over_table(project, source, features) if features is not None else None
            if found is None or (source.path, found) in seen:
                continue
            seen.add((source.path, found))
            keeps = (
                any(use.expr == facts.Attr(features, "columns") for use in source.facts.uses)
                if features
                else False
            )
            yield self.finding(
                site.location,
                f"`{written(site.call.func).rpartition('.')[0]}` is trained on every column of `{found}` that is not"
                " dropped: a column that is added to the file becomes a feature",
                related=_read(source, found),
                severity=Severity.INFO if keeps else None,
                scope=source.scope_name(site.call.block),
            )


def _chooses(source: SourceFacts) -> bool:
    """Whether a file checks its columns or chooses them in a transformer."""
    modules = {module.partition(".")[0] for module in source.facts.header.modules}
    transforms = "sklearn.compose.ColumnTransformer" in source.facts.header.names
    passes = any(k.value == facts.Const("passthrough") for call in source.facts.calls for k in call.keywords)
    checked = any(
        isinstance(use.expr, facts.Attr) and use.expr.name == "columns" and _is_asserted(source, use.span.line)
        for use in source.facts.uses
    )
    return not modules.isdisjoint(_CHECKS) or (transforms and not passes) or checked


def _is_asserted(source: SourceFacts, line: int) -> bool:
    return any(condition.span.line == line for condition in source.facts.conditions)


def _read(source: SourceFacts, table: str) -> list[Related]:
    """Where a table of a name comes from."""
    made = (b for b in source.facts.bindings if b.name == table and isinstance(b.value, facts.Called))
    return [Related(source.location(binding.span), "the table with all of its columns") for binding in made][:1]
