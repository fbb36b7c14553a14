"""The rule `cloned-config`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import basename, dirname

from mldebt import (
    Finding,
    Kind,
    Leaves,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    config_families,
    is_variant,
    leaves_of,
    merged_documents,
    stands_alone,
)

_OWN_NAME = re.compile(r"(conf|param|setting|option|schema|catalog|features?\b|columns?\b)", re.IGNORECASE)
_SCRIPT_TOOLS = re.compile(
    r"(ts|js|next|babel|jest|angular|vite|eslint|tailwind|webpack|vercel|cypress)\.?config\b"
)
_ENVIRONMENTS = re.compile(
    r"(^|/)(base|local|dev|develop|development|stag\w*|prod\w*|default|test|qa|cloud|\w*env|config_store)(/|$)"
)
_WRITTEN_BY_TOOLS = frozenset(
    "transformers_version peft_type architectures _name_or_path peft_version tokenizer_class".split()
)
_NOT_SHARED = frozenset({Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS, Role.TUTORIAL})


class ClonedConfig(Rule):
    """Configuration files are copies of each other.

    Each variant repeats the whole configuration instead of saying what is different: a change must be made in
    every copy, the one that was forgotten still runs, and nobody can see in what two experiments differ. Sculley
    et al. 2015, section 6: it should be easy to specify a configuration as a small change from a previous one,
    and easy to see the difference.

    ## How to repair

    Keep one base file and let each variant state its differences: Hydra `defaults`, `_base_`, YAML merge keys, or
    a merge of two documents when they are loaded.

    ## Three experiments that differ in one value

    ```yaml title="configs/exp_1.yaml"
    {name: xgb, depth: 6, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="configs/exp_2.yaml"
    {name: xgb, depth: 8, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}  # expect: cloned-config
    ```

    ```yaml title="configs/exp_3.yaml"
    {name: xgb, depth: 10, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ## The same file in several folders

    ```json title="service/schema_in.json"
    {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9, "j": 10}
    ```

    ```json title="tests/schema_in.json"
    {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9, "j": 10}  // expect: cloned-config
    ```

    ## A file that names its base, the record of a run, and two others

    ```yaml title="configs/exp_0.yaml"
    {base: x, depth: 5, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="configs/exp_1.yaml"
    {name: xgb, depth: 6, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="configs/exp_2.yaml"
    {name: xgb, depth: 6, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="configs/3f2a9c1be07d4418.yaml"
    {name: xgb, depth: 6, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ## Put together in code

    ```yaml title="configs/base.yaml"
    {name: xgb, depth: 5, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="configs/large.yaml"
    {name: xgb, depth: 9, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="configs/huge.yaml"
    {name: xgb, depth: 12, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```python title="train.py"
    from omegaconf import OmegaConf
    cfg = OmegaConf.merge(OmegaConf.load("configs/base.yaml"), OmegaConf.load("configs/large.yaml"))
    ```

    ## Short files

    ```yaml title="configs/a.yaml"
    {lr: 0.1, epochs: 5}
    ```

    ## Languages, what kustomize keeps apart, snapshots of runs

    ```yaml title="locales/en.yaml"
    {name: xgb, depth: 6, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="locales/de.yaml"
    {name: xgb, depth: 8, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="locales/fr.yaml"
    {name: xgb, depth: 9, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="overlays/dev/deploy.yaml"
    {apiVersion: apps/v1, kind: Deployment, a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}
    ```

    ```yaml title="overlays/test/deploy.yaml"
    {apiVersion: apps/v1, kind: Deployment, a: 2, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}
    ```

    ```yaml title="overlays/prod/deploy.yaml"
    {apiVersion: apps/v1, kind: Deployment, a: 3, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}
    ```

    ```yaml title="outputs/2024-01-01/.hydra/config.yaml"
    {name: xgb, depth: 6, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="outputs/2024-01-02/.hydra/config.yaml"
    {name: xgb, depth: 7, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```

    ```yaml title="outputs/2024-01-03/.hydra/config.yaml"
    {name: xgb, depth: 8, rounds: 9, eta: 0.05, a: 1, b: 2, seed: 3, h: 5, k: 2, n: 1}
    ```
    """

    minutes = 20
    gathers = True

    least_leaves: int = 10
    """Files with fewer settings are not compared."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each family of files that are copies of each other."""
        folders: dict[str, list[tuple[SourceFacts, Leaves]]] = defaultdict(list)
        for source in self.sources(project, Kind.YAML, Kind.JSON, Kind.TOML):
            leaves = leaves_of(source) if is_variant(source) else {}
            if len(leaves) >= self.least_leaves:
                home = dirname(source.path)
                folders[f"{home}:{source.kind}"].append((source, leaves))
        merged = list(merged_documents(project)) if folders else []
        for files in folders.values():
            for family in config_families(files):
                paths = {source.path for source, _ in family}
                if len(family) < 3 and len(family[0][1]) < 30:
                    continue
                if not any(len(paths & together) > 1 for together in merged):
                    yield self._finding(family)
        yield from self._across(project)

    def _across(self, project: Project) -> Iterator[Finding]:
        """Files of one name that stand, the same, in several folders of a part of the project."""
        named: dict[tuple[str, str], list[tuple[SourceFacts, Leaves]]] = defaultdict(list)
        for source in project.sources(Kind.YAML, Kind.JSON, Kind.TOML):
            name = basename(source.path)
            home = dirname(source.path)
            if (
                not stands_alone(home)
                or "experiment" in home
                or _ENVIRONMENTS.search(home)
                or not _OWN_NAME.search(name)
                or _SCRIPT_TOOLS.match(name)
            ):
                continue
            if source.source.is_any(*_NOT_SHARED):
                continue
            leaves = leaves_of(source)
            if len(leaves) >= self.least_leaves and _WRITTEN_BY_TOOLS.isdisjoint(key[-1] for key in leaves):
                named[project.subprojects.root_of(source.path), name].append((source, leaves))
        for files in named.values():
            for family in config_families(files):
                same = all(leaves == family[0][1] for _, leaves in family)
                if same and any(not s.source.is_any(Role.TEST, Role.NOTEBOOK) for s, _ in family):
                    yield self._finding(family)

    def _finding(self, family: list[tuple[SourceFacts, Leaves]]) -> Finding:
        shared = set(family[0][1].items()).intersection(*(leaves.items() for _, leaves in family[1:]))
        keys: set[tuple[str | int, ...]] = set().union(*(leaves for _, leaves in family))
        varying = sorted(
            {".".join(map(str, key)) for key in keys} - {".".join(map(str, key)) for key, _ in shared}
        )
        place = family[1][0]  # the first file is the original
        share = round(100 * len(shared) / len(keys))
        shown = ", ".join(f"`{key}`" for key in varying[:5]) + (" …" if len(varying) > 5 else "")
        differ = f"; they differ in {shown}" if varying else ""
        same = len({basename(source.path) for source, _ in family}) == 1
        paths = [source.path if same else basename(source.path) for source, _ in family[:4]]
        names = ", ".join(f"`{path}`" for path in paths) + (" …" if len(family) > 4 else "")
        return self.finding(
            place.location(place.facts.entries[0].span),
            f"{len(family)} configuration files ({names}) share {share} % of their settings{differ}",
            related=[
                Related(source.location(source.facts.entries[0].span), "a copy")
                for source, _ in family
                if source is not place
            ],
            minutes=self.minutes + 5 * len(family),
            severity=Severity.INFO if place.source.is_any(Role.TUTORIAL) else None,
        )
