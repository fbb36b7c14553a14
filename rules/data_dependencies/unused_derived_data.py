"""The rule `unused-derived-data`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts, walk

_LOADS = re.compile(
    r"(pandas|polars|dask\.dataframe|geopandas)\.(read|scan)_(?!sql)\w+|numpy\.(load|loadtxt|genfromtxt)"
    r"|datasets\.load_dataset|joblib\.load|pickle\.load"
)


class UnusedDerivedData(Rule):
    """A table is loaded and taken apart, and nothing uses any part of it.

    The step asks for a file that it does not need: it has to be there, its columns have to keep their names, and a
    pipeline runs the step again whenever it changes. Often a measure on held-out rows was meant and forgotten.
    Sculley et al. 2015, section 3: underutilized data dependencies.

    ## How to repair

    Delete the load and what is made of it, or use it: the score on the test rows may be what is missing.

    ## A test table that only loses its target

    ```python title="trainer.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import Ridge

    def train(config):
        train_data = pd.read_csv(config.train_path)
        test_data = pd.read_csv(config.test_path)  # expect: unused-derived-data
        train_x = train_data.drop(columns=["quality"])
        test_x = test_data.drop(columns=["quality"])
        train_y = train_data["quality"]
        test_y = test_data["quality"]
        model = Ridge().fit(train_x, train_y)
        joblib.dump(model, config.model_path)
    ```

    ## One part is used, or something looks at the table

    ```python title="trainer.py"
    import pandas as pd

    def train(config):
        data = pd.read_csv(config.train_path)
        x = data.drop(columns=["quality"])
        y = data["quality"]
        return fit(x)

    def check(config):
        data = pd.read_csv(config.train_path)
        rows = len(data)
        print(data.shape)

    def change(config):
        data = pd.read_csv(config.train_path)
        data["x"] = 1
        other = data["x"]
        data.to_csv(config.path)
    ```

    ## Read by a function inside, all names at once, a name that says that it is not used

    ```python title="trainer.py"
    import pandas as pd

    def train(config):
        data = pd.read_csv(config.train_path)
        first = data["x"]
        def inner():
            return first
        return inner

    def known(config):
        data = pd.read_csv(config.train_path)
        first = data["x"]
        return locals()

    def warm(config):
        data = pd.read_csv(config.train_path)
        _ = data["x"]
    ```
    """

    profile = Profile.CI
    severity = Severity.WARNING
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each such load in a function."""
        for source in self.sources(project, Kind.PYTHON):
            if not any(_LOADS.fullmatch(name) for name in source.facts.header.names):
                continue
            reads = _reads(source)
            if "locals" in reads or "vars" in reads or "globals" in reads:
                continue
            for binding in source.facts.bindings:
                call = _loading(source, binding)
                if call is not None and source.facts.blocks[source.scope_of(binding.block)].kind == "function":
                    parts = _idle_parts(source, binding, reads)
                    if parts:
                        names = ", ".join(f"`{part.name}`" for part in parts[:4])
                        them = "them" if parts[1:] else "it"
                        yield self.finding(
                            source.location(call.span),
                            f"`{binding.name}` is loaded to make {names}, and nothing uses {them}",
                            related=[Related(source.location(part.span), "never used") for part in parts],
                            scope=source.scope_name(binding.block),
                        )


def _loading(source: SourceFacts, binding: facts.Binding) -> facts.Call | None:
    """The call that loads what a plain assignment binds."""
    if binding.kind != "assign" or binding.path or not isinstance(binding.value, facts.Called):
        return None
    call = source.facts.calls[binding.value.call]
    return call if _LOADS.fullmatch(call.name) and not binding.name.startswith("_") else None


def _idle_parts(source: SourceFacts, binding: facts.Binding, reads: dict[str, set[int]]) -> list[facts.Binding]:
    """The names that are made from a loaded table, if it serves for nothing else and they for nothing at all."""
    scope, name = source.scope_of(binding.block), binding.name
    same = [b for b in source.facts.bindings if b.name == name and source.scope_of(b.block) == scope]
    lines = reads.get(name, set())
    if len(same) != 1 or not lines or any(_is_stored(store, name) for store in source.facts.stores):
        return []
    parts = [
        other
        for other in source.facts.bindings
        if source.scope_of(other.block) == scope
        and other.kind == "assign"
        and other.name not in reads
        and not other.name.startswith("_")
        and other.span.line in lines
    ]
    return parts if parts and lines <= {part.span.line for part in parts} else []


def _is_stored(store: facts.Store, name: str) -> bool:
    return any(isinstance(p, facts.Ref) and p.name == name for e in (store.target, store.value) for p in walk(e))


def _reads(source: SourceFacts) -> dict[str, set[int]]:
    """The lines in which each name is read, in the whole file."""
    found: dict[str, set[int]] = defaultdict(set)

    def add(expr: facts.Expr | None, line: int) -> None:
        for part in walk(expr):
            if isinstance(part, facts.Ref):
                found[part.name].add(line)

    everything = source.facts
    for use in everything.uses:
        add(use.expr, use.span.line)
    for call in everything.calls:
        for expr in (call.func, *call.args, *(keyword.value for keyword in call.keywords)):
            add(expr, call.span.line)
    for binding in everything.bindings:
        add(binding.value, binding.span.line)
        if binding.kind in ("global", "delete", "augmented"):
            found[binding.name].add(binding.span.line)
    for result in everything.returns:
        add(result.value, result.span.line)
    for index, block in enumerate(everything.blocks):
        if index:
            add(block.test, block.span.line)
    return found
