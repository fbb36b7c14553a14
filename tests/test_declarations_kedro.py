import pytest
from declaring import names, paths, project_of, runs, stage

from mldebt.declarations.kedro_catalog import match_factory
from mldebt.project import Project

CATALOGUE = """\
_csv: &csv
  type: pandas.CSVDataset
companies:
  <<: *csv
  filepath: ${globals:raw}/companies.csv
  layer: raw
features@pandas:
  type: pandas.ParquetDataset
  filepath: data/04_feature/features.parquet
features@spark:
  type: spark.SparkDataset
  filepath: data/04_feature/features.parquet
  metadata: {kedro-viz: {layer: feature}}
orders:
  type: pandas.SQLTableDataset
  table_name: shop.orders
  credentials: db
parts:
  type: partitions.PartitionedDataset
  path: ${runtime_params:folder, 'data/parts'}
"{namespace}.{name}_model":
  type: pickle.PickleDataset
  filepath: data/06_models/{namespace}/{name}.pkl
  versioned: true
"{default}":
  type: pandas.CSVDataset
  filepath: data/other/{default}.csv
"""
PIPELINE = """\
from functools import partial
from kedro.pipeline import Pipeline, node, pipeline
from shop.settings import FEATURES
from .nodes import clean, fit, score

def base() -> Pipeline:
    return pipeline([
        node(fit, ["features@pandas", "params:model.rate", "parameters"], "tree_model", name="fit"),
        node(func=score, inputs={"model": "tree_model", "data": "features@pandas"}, outputs=None, tags="report"),
    ])

def create_pipeline(**kwargs) -> Pipeline:
    prepare = pipeline([node(partial(clean, strict=True), inputs="companies", outputs=[FEATURES], name="clean")])
    active = pipeline(pipe=base(), namespace="active", inputs="features", parameters={"model.rate": "rate"})
    others = [pipeline(base(), namespace=name, inputs={"features": "old_features"}) for name in NAMES]
    return prepare + active + sum(others)

NAMES = ["small", "large"]
"""


@pytest.fixture(scope="module")
def shop() -> Project:
    return project_of(
        {
            "ml/conf/base/catalog.yml": CATALOGUE,
            "ml/conf/base/globals.yml": "raw: data/01_raw",
            "ml/conf/base/parameters_model.yml": "model: {rate: 0.1}\n",
            "ml/conf/local/catalog_dev.yml": "companies: {type: pandas.CSVDataset, filepath: small.csv}",
            "ml/src/shop/pipelines/train/pipeline.py": PIPELINE,
            "ml/src/shop/pipelines/train/nodes.py": "def clean(x): ...\ndef fit(): ...\ndef score(): ...\n",
            "ml/src/shop/settings.py": 'FEATURES = "features@spark"\n',
        }
    )


def test_entries_have_their_files_types_and_layers(shop: Project) -> None:
    entries = {(d.name, d.option("environment")): d for d in shop.declared_data}
    assert {key: d.file for key, d in entries.items()} == {
        ("companies", "base"): "ml/data/01_raw/companies.csv",
        ("features@pandas", "base"): "ml/data/04_feature/features.parquet",
        ("features@spark", "base"): "ml/data/04_feature/features.parquet",
        ("orders", "base"): "shop.orders",
        ("parts", "base"): "ml/data/parts",
        ("{namespace}.{name}_model", "base"): "ml/data/06_models/{namespace}/{name}.pkl",
        ("{default}", "base"): "ml/data/other/{default}.csv",
        ("companies", "local"): "ml/small.csv",
    }
    assert entries["companies", "base"].type == "pandas.CSVDataset"
    assert entries["companies", "base"].option("layer") == "raw"
    assert entries["features@spark", "base"].option("layer") == "feature"
    assert entries["orders", "base"].location.span.line == 14


def test_nodes_have_the_names_that_namespaces_give_them(shop: Project) -> None:
    assert sorted(names(shop, "kedro")) == [
        "active.fit", "active.score", "clean", "large.fit", "large.score", "small.fit", "small.score"
    ]  # fmt: skip
    fit = stage(shop, "active.fit")
    assert paths(fit.inputs) == ["features"]
    assert fit.inputs[0].option("transcoding") == "pandas"
    assert [(p.path, p.file) for p in fit.params] == [("rate", ""), ("", "")]
    assert paths(fit.outputs) == ["active.tree_model"]
    assert fit.outputs[0].file == "ml/data/06_models/active/tree.pkl"
    score = stage(shop, "small.score")
    assert [(d.name, d.path) for d in score.inputs] == [("model", "small.tree_model"), ("data", "old_features")]
    assert (score.outputs, score.option("tags")) == ((), "report")
    assert score.inputs[1].file == "ml/data/other/old_features@pandas.csv"


def test_parameters_of_a_namespace_are_its_own(shop: Project) -> None:
    assert paths(stage(shop, "large.fit").params) == ["large.model.rate", ""]


def test_nodes_lead_to_their_functions(shop: Project) -> None:
    clean = stage(shop, "clean")
    assert clean.code == ("ml/src/shop/pipelines/train/nodes.py:clean",)
    assert runs(shop, clean) == [("ml/src/shop/pipelines/train/nodes.py", ())]
    assert (clean.directory, paths(clean.outputs)) == ("ml", ["features"])
    reach = shop.call_graph.reach_of_stage(clean)
    assert [p.function for p in reach.places if p.function] == ["clean"]


def test_pipelines_that_are_put_together_step_by_step() -> None:
    steps = "".join(f"    p += pipeline([node(run, 'd{n}', 'd{n + 1}', name='n{n}')])\n" for n in range(20))
    project = project_of(
        {
            "p.py": "from kedro.pipeline import node, pipeline\ndef run(x): ...\n"
            + "def base():\n    p = pipeline([])\n"
            + steps
            + "    return p\ndef create(): return pipeline(base(), namespace='ns', inputs='d0')\n"
        }
    )
    assert names(project, "kedro") == [f"ns.n{n}" for n in range(20)]
    assert paths(stage(project, "ns.n0").inputs) == ["d0"]
    assert paths(stage(project, "ns.n7").inputs) == ["ns.d7"]


def test_names_that_are_not_known_say_so() -> None:
    project = project_of(
        {
            "conf/base/parameters.yml": "rate: 1",
            "nodes.py": """\
                from kedro.pipeline import node, pipeline
                def run(x): ...
                def create(name, source):
                    return pipeline([
                        node(run, [f"{name}_raw", source], "out"),
                        node(run, "out", "out2"),
                        node(lambda x: x, "params:rate", "p"),
                    ])
                """,
        }
    )
    first, second, third = project.stages
    assert [(d.path, d.is_known) for d in first.inputs] == [("${name}_raw", False), ("${source}", False)]
    assert (first.id, second.id) == ("nodes.py:run", "nodes.py:run#2")
    assert (third.code, third.params[0].file) == ((), "conf/base/parameters.yml")


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("{a}.{b}", "x.y", {"a": "x", "b": "y"}),
        ("{a}_csv", "x_csv", {"a": "x"}),
        ("{a}_{a}", "x_x", {"a": "x"}),
        ("{a}_{a}", "x_y", None),
        ("plain", "plain", None),
        ("{a}.csv", "xcsv", None),
    ],
)
def test_factories_match_whole_names(pattern: str, name: str, expected: dict[str, str] | None) -> None:
    assert match_factory(pattern, name) == expected
