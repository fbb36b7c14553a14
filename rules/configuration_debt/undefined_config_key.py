"""The rule `undefined-config-key`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from mldebt import Finding, Kind, MissingKey, Project, Related, Role, Rule, Severity

_SETTINGS = re.compile(r"(conf|config\w*|settings?|params?|parameters|options?|hparams)\b", re.IGNORECASE)


class UndefinedConfigKey(Rule):
    """Code reads a setting that no configuration defines.

    The key was renamed, moved or mistyped on one side: the program stops with a `KeyError` when it gets there, in
    a service perhaps only after the deployment. Sculley et al. 2015, section 6: it should be hard to make manual
    errors, omissions or oversights in a configuration.

    ## How to repair

    Correct the name on one side. A typed configuration would have told.

    ## A key that was renamed

    ```yaml title="params.yaml"
    base: {model_dir: models}
    train: {lr: 0.1}
    ```

    ```python title="train.py"
    import yaml
    with open("params.yaml") as file:
        config = yaml.safe_load(file)

    def fit(train):
        return Model(lr=train["learning_rate"])  # expect: undefined-config-key

    fit(config["train"])
    ```

    ```python title="serve.py"
    from box import ConfigBox
    import yaml
    params = ConfigBox(yaml.safe_load(open("params.yaml")))
    model = load(params.train.models_dir)  # expect: undefined-config-key
    ```

    ## A node of a Kedro pipeline

    ```yaml title="conf/base/parameters.yml"
    cv: {scheme: expanding, folds: 5}
    ```

    ```python title="src/churn/pipeline.py"
    from kedro.pipeline import Pipeline, node
    from .nodes import split
    def create_pipeline(**kwargs):
        return Pipeline([node(split, ["table", "params:cv"], "splits")])
    ```

    ```python title="src/churn/nodes.py"
    def split(table, cv):
        return cut(table, cv["folds"], cv["method"])  # expect: undefined-config-key
    ```

    ## Asked for, given a default, caught, or added

    ```yaml title="params.yaml"
    train: {lr: 0.1}
    ```

    ```python title="train.py"
    import yaml
    config = yaml.safe_load(open("params.yaml"))
    depth = config.get("depth", 3)
    seed = config["seed"] if "seed" in config else 0
    try:
        rounds = config["train"]["rounds"]
    except KeyError:
        rounds = 10
    config["run"] = 7
    print(config["run"], config["train"].keys())
    ```

    ## A Hydra group, or a file that is not known

    ```yaml title="conf/config.yaml"
    defaults: [{model: small}, _self_]
    seed: 1
    ```

    ```yaml title="conf/model/small.yaml"
    depth: 3
    ```

    ```yaml title="conf/model/large.yaml"
    depth: 9
    dropout: 0.1
    ```

    ```python title="train.py"
    import hydra, sys, yaml
    @hydra.main(config_path="conf", config_name="config")
    def main(cfg):
        build(cfg.model.depth, cfg.model.dropout, cfg.seed)
        other = yaml.safe_load(open(sys.argv[1]))
        print(other["name"])
    ```

    ## The content of a model of pydantic, and a key that an entry point adds

    ```yaml title="conf/config.yaml"
    queues: {first: {durable: true}}
    ```

    ```python title="read.py"
    import yaml
    from pydantic import BaseModel, RootModel
    Queues = RootModel[dict]
    class Config(BaseModel):
        queues: Queues
    config = Config(**yaml.safe_load(open("conf/config.yaml")))
    print(config.queues.root)
    ```

    ```python title="predict.py"
    import hydra
    @hydra.main(config_path="conf", config_name="config")
    def main(cfg):
        run(cfg.queues, cfg.version)
    ```

    ```yaml title="MLProject"
    entry_points:
      predict:
        parameters: {version: {default: "5"}}
        command: "python predict.py ++version={version}"
    ```

    ## A group whose keys older versions of Hydra put at the top

    ```yaml title="conf/config.yaml"
    defaults: [{model: svc}]
    seed: 1
    ```

    ```yaml title="conf/model/svc.yaml"
    hyperparameters: {C: 3}
    ```

    ```python title="train.py"
    import hydra
    @hydra.main(config_path="conf", config_name="config")
    def main(config):
        run(config.seed, config.hyperparameters)
    ```

    ## Keys that a command adds, that code adds, and values that must be given

    ```yaml title="conf/config.yaml"
    seed: 1
    data_dir: ???
    ```

    ```yaml title="dvc.yaml"
    stages:
      train: {cmd: "python train.py +fit.rounds=5 data_dir=data"}
    ```

    ```python title="train.py"
    import hydra
    from omegaconf import OmegaConf
    @hydra.main(config_path="conf", config_name="config")
    def main(cfg):
        OmegaConf.set_struct(cfg, False)
        cfg.started = now()
        run(cfg.seed, cfg.fit, cfg.started, cfg.data_dir)
    ```
    """

    severity = Severity.ERROR
    minutes = 10
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each key that is read and not defined."""
        found: dict[tuple[object, str], list[MissingKey]] = {}
        for missing in project.config_reads.undefined:
            if not missing.source.source.is_any(*self.skip_roles) and all(
                _is_configuration(project, path) for path, _ in missing.places
            ):
                found.setdefault((missing.places, missing.key), []).append(missing)
        for (_, key), sites in found.items():
            sites.sort(key=lambda m: (m.source.source.is_any(Role.NOTEBOOK), m.location))
            first, *others = sites
            paths = sorted({path for path, _ in first.places})
            shown = " or ".join(f"`{path}`" for path in paths[:3])
            near = _nearest(project, first)
            yield self.finding(
                first.location,
                f"`{first.written}` is read, but {shown} does not define `{key}`{near}",
                related=[Related(other.location, f"`{other.written}`") for other in others[:10]]
                + [Related(project.documents.location(*p), "the keys are here") for p in first.places[:3]],
                severity=Severity.WARNING if first.source.source.is_any(Role.NOTEBOOK) else None,
                scope=first.source.scope_name(first.block),
            )


def _is_configuration(project: Project, path: str) -> bool:
    """Whether a document was written by people: JSON rarely is."""
    source = project.source(path)
    return source is not None and (
        source.kind is not Kind.JSON or bool(_SETTINGS.search(path.rpartition("/")[2]))
    )


def _nearest(project: Project, missing: MissingKey) -> str:
    """A hint at a key of nearly the same name."""
    names = {
        str(entry.path[-1]): ".".join(map(str, entry.path))
        for path, _ in missing.places
        for entry in project.documents.tree(path).values()
        if entry.path
    }
    close = difflib.get_close_matches(missing.key, names, n=1, cutoff=0.75)
    return f" (`{names[close[0]]}` is there)" if close else ""
