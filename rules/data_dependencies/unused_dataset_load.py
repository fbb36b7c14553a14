"""The rule `unused-dataset-load`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Role, Rule, Severity, SourceFacts, facts, statement_removal, walk

_DATASETS = re.compile(
    r"(pandas|polars|dask\.dataframe|geopandas|pyarrow\.\w+)\.(read|scan)_(?!sql)\w+|numpy\.(load|loadtxt|genfromtxt)"
    r"|datasets\.load_dataset"
)


class UnusedDatasetLoad(Rule):
    """A dataset is loaded into a variable that nothing reads.

    It still has to be produced, found and kept in step with the code, and the load costs time and memory in every
    run. Sculley et al. 2015, section 3: such an underutilized data dependency could be removed with no detriment.

    ## How to repair

    Delete the load, and then the job that makes the file if nobody else reads it.

    ## A table that lost its reader

    ```python title="train.py"
    import pandas as pd
    def main():
        users = pd.read_csv("data/users.csv")
        logs = pd.read_csv("data/logs_2019.csv")  # expect: unused-dataset-load
        return users.describe()
    ```

    ```python title="score.py"
    import pandas as pd
    frame = pd.read_parquet("data/frame.parquet")
    old = pd.read_parquet("data/old.parquet")  # expect: unused-dataset-load
    print(frame.shape)
    ```

    ## Fixed

    ```python title="train.py"
    import pandas as pd
    def main():
        users = pd.read_csv("data/users.csv")
        return users.describe()
    ```

    ```python title="score.py"
    import pandas as pd
    frame = pd.read_parquet("data/frame.parquet")
    print(frame.shape)
    ```

    ## Read later, read by a function, exported, shown, thrown away on purpose

    ```python title="tables.py"
    import pandas as pd
    USERS = pd.read_csv("data/users.csv")
    LOGS = pd.read_csv("data/logs.csv")
    def count():
        return len(LOGS)
    def check():
        _ = pd.read_csv("data/logs.csv")
    ```

    ```python title="train.py"
    from tables import USERS
    print(USERS)
    ```

    ```python title="explore.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("data/users.csv")
    # %%
    df
    ```

    ## Changed in place, rebound in a branch, bound for someone else

    ```python title="train.py"
    import pandas as pd
    def load(full):
        df = pd.read_csv("small.csv")
        if full:
            df = pd.read_csv("full.csv")
        return df
    def fill():
        global cache
        cache = pd.read_csv("a.csv")
    def change():
        first = second = pd.read_csv("b.csv")
        print(first)
        df = pd.read_csv("a.csv")
        df["x"] = 1
    class Data:
        frame = pd.read_csv("a.csv")
    ```

    ## Read to fill a cache

    ```python title="warm.py"
    import pandas as pd
    def warm_up_cache():
        _warm = pd.read_csv("s3://shop/data/users.csv")
    ```
    """

    profile = Profile.HOOK
    minutes = 5
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each load whose variable is read nowhere."""
        for source in self.sources(project):
            if not any(_DATASETS.fullmatch(name) for name in source.facts.header.names):
                continue
            read = _names_read(source)
            if "locals" in read or "globals" in read:
                continue
            bound: dict[int, set[str]] = defaultdict(set)  # `a = b = load()` is used if one of the names is
            for binding in source.facts.bindings:
                if isinstance(binding.value, facts.Called):
                    bound[binding.value.call].add(binding.name)
            for binding in source.facts.bindings:
                value = binding.value
                if binding.kind != "assign" or binding.path or not isinstance(value, facts.Called):
                    continue
                call = source.facts.calls[value.call]
                name = binding.name
                if (
                    not _DATASETS.fullmatch(call.name)
                    or name.startswith("_")
                    or not bound[value.call].isdisjoint(read)
                ):
                    continue
                scope = source.facts.blocks[source.scope_of(binding.block)].kind
                if scope == "class" or (scope == "module" and self._is_exported(project, source, name)):
                    continue
                bound[value.call] = read  # reported once
                yield self.finding(
                    source.location(call.span),
                    f"`{name}` is loaded and never used",
                    severity=Severity.INFO if source.source.is_any(Role.NOTEBOOK) else None,
                    scope=source.scope_name(binding.block),
                    fix=statement_removal(source, [binding.span], "Delete the load"),
                )

    def _is_exported(self, project: Project, source: SourceFacts, name: str) -> bool:
        """Whether another file imports the file: it may read the name there."""
        if source.path not in project.imports.importers:
            return False
        return any(name in project.by_path[path].facts.words for path in project.imports.importers[source.path])


def _names_read(source: SourceFacts) -> set[str]:
    """The names that a file reads anywhere, deletes or declares global."""
    names = {ref for use in source.facts.uses for ref in _names(use.expr)}
    for call in source.facts.calls:
        for expr in (call.func, *call.args, *(keyword.value for keyword in call.keywords)):
            names.update(_names(expr))
    for store in source.facts.stores:
        names.update(_names(store.target))
    names.update(
        binding.name for binding in source.facts.bindings if binding.kind in ("global", "delete", "augmented")
    )
    return names


def _names(expr: facts.Expr) -> Iterator[str]:
    return (part.name for part in walk(expr) if isinstance(part, facts.Ref))
