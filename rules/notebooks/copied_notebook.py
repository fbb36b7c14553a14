"""The rule `copied-notebook`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Location, Profile, Project, Related, Rule, SourceFacts, Span


class CopiedNotebook(Rule):
    """Two notebooks are the same but for a few lines.

    The second one was copied to try another setting, and from then on every correction has to be made twice. Which of
    them made the numbers in the report is a matter of memory. Sculley et al. 2015, section 5: experiments that are kept
    as copies of code are dead experimental codepaths to be.

    ## How to repair

    Keep one notebook with a cell of parameters, and let it run once for each setting; or move what both share to a
    module.

    ## Two settings of one experiment

    ```python title="depth_3.ipynb"
    # %%
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split
    visits = pd.read_csv("visits.csv", parse_dates=["day"])
    bills = pd.read_csv("bills.csv")
    visits["weekday"] = visits["day"].dt.weekday
    visits["hour"] = visits["day"].dt.hour
    visits["late"] = visits["hour"] > 20
    visits["share"] = visits["paid"] / visits["due"]
    table = visits.merge(bills, on="customer", how="left", validate="m:1")
    table = table[table["due"] > 0]
    table["month"] = table["day"].dt.month
    columns = ["weekday", "hour", "late", "share", "month"]
    X, y = table[columns], table["churned"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    model = RandomForestClassifier(max_depth=3)
    model.fit(X_train, y_train)
    scores = model.predict_proba(X_test)[:, 1]
    print(roc_auc_score(y_test, scores))
    importance = pd.Series(model.feature_importances_, index=columns)
    print(importance.sort_values())
    by_month = table.assign(score=model.predict_proba(X)[:, 1]).groupby("month")
    print(by_month["score"].mean())
    print(by_month["churned"].mean())
    ```

    ```python title="depth_9.ipynb"
    # %%
    import pandas as pd  # expect: copied-notebook
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split
    visits = pd.read_csv("visits.csv", parse_dates=["day"])
    bills = pd.read_csv("bills.csv")
    visits["weekday"] = visits["day"].dt.weekday
    visits["hour"] = visits["day"].dt.hour
    visits["late"] = visits["hour"] > 20
    visits["share"] = visits["paid"] / visits["due"]
    table = visits.merge(bills, on="customer", how="left", validate="m:1")
    table = table[table["due"] > 0]
    table["month"] = table["day"].dt.month
    columns = ["weekday", "hour", "late", "share", "month"]
    X, y = table[columns], table["churned"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    model = RandomForestClassifier(max_depth=9)
    model.fit(X_train, y_train)
    scores = model.predict_proba(X_test)[:, 1]
    print(roc_auc_score(y_test, scores))
    importance = pd.Series(model.feature_importances_, index=columns)
    print(importance.sort_values())
    by_month = table.assign(score=model.predict_proba(X)[:, 1]).groupby("month")
    print(by_month["score"].mean())
    print(by_month["churned"].mean())
    ```

    ## Short ones, and ones that share their beginning

    ```python title="a.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("a.csv")
    print(df.head())
    ```

    ```python title="b.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("a.csv")
    print(df.tail())
    ```

    ## Lessons repeat what the last one said

    ```python title="lessons/one.ipynb"
    # %%
    print(1)
    ```

    ```python title="lessons/two.ipynb"
    # %%
    print(1)
    ```
    """

    profile = Profile.CI
    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each notebook that is mostly an earlier one."""
        for copy in project.notebook_copies:
            if project.versions.are_versions((copy.original.path, copy.notebook.path)):
                continue  # `versioned-copy` says so
            yield self.finding(
                _start(copy.notebook),
                f"{copy.shared} of the {copy.total} lines of code also stand in `{copy.original.path}`",
                related=[Related(_start(copy.original), "the other one")],
            )


def _start(source: SourceFacts) -> Location:
    first = next((cell.index for cell in source.facts.cells if cell.line), 0)
    return Location(source.path, Span.at(1), first)
