"""Reads of configuration: by path, through Hydra's groups and Kedro's parameters, and whole parts."""

from __future__ import annotations

import pytest
from declaring import project_of

from mldebt.facts import Attr
from mldebt.project.overlays import redundant_settings
from mldebt.project.unused_variables import unused_variables
from mldebt.values import Choice, Document, Known

PARAMS = "train: {lr: 0.1, model: {depth: 3}}\nseed: 1\n"
LOAD = "import yaml\nconfig = yaml.safe_load(open('params.yaml'))\n"


def test_reads_go_through_names_functions_and_attributes() -> None:
    code = (
        LOAD + "def fit(train):\n    return build(train['lr'], train['model']['depth'])\nfit(config['train'])\n"
        "class A:\n    def __init__(self):\n        self.config = config\n"
        "    def run(self):\n        return self.config['seed']\n"
    )
    reads = project_of({"params.yaml": PARAMS, "a.py": code}).config_reads
    assert reads.loaded == {"params.yaml"}
    assert set(reads.reads) == {
        ("params.yaml", keys)
        for keys in (("train",), ("train", "lr"), ("train", "model"), ("train", "model", "depth"), ("seed",))
    }
    assert reads.whole == set()
    assert reads.undefined == []


def test_parts_that_go_to_libraries_loops_and_splats_are_taken_whole() -> None:
    code = LOAD + "Model(**config['train']['model'])\nfor key in config['train']:\n    print(key)\n"
    reads = project_of({"params.yaml": PARAMS, "a.py": code}).config_reads
    assert reads.whole == {("params.yaml", ("train", "model")), ("params.yaml", ("train",))}


def test_a_missing_key_has_its_exact_place_unless_it_is_asked_for_added_or_caught() -> None:
    code = LOAD + "a = config['train']['rate']\nconfig['new'] = 1\nb = config['new']\nc = config.get('other')\n"
    code += "try:\n    d = config['later']\nexcept (KeyError, TypeError):\n    d = 0\n"
    (missing,) = project_of({"params.yaml": PARAMS, "a.py": code}).config_reads.undefined
    assert (missing.written, missing.key) == ('config["train"]["rate"]', "rate")
    assert (missing.location.span.line, missing.location.span.column) == (3, 5)


def test_loads_that_cannot_be_followed_are_known_by_their_file() -> None:
    reads = project_of({"a.py": "import sys, yaml\nc = yaml.safe_load(open(sys.argv[1]))\n"}).config_reads
    assert set(reads.opaque) == {"a.py"}


HYDRA = {
    "conf/config.yaml": "defaults: [{model: small}, base]\nmodel: {extra: 1}\n",
    "conf/base.yaml": "seed: 1\n",
    "conf/model/small.yaml": "depth: 3\n",
    "conf/model/large.yaml": "depth: 9\nwidth: 2\n",
    "conf/experiment/a.yaml": "# @package _global_\nmodel: {rate: 1}\n",
}


def test_hydra_documents_are_put_together_from_their_defaults() -> None:
    code = "import hydra\n@hydra.main(config_path='conf', config_name='config')\ndef main(cfg):\n"
    code += "    use(cfg.model.depth, cfg.model.width, cfg.model.rate, cfg.seed, cfg.model.nothing)\n"
    project = project_of(HYDRA | {"a.py": code})
    source = project.by_path["a.py"]
    depth = source.facts.calls[-1].args[0]
    found = project.value(source, depth)
    assert isinstance(found, Choice)
    assert {Known(9), Known(3)} <= set(found.options)
    assert isinstance(depth, Attr)
    assert Document("conf/model/large.yaml") in project.value(source, depth.base).options  # type: ignore[union-attr]
    assert [missing.key for missing in project.config_reads.undefined] == ["nothing"]


def test_kedro_fills_the_parameters_of_nodes() -> None:
    pipeline = "from kedro.pipeline import Pipeline, node\nfrom .nodes import f\n"
    pipeline += "def create_pipeline(**kwargs):\n    return Pipeline([node(f, ['x', 'params:cv'], 'y')])\n"
    project = project_of(
        {
            "conf/base/parameters.yml": "cv: {scheme: a}\n",
            "conf/test/parameters.yml": "cv: {folds: 3}\n",
            "src/p/pipeline.py": pipeline,
            "src/p/nodes.py": "def f(x, cv):\n    return cv['scheme'], cv['folds'], cv['method']\n",
        }
    )
    assert [missing.key for missing in project.config_reads.undefined] == ["method"]


def test_an_attribute_that_is_made_from_itself_ends() -> None:
    code = "class A:\n" + "".join(
        f"    def m{i}(self):\n        self.a = self.a or self.b\n        self.b = self.b or self.a\n"
        for i in range(4)
    )
    assert project_of({"a.py": LOAD + code, "params.yaml": PARAMS}).config_reads.undefined == []


def unused(**files: str) -> list[str]:
    named = {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()}
    return [".".join(map(str, s.entry.path)) for s in project_of(named).unused_settings.all]


def test_a_setting_is_unused_where_all_reads_are_known() -> None:
    assert unused(params_dot_yaml=PARAMS, a_dot_py=LOAD + "fit(config['train']['lr'], config['seed'])\n") == [
        "train.model"
    ]


