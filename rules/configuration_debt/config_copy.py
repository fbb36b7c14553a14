"""The rule `config-copy`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    ConfigPart,
    Finding,
    Kind,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    config_parts,
    facts,
    may_configure,
)

_MODELS = frozenset({"classifier", "regressor", "clusterer", "outlier-detector", "estimator", "booster"})

_NEUTRAL = frozenset({"random_state", "seed", "n_jobs", "num_threads", "verbose", "verbosity", "random_seed"})


class ConfigCopy(Rule):
    """Code carries its own copy of a part of the configuration.

    A prototype or a notebook starts with the parameters as they were one day. The pipeline's parameters go on
    changing, and the results of the two are compared as if they came from the same settings. Sculley et al. 2015,
    section 6: it should be easy to see the difference between two configurations.

    ## How to repair

    Load the configuration file, and override what has to be different.

    ## A dictionary

    ```yaml title="conf/base/parameters.yml"
    modeling:
      approach: HW
      mode: single
      trend: additive
      period: 7
      targets: [a, b]
    ```

    ```python title="prototype.py"
    modeling = {  # expect: config-copy
        "approach": "HW",
        "mode": "single",
        "trend": "additive",
        "period": 7,
        "targets": ["a", "c"],
    }
    ```

    ## The arguments of a model

    ```yaml title="params.yaml"
    train: {n_estimators: 150, max_depth: 20}
    ```

    ```python title="explore.ipynb"
    # %%
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(n_estimators=100, max_depth=10)  # expect: config-copy
    params = {"n_estimators": 100, "max_depth": 10}  # expect: config-copy
    ```

    ## Values that come from elsewhere

    ```yaml title="params.yaml"
    train: {n_estimators: 150, max_depth: 20}
    columns: {id: int, name: str, age: int, city: str}
    ```

    ```python title="train.py"
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(n_estimators=params["n_estimators"], max_depth=params["max_depth"])
    other = RandomForestClassifier(n_estimators=100)
    row = {"id": 3, "name": "x", "age": 4, "city": "y"}
    ```

    ```python title="tests/test_train.py"
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(n_estimators=1, max_depth=1)
    ```

    ## Other keys, the settings of another model, and an example

    ```yaml title="params.yaml"
    train: {n_estimators: 150, max_depth: 20}
    ```

    ```python title="train.py"
    from sklearn.linear_model import Lasso
    limits = {"n_estimators": 100, "rows": 10}
    model = Lasso(max_iter=1000, alpha=1)
    ```

    ```yaml title="conf/models.yaml"
    estimators: {poisson_reg: {params: {max_iter: 10, alpha: 3}}}
    ```
    """

    minutes = 15

    least_keys: int = 4
    """Dictionaries with fewer keys are not compared."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each dictionary, and each model, with the settings of a configuration file."""
        parts = [part for part in config_parts(project) if not part.source.source.is_any(*self.skip_roles)]
        if not parts:
            return
        by_key: dict[str, list[ConfigPart]] = {}
        for part in parts:
            for key in part.keys:
                by_key.setdefault(key, []).append(part)
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            home = project.subprojects.root_of(source.path)
            for span, written, model in self._written(project, source):
                near = {id(p): p for key in written for p in by_key.get(key, ())}
                for part in near.values():
                    if project.subprojects.root_of(part.source.path) == home and self._is_copy(
                        written, part, model
                    ):
                        yield self._finding(source, span, written, part)
                        break

    def _written(self, project: Project, source: SourceFacts) -> Iterator[tuple[Span, dict[str, object], str]]:
        """The dictionaries of a source, and the arguments of models with the name of the model."""
        for binding in source.facts.bindings:
            if isinstance(binding.value, facts.Map) and len(binding.value.keys) > 1:
                keys = [key.value for key in binding.value.keys if isinstance(key, facts.Const)]
                if len(keys) == len(binding.value.keys):
                    yield (
                        binding.span,
                        dict(zip(map(str, keys), map(_plain, binding.value.values), strict=True)),
                        "",
                    )
        for call in source.facts.calls:
            if len(call.keywords) > 1 and call.name[:1] not in ("", ":", "."):
                numbers = {
                    k.name: _plain(k.value)
                    for k in call.keywords
                    if k.name and _is_number(k.value) and k.name not in _NEUTRAL
                }
                api = project.types.tables.lookup(call.name) if len(numbers) > 1 else None
                if api is not None and api.role in _MODELS:
                    yield call.span, numbers, call.name.rpartition(".")[2].lower()

    def _is_copy(self, written: dict[str, object], part: ConfigPart, model: str) -> bool:
        shared = written.keys() & part.keys
        if model:
            return (
                may_configure(part, model)
                and len(shared) > 1
                and all(_is_plain_number(part.values.get(key)) for key in shared)
            )
        if written.keys() == part.keys and all(map(_is_plain_number, (*written.values(), *part.values.values()))):
            return len(part.values) == len(part.keys)
        equal = sum(1 for key in shared if key in part.values and part.values[key] == written[key])
        return (
            len(shared) >= self.least_keys
            and 5 * len(shared) >= 4 * len(part.keys | written.keys())
            and equal > 1
        )

    def _finding(self, source: SourceFacts, span: Span, written: dict[str, object], part: ConfigPart) -> Finding:
        shared = sorted(written.keys() & part.keys)
        differing = [k for k in shared if k in part.values and part.values[k] != written[k]]
        shown = ", ".join(f"`{key}`" for key in (differing or shared)[:4])
        key = ".".join(map(str, part.entry.path)) or "everything"
        return self.finding(
            source.location(span),
            f"this repeats `{key}` of `{part.source.path}`"
            + (f" with another {shown}" if differing else f" ({shown})"),
            related=[Related(part.source.location(part.entry.key), f"`{key}`")],
            severity=Severity.INFO if source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK) else None,
        )


def _plain(expr: facts.Expr) -> object:
    return expr.value if isinstance(expr, facts.Const) else expr


def _is_number(expr: facts.Expr) -> bool:
    return isinstance(expr, facts.Const) and _is_plain_number(expr.value)


def _is_plain_number(value: object) -> bool:
    return type(value) in (int, float)
