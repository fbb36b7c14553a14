"""The rule `config-type-drift`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Rule, SourceFacts, facts, walk

_EXPONENT = re.compile(r"[+-]?(\d[\d_]*(\.\d*)?e\d+|\d[\d_]*e[+-]\d+)$", re.IGNORECASE)
_LOADERS = tuple(f"yaml.{name}" for name in ("safe_load", "load", "full_load", "unsafe_load", "safe_load_all"))


class ConfigTypeDrift(Rule):
    """A setting looks like a number, or like nothing, and is a text.

    PyYAML reads `1e-3` as a text, since YAML 1.1 wants a point in it, and `None` as a text too: YAML's word is
    `null`. The program then compares or multiplies a text, or takes `"None"` for a value. Sculley et al. 2015,
    section 6: it should be hard to make manual errors in a configuration.

    The rule speaks where the file is known to be loaded with PyYAML; Hydra, OmegaConf and DVC read `1e-3` as a number.

    ## How to repair

    Write `1.0e-3` and `null`.

    ## A learning rate, and no scheduler

    ```yaml title="params.yaml"
    train:
      lr: 1e-3  # expect: config-type-drift
      weight_decay: 1.0e-3
      scheduler: None  # expect: config-type-drift
    ```

    ```python title="train.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    train = params["train"]
    fit(train["lr"], train["weight_decay"], train["scheduler"])
    ```

    ## Quoted on purpose, converted, or compared with the text

    ```yaml title="params.yaml"
    version: "1e3"
    lr: 1e-3
    scheduler: None
    ```

    ```python title="train.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    if params["scheduler"] == "None":
        params["scheduler"] = None
    fit(float(params["lr"]), params["version"])
    ```

    ## A class that declares the types, and converts

    ```yaml title="params.yaml"
    lr: 1e-3
    ```

    ```python title="train.py"
    import yaml
    from pydantic import BaseModel
    class Params(BaseModel):
        lr: float
    fit(Params(**yaml.safe_load(open("params.yaml"))).lr)
    ```

    ## Loaded with OmegaConf, or by nobody

    ```yaml title="conf.yaml"
    lr: 1e-3
    ```

    ```yaml title="other.yaml"
    lr: 1e-3
    ```

    ```python title="train.py"
    from omegaconf import OmegaConf
    fit(OmegaConf.load("conf.yaml").lr)
    ```

    ## A class that allows both, and a whole number for another one

    ```yaml title="params.yaml"
    lr: 1e-3
    alpha: 1
    ```

    ```yaml title="conf/large.yaml"
    alpha: 1.0
    ```

    ```python title="train.py"
    import yaml
    from pydantic import BaseModel
    class Params(BaseModel):
        lr: float | str
        alpha: float
    fit(Params(**yaml.safe_load(open("params.yaml"))))
    ```
    """

    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each setting that is a text by accident."""
        loaded = {path for name in _LOADERS for path in project.config_reads.loaded_by.get(name, ())}
        if not loaded:
            return
        converted, compared = _handled(project)
        for source in self.sources(project, Kind.YAML):
            for entry in source.facts.entries if source.path in loaded else ():
                if entry.kind != "scalar" or not isinstance(entry.value, str) or not _is_plain(entry):
                    continue
                key = next((str(k) for k in reversed(entry.path) if isinstance(k, str)), "")
                if _EXPONENT.match(entry.value) and key not in converted:
                    yield self._finding(
                        source, entry, f"the text `{entry.value}`, not a number: YAML 1.1 wants a point"
                    )
                elif entry.value == "None" and not compared:
                    yield self._finding(source, entry, "the text `None`: the empty value of YAML is `null`")

    def _finding(self, source: SourceFacts, entry: facts.Entry, what: str) -> Finding:
        key = ".".join(map(str, entry.path))
        return self.finding(source.location(entry.key), f"`{key}` is {what}", scope=key)


def _is_plain(entry: facts.Entry) -> bool:
    """Whether a scalar stands without quotes and without a tag."""
    width = entry.span.end_column - entry.span.column
    return entry.span.line == entry.span.end_line and width == len(entry.text) and not entry.tag


def _handled(project: Project) -> tuple[set[str], bool]:
    """The names of what code, or a class with declared types, converts; whether code knows the text `None`."""
    converted: set[str] = set()
    for source in project.code:
        for call in source.facts.calls:
            if (
                call.name in ("float", "int", "ast.literal_eval", "eval")
                or getattr(call.func, "name", "") == "astype"
            ):
                for argument in call.args:
                    converted.update(_names(argument))
        if any(module.startswith("pydantic") for module in source.facts.header.modules):
            converted.update(b.name for b in source.facts.bindings if b.kind == "annotated")
    return converted, any("None" in source.facts.words for source in project.code)


def _names(expr: facts.Expr) -> Iterator[str]:
    for part in walk(expr):
        if isinstance(part, facts.Attr | facts.Ref):
            yield part.name
        elif isinstance(part, facts.Const) and isinstance(part.value, str):
            yield part.value
