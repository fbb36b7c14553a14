"""The rule `unvalidated-config`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity

_SETTINGS = re.compile(r"(conf|config\w*|settings?|params?|parameters|options?|hparams)\b", re.IGNORECASE)
_SCHEMAS = frozenset(
    "pydantic pydantic_settings attrs attr cerberus jsonschema marshmallow dacite cattrs voluptuous schema yamale"
    " strictyaml omegaconf hydra typedload mashumaro environs dynaconf confuse msgspec kedro".split()
)


class UnvalidatedConfig(Rule):
    """A configuration file is used through many keys, and nothing says which keys and types it must have.

    A wrong name or a text in place of a number is found when the program gets there, perhaps after hours. Sculley et
    al. 2015, section 6: it should be easy to assert and verify basic facts about a configuration. Off by default.

    ## How to repair

    Read the file into a typed class (pydantic, a dataclass, `OmegaConf.structured`) when the program starts.

    ## Fifteen keys

    ```yaml title="params.yaml"
    a: {b: 1, c: 2, d: 3, e: 4, f: 5}  # expect: unvalidated-config
    g: {h: 1, i: 2, j: 3, k: 4, l: 5}
    m: {n: 1, o: 2, p: 3, q: 4, r: 5}
    ```

    ```python title="train.py"
    import yaml

    c = yaml.safe_load(open("params.yaml"))
    run(c["a"]["b"], c["a"]["c"], c["a"]["d"], c["a"]["e"], c["a"]["f"])
    run(c["g"]["h"], c["g"]["i"], c["g"]["j"], c["g"]["k"], c["g"]["l"])
    run(c["m"]["n"], c["m"]["o"], c["m"]["p"], c["m"]["q"], c["m"]["r"])
    ```

    ## A few keys

    ```yaml title="params.yaml"
    a: {b: 1, c: 2}
    ```

    ```python title="train.py"
    import yaml

    c = yaml.safe_load(open("params.yaml"))
    run(c["a"]["b"], c["a"]["c"])
    ```

    ## A test that reads it, and parameters that DVC insists on

    ```yaml title="params.yaml"
    a: {b: 1, c: 2, d: 3, e: 4, f: 5, g: 1, h: 2, i: 3, j: 4, k: 5, l: 6, m: 1, n: 2, o: 3, p: 4}
    ```

    ```yaml title="stage/params.yaml"
    a: {b: 1, c: 2, d: 3, e: 4, f: 5, g: 1, h: 2, i: 3, j: 4, k: 5, l: 6, m: 1, n: 2, o: 3, p: 4}
    ```

    ```yaml title="stage/dvc.yaml"
    stages:
      train: {cmd: python train.py, deps: [train.py], params: [a]}
    ```

    ```python title="stage/train.py"
    import yaml

    c = yaml.safe_load(open("params.yaml"))["a"]
    run(c["b"], c["c"], c["d"], c["e"], c["f"], c["g"], c["h"], c["i"], c["j"], c["k"], c["l"], c["m"], c["n"], c["o"])
    run(c["p"])
    ```

    ```python title="train.py"
    import yaml

    c = yaml.safe_load(open("params.yaml"))["a"]
    run(c["b"], c["c"], c["d"], c["e"], c["f"], c["g"], c["h"], c["i"], c["j"], c["k"], c["l"], c["m"], c["n"], c["o"])
    run(c["p"])
    ```

    ```python title="tests/test_params.py"
    import yaml

    def test_params():
        assert yaml.safe_load(open("params.yaml"))["a"]["b"] > 0
    ```

    ## A schema

    ```yaml title="params.yaml"
    a: {b: 1, c: 2, d: 3, e: 4, f: 5, g: 1, h: 2, i: 3, j: 4, k: 5, l: 6, m: 1, n: 2, o: 3, p: 4}
    ```

    ```python title="train.py"
    import yaml
    from pydantic import BaseModel

    c = yaml.safe_load(open("params.yaml"))["a"]
    run(c["b"], c["c"], c["d"], c["e"], c["f"], c["g"], c["h"], c["i"], c["j"], c["k"], c["l"], c["m"], c["n"], c["o"])
    run(c["p"])
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    default = False
    minutes = 60

    least_keys: int = 15
    """Files of which fewer keys are read are not reported."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that is read by many keys."""
        read: dict[str, set[tuple[str | int, ...]]] = {}
        tested: set[str] = set()
        declared = {(d.file, d.path) for stage in project.stages for d in stage.params}
        for (path, keys), places in project.config_reads.reads.items():
            names = [".".join(map(str, keys[:length])) for length in range(len(keys) + 1)]
            if any((path, name) in declared for name in names):
                continue  # the tool fails without it
            if any((code := project.source(place.path)) and code.source.is_any(Role.TEST) for place in places):
                tested.add(path)
            entry = project.documents.tree(path).get(keys)
            if entry is not None and entry.kind == "scalar" and path in project.config_reads.loaded:
                read.setdefault(path, set()).add(keys)
        for path, leaves in read.items():
            source = project.source(path)
            if source is not None and source.kind is Kind.JSON and not _SETTINGS.search(path.rpartition("/")[2]):
                continue  # data, not something that a person sets
            if (
                len(leaves) < self.least_keys
                or path in tested
                or source is None
                or source.source.is_any(*self.skip_roles, Role.TUTORIAL)
            ):
                continue
            root = project.subprojects.root_of(path)
            inside = [s for s in project.code if project.subprojects.root_of(s.path) == root]
            if any(not _SCHEMAS.isdisjoint(m.partition(".")[0] for m in s.facts.header.modules) for s in inside):
                continue
            readers = {str(place): place for keys in leaves for place in project.config_reads.reads[path, keys]}
            yield self.finding(
                project.documents.location(path, ()),
                f"`{path}` is used through {len(leaves)} keys, and no schema says what it must hold",
                related=[Related(place, "reads keys") for place in list(readers.values())[:3]],
            )
