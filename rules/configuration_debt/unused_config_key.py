"""The rule `unused-config-key`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    UnusedSetting,
    entry_removal,
    facts,
    redundant_settings,
    unused_variables,
)


class UnusedConfigKey(Rule):
    """A setting is read by no code, stage or other document.

    Whoever changes it believes that something changes, and every reader has to find out that it does not. Sculley
    et al. 2015, section 6: it should be possible to detect unused or redundant settings.

    The rule speaks only where it knows every place that loads the file and no part around the setting is handed
    to something that may read all of it.

    ## How to repair

    Delete the setting, or use it.

    ## A setting without a reader

    ```yaml title="params.yaml"
    base:
      project: churn  # expect: unused-config-key
      random_state: 42
    webapp:  # expect: unused-config-key
      host: localhost
    train: {lr: 0.1}
    ```

    ```python title="train.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    fit(seed=params["base"]["random_state"], rate=params["train"]["lr"])
    ```

    ## Fixed

    ```yaml title="params.yaml"
    base:
      random_state: 42
    train: {lr: 0.1}
    ```

    ## The documentation has the same word, and a variable of the program is called like the part

    ```yaml title="params.yaml"
    base: {project: churn, seed: 42}  # expect: unused-config-key
    forest:
      params:
        depth: 3
        criterion: gini  # expect: unused-config-key
    ```

    ```python title="train.py"
    import yaml
    config = yaml.safe_load(open("params.yaml"))
    depth = config["forest"]["params"]["depth"]
    fit(seed=config["base"]["seed"], depth=depth)
    ```

    ```python title="report.py"
    params = {"depth": 3}
    print(params)
    ```

    ```python title="docs/conf.py"
    project = "churn"
    ```

    ## A variable of an image

    ```dockerfile title="Dockerfile"
    FROM python:3.11
    ARG jupyter_port  # expect: unused-config-key
    ARG registry=/opt/registry
    ENV REGISTRY=${registry} PIP_NO_CACHE_DIR=1  # expect: unused-config-key
    ENV MODEL_DIR=/opt/models
    CMD ["python", "serve.py"]
    ```

    ```python title="serve.py"
    import os
    load(os.environ["MODEL_DIR"])
    ```

    ## An environment that repeats the base

    ```yaml title="conf/base/parameters.yml"
    train: {lr: 0.1, depth: 3}
    seed: 1
    ```

    ```yaml title="conf/prod/parameters.yml"
    train: {lr: 0.1, depth: 9}
    seed: 1  # expect: unused-config-key
    ```

    ## A part that is handed on as a whole

    ```yaml title="params.yaml"
    train: {lr: 0.1, depth: 3}
    columns: {age: int, income: float}
    model: {alpha: 1}
    ```

    ```python title="train.py"
    import yaml
    from library import run
    params = yaml.safe_load(open("params.yaml"))
    model = Model(**params["train"])
    for column in params["columns"]:
        check(column)
    run(params["model"])
    ```

    ## Read by another document, by a stage, or by name

    ```yaml title="params.yaml"
    base: {root: data, raw: raw.csv}
    paths: {train: "${base.root}/train.csv"}
    optional: 1
    ```

    ```yaml title="dvc.yaml"
    stages: {get: {cmd: "wget ${base.raw}", params: [base.raw]}}
    ```

    ```python title="train.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    fit(params["paths"]["train"], getattr(other, "optional"))
    ```

    ## A file that an unknown place may load

    ```yaml title="conf/a.yaml"
    lr: 0.1
    decay: 3
    ```

    ```python title="train.py"
    import sys, yaml
    first = yaml.safe_load(open("conf/a.yaml"))["lr"]
    fit(yaml.safe_load(open(sys.argv[1])))
    ```

    ## A workflow, and a server that others made

    ```yaml title=".github/workflows/ci.yml"
    on: push
    concurrency: {group: ci}
    ```

    ```python title="tests/test_ci.py"
    import yaml
    assert yaml.safe_load(open(".github/workflows/ci.yml"))["on"]
    ```

    ```dockerfile title="Dockerfile"
    FROM python:3.11
    ENV ENABLE_MLSERVER=False
    ```

    ## Hydra instantiates

    ```yaml title="conf/config.yaml"
    model: {_target_: churn.Model, width: 3}
    seed: 1
    work_dir: ${hydra:runtime.cwd}
    ```

    ```python title="train.py"
    import hydra
    @hydra.main(config_path="conf", config_name="config")
    def main(cfg):
        seed_everything(cfg.seed)
        hydra.utils.instantiate(cfg.model)
    ```

    ## Names that tools know, anchors, private keys, other spellings, commands

    ```yaml title="params.yaml"
    _base: &base {lr: 0.1}
    train: *base
    learning-rate: 0.1
    steps: {clean: 1, fit: 2}
    ```

    ```yaml title="logging.yaml"
    version: 1
    handlers: {console: {class: logging.StreamHandler}}
    ```

    ```yaml title="MLproject"
    entry_points:
      main:
        parameters: {depth: 3}
        command: python train.py --depth {depth}
    ```

    ```python title="train.py"
    import argparse
    import logging.config
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    logging.config.dictConfig(yaml.safe_load(open("logging.yaml")))
    parser = argparse.ArgumentParser()
    parser.add_argument("--learning-rate")
    parser.set_defaults(**params)
    args = parser.parse_args()
    fit(args.learning_rate, params["train"]["lr"])
    for name, number in params["steps"].items():
        run(name, number)
    ```

    ```yaml title="model.yaml"
    depth: 3
    extra: 4
    ```

    ```python title="settings.py"
    import yaml
    from pydantic import BaseModel, ConfigDict
    class Model(BaseModel):
        model_config = ConfigDict(extra="allow")
        depth: int
    class Options:
        def __init__(self, path):
            for key, value in yaml.safe_load(open("options.yaml")).items():
                setattr(self, key, value)
    Model(**yaml.safe_load(open("model.yaml")))
    ```

    ```yaml title="options.yaml"
    width: 3
    ```
    """

    minutes = 5
    gathers = True
    many: int = 8
    """So many settings of one document are one finding."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each setting, or part of a document, that nothing reads."""
        documents: dict[str, list[UnusedSetting]] = {}
        for unread in project.unused_settings.all:
            if not unread.source.source.is_any(*self.skip_roles):
                documents.setdefault(unread.source.path, []).append(unread)
        for found in documents.values():
            if len(found) < self.many:
                yield from (self._finding(unread, []) for unread in found)
            else:
                yield self._finding(found[0], found[1:])
        for found in redundant_settings(project):
            if not found.source.source.is_any(*self.skip_roles):
                first, *others = found.entries
                names = ", ".join(f"`{entry.path[0]}`" for entry in found.entries[:4])
                yield self.finding(
                    found.source.location(first.key),
                    f"{names} in this environment repeat{'' if others else 's'} what `{found.base.path}` says",
                    related=[
                        *(Related(found.source.location(entry.key), "this, too") for entry in others[:10]),
                        *(Related(found.base.location(e.key), "the base") for e in _in_base(found.base, first)),
                    ],
                    severity=Severity.INFO,
                    scope=str(first.path[0]),
                )
        for unused in unused_variables(project):
            if not unused.source.source.is_any(*self.skip_roles):
                name = unused.variable.name
                yield self.finding(
                    unused.source.location(unused.variable.span),
                    f"`{unused.instruction} {name}` is used by no instruction, code or other file",
                    severity=Severity.INFO if unused.source.source.is_any(Role.TUTORIAL) else None,
                    scope=name,
                )

    def _finding(self, unread: UnusedSetting, others: list[UnusedSetting]) -> Finding:
        source, entry = unread
        key = ".".join(map(str, entry.path))
        what = "setting" if entry.kind != "map" else "part"
        return self.finding(
            source.location(entry.key),
            f"the {what} `{key}` is read by no code, stage or other document"
            + (f", and so are {len(others)} more here" if others else ""),
            related=[
                Related(source.location(other.entry.key), f"`{'.'.join(map(str, other.entry.path))}`, too")
                for other in others
            ],
            severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
            minutes=self.minutes + 2 * len(others),
            scope=key,
            fix=entry_removal(source, entry, f"Delete `{key}`") if not others else None,
        )


def _in_base(base: SourceFacts, entry: facts.Entry) -> list[facts.Entry]:
    return [other for other in base.facts.entries if other.path == entry.path][:1]
