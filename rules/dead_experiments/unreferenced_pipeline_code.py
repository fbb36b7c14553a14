"""The rule `unreferenced-pipeline-code`."""

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
    facts,
    is_library,
    statement_removal,
)

_FEWEST_LINES = 2
_ML = re.compile(
    r"numpy|pandas|polars|sklearn|torch|tensorflow|keras|xgboost|lightgbm|catboost|transformers|scipy|cv2|PIL|spacy"
    r"|nltk|pyspark|statsmodels|joblib|kedro|dvc|mlflow|wandb|matplotlib|seaborn|jax|datasets|pickle"
)
_LEARNS = re.compile(r"(sklearn|torch|tensorflow|keras|xgboost|lightgbm|catboost|transformers|statsmodels)(\.|$)")
"""What makes a part of the repository one that learns from data: its helpers belong to the pipeline, too."""


class UnreferencedPipelineCode(Rule):
    """A function or class of a pipeline is mentioned nowhere.

    What an experiment leaves behind is kept in step with the rest, is read by newcomers, and never runs. Sculley
    et al. 2015, section 5 ("Dead Experimental Codepaths").

    ## How to repair

    Delete it; version control remembers.

    ## A program that runs something else

    ```python title="run.py"
    import pandas as pd

    def main():  # expect: unreferenced-pipeline-code
        frame = pd.read_csv("rows.csv")
        print(frame.mean())

    def main_tracked():
        print(pd.read_csv("rows.csv").median())

    if __name__ == "__main__":
        # main()
        main_tracked()
    ```

    ## A program whose framework knows where to begin

    ```python title="run.py"
    import pandas as pd
    import tensorflow as tf
    def main(_):
        frame = pd.read_csv("rows.csv")
        print(frame.mean())
    if __name__ == "__main__":
        tf.app.run()
    ```

    ## A step without a caller

    ```python title="clean.py"
    import pandas as pd
    def load(path):
        frame = pd.read_csv(path)
        return frame
    def remove_short(frame):  # expect: unreferenced-pipeline-code
        words = frame["text"].str.split()
        lengths = words.str.len()
        frame.loc[lengths < 3, "text"] = None
        frame = frame.dropna()
        return frame
    load("raw.csv")
    ```

    ## Fixed

    ```python title="clean.py"
    import pandas as pd
    def load(path):
        frame = pd.read_csv(path)
        return frame
    load("raw.csv")
    ```

    ## Imported and never used

    ```python title="steps.py"
    import numpy as np
    def project(vectors):  # expect: unreferenced-pipeline-code
        center = vectors.mean(axis=0)
        values, axes = np.linalg.eigh(np.cov(vectors.T))
        order = np.argsort(values)
        axes = axes[:, order]
        return (vectors - center) @ axes
    ```

    ```python title="train.py"
    from steps import project
    print("no projection")
    ```

    ## A helper beside the code that learns, only wrapped by its decorator

    ```python title="common.py"
    import json
    from ensure import ensure_annotations
    @ensure_annotations
    def load_json(path: str) -> dict:  # expect: unreferenced-pipeline-code
        with open(path) as stream:
            content = json.load(stream)
        return content
    ```

    ```python title="train.py"
    from sklearn.linear_model import Ridge
    Ridge().fit([[1]], [1])
    ```

    ## A decorator may register it

    ```python title="tasks.py"
    from queue_of import task
    from sklearn.linear_model import Ridge
    @task
    def fit_all(rows):
        model = Ridge()
        model.fit(rows, rows)
        return model
    ```

    ## Used by name, by configuration, or handed on

    ```python title="steps.py"
    import pandas as pd
    def join(frame):
        frame = frame.a()
        frame = frame.b()
        frame = frame.c()
        return frame
    def scale(frame):
        frame = frame.a()
        frame = frame.b()
        frame = frame.c()
        return frame
    class Table:
        a = 1
        b = 2
        c = 3
        d = 4
    STEPS = {"join": join}
    ```

    ```python title="other.py"
    import steps
    def show(table: steps.Table):
        print(table)
    show(1)
    ```

    ```yaml title="conf.yaml"
    step: steps.scale
    ```

    ## Names that are looked up, hooks, and short helpers

    ```python title="plugins.py"
    import pandas as pd
    def rename(frame):
        frame = frame.a()
        frame = frame.b()
        frame = frame.c()
        return frame
    def use(name):
        return globals()[name]
    ```

    ## Decorated, a framework's hooks, exported, notebooks and tests

    ```python title="app.py"
    import pandas as pd
    from airflow.plugins_manager import AirflowPlugin
    @app.task
    def clean(frame):
        frame = frame.dropna()
        frame = frame.round()
        return frame
    class Loads(AirflowPlugin):
        name = "loads"
        operators = [load]
    def lambda_handler(event, context):
        frame = pd.DataFrame(event)
        frame = frame.dropna()
        return frame
    __all__ = ["scale"]
    def scale(frame):
        frame = frame.a()
        frame = frame.b()
        return frame
    ```

    ```python title="explore.ipynb"
    # %%
    import pandas as pd
    def clean(frame):
        frame = frame.dropna()
        frame = frame.round()
        return frame
    ```

    ## A library, a template, a method of a base class

    ```toml title="tables/pyproject.toml"
    [project]
    name = "tables"
    classifiers = ["Programming Language :: Python"]
    ```

    ```python title="tables/clean.py"
    import pandas as pd
    def remove_short(frame):
        words = frame["text"].str.split()
        frame = frame[words.str.len() > 3]
        return frame.dropna()
    ```

    ```python title="{{ cookiecutter.name }}/clean.py"
    import pandas as pd
    def remove_short(frame):
        words = frame["text"].str.split()
        frame = frame[words.str.len() > 3]
        return frame.dropna()
    ```

    ```python title="net.py"
    import pandas as pd
    import lightning as L
    class Net(L.LightningModule):
        def configure_optimizers(self):
            rate = pd.read_csv("rates.csv")["rate"][0]
            first = Adam(self.parameters(), rate)
            second = Decay(first)
            return [first], [second]
    L.Trainer().fit(Net())
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file with such definitions."""
        root_of = project.subprojects.root_of
        learning = {root_of(s.path) for s in project.code if any(map(_LEARNS.match, s.facts.header.modules))}
        for source in self.sources(project, Kind.PYTHON):
            modules = source.facts.header.modules
            if source.source.is_any(Role.TUTORIAL) or (
                root_of(source.path) not in learning and not any(map(_ML.match, modules))
            ):
                continue
            found: list[facts.Function | facts.Class] = [
                definition
                for definition in project.unreferenced.in_source(source)
                if _lines(source.facts, definition) >= _FEWEST_LINES
            ]
            idle = project.unreferenced.idle_main(source)
            if idle is not None and _lines(source.facts, idle) >= _FEWEST_LINES:
                found = sorted([*found, idle], key=lambda definition: definition.span)
            if not found or is_library(project, source.path):
                continue
            first, lines = found[0], sum(_lines(source.facts, d) for d in found)
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            yield self.finding(
                source.location(first.span),
                f"`{first.name}`{more} ({lines} lines) {'are' if more else 'is'} never referenced",
                related=[Related(source.location(d.span), f"`{d.name}` is not either") for d in found[1:]],
                minutes=10 * len(found),
                scope=first.qualname,
                fix=statement_removal(source, [d.span for d in found], "Delete what nothing references"),
            )


def _lines(content: facts.Facts, definition: facts.Function | facts.Class) -> int:
    span = content.blocks[definition.block].span
    return span.end_line - span.line + 1
