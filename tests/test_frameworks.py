"""What frameworks hand to code: every way in which a path can come from a command line, a workflow or settings."""

from __future__ import annotations

import pytest
from declaring import project_of

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
        (DAG.format("op_kwargs={'data': 'in.csv'}"), {}, {"in.csv"}),
        (DAG.format("op_args=['in.csv']"), {}, {"in.csv"}),
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
