"""The rule `hard-coded-run-id`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    facts,
    walk,
)

_RUN = re.compile(r"runs:/[0-9a-f]{32}\b|(^|/)[0-9a-f]{32}/artifacts(/|$)|models:/[^/{}]+/\d+$")
_BARE = re.compile(r"[0-9a-f]{32}")
_ARTIFACT = re.compile(r"[\w.-]+/[\w.-]+/(run-[\w.-]+|[\w.-]*model[\w.-]*|[\w.-]+):v\d+")
_RUN_NAMES = re.compile(r"(^|_)run_?(id|uuid)$|^(model_)?run$|(^|_)logged_model$", re.IGNORECASE)
_ARTIFACT_CALLS = re.compile(r"\.(use_artifact|artifact|Artifact|restore)$")

_DEFAULTED = ("os.getenv", "os.environ.get")
_ONLY_HERE = "another model gets in use only by an edit here"


class HardCodedRunId(Rule):
    """The run or version of a model is pasted into code.

    A new model then goes into production by editing a program, and which model answers can be told only by reading
    it. Sculley et al. 2015, section 8, warn of processes with many manual steps; Breck et al. 2017 ask that a model
    can be rolled back quickly and safely. In configuration, such an id is at its place.

    ## How to repair

    Refer to an alias of the model registry, or keep the id in the configuration that is reviewed on promotion.

    ## Runs and versions in code

    ```python title="predict.py"
    import os
    import mlflow

    RUN_ID = "e1efc53e9bd149078b0c12aeaa6365df"  # expect: hard-coded-run-id
    model = mlflow.pyfunc.load_model(f"runs:/{RUN_ID}/model")
    other = mlflow.pyfunc.load_model("runs:/080e0226c1fc49cc818d3c023625b36d/model")  # expect: hard-coded-run-id
    third = mlflow.pyfunc.load_model("models:/churn/7")  # expect: hard-coded-run-id
    run_id = os.getenv("RUN_ID", "77e0226c1fc49cc818d3c023625b36d0")  # expect: hard-coded-run-id
    ```

    ## Arguments and settings of a job

    ```python title="job.py"
    import wandb

    score(month=3, run_id="e1efc53e9bd149078b0c12aeaa6365df")  # expect: hard-coded-run-id
    settings = {"run_id": "a1efc53e9bd149078b0c12aeaa6365df"}  # expect: hard-coded-run-id
    weights = wandb.init().use_artifact("team/churn/run-3k2l-model:v12")  # expect: hard-coded-run-id
    ```

    ## Aliases, what comes from outside, checksums and other numbers

    ```python title="predict.py"
    import os
    import mlflow

    model = mlflow.pyfunc.load_model("models:/churn@champion")
    model = mlflow.pyfunc.load_model("models:/churn/Production")
    model = mlflow.pyfunc.load_model(f"models:/churn/{version}")
    run_id = os.environ["RUN_ID"]
    file = fetch("https://example.com/x.csv", md5="e1efc53e9bd149078b0c12aeaa6365df")
    known_hash = "e1efc53e9bd149078b0c12aeaa6365df"
    ```

    ## Code that makes the configuration

    ```python title="settings/config.py"
    class Config:
        def __init__(self):
            self.existing_run_id = "e1efc53e9bd149078b0c12aeaa6365df"  # expect: hard-coded-run-id
    ```

    ## Configuration is the place for it

    ```yaml title="conf/prod.yaml"
    run_id: e1efc53e9bd149078b0c12aeaa6365df
    ```

    ```python title="settings/config.py"
    RUN_ID = "e1efc53e9bd149078b0c12aeaa6365df"
    ```

    ## Tests

    ```python title="tests/test_predict.py"
    import mlflow
    model = mlflow.pyfunc.load_model("runs:/080e0226c1fc49cc818d3c023625b36d/model")
    ```

    ## A notebook looks at one run

    ```python title="explore.ipynb"
    # %%
    import mlflow
    load = mlflow.pyfunc.load_model
    model = load("runs:/080e0226c1fc49cc818d3c023625b36d/model")  # expect: hard-coded-run-id as info
    ```
    """

    profile = Profile.HOOK
    minutes = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each id of each file."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            is_config = source.source.is_any(Role.CONFIG)  # its constants are the place for it, its code is not
            places: dict[str, list[tuple[Span, int]]] = {}
            for text, span, block in sorted(_ids(source), key=lambda found: found[1]):
                if is_config and source.enclosing(block, "function") is None:
                    continue
                places.setdefault(text, []).append((span, block))
            defaults = {c.span for c in source.facts.calls if c.name in _DEFAULTED}
            for text, [(span, block), *others] in places.items():
                is_default = any(d.line == span.line for d in defaults)
                yield self._finding(
                    is_default, source, text, span, block, [s for s, _ in others if s.line != span.line]
                )

    def _finding(
        self, is_default: bool, source: SourceFacts, text: str, span: Span, block: int, others: list[Span]
    ) -> Finding:
        informal = source.kind is Kind.NOTEBOOK or source.source.is_any(Role.TUTORIAL)
        return self.finding(
            source.location(span),
            f"`{text}` is pasted into code: "
            + ("what does not set the variable gets this old model" if is_default else _ONLY_HERE),
            related=[Related(source.location(other), "again") for other in others],
            severity=Severity.INFO if informal else None,
            scope=source.scope_name(block),
        )


def _ids(source: SourceFacts) -> Iterator[tuple[str, Span, int]]:
    """The ids of runs and versions: by their form, or by the name that they are given."""
    for binding in source.facts.bindings:
        if isinstance(binding.value, facts.Const) and binding.kind in ("assign", "annotated"):
            yield from _named(binding.name, binding.value, binding.span, binding.block)
            yield from _formed(binding.value, binding.span, binding.block)
    for store in source.facts.stores:
        if isinstance(store.target, facts.Attr):
            yield from _named(store.target.name, store.value, store.span, store.block)
    for call in source.facts.calls:
        names_artifacts = _ARTIFACT_CALLS.search(call.name or f".{getattr(call.func, 'name', '')}")
        for value in (*call.args, *(keyword.value for keyword in call.keywords)):
            if type(value) is not facts.Const or type(value.value) is not str:
                continue
            yield from _formed(value, call.span, call.block)
            if names_artifacts:
                yield from _matching(_ARTIFACT, value, call.span, call.block)
        for keyword in call.keywords:
            yield from _named(keyword.name, keyword.value, call.span, call.block)
        if call.name in _DEFAULTED and len(call.args) == 2:
            name = call.args[0].value if isinstance(call.args[0], facts.Const) else ""
            yield from _named(str(name), call.args[1], call.span, call.block)
    yield from _in_displays(source)


def _in_displays(source: SourceFacts) -> Iterator[tuple[str, Span, int]]:
    for held in source.held_expressions:
        for part in walk(held.expr) if held.role in ("binding", "keyword") else ():
            for key, value in zip(part.keys, part.values, strict=True) if type(part) is facts.Map else ():
                if isinstance(key, facts.Const):
                    yield from _named(str(key.value), value, held.span, held.block)


def _named(name: str, value: facts.Expr, span: Span, block: int) -> Iterator[tuple[str, Span, int]]:
    if _RUN_NAMES.search(name):
        yield from _matching(_BARE, value, span, block)


def _formed(value: facts.Expr, span: Span, block: int) -> Iterator[tuple[str, Span, int]]:
    if isinstance(value, facts.Const) and isinstance(value.value, str) and _RUN.search(value.value):
        yield value.value, span, block


def _matching(
    form: re.Pattern[str], value: facts.Expr, span: Span, block: int
) -> Iterator[tuple[str, Span, int]]:
    if isinstance(value, facts.Const) and isinstance(value.value, str) and form.fullmatch(value.value):
        yield value.value, span, block