def test_nothing_is_unused_where_a_load_is_unknown_or_a_part_is_taken_whole() -> None:
    other = "import sys, yaml\nrun(yaml.safe_load(open(sys.argv[1])))\n"
    assert unused(params_dot_yaml=PARAMS, a_dot_py=LOAD + "fit(config['seed'])\n", b_dot_py=other) == []
    assert unused(params_dot_yaml=PARAMS, a_dot_py=LOAD + "fit(config)\n") == []


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("_common: &c {width: 3}\nmodel:\n  <<: *c\n", "fit(config['model']['width'])\n"),
        ("settings: {a: 1}\nenvironment: {B: 2}\nseed: 1\n", "fit(config['seed'])\n"),
        ("logging: {version: 1, root: {level: INFO}}\n", "logging.config.dictConfig(config['logging'])\n"),
        ("learning-rate: 0.1\n", "from box import Box\nfit(Box(config).learning_rate)\n"),
        ("depth: 3\nwidth: 4\n", "for key, value in config.items():\n    setattr(self, key, value)\n"),
        ("names: {north: 1, south: 2}\n", "for name in config['names']:\n    fit(name)\n"),
        ("net: {_target_: churn.Net, width: 3}\n", "hydra.utils.instantiate(config['net'])\n"),
        ("rate: 3\nmore: 4\n", "class S(BaseModel):\n    rate: int\ns = S(**config)\n"),
    ],
    ids=("anchor", "tool", "logging", "dash", "reflection", "map", "instantiate", "schema"),
)
def test_what_may_be_read_without_being_named_is_not_unused(document: str, code: str) -> None:
    assert unused(params_dot_yaml=document, a_dot_py=LOAD + code) == []


def test_placeholders_of_commands_read_settings() -> None:
    project = "name: a\nentry_points:\n  main: {command: 'python a.py --alpha {alpha}'}\n"
    assert (
        unused(params_dot_yaml="alpha: 1\nbeta: 2\n", a_dot_py=LOAD + "fit(config['beta'])\n", MLproject=project)
        == []
    )


@pytest.mark.parametrize(
    "path", ["docker-compose.yml", "mkdocs.yml", "conf/logging.yml", "conf/base/catalog.yml"]
)
def test_documents_of_tools_are_left_out(path: str) -> None:
    files = {path: "alpha: 1\nbeta: 2\n", "a.py": f"import yaml\nfit(yaml.safe_load(open({path!r}))['beta'])\n"}
    assert project_of(files).unused_settings.all == ()


@pytest.mark.parametrize(
    "command",
    ["python train.py +rounds=5", "python train.py ++fit.rounds=5 seed=1", "python train.py +fit/rounds=a"],
)
def test_keys_that_a_command_adds_are_not_missing(command: str) -> None:
    code = "import hydra\n@hydra.main(config_path='conf', config_name='config')\ndef main(cfg):\n    fit(cfg.rounds)\n"
    files = {"conf/config.yaml": "seed: 1\n", "train.py": code}
    assert [m.key for m in project_of(files).config_reads.undefined] == ["rounds"]
    assert project_of({**files, "run.sh": command + "\n"}).config_reads.undefined == []


def test_keys_below_a_group_may_come_from_a_group_of_their_own() -> None:
    code = "import hydra\n@hydra.main(config_path='conf', config_name='config')\ndef main(cfg):\n"
    code += "    fit(cfg.net.head.width)\n"
    files = {
        "conf/config.yaml": "defaults: [{net: small}]\n",
        "conf/net/small.yaml": "depth: 3\n",
        "conf/net/head/wide.yaml": "width: 3\n",
        "train.py": code,
    }
    assert [m.key for m in project_of(files).config_reads.undefined] == ["head"]
    files["conf/config.yaml"] = "defaults: [{net: small}, {net/head: wide}]\n"
    assert project_of(files).config_reads.undefined == []


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("FROM a:1\nENV MISE_DIR=/x\nCMD python app.py\n", ["MISE_DIR"]),
        ("FROM a:1\nENV MISE_DIR=/x\nRUN mise trust\nCMD python app.py\n", []),
        ("FROM a:1\nENV MISE_DIR=/x\nRUN apt-get install -y mise\nCMD python app.py\n", []),
        ("FROM team/mise:1\nENV MISE_DIR=/x\nCMD python app.py\n", []),
        ("FROM a:1\nENV MISE_DIR=/x\nCMD some-server\n", []),
    ],
)
def test_variables_of_programs_in_an_image_are_used(image: str, expected: list[str]) -> None:
    files = {"Dockerfile": image, "app.py": "print(1)\n"}
    assert [u.variable.name for u in unused_variables(project_of(files))] == expected


def test_an_environment_fills_in_its_own_references() -> None:
    files = {
        "conf/base/catalog.yml": "_root: a\nrows: {filepath: '${_root}/b.csv'}\nmore: {type: x}\n",
        "conf/prod/catalog.yml": "_root: b\nrows: {filepath: '${_root}/b.csv'}\nmore: {type: x}\n",
    }
    assert [e.path for r in redundant_settings(project_of(files)) for e in r.entries] == [("more",)]
