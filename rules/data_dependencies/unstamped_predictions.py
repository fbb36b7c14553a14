"""The rule `unstamped-predictions`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import DataAccess, Finding, Kind, Project, Role, Rule, Scores, SourceFacts, facts, keyword_argument

_STAMP = re.compile(
    r"model|version|run|mlflow|checkpoint|sha|commit|release|date|time|_at$|_on$|stamp|day|month|year|week|period|epoch|fold",
    re.IGNORECASE,
)
_TRUTH = re.compile(
    r"true|truth|actual|real|gold|label|target|expected|observed|correct|y_test|y_val|^y$|gt|error|residual",
    re.IGNORECASE,
)
_SUBMISSION = re.compile(
    r"sub(mission|m|s)?([._\d-]|$)|kaggle|answer|eval|result|report|metric|test|debug|sample", re.IGNORECASE
)
_COMPETITION = re.compile(r"kaggle|submission|competition", re.IGNORECASE)
_SINKS = frozenset({"to_csv", "to_parquet", "to_sql", "to_gbq", "to_feather", "to_json", "to_pickle", "to_excel"})
_FEWEST = 2


class UnstampedPredictions(Rule):
    """Predictions are written without the model or the time that made them.

    Who reads the table cannot tell which model a row came from, whether it is current, or whether it was trained on
    its own answers. Sculley et al. 2015, section 5: a prediction "should know various pieces of information about
    the model that produced it"; section 2: undeclared consumers.

    ## How to repair

    Add the version of the model and the time of scoring to each row, or to the path.

    ## A table of scores

    ```python title="score.py"
    import joblib
    import pandas as pd
    df = pd.read_parquet("customers.parquet")
    model = joblib.load("model.pkl")
    p = model.predict_proba(df)[:, 1]
    out = pd.DataFrame({"customer_id": df["id"], "score": p})
    out.to_sql("churn_scores", engine, if_exists="append")  # expect: unstamped-predictions
    ```

    ## Columns that are chosen by name

    ```python title="score.py"
    import pandas as pd
    df = pd.read_sql("SELECT * FROM customers", engine)
    df["churn_probability"] = model.predict_proba(df)[:, 1]
    df[["customer_id", "churn_probability"]].to_sql("scores", engine)  # expect: unstamped-predictions
    df[["customer_id", "region"]].to_sql("regions", engine)
    df[["customer_id", "churn_probability", "scored_at"]].to_sql("stamped", engine)
    ```

    ## Stamped in a column, in the path; with the truth beside it; of unknown columns

    ```python title="score.py"
    import sys
    import joblib
    import pandas as pd
    df = pd.read_parquet("customers.parquet")
    model = joblib.load("model.pkl")
    p = model.predict_proba(df)[:, 1]
    out = pd.DataFrame({"customer_id": df["id"], "score": p, "model_version": "7"})
    out.to_sql("churn_scores", engine, if_exists="append")
    other = pd.DataFrame({"customer_id": df["id"], "score": p})
    other["scored_at"] = sys.argv[2]
    other.to_sql("churn_scores", engine, if_exists="append")
    pd.DataFrame({"customer_id": df["id"], "score": p}).to_csv(f"scores/{sys.argv[1]}.csv")
    pd.DataFrame({"customer_id": df["id"], "score": p, "y_true": df["y"]}).to_csv("checked.csv")
    df["score"] = p
    df.to_csv("scored.csv")
    ```

    ## An entry to a competition

    ```python title="enter.py"
    import joblib
    import pandas as pd
    df = pd.read_parquet("test.parquet")
    sample = pd.read_csv("sample_submission.csv")
    p = joblib.load("model.pkl").predict(df)
    pd.DataFrame({"PassengerId": df["id"], "Survived": p}).to_csv("forest.csv")
    ```

    ## In a notebook

    ```python title="score.ipynb"
    # %%
    import joblib
    import pandas as pd
    df = pd.read_parquet("customers.parquet")
    p = joblib.load("model.pkl").predict_proba(df)[:, 1]
    pd.DataFrame({"customer_id": df["id"], "score": p}).to_csv("scores.csv")
    ```

    ## An output that DVC versions; a function that only a test calls

    ```yaml title="dvc.yaml"
    stages:
      score: {cmd: python score.py, deps: [score.py], outs: [scores.csv]}
    ```

    ```python title="score.py"
    import joblib
    import pandas as pd
    df = pd.read_parquet("customers.parquet")
    p = joblib.load("model.pkl").predict_proba(df)[:, 1]
    pd.DataFrame({"customer_id": df["id"], "score": p}).to_csv("scores.csv")
    ```

    ```python title="tests/test_score.py"
    import pandas as pd
    def test_table(model, df, tmp_path):
        p = model.predict_proba(df)[:, 1]
        pd.DataFrame({"customer_id": df["id"], "score": p}).to_csv("scores.csv")
    ```
    """

    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each write of a frame whose columns are written out."""
        scores = Scores(project)
        competes: bool | None = None
        for access in project.accesses:
            func = access.call.func
            if not isinstance(func, facts.Attr) or func.name not in _SINKS or access.source.kind is Kind.NOTEBOOK:
                continue
            if access.source.source.is_any(*self.skip_roles) or not scores.made_in(access.source):
                continue
            if any(s.declares_data for s, _ in project.stages_running(access.source)) or not self._is_bare(
                access
            ):
                continue
            columns = self._columns(scores, access.source, func.base)
            if columns and not any(_STAMP.search(c) or _TRUTH.search(c) for c in columns):
                competes = self._competes(project) if competes is None else competes
                if competes:
                    return
                shown = ", ".join(f"`{column}`" for column in sorted(columns)[:5])
                yield self.finding(
                    access.location,
                    f"predictions go to `{access.address}` without the model or time that made them: only {shown}",
                    scope=access.source.scope_name(access.call.block),
                )

    def _competes(self, project: Project) -> bool:
        """Whether the project is an entry to a competition, which says what a table of answers looks like."""
        if any(_COMPETITION.search(path) for path in project.files):
            return True
        return any(a.address is not None and _COMPETITION.search(a.address.shape) for a in project.accesses)

    def _is_bare(self, access: DataAccess) -> bool:
        """Whether the place is wholly known, and none of an evaluation or a competition."""
        address = access.address
        if address is None or not address.is_known or _STAMP.search(address.name):
            return False
        return not _SUBMISSION.search(address.path) and not access.chain

    def _columns(self, scores: Scores, source: SourceFacts, frame: facts.Expr) -> set[str]:
        """The columns of a frame that is made of a dict, or chosen by a list, with a model's answers among them."""
        names: set[str] = set()
        if isinstance(frame, facts.Item) and isinstance(frame.index, facts.Seq):
            listed = [part.value for part in frame.index.items if isinstance(part, facts.Const)]
            scored = any(scores.of(source, facts.Item(frame.base, facts.Const(name))) for name in listed)
            return {str(name) for name in listed} if scored and len(listed) == len(frame.index.items) else set()
        if isinstance(frame, facts.Ref):
            bindings = [source.facts.bindings[index] for index in frame.bindings if index >= 0]
            if len(bindings) != 1 or bindings[0].kind != "assign" or bindings[0].path:
                return set()
            for store in source.facts.stores:
                target = store.target
                match target:
                    case facts.Item(facts.Ref(name), facts.Const(str() as column)) if name == frame.name:
                        names.add(column)
                    case _:
                        pass
            frame = bindings[0].value or frame
        if not isinstance(frame, facts.Called):
            return set()
        call = source.facts.calls[frame.call]
        given = call.args[0] if call.args else keyword_argument(call, "data")
        if call.name != "pandas.DataFrame" or not isinstance(given, facts.Map) or len(given.keys) < _FEWEST:
            return set()
        if not all(isinstance(key, facts.Const) for key in given.keys):
            return set()
        names.update(str(key.value) for key in given.keys if isinstance(key, facts.Const))
        return names if any(scores.of(source, value) for value in given.values) else set()
