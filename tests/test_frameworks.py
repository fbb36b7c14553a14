"""What frameworks hand to code: every way in which a path can come from a command line, a workflow or settings."""

from __future__ import annotations

import pytest
from declaring import project_of

from mldebt.project.graph import data_graph

HEAD = "import pandas as pd\n"
TYPER = "import typer\napp = typer.Typer()\n@app.command()\ndef main({}):\n    pd.read_csv(data)\napp()\n"
STAGE = "stages:\n  s:\n    cmd: python a.py {}\n"
ABSL = """
from absl import app, flags
{}flags.DEFINE_string('data', 'd.csv', '')
def f(_):
    pd.read_csv({})
app.run(f)
"""
FIRE = "import fire\ndef train(data, out='o.csv'):\n    pd.read_csv(data)\nfire.Fire(train)\n"
CLASS = "import fire\nclass C:\n    def train(self, data):\n        pd.read_csv(data)\nfire.Fire(C)\n"
RUN = "import typer\ndef main(data: str, n: int = 3):\n    pd.read_csv(data)\ntyper.run(main)\n"
FLOW = """
from metaflow import FlowSpec, Parameter, step
class F(FlowSpec):
    data = Parameter('data', default='d.csv')
    @step
    def start(self):
        pd.read_csv(self.data)
        self.next(self.end)
    @step
    def end(self):
        pass
F()
"""
DAG = """
from airflow import DAG
from airflow.operators.python import PythonOperator
def f(data):
    pd.read_csv(data)
with DAG('d') as dag:
    PythonOperator(task_id='t', python_callable=f, {})
"""
DYNACONF = "import dynaconf\ns = dynaconf.Dynaconf(settings_files=['settings.toml'])\npd.read_csv(s.{})\n"
PARSER = "import configparser\nc = configparser.ConfigParser()\nc.read('c.ini')\npd.read_csv({})\n"
CONF = "from omegaconf import OmegaConf\nc = OmegaConf.load('c.yaml')\npd.read_csv({})\n"
HYDRA = (
    "import hydra\n@hydra.main(config_path='conf', config_name='main')\ndef f(c):\n    pd.read_csv(c.{})\nf()\n"
)
MAIN = "defaults:\n  - data: small\n  - _self_\nroot: ${oc.env:NOWHERE,dd}\n"
COMPOSE = "services:\n  a:\n    build: .\n    command: python a.py\n    environment:\n      DATA: in.csv\n"
ENV = "import os\npd.read_csv(os.environ['DATA'])\n"


