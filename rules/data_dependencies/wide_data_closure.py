"""The rule `wide-data-closure`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Rule, Severity, data_closures


class WideDataClosure(Rule):
    """A model depends on many source datasets, or on a long chain of intermediate ones.

    Each source can change, fail or arrive late, and the model's quality hangs on all of them; nobody can hold so many
    owners in mind. Sculley et al. 2015, section 9, ask of each system: "What is the transitive closure of all data
    dependencies?" This is a measure, not an error: watch that it does not grow.

    ## How to repair

    Remove the sources that bring little first, and join what belongs together in one declared step.

    ## Ten tables for one model

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    crm = pd.read_csv("in/crm.csv")
    joined = crm.merge(pd.read_csv("in/billing.csv")).merge(pd.read_csv("in/web.csv")).merge(pd.read_csv("in/geo.csv"))
    joined = joined.merge(pd.read_csv("in/promo.csv")).merge(pd.read_csv("in/prices.csv"))
    joined = joined.merge(pd.read_csv("in/weather.csv")).merge(pd.read_csv("in/holidays.csv"))
    joined = joined.merge(pd.read_csv("in/support.csv")).merge(pd.read_csv("in/skus.csv"))
    model = LogisticRegression().fit(joined, crm["churned"])
    joblib.dump(model, "churn_model.joblib")  # expect: wide-data-closure
    ```

    ## Three tables, in two steps

    ```python title="join.py"
    import pandas as pd
    pd.read_csv("in/crm.csv").merge(pd.read_csv("in/billing.csv")).to_csv("work/joined_rows.csv")
    ```

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    rows = pd.read_csv("work/joined_rows.csv").merge(pd.read_csv("in/web.csv"))
    joblib.dump(LogisticRegression().fit(rows, rows["churned"]), "churn_model.joblib")
    ```

    ## Many tables that no model needs

    ```python title="report.py"
    import pandas as pd
    for name in ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"):
        print(pd.read_csv(f"in/{name}.csv").describe())
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5
    most_sources: int = 10
    """How many source datasets are wide."""
    most_steps: int = 6
    """How many steps one after the other are deep."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each program that saves a model, at the first model."""
        for closure in data_closures(project):
            source = project.by_path[closure.save.component].source
            if source.is_any(*self.skip_roles):
                continue
            if len(closure.sources) < self.most_sources and closure.depth < self.most_steps:
                continue
            names = [str(artifact.address) for artifact in closure.sources]
            shown = ", ".join(f"`{name}`" for name in names[:4]) + (
                f" and {len(names) - 4} more" if names[4:] else ""
            )
            yield self.finding(
                closure.save.origin,
                f"`{closure.save.address}` depends on {len(names)} source datasets through {closure.between} "
                f"intermediate ones (depth {closure.depth}): {shown}",
                related=[
                    Related(artifact.reads[0].origin, f"`{artifact.address}` is read here")
                    for artifact in closure.sources[:20]
                ],
            )
