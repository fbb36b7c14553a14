"""The rule `serving-reads-training-data`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Confidence, DataAccess, Finding, Project, Related, Role, Rule, facts, serves, written_objects

_TABLES = frozenset(
    {".csv", ".tsv", ".parquet", ".feather", ".xlsx", ".xls", ".jsonl", ".pkl", ".pickle", ".npy"}
)
_REFERENCES = ("evidently", "nannyml", "alibi_detect", "whylogs", "deepchecks")


class ServingReadsTrainingData(Rule):
    """A service opens the table that its model was trained on.

    The training data has become a run-time dependency that nobody declared: it must be shipped and kept beside the
    model, and when it changes, answers change without a new model. Sculley et al. 2015, section 2 (undeclared
    consumers) and section 3.

    ## How to repair

    Save what the service needs (columns, medians, categories, a background sample) with the model.

    ## A service that looks up the columns

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    X = pd.read_csv("data/visits_train.csv")
    model = LogisticRegression().fit(X, X["b"])
    joblib.dump(model, "model.pkl")
    ```

    ```python title="app.py"
    import flask
    import joblib
    import pandas as pd
    model = joblib.load("model.pkl")
    columns = pd.read_csv("data/visits_train.csv").columns  # expect: serving-reads-training-data
    app = flask.Flask("churn")
    @app.post("/")
    def answer():
        return model.predict(pd.DataFrame([flask.request.json])[columns]).tolist()
    ```

    ## A page that fills its lists from the table that the notebook left

    ```python title="analysis.ipynb"
    # %%
    import pickle
    import pandas as pd
    from sklearn.linear_model import LinearRegression
    car = pd.read_csv("raw_cars.csv").dropna()
    car.to_csv("cleaned_cars.csv")
    model = LinearRegression().fit(car[["year"]], car["price"])
    pickle.dump(model, open("model.pkl", "wb"))
    ```

    ```python title="app.py"
    import pickle
    import pandas as pd
    import streamlit as st
    model = pickle.load(open("model.pkl", "rb"))
    car = pd.read_csv("cleaned_cars.csv")  # expect: serving-reads-training-data
    year = st.selectbox("Year", car["year"].unique())
    st.write(model.predict([[year]]))
    ```

    ## The input to score, a job that is no service, a reference for a drift monitor

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    X = pd.read_csv("data/visits_train.csv")
    model = LogisticRegression().fit(X, X["b"])
    joblib.dump(model, "model.pkl")
    ```

    ```python title="score.py"
    import joblib
    import pandas as pd
    print(joblib.load("model.pkl").predict(pd.read_csv("data/visits_train.csv")))
    ```

    ```python title="app.py"
    import flask
    import joblib
    import pandas as pd
    model = joblib.load("model.pkl")
    shops = pd.read_csv("data/shop_names.csv")
    app = flask.Flask("churn")
    @app.post("/")
    def answer():
        return model.predict(pd.DataFrame([flask.request.json])).tolist()
    ```

    ```python title="monitor.py"
    import evidently
    import fastapi
    import joblib
    import pandas as pd
    model = joblib.load("model.pkl")
    reference = pd.read_csv("data/visits_train.csv")
    app = fastapi.FastAPI()
    @app.post("/")
    def answer(row: dict):
        return model.predict(pd.DataFrame([row])).tolist()
    ```

    ## A service that trains

    ```python title="retrain.py"
    import fastapi
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    app = fastapi.FastAPI()
    @app.post("/")
    def answer():
        X = pd.read_csv("data/visits_train.csv")
        return LogisticRegression().fit(X, X["b"]).predict(X).tolist()
    ```

    ## The offline side of a feature store; a test of the service

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    X = pd.read_parquet("data/visits_train.parquet")
    model = LogisticRegression().fit(X, X["b"])
    joblib.dump(model, "model.pkl")
    ```

    ```python title="app.py"
    import feast
    import flask
    import joblib
    model = joblib.load("model.pkl")
    store = feast.FeatureStore(repo_path=".")
    app = flask.Flask("churn")
    @app.post("/")
    def answer():
        rows = store.get_online_features(["visits:a"], [flask.request.json]).to_df()
        return model.predict(rows).tolist()
    ```

    ```python title="tests/test_app.py"
    import flask
    import pandas as pd
    from app import app
    rows = pd.read_parquet("data/visits_train.parquet")
    def test_answer():
        assert app.test_client().post("/", json=rows.iloc[0].to_dict())
    ```
    """

    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each service and the training data that it reads, at the first read."""
        services = {
            source.path: source
            for source in self.sources(project)
            if source in project.code and serves(source) and not self._trains(project, source.path)
        }
        told: set[tuple[str, str]] = set()
        for artifact in project.artifacts if services else ():
            if artifact.address.ending not in _TABLES:
                continue
            trained = self._fitted(project, artifact.reads, artifact.writes)
            if trained is None:
                continue
            for read in artifact.reads:
                service = self._service(project, read, set(services))
                if service and (service, artifact.name) not in told and read.effect == "reads":
                    told.add((service, artifact.name))
                    yield self.finding(
                        read.location,
                        f"service `{service}` opens `{artifact.address}`, which its model was trained on",
                        related=[Related(trained.location, _told(trained))],
                        confidence=Confidence.HIGH if artifact.is_sure else Confidence.MEDIUM,
                        scope=read.source.scope_name(read.call.block),
                    )

    def _service(self, project: Project, read: DataAccess, services: set[str]) -> str:
        """The service on whose behalf a read happens: its own, or one of a module that it imports."""
        if read.component in services:
            path = read.component
        else:
            importing = sorted(project.imports.importers.get(read.component, frozenset()) & services)
            path = importing[0] if importing and read.source.path == read.component else ""
        modules = project.by_path[path].facts.header.modules if path else ()
        return "" if any(module.partition(".")[0] in _REFERENCES for module in modules) else path

    def _fitted(
        self, project: Project, reads: tuple[DataAccess, ...], writes: tuple[DataAccess, ...]
    ) -> DataAccess | None:
        """The read whose rows a model is fitted on, or the write of rows that one is fitted on, too."""
        for read in reads:
            if project.training_inputs.fit_of(read.source, read.call) is not None:
                return read
        for write in writes:
            names = (part for part in written_objects(write) if isinstance(part, facts.Ref))
            bindings = (index for name in names for index in name.bindings)
            if any(project.training_inputs.fit_of_binding(write.source, index) is not None for index in bindings):
                return write
        return None

    def _trains(self, project: Project, path: str) -> bool:
        return any(program.source.path == path for program in project.phases.training)


def _told(access: DataAccess) -> str:
    return (
        "a model is trained on it"
        if access.effect == "reads"
        else "rows that a model is trained on are saved here"
    )