@pytest.mark.parametrize(
    ("code", "more", "expected"),
    [
        (TYPER.format("data: str = typer.Option('d.csv', '--data', '-d')"), {"dvc.yaml": STAGE.format("-d in.csv")},
         {"in.csv", "d.csv"}),
        (TYPER.format("data: str = typer.Argument(...)"), {"dvc.yaml": STAGE.format("in.csv")}, {"in.csv"}),
        (TYPER.format("data: str = 'd.csv'"), {}, {"d.csv"}),
        (RUN, {"dvc.yaml": STAGE.format("in.csv --n 4")}, {"in.csv"}),
        (ABSL.format("FLAGS = flags.FLAGS\n", "FLAGS.data"), {}, {"d.csv"}),
        (ABSL.format("FLAGS = flags.FLAGS\n", "FLAGS.data"), {"run.sh": "python a.py --data=in.csv\n"},
         {"d.csv", "in.csv"}),
        (ABSL.format("DATA = ", "DATA.value"), {}, {"d.csv"}),
        (FIRE, {"dvc.yaml": STAGE.format("--data=in.csv")}, {"in.csv"}),
        (FIRE, {"dvc.yaml": STAGE.format("in.csv")}, {"in.csv"}),
        (CLASS, {"dvc.yaml": STAGE.format("train --data in.csv")}, {"in.csv"}),
        (CLASS, {"dvc.yaml": STAGE.format("train in.csv")}, {"in.csv"}),
        (FLOW, {}, {"d.csv"}),
        (FLOW, {"run.sh": "python a.py run --data in.csv\n"}, {"d.csv", "in.csv"}),
        (DAG.format("op_kwargs={'data': '/in.csv'}"), {}, {"/in.csv"}),
        (DAG.format("op_args=['/in.csv']"), {}, {"/in.csv"}),
        (DAG.format("op_args=['in.csv']"), {}, set()),
        (DYNACONF.format("DATA_PATH"), {"settings.toml": "[default]\ndata_path = 'in.csv'\n"}, {"in.csv"}),
        (DYNACONF.format("data.path"), {"settings.toml": "[data]\npath = 'in.csv'\n"}, {"in.csv"}),
        (PARSER.format("c['p']['data']"), {"c.ini": "[p]\ndata = in.csv\n"}, {"in.csv"}),
        (PARSER.format("c.get('p', 'data')"), {"c.ini": "[p]\ndata = in.csv\n"}, {"in.csv"}),
        (CONF.format("c.a.b"), {"c.yaml": "root: dd\na:\n  b: ${root}/in.csv\n"}, {"dd/in.csv"}),
        (CONF.format("c.a.b"), {"c.yaml": "a:\n  c: in.csv\n  b: ${.c}\n"}, {"in.csv"}),
        (CONF.format("OmegaConf.select(c, 'a.b')"), {"c.yaml": "a:\n  b: in.csv\n"}, {"in.csv"}),
        (HYDRA.format("data.path"), {"conf/main.yaml": MAIN, "conf/data/small.yaml": "path: ${root}/in.csv\n"},
         {"dd/in.csv"}),
        ("import hydra\nwith hydra.initialize(config_path='conf'):\n    c = hydra.compose(config_name='main')\n"
         "pd.read_csv(c.data)\n", {"conf/main.yaml": "data: in.csv\n"}, {"in.csv"}),
        (ENV, {"docker-compose.yml": COMPOSE}, {"in.csv"}),
        (ENV, {"Dockerfile": "FROM python\nENV DATA=in.csv\nCMD python a.py\n"}, {"in.csv"}),
        (ENV, {"docker-compose.yml": COMPOSE.replace("in.csv", "${OTHER}")}, set()),
        ("from prefect import flow\n@flow\ndef f(data: str):\n    pd.read_csv(data)\n",
         {"prefect.yaml": "deployments:\n  - entrypoint: a.py:f\n    parameters:\n      data: in.csv\n"}, {"in.csv"}),
        ("pd.read_csv(snakemake.input[0])\n", {"Snakefile": "rule a:\n    input: 'in.csv'\n    script: 'a.py'\n"},
         {"in.csv"}),
        ("pd.read_csv(snakemake.input.raw)\n", {"Snakefile": "rule a:\n    input: raw='in.csv'\n    script: 'a.py'\n"},
         {"in.csv"}),
        ("upstream = None\nproduct = None\npd.read_csv(upstream['get']['data'])\n",
         {"pipeline.yaml": "tasks:\n  - source: get.py\n    product: {nb: g.ipynb, data: in.csv}\n  - source: a.py\n"
          "    product: {nb: a.ipynb}\n    upstream: [get]\n", "get.py": "product = None\n"}, {"in.csv"}),
        ("import yaml\nfrom dataclasses import dataclass\n@dataclass\nclass C:\n    data: str\n"
         "pd.read_csv(C(**yaml.safe_load(open('c.yaml'))).data)\n", {"c.yaml": "data: in.csv\n"}, {"in.csv"}),
        ("names = []\nnames.append('a.csv')\nnames.append('b.csv')\npd.read_csv(names[0])\n", {}, {"a.csv"}),
        ("names = []\nfor x in y:\n    names.append(f'{x}/a.csv')\npd.read_csv(names[0])\n", {}, set()),
    ],
)  # fmt: skip
def test_paths_that_frameworks_pass(code: str, more: dict[str, str], expected: set[str]) -> None:
    project = project_of({"a.py": HEAD + code, **more})
    found = {
        str(a.address)
        for a in project.accesses
        if a.api == "pandas.read_csv" and a.address is not None and a.address.is_known
    }
    assert found == expected


def _edges(files: dict[str, str]) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.target, edge.kind) for edge in data_graph(project_of(files)).edges}


def test_entries_of_a_kedro_catalogue_are_the_files_behind_them() -> None:
    cells = '["%load_ext kedro.ipython\\n", "a = catalog.load(\'clean\')\\n", "b = catalog.load(\'lost\')"]'
    found = _edges(
        {
            "conf/base/catalog.yml": """\
                clean: {type: pandas.CSVDataset, filepath: data/clean.csv}
                "{name}_model": {type: pickle.PickleDataset, filepath: "data/{name}.pkl"}
                """,
            "a.ipynb": f'{{"cells": [{{"cell_type": "code", "source": {cells}}}], "nbformat": 4}}',
            "app.py": "def f(session):\n    context = session.load_context()\n    context.catalog.save('x_model', 1)\n",
        }
    )
    assert found == {
        ("dataset:data/clean.csv", "notebook:a.ipynb", "reads"),
        ("dataset:kedro:lost", "notebook:a.ipynb", "reads"),
        ("module:app.py", "model:data/x.pkl", "writes"),
    }


