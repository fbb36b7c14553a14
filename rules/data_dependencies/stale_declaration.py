"""The rule `stale-declaration`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    entry_removal,
    location_entry,
    stale_declarations,
)

_MESSAGES = {
    "entry": "catalogue entry `{name}` is used by no node and loaded by no code",
    "argument": "node function `{owner}` is given `{name}` and never reads it",
    "dependency": "stage `{owner}` depends on `{name}`, but nothing that it runs reads it",
}


class StaleDeclaration(Rule):
    """A declared data dependency that nothing uses any more.

    The data is still produced, copied and waited for; a change of it makes stages run for nothing, and nobody dares
    to delete it. Sculley et al. 2015, section 3: underutilized data dependencies can be removed with no detriment
    and make a system vulnerable to change all the same.

    ## How to repair

    Delete the declaration, and then the data if nothing else needs it.

    ## An entry of a catalogue, and an input of a node

    ```yaml title="conf/base/catalog.yml"
    sales:
      type: pandas.CSVDataset
      filepath: data/sales.csv
    sales_2012:  # expect: stale-declaration
      type: pandas.CSVDataset
      filepath: data/sales_2012.csv
    shops:
      type: pandas.CSVDataset
      filepath: data/shops.csv
    ```

    ```python title="src/shop/pipeline.py"
    from kedro.pipeline import node, pipeline
    from .nodes import report
    def create_pipeline(**kwargs):
        return pipeline([node(report, inputs=["sales", "shops"], outputs="summary")])
    ```

    ```python title="src/shop/nodes.py"
    def report(sales, shops):  # expect: stale-declaration
        return sales.describe()
    ```

    ## A node in a template of projects; its catalogue is only an example

    ```yaml title="{{ cookiecutter.repo }}/conf/base/catalog.yml"
    sales: {type: pandas.CSVDataset, filepath: data/sales.csv}
    shops: {type: pandas.CSVDataset, filepath: data/shops.csv}
    ```

    ```python title="{{ cookiecutter.repo }}/src/pipeline.py"
    from kedro.pipeline import node, pipeline
    def report(sales):  # expect: stale-declaration
        total = 1
        return total
    def create_pipeline(**kwargs):
        return pipeline([node(report, inputs=["sales"], outputs="summary")])
    ```

    ## A dependency whose last reader is gone

    ```yaml title="dvc.yaml"
    stages:
      featurize:
        cmd: python featurize.py
        deps:
          - featurize.py
          - data/sales.csv
          - data/legacy/codes_2017.csv  # expect: stale-declaration
        outs: [features.csv]
    ```

    ```python title="featurize.py"
    import pandas as pd
    pd.read_csv("data/sales.csv").to_csv("features.csv")
    ```

    ## Fixed

    ```yaml title="dvc.yaml"
    stages:
      featurize:
        cmd: python featurize.py
        deps:
          - featurize.py
          - data/sales.csv
        outs: [features.csv]
    ```

    ## Used by another pipeline, by hand, by a name that is put together; templates and patterns

    ```yaml title="conf/base/catalog.yml"
    _csv: &csv
      type: pandas.CSVDataset
    sales: {<<: *csv, filepath: data/sales.csv}
    model: {<<: *csv, filepath: data/model.csv}
    shops_north: {<<: *csv, filepath: data/north.csv}
    "{shop}_forecast": {<<: *csv, filepath: "data/{shop}.csv"}
    ```

    ```python title="src/shop/pipeline.py"
    from kedro.pipeline import node, pipeline
    def clean(sales, _after):
        return sales
    def create_pipeline(**kwargs):
        return pipeline([node(clean, ["sales", "params:x"], "cleaned")])
    ```

    ```python title="serve.py"
    def load(catalog, region):
        catalog.load(f"shops_{region}")
        return catalog.load("model")
    ```

    ## A reader of unknown paths, and a tool that is no Python

    ```yaml title="dvc.yaml"
    stages:
      featurize: {cmd: python featurize.py, deps: [featurize.py, data/legacy.csv]}
      plot: {cmd: Rscript plot.R, deps: [data/legacy.csv]}
    ```

    ```python title="featurize.py"
    import os
    import pandas as pd
    for name in os.listdir(os.environ["IN"]):
        pd.read_csv(name)
    ```

    ## A mark that another stage is done; an output that stays; code

    ```yaml title="dvc.yaml"
    stages:
      fit:
        cmd: python fit.py
        deps: [fit.py, helpers.py, data/load.done, data/_SUCCESS]
        outs:
          - model.csv: {persist: true}
    ```

    ```python title="fit.py"
    import pandas as pd
    pd.DataFrame().to_csv("model.csv")
    ```

    ```python title="helpers.py"
    X = 1
    ```
    """

    profile = Profile.CI
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each declaration; a template's node hands its idle argument on to each new project."""
        for stale in stale_declarations(project):
            source = project.by_path[stale.location.path]
            skipped = self.skip_roles - ({Role.TEMPLATE} if stale.kind == "argument" else set())
            if stale.kind in _MESSAGES and not source.source.is_any(*skipped):
                message = _MESSAGES[stale.kind].format(name=stale.name, owner=stale.owner)
                entry = location_entry(source, stale.location)
                fix = None if entry is None else entry_removal(source, entry, "Delete the declaration")
                related = [Related(stale.used, "the node that hands it over")] if stale.used is not None else []
                yield self.finding(
                    stale.location, message, related=related, scope=stale.owner or stale.name, fix=fix
                )
