"""Airflow, Prefect, Dagster, Metaflow, ZenML: pipelines that are written in Python."""

from declaring import names, paths, project_of, runs, stage


def test_airflow_operators_and_tasks() -> None:
    project = project_of(
        {
            "dags/daily.py": """\
                from airflow import DAG
                from airflow.datasets import Dataset
                from airflow.decorators import task
                from airflow.operators.bash import BashOperator
                from airflow.operators.python import PythonOperator
                from airflow.providers.papermill.operators.papermill import PapermillOperator
                from airflow.providers.docker.operators.docker import DockerOperator
                from dags.settings import HOME
                from churn import steps

                RAW = Dataset("s3://bucket/raw.csv")
                with DAG("daily") as dag:
                    fetch = BashOperator(
                        task_id="fetch", outlets=[RAW],
                        bash_command=f"cd {HOME} && python scripts/fetch.py --day {{{{ ds }}}} --out {day}",
                    )
                    clean = PythonOperator(task_id="clean", python_callable=steps.clean, inlets=[RAW])
                    report = PapermillOperator(task_id="report", input_nb="notebooks/report.ipynb")
                    box = DockerOperator(task_id="box", command=["python", "scripts/fetch.py", "x"])

                    @task(task_id="score", outlets=[Dataset("file://data/scores.csv")])
                    def score_customers(): ...

                    @task.virtualenv
                    def other(): ...
                    fetch >> clean >> report
                """,
            "dags/settings.py": 'HOME = "/opt/airflow"\n',
            "scripts/fetch.py": "",
            "churn/steps.py": "def clean(): ...\n",
            "notebooks/report.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        }
    )
    assert names(project, "airflow") == ["fetch", "clean", "report", "box", "score", "other"]
    fetch, clean = stage(project, "fetch"), stage(project, "clean")
    assert runs(project, fetch) == [("scripts/fetch.py", ("--day", "{{ ds }}", "--out", "${day}"))]
    assert paths(fetch.outputs) == paths(clean.inputs) == ["s3://bucket/raw.csv"]
    assert clean.code == ("churn/steps.py:clean",)
    assert runs(project, stage(project, "report")) == [("notebooks/report.ipynb", ())]
    assert runs(project, stage(project, "box")) == [("scripts/fetch.py", ("x",))]
    score = stage(project, "score")
    assert (score.code, paths(score.outputs)) == (("dags/daily.py:score_customers",), ["data/scores.csv"])


def test_prefect_flows_and_tasks() -> None:
    project = project_of(
        {
            "flows/train.py": """\
                import prefect
                from prefect import flow, task
                @task(name="Load data", retries=2)
                def load(): ...
                @prefect.task
                def fit(): ...
                @flow
                def train():
                    fit(load())
                def helper(): ...
                """
        }
    )
    assert [(s.name, s.option("role"), s.code) for s in project.stages] == [
        ("Load data", "task", ("flows/train.py:load",)),
        ("fit", "task", ("flows/train.py:fit",)),
        ("train", "flow", ("flows/train.py:train",)),
    ]


def test_dagster_assets_and_what_they_are_made_from() -> None:
    project = project_of(
        {
            "assets.py": """\
                from dagster import AssetIn, asset, op
                @asset(key_prefix=["raw"])
                def customers(context): ...
                @asset(ins={"people": AssetIn("customers")}, deps=["regions", customers])
                def features(people, config: Config, db: DatabaseResource): ...
                @op
                def notify(): ...
                """
        }
    )
    customers, features, notify = project.stages
    assert (paths(customers.inputs), paths(customers.outputs)) == ([], ["raw/customers"])
    assert paths(features.inputs) == ["customers", "regions"]
    assert (notify.option("role"), notify.outputs) == ("op", ())


def test_metaflow_steps_in_their_order() -> None:
    project = project_of(
        {
            "flow.py": """\
                from metaflow import FlowSpec, IncludeFile, Parameter, step
                class Train(FlowSpec):
                    rate = Parameter("rate", default=0.1)
                    table = IncludeFile("table", default="data/table.csv")
                    @step
                    def start(self):
                        self.next(self.left, self.right)
                    @step
                    def left(self):
                        self.next(self.join)
                    @step
                    def right(self):
                        self.next(self.join)
                    @step
                    def join(self, inputs): ...
                    def helper(self): ...
                """
        }
    )
    assert {s.name: s.after for s in project.stages} == {
        "Train.start": (), "Train.left": ("start",), "Train.right": ("start",), "Train.join": ("left", "right")
    }  # fmt: skip
    start = stage(project, "Train.start")
    assert (paths(start.params), paths(start.inputs)) == (["rate"], ["data/table.csv"])
    assert start.params[0].option("default") == "0.1"


def test_zenml_steps_and_pipelines() -> None:
    project = project_of(
        {
            "run.py": """\
                from zenml import pipeline, step
                from other import step as plain
                @step(name="ingest")
                def ingest_data(): ...
                @pipeline(enable_cache=False)
                def training(): ingest_data()
                @plain
                def not_a_step(): ...
                """
        }
    )
    assert [(s.name, s.option("role")) for s in project.stages] == [("ingest", "step"), ("training", "pipeline")]
