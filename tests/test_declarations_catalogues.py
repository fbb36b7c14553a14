"""Hydra, Feast, Great Expectations, dbt and contracts: what names data or configuration without running it."""

from declaring import names, project_of, stage

from mldebt.project import Project


def listed(project: Project, tool: str) -> list[tuple[str, str, str]]:
    """The declared data of a tool as (kind, name, path)."""
    return [(d.kind, d.name, d.path) for d in project.declared_data if d.tool == tool]


def test_hydra_mains_have_the_files_of_their_defaults() -> None:
    project = project_of(
        {
            "src/train.py": """\
                import hydra
                @hydra.main(version_base=None, config_path="../conf", config_name="train")
                def main(cfg): ...
                """,
            "conf/train.yaml": """\
                defaults:
                  - _self_
                  - model: small
                  - callbacks: [early, late]
                  - optional local: default
                  - override hydra/launcher: joblib
                  - experiment: null
                """,
            "conf/model/small.yaml": "defaults: [base]\nsize: 1\n",
            "conf/model/base.yaml": "defaults: [small]\n",
            "conf/model/large.yaml": "size: 9\n",
            "conf/callbacks/early.yaml": "a: 1",
            "conf/callbacks/late.yaml": "a: 1",
            "conf/experiment/one.yaml": "a: 1",
            "conf/other.yaml": "a: 1",
        }
    )
    main = stage(project, "main")
    assert main.code == ("src/train.py:main",)
    assert {p.file: p.option("chosen") for p in main.params} == {
        "conf/train.yaml": "true",
        "conf/model/small.yaml": "true",
        "conf/model/base.yaml": "true",
        "conf/model/large.yaml": "false",
        "conf/callbacks/early.yaml": "true",
        "conf/callbacks/late.yaml": "true",
        "conf/experiment/one.yaml": "false",
    }
    assert str(next(p.location for p in main.params if p.file.endswith("small.yaml"))) == "conf/train.yaml:3"


def test_a_hydra_main_without_its_files_is_a_stage_all_the_same() -> None:
    project = project_of({"a.py": "import hydra\n@hydra.main(config_path=None)\ndef main(cfg): ...\n"})
    assert names(project, "hydra") == ["main"]
    assert project.stages[0].params == ()


def test_feast_sources_and_stores() -> None:
    project = project_of(
        {
            "features/feature_store.yaml": """\
                registry: data/registry.db
                online_store: {type: sqlite, path: data/online.db}
                offline_store: {type: file}
                """,
            "features/repo.py": """\
                from feast import BigQuerySource, FileSource
                DATA = "data"
                stats = FileSource(name="stats", path=f"{DATA}/driver_stats.parquet")
                trips = BigQuerySource(table="shop.trips")
                nothing = FileSource()
                """,
        }
    )
    assert listed(project, "feast") == [
        ("dataset", "stats", "features/data/driver_stats.parquet"),
        ("table", "", "shop.trips"),
        ("dataset", "registry", "features/data/registry.db"),
        ("dataset", "online_store", "features/data/online.db"),
    ]


def test_assets_of_great_expectations() -> None:
    project = project_of(
        {
            "gx/great_expectations.yml": """\
                fluent_datasources:
                  files:
                    type: pandas_filesystem
                    base_directory: ../data
                    assets:
                      sales: {type: csv, batching_regex: "sales.*.csv"}
                  base:
                    type: sql
                    assets:
                      orders: {type: table, table_name: shop.orders}
                """,
            "check.py": """\
                import great_expectations as gx
                source = gx.get_context().sources.add_pandas("p")
                source.add_csv_asset(name="raw", filepath_or_buffer="data/raw.csv")
                source.add_table_asset("t", table_name="orders")
                source.add_dataframe_asset(name="frame")
                """,
        }
    )
    assert listed(project, "great-expectations") == [
        ("dataset", "sales", "data"),
        ("table", "orders", "shop.orders"),
        ("dataset", "raw", "data/raw.csv"),
        ("table", "t", "orders"),
    ]


def test_dbt_sources_and_models() -> None:
    project = project_of(
        {
            "dbt/dbt_project.yml": "name: shop\nmodels: {shop: {materialized: table}}\n",
            "dbt/models/schema.yml": """\
                sources:
                  - name: raw
                    database: lake
                    schema: landing
                    tables: [{name: orders, identifier: orders_v2}, {name: people}]
                  - name: plain
                    schema: "{{ var('schema') }}"
                    tables: [{name: items}]
                models: [{name: stg_orders}]
                seeds: [{name: regions}]
                """,
            "elsewhere/schema.yml": "models: [{name: no}]",
        }
    )
    assert listed(project, "dbt") == [
        ("table", "raw.orders", "lake.landing.orders_v2"),
        ("table", "raw.people", "lake.landing.people"),
        ("table", "plain.items", "items"),
        ("table", "stg_orders", "stg_orders"),
        ("table", "regions", "regions"),
    ]


def test_contracts_of_the_settings() -> None:
    project = project_of(
        {
            "ml/pyproject.toml": """\
                [[tool.mldebt.contract.dataset]]
                path = "data/shared.csv"
                owner = "risk team"
                consumers = ["reports", "pricing"]
                """,
            "mldebt.toml": '[[contract.dataset]]\npath = "s3://bucket/a.parquet"\n',
        }
    )
    shared, bucket = (d for d in project.declared_data if d.tool == "contract")
    assert (bucket.path, shared.path) == ("s3://bucket/a.parquet", "ml/data/shared.csv")
    assert shared.option("owner") == "risk team"
    assert [v for k, v in shared.options if k == "consumer"] == ["reports", "pricing"]
    assert shared.location.span.line == 2
