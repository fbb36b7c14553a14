"""The rule `catalog-bypass`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath

from mldebt import (
    DataAccess,
    Declared,
    Finding,
    Location,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    foreign_accesses,
    written,
)

_TABLES = frozenset({"csv", "parquet", "pickle", "excel", "feather", "model", "hdf", "numpy"})


class CatalogBypass(Rule):
    """Code opens data directly that the project's catalogue describes, or does so inside a node.

    The catalogue says where data is, in which format and version, and who uses it; what goes past it is in no graph,
    moves to no other environment and breaks when the entry changes. Sculley et al. 2015, section 3: static analysis
    of data dependencies needs annotated sources; section 2: undeclared consumers. Scripts in R and Julia count, too.

    ## How to repair

    Load the entry through the catalogue, or take the data as an argument of the node.

    ## A script beside the pipeline; a node that reads a file

    ```yaml title="conf/base/catalog.yml"
    customers:
      type: pandas.CSVDataset
      filepath: data/01_raw/customers.csv
    ```

    ```python title="src/shop/nodes.py"
    import pandas as pd
    def build(customers):
        regions = pd.read_csv("data/01_raw/regions.csv")  # expect: catalog-bypass
        return customers.merge(regions)
    ```

    ```python title="src/shop/pipeline.py"
    from kedro.pipeline import node, pipeline
    from .nodes import build
    def create_pipeline(**kwargs):
        return pipeline([node(build, "customers", "features")])
    ```

    ```python title="report.py"
    import pandas as pd
    customers = pd.read_csv("data/01_raw/customers.csv")  # expect: catalog-bypass
    ```

    ## A script that is run from its own directory

    ```yaml title="conf/base/catalog.yml"
    model:
      type: pickle.PickleDataset
      filepath: data/06_models/model.pkl
    ```

    ```python title="prototyping/predict.py"
    import pickle
    model = pickle.load(open("../data/06_models/model.pkl/2020-10-09T15.53/model.pkl", "rb"))  # expect: catalog-bypass
    ```

    ## Tests

    ```yaml title="conf/base/catalog.yml"
    customers:
      type: pandas.CSVDataset
      filepath: data/01_raw/customers.csv
    ```

    ```python title="tests/test_data.py"
    import pandas as pd
    def test_customers():
        assert len(pd.read_csv("data/01_raw/customers.csv"))
    ```

    ## Through the catalogue; other data; a data set class of the project; an entry without a path

    ```yaml title="conf/base/catalog.yml"
    customers:
      type: pandas.CSVDataset
      filepath: data/01_raw/customers.csv
    answers: {type: MemoryDataset}
    ```

    ```python title="src/shop/pipeline.py"
    from kedro.pipeline import node, pipeline
    def build(customers):
        return customers.dropna()
    def create_pipeline(**kwargs):
        return pipeline([node(build, "customers", "features")])
    ```

    ```python title="src/shop/datasets.py"
    import pandas as pd
    from kedro.io import AbstractDataset
    class Customers(AbstractDataset):
        def _load(self):
            return pd.read_csv("data/01_raw/customers.csv")
    ```

    ```python title="report.py"
    import pandas as pd
    other = pd.read_csv("downloads/prices.csv")
    def show(catalog):
        return catalog.load("customers")
    ```

    ```python title="notebooks/look.ipynb"
    %load_ext kedro.ipython
    customers = catalog.load("customers")
    ```

    ## Hooks; settings that a node reads

    ```yaml title="conf/base/catalog.yml"
    customers:
      type: pandas.CSVDataset
      filepath: data/01_raw/customers.csv
    ```

    ```python title="src/shop/hooks.py"
    import pandas as pd
    from kedro.framework.hooks import hook_impl
    class ProjectHooks:
        @hook_impl
        def after_catalog_created(self, catalog):
            print(len(pd.read_csv("data/01_raw/customers.csv")))
    ```

    ```python title="src/shop/pipeline.py"
    import yaml
    from kedro.pipeline import node, pipeline
    def build(customers):
        settings = yaml.safe_load(open("conf/columns.yml"))
        return customers[settings["columns"]]
    def create_pipeline(**kwargs):
        return pipeline([node(build, "customers", "features")])
    ```
    """

    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each place, naming the entry if there is one."""
        entries = [d for d in project.declared_data if d.tool == "kedro" and self._has_place(d)]
        nodes = {stage.code[0] for stage in project.stages if stage.tool == "kedro" and stage.code}
        if not entries and not nodes:
            return
        by_file = {entry.file: entry for entry in reversed(entries)}
        found: dict[str, dict[str, list[DataAccess]]] = {}
        named: dict[str, Declared] = {}
        for access in project.accesses:
            if access.effect not in ("reads", "writes") or access.address is None or self._is_exempt(access):
                continue
            skipped = project.by_path[access.origin.path].source.is_any(*self.skip_roles)
            if skipped or access.api.startswith("kedro.io."):
                continue
            path = self._from_root(access.component, access.address.path)
            entry = next(
                (by_file[p] for p in (path, *map(str, PurePosixPath(path).parents)) if p in by_file), None
            )
            inside = f"{access.source.path}:{access.source.scope_name(access.call.block)}"
            if entry is not None:
                text = f"`{entry.file}` (catalogue entry `{entry.name}`)"
                named[text] = entry
                found.setdefault(access.component, {}).setdefault(text, []).append(access)
            elif path and inside in nodes and access.format in _TABLES:
                found.setdefault(access.component, {}).setdefault(f"`{path}` (in a node)", []).append(access)
        yield from self._foreign(project, entries)
        told: set[frozenset[Location]] = set()
        for component, opened in found.items():
            doors = frozenset(access.location for accesses in opened.values() for access in accesses)
            if doors in told:
                continue  # another program opens it in the same places
            told.add(doors)
            places = {access.origin: text for text, accesses in opened.items() for access in accesses}
            first, *others = sorted(places)
            shown = ", ".join(list(opened)[:3])
            shown += f" and {len(opened) - 3} more" if len(opened) > 3 else ""
            is_draft = project.by_path[component].source.is_any(Role.NOTEBOOK)
            yield self.finding(
                first,
                f"`{component}` opens {shown} directly, past the catalogue",
                related=[
                    *(Related(named[t].location, f"the entry `{named[t].name}`") for t in named if t in opened),
                    *(Related(place, places[place]) for place in others),
                ],
                severity=Severity.INFO if is_draft else None,
            )

    def _foreign(self, project: Project, entries: list[Declared]) -> Iterator[Finding]:
        """Scripts in other languages that name the file of an entry, or the end of its path."""
        found: dict[str, dict[Location, Declared]] = {}
        for access in foreign_accesses(project) if entries else ():
            place, text = access.location, access.path.removeprefix("./")
            parts = [part for part in text.split("/") if part not in ("", ".", "..")]
            for entry in entries:
                known = entry.file.split("/")
                if text == entry.file or (len(parts) > 1 and known[-len(parts) :] == parts):
                    found.setdefault(place.path, {})[place] = entry
        for path, places in found.items():
            first, *others = sorted(places)
            names = list(dict.fromkeys(f"`{places[place].file}`" for place in (first, *others)))
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
            yield self.finding(
                first,
                f"`{path}` opens {shown} directly, past the catalogue (entry `{places[first].name}`)",
                related=[
                    Related(places[first].location, "the entry"),
                    *(Related(place, f"`{places[place].file}`") for place in others),
                ],
            )

    def _from_root(self, component: str, path: str) -> str:
        """A path that leads out of the project from its root is meant from the directory of the file."""
        return normpath(join(dirname(component), path)) if path.startswith("../") else path

    def _has_place(self, entry: Declared) -> bool:
        """Whether an entry has a path of its own, which is not just the project's directory."""
        known = bool(entry.file) and "$" not in entry.file and "{" not in entry.file
        return known and not entry.location.path.startswith(f"{entry.file.rstrip('/')}/") and "/" in entry.file

    def _is_exempt(self, access: DataAccess) -> bool:
        """Whether the access is that of a data set class, which is the catalogue's own, or of a hook around it."""
        scope = access.source.function_of(access.source.scope_of(access.call.block))
        if scope is not None and any("hook_impl" in written(decorator) for decorator in scope.decorators):
            return True
        around = access.source.scope_name(access.call.block).rpartition(".")[0]
        classes = {cls.qualname: cls for cls in access.source.facts.classes}
        return around in classes and any("Data" in str(base) for base in classes[around].bases)
