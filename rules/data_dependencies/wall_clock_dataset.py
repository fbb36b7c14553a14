"""The rule `wall-clock-dataset`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Role, Rule, Severity, SourceFacts, clock_uses

_FITS = {"fit", "fit_transform", "fit_predict", "train", "partial_fit"}
_SERVERS = frozenset(
    {"flask", "fastapi", "streamlit", "gradio", "dash", "django", "starlette", "bentoml", "airflow", "kserve"}
)


class WallClockDataset(Rule):
    """A feature, or the choice of the rows, depends on the time at which the code runs.

    The same commit trains on different data tomorrow: an age that grows with each run, a window that moves. A model
    that was trained last year gets other values for the same customer. Sculley et al. 2015, section 3 (unstable data
    dependencies) and section 8 (reproducibility debt).

    ## How to repair

    Make the reference date an explicit parameter of the run, and log it with the model.

    ## An age, and a moving window

    ```python title="features.py"
    from datetime import datetime, timedelta
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    def build():
        df = pd.read_csv("customers.csv")
        df["age"] = datetime.now().year - df["year_of_birth"]  # expect: wall-clock-dataset
        since = pd.Timestamp.today() - timedelta(days=90)
        recent = df[df["last_order"] >= since]  # expect: wall-clock-dataset
        recent.to_parquet("features.parquet")
        LogisticRegression().fit(recent[["age"]], recent["left"])
    ```

    ## For each row

    ```python title="features.py"
    from datetime import date
    import pandas as pd
    def years(born):
        return date.today().year - born.year
    def build(df, model):
        model.fit(df)
        df["age"] = df["born"].map(years)  # expect: wall-clock-dataset
        return df.assign(since=df["joined"].apply(lambda row: date.today().year - row))  # expect: wall-clock-dataset
    ```

    ## A date that the caller gives, a stamp, a duration that is logged, a service

    ```python title="features.py"
    import time
    from datetime import datetime, timedelta
    import pandas as pd
    def build(df, as_of):
        df["age"] = as_of.year - df["year_of_birth"]
        df["loaded_at"] = datetime.now()
        start = time.time()
        seconds = time.time() - start
        log = {}
        log["seconds"] = time.time() - log["start"]
        df.to_parquet(f"features-{datetime.now():%Y%m%d}.parquet")
        model.fit(df)
        return df[df["last_order"] >= as_of - timedelta(days=90)]
    ```

    ## A report that no model learns from

    ```python title="report.py"
    from datetime import datetime, timedelta
    import pandas as pd
    df = pd.read_csv("orders.csv")
    df["age"] = datetime.now().year - df["year_of_birth"]
    print(df[df["date"] >= datetime.now() - timedelta(days=7)])
    ```

    ## The rows that a page shows beside the model

    ```python title="page.py"
    from datetime import datetime, timedelta
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("orders.csv")
    model = LogisticRegression().fit(df[["a"]], df["b"])
    recent = df[df["date"] >= datetime.now() - timedelta(days=7)]
    print(recent)
    ```

    ## What a service computes for a request

    ```python title="app.py"
    from datetime import datetime
    import flask
    import pandas as pd
    def predict(model):
        df = pd.DataFrame([flask.request.json])
        df["age"] = datetime.now().year - df["year_of_birth"]
        return model.predict(df)
    ```

    ## How old a cache is; a date that an option or the scheduler gives

    ```python title="train.py"
    import argparse
    import os
    import time
    from datetime import date, timedelta
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    parser = argparse.ArgumentParser()
    parser.add_argument("--as-of", default=date.today().isoformat())
    args = parser.parse_args()
    if time.time() - os.path.getmtime("orders.csv") > 3600:
        os.remove("orders.csv")
    orders = pd.read_csv("orders.csv")
    df = orders[orders["day"] < args.as_of]
    df["age"] = pd.Timestamp(args.as_of).year - df["born"]
    LogisticRegression().fit(df[["age"]], df["left"])
    def task(logical_date, model):
        rows = orders[orders["day"] >= logical_date - timedelta(days=90)]
        return model.fit(rows[["age"]], rows["left"])
    ```
    """

    profile = Profile.HOOK
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each column that is computed from the clock, and each frame that is cut by it."""
        if not any(_FITS & set(source.facts.header.methods) for source in project.code):
            return
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if self._answers(source):
                continue
            for use in clock_uses(source):
                if use.kind == "rows" and project.training_inputs.fit_of_binding(source, use.binding) is None:
                    continue
                of = f" of `{use.name}`" if use.name else ""
                what = f"a value{of}" if use.kind == "column" else f"the choice of the rows{of}"
                yield self.finding(
                    source.location(use.span),
                    f"{what} depends on the current time (`{use.clock}`): the same code gives other data tomorrow",
                    severity=Severity.INFO if source.source.is_any(Role.NOTEBOOK) else None,
                    scope=source.scope_name(use.block),
                )

    def _answers(self, source: SourceFacts) -> bool:
        """Whether a file serves requests, shows a page or schedules: there, now is what is asked for."""
        return any(module.partition(".")[0] in _SERVERS for module in source.facts.header.modules)
