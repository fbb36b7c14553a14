"""The rule `whole-parameters-node`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import (
    Declared,
    Finding,
    Location,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Stage,
    facts,
    root_name,
    walk,
)


class WholeParametersNode(Rule):
    """A node is given all parameters and looks at one or two of them.

    Nobody sees from the pipeline what the node depends on, and a key that it needs may be renamed without anything
    noticing: `params:split` would be checked before the run, `parameters` is not. Sculley et al. 2015, section 6: it
    should be possible to see which settings matter; section 3: dependencies that nobody needs.

    ## How to repair

    Name the key: `inputs=["table", "params:split"]`.

    ## All parameters for one key

    ```yaml title="conf/base/parameters.yml"
    url: https://data.example.org/table.csv
    columns: [a, b]
    split: {size: 0.2, seed: 3}
    model: {alpha: 0.1}
    ```

    ```python title="src/shop/pipelines/prepare/nodes.py"
    def drop(table, parameters):
        return table.drop(columns=parameters["columns"])

    def split(table, options):
        return table.sample(frac=options["size"], random_state=options["seed"])
    ```

    ```python title="src/shop/pipelines/prepare/pipeline.py"
    from kedro.pipeline import node, pipeline
    from .nodes import drop, split

    def create_pipeline(**kwargs):
        return pipeline([
            node(drop, ["raw", "parameters"], "dropped", name="drop"),  # expect: whole-parameters-node
            node(func=split, inputs=["dropped", "params:split"], outputs="parts", name="split"),
        ])
    ```

    ## Most of the parameters are used, or the node hands them on

    ```yaml title="conf/base/parameters.yml"
    columns: [a, b]
    size: 0.2
    seed: 3
    ```

    ```python title="src/shop/pipelines/prepare/nodes.py"
    def split(table, parameters):
        return table[parameters["columns"]].sample(frac=parameters["size"], random_state=parameters["seed"])

    def log(table, parameters):
        record(parameters)
    ```

    ```python title="src/shop/pipelines/prepare/pipeline.py"
    from kedro.pipeline import node, pipeline
    from .nodes import log, split

    def create_pipeline(**kwargs):
        return pipeline([
            node(func=split, inputs=["raw", "parameters"], outputs="parts", name="split"),
            node(func=log, inputs=["raw", "parameters"], outputs=None, name="log"),
        ])
    ```

    ## A parameter file of two keys

    ```yaml title="conf/base/parameters.yml"
    columns: [a, b]
    size: 0.2
    ```

    ```python title="src/shop/pipelines/prepare/nodes.py"
    def drop(table, parameters):
        return table.drop(columns=parameters["columns"])
    ```

    ```python title="src/shop/pipelines/prepare/pipeline.py"
    from kedro.pipeline import node, pipeline
    from .nodes import drop

    def create_pipeline(**kwargs):
        return pipeline([node(func=drop, inputs=["raw", "parameters"], outputs="dropped", name="drop")])
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5
    gathers = True

    least: int = 3
    """With fewer top-level keys the whole is not much more than a part."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file of pipelines, at its first such node."""
        found: dict[str, list[tuple[Location, str, str]]] = defaultdict(list)
        for stage in project.stages:
            for declared in stage.params if stage.tool == "kedro" else ():
                source = project.source(declared.location.path)
                if declared.path or source is None or source.source.is_any(*self.skip_roles, Role.TUTORIAL):
                    continue
                keys = _keys(project, stage, declared)
                known = _known(project, declared.location.path)
                if keys and len(known) >= self.least and keys <= known and 2 * len(keys) <= len(known):
                    shown = ", ".join(f"`{key}`" for key in sorted(keys))
                    found[declared.location.path].append((declared.location, stage.name, shown))
        for (first, name, shown), *others in (sorted(set(places)) for places in found.values()):
            yield self.finding(
                first,
                f"node `{name}` is given all parameters for {shown}",
                related=[Related(place, f"`{other}`, for {keys}") for place, other, keys in others],
                scope=name,
            )


def _known(project: Project, path: str) -> set[str]:
    """The top-level keys of the parameter files of the Kedro project that a file belongs to."""
    return {
        str(entry.path[0])
        for source in project.sources()
        if "conf/" in source.path
        and "parameters" in source.path
        and path.startswith(source.path.partition("conf/")[0])
        for entry in source.facts.entries
        if len(entry.path) == 1
    }


def _keys(project: Project, stage: Stage, declared: Declared) -> set[str]:
    """The keys that a node's function asks for; empty if it may ask for others."""
    position = declared.option("position") or ""
    keys: set[str] = set()
    for code in stage.code:
        path, _, name = code.partition(":")
        source = project.source(path)
        function = next((f for f in source.facts.functions if f.qualname == name), None) if source else None
        if source is None or function is None or not position.isdigit() or int(position) >= len(function.params):
            return set()
        param = function.params[int(position)].name
        for use in source.facts.uses:
            if function.block in source.ancestors(use.block) and root_name(use.expr) == param:
                items = [
                    p for p in walk(use.expr) if isinstance(p, facts.Item) and p.base == _ref(use.expr, param)
                ]
                if not items or not isinstance(items[0].index, facts.Const):
                    return set()
                keys.add(str(items[0].index.value))
        for call in source.facts.calls:
            if function.block in source.ancestors(call.block) and any(
                isinstance(p, facts.Ref) and p.name == param
                for p in (*call.args, *(k.value for k in call.keywords))
            ):
                return set()
            if (
                isinstance(call.func, facts.Attr)
                and root_name(call.func) == param
                and function.block in source.ancestors(call.block)
            ):
                key = call.args[0] if call.args else None
                if (
                    call.func.name != "get"
                    or not isinstance(key, facts.Const)
                    or not isinstance(call.func.base, facts.Ref)
                ):
                    return set()
                keys.add(str(key.value))
    return keys


def _ref(expr: facts.Expr, name: str) -> facts.Expr | None:
    return next((p for p in walk(expr) if isinstance(p, facts.Ref) and p.name == name), None)
