"""The rule `global-pipeline-state`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Related, Role, Rule, shared_attributes, shared_globals


class GlobalPipelineState(Rule):
    """Functions hand a table or a fitted model on through a global variable.

    What a function computes depends on which others ran before it, and how often; nothing in its signature says so,
    and it cannot be tested or run again alone (Sculley et al. 2015, section 2: no inputs are ever really independent).

    ## How to repair

    Pass tables and models as arguments and return values, or keep them in an object that is passed.

    ## A table that every step replaces

    ```python title="prepare.py"
    import pandas as pd
    df = None
    def load():
        global df
        df = pd.read_csv("raw.csv")  # expect: global-pipeline-state
    def clean():
        global df
        assert df is not None
        df = df.dropna()
    ```

    ## A model that is fitted here and used there; parts of a split

    ```python title="train.py"
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    def split(rows):
        global X_train, X_test
        X_train, X_test = train_test_split(rows, random_state=0)  # expect: global-pipeline-state
    def train():
        global model
        model = LogisticRegression()  # expect: global-pipeline-state
        model.fit(X_train[["a"]], X_train["y"])
    def evaluate():
        print(model.score(X_test[["a"]], X_test["y"]))
    ```

    ## An attribute of a module, of an object that all share

    ```python title="settings.py"
    rows = None
    ```

    ```python title="load.py"
    import pandas as pd
    import settings
    def load(path):
        settings.rows = pd.read_csv(path)  # expect: global-pipeline-state
    ```

    ```python title="fit.py"
    import settings
    def fit(model):
        return model.fit(settings.rows[["a"]], settings.rows["y"])
    ```

    ```python title="state.py"
    from types import SimpleNamespace
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    state = SimpleNamespace()
    def train(path):
        table = pd.read_csv(path)
        state.model = LogisticRegression()  # expect: global-pipeline-state
        state.model.fit(table[["a"]], table["y"])
    def score(rows):
        return state.model.predict(rows)
    ```

    ## An object that is passed, a setting, a table that is loaded once

    ```python title="settings.py"
    rows = None
    depth = 3
    ```

    ```python title="work.py"
    import pandas as pd
    import settings
    class Job:
        def load(self, path):
            self.rows = pd.read_csv(path)
        def fit(self, model):
            return model.fit(self.rows[["a"]], self.rows["y"])
    def configure(depth):
        settings.depth = depth
    def table(path):
        if settings.rows is None:
            settings.rows = pd.read_csv(path)
        return settings.rows
    def load(job, path):
        job.rows = pd.read_csv(path)
    def fit(job, model):
        return model.fit(job.rows[["a"]], settings.depth)
    ```

    ## Passed and returned; a global that nothing else reads, or that has another meaning there

    ```python title="prepare.py"
    import pandas as pd
    def load():
        return pd.read_csv("raw.csv")
    def count():
        global rows, frame
        rows = pd.read_csv("raw.csv")
        frame = rows.copy()
        half = lambda rows: rows.head(len(rows) // 2)
        print(len(rows), half(frame))
    def clean(frame):
        return frame.dropna()
    ```

    ## Loaded once: a lazy table, a cache with a lock

    ```python title="tables.py"
    import threading
    import pandas as pd
    _TABLE = None
    _CACHED = pd.DataFrame()
    _lock = threading.Lock()
    def table():
        global _TABLE
        if _TABLE is None:
            _TABLE = pd.read_csv("table.csv")
        return _TABLE
    def refresh():
        global _CACHED
        with _lock:
            _CACHED = pd.read_csv("cached.csv")
    def lookup(key):
        return table().loc[key], _CACHED.loc[key]
    ```

    ## A service that loads when it starts

    ```python title="app.py"
    import joblib
    import pandas as pd
    from fastapi import FastAPI
    app = FastAPI()
    @app.on_event("startup")
    def prepare():
        global prices
        prices = pd.read_csv("prices.csv")
    def load_model():
        global model
        model = joblib.load("model.pkl")
    @app.get("/predict")
    def predict(key: str):
        return model.predict(prices.loc[[key]]).tolist()
    ```

    ## Notebooks and tests

    ```python title="explore.ipynb"
    # %%
    import pandas as pd
    def load():
        global df
        df = pd.read_csv("raw.csv")
    def show():
        print(df.head())
    ```

    ```python title="explore.py"
    import pandas as pd
    # In[1]:
    def load():
        global df
        df = pd.read_csv("raw.csv")
    # In[2]:
    def show():
        print(df.head())
    ```

    ```python title="tests/test_prepare.py"
    import pandas as pd
    def setup_module():
        global df
        df = pd.read_csv("raw.csv")
    def test_rows():
        assert len(df)
    ```

    ## Hooks in which platforms load

    ```python title="serve.py"
    import flask
    import pandas as pd
    app = flask.Flask("shop")
    def model_fn(directory):
        global prices
        prices = pd.read_csv(f"{directory}/prices.csv")
    def init():
        global stock
        stock = pd.read_csv("stock.csv")
    @app.before_first_request
    def warm():
        global shops
        shops = pd.read_csv("shops.csv")
    async def lifespan(app):
        global days
        days = pd.read_csv("days.csv")
        yield
    def lookup(key):
        return prices.loc[key], shops.loc[key], days.loc[key], stock.loc[key]
    ```
    """

    minutes = 20
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each global table or model that a function rebinds and another one reads."""
        for source in self.sources(project, Kind.PYTHON):
            for shared in shared_globals(project, source):
                binding, readers = shared.bindings[0], shared.readers
                names = ", ".join(f"`{name}`" for name in dict.fromkeys(b.name for b in shared.bindings))
                count = f"{len(readers)} other functions read" if len(readers) > 1 else "another function reads"
                yield self.finding(
                    source.location(binding.span),
                    f"`{source.scope_name(binding.block)}` rebinds the global {shared.role} {names}, which "
                    f"{count}: the order of calls decides the result",
                    related=[Related(source.location(span), "reads it") for span in readers],
                    scope=source.scope_name(binding.block),
                )
        for filled in shared_attributes(project):
            source = filled.source
            if not source.source.is_any(*self.skip_roles):
                others = len(filled.readers)
                count = f"{others} other functions read" if others > 1 else "another function reads"
                yield self.finding(
                    source.location(filled.store.span),
                    f"`{source.scope_name(filled.store.block)}` puts a {filled.role} into the shared `{filled.name}`, "
                    f"which {count}: the order of calls decides the result",
                    related=[Related(place, "reads it") for place in filled.readers[:10]],
                    scope=source.scope_name(filled.store.block),
                )