def test_something_else_named_catalog_reads_nothing() -> None:
    assert _edges({"app.py": "def f(catalog):\n    catalog.load('x')\n"}) == set()


def test_code_takes_the_views_of_a_feature_store() -> None:
    found = _edges(
        {
            "features/feature_store.yaml": "registry: r.db\n",
            "features/repo.py": """\
                from feast import FeatureView, FileSource
                stats = FileSource(name="stats", path="stats.parquet")
                view = FeatureView(name="drivers", source=stats)
                """,
            "prepare.py": "import pandas as pd\npd.DataFrame().to_parquet('features/stats.parquet')\n",
            "train.py": """\
                from feast import FeatureStore
                store = FeatureStore()
                store.get_historical_features(entity_df=None, features=["drivers:a", "drivers:b"])
                """,
        }
    )
    assert {
        ("module:prepare.py", "dataset:features/stats.parquet", "writes"),
        ("dataset:features/stats.parquet", "stage:features/repo.py:drivers", "depends"),
        ("stage:features/repo.py:drivers", "dataset:feast:drivers", "produces"),
        ("dataset:feast:drivers", "module:train.py", "reads"),
    } <= found


def test_models_of_dbt_are_made_from_what_their_queries_name() -> None:
    found = _edges(
        {
            "t/dbt_project.yml": "name: t\n",
            "t/models/a.sql": "select * from {{ source('raw', 'orders') }}\n",
            "t/models/b.sql": "{{ config(materialized='table') }}\nselect 1 from {{ ref('a') }}\n",
            "train.py": "import pandas as pd\npd.read_sql('select * from b', None)\n",
        }
    )
    assert found == {
        ("table:raw.orders", "stage:t/models/a.sql:a", "depends"),
        ("stage:t/models/a.sql:a", "table:a", "produces"),
        ("table:a", "stage:t/models/b.sql:b", "depends"),
        ("stage:t/models/b.sql:b", "table:table:b", "produces"),
        ("table:table:b", "module:train.py", "reads"),
    }


def test_batches_of_great_expectations() -> None:
    found = _edges(
        {
            "check.py": """\
                import great_expectations as gx
                from great_expectations.core.batch import RuntimeBatchRequest
                context = gx.get_context()
                context.data_sources.pandas_default.read_csv("data/a.csv")
                RuntimeBatchRequest(data_asset_name="b", runtime_parameters={"path": "data/b.csv"})
                """,
        }
    )
    assert {name for name, _, _ in found} == {"dataset:data/a.csv", "dataset:data/b.csv"}


def test_a_function_that_is_a_task_of_ploomber() -> None:
    found = _edges(
        {
            "pipeline.yaml": """\
                tasks:
                  - {source: get.py, product: {nb: o/get.ipynb, data: o/raw.csv}}
                  - {source: tasks.fit, product: o/m.pkl, upstream: [get]}
                """,
            "get.py": "import pandas as pd\nproduct = None\npd.DataFrame().to_csv(product['data'])\n",
            "tasks.py": """\
                import pandas as pd
                def fit(product, upstream):
                    pd.read_csv(upstream["get"]["data"]).to_pickle(product)
                """,
        }
    )
    assert {
        ("dataset:o/raw.csv", "stage:pipeline.yaml:fit", "depends"),
        ("dataset:o/raw.csv", "script:tasks.py", "reads"),
        ("script:tasks.py", "dataset:o/m.pkl", "writes"),
    } <= found


def test_the_directory_of_a_data_source_is_declared() -> None:
    found = {
        d.path
        for d in project_of(
            {
                "gx/great_expectations.yml": """\
                    datasources:
                      files:
                        data_connectors:
                          all: {base_directory: ../data/raw}
                    """,
                "check.py": """\
                    import great_expectations as gx
                    context = gx.get_context()
                    context.data_sources.add_pandas_filesystem(name="f", base_directory="data/clean")
                    """,
            }
        ).declared_data
    }
    assert found == {"data/raw", "data/clean"}
