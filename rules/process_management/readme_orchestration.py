"""The rule `readme-orchestration`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Project, Related, Role, Rule, is_teaching

_NO_STEP = re.compile(
    r"(^|[/_-])(app|api|main_app|serve|server|dashboard|streamlit\w*|demo|test\w*|setup|conftest)\b",
    re.IGNORECASE,
)
_DRIVER = re.compile(
    r"(^|/)(run_(all|full|pipeline|everything)\w*|pipeline|run_experiments?|reproduce)\.(py|sh)$"
)


class ReadmeOrchestration(Rule):
    """The steps that make the model are commands in a document, to be typed one after another.

    Nobody knows whether somebody ran all of them, in this order, after the data changed; a step that is added is
    forgotten in one place or the other. Sculley et al. 2015, section 8: common processes with many manual steps are a
    smell to avoid.

    ## How to repair

    Put the steps into a pipeline (`dvc repro`, `make model`, a DAG) and keep its one command in the document.

    ## Three steps that hand data on

    ```markdown title="README.md"
    ~~~bash
    python src/ingest.py  # expect: readme-orchestration
    python src/clean.py
    python src/train.py
    ~~~
    ```

    ```python title="src/ingest.py"
    import pandas as pd

    pd.read_sql("select 1", engine).to_csv("data/raw.csv")
    ```

    ```python title="src/clean.py"
    import pandas as pd

    pd.read_csv("data/raw.csv").dropna().to_csv("data/clean.csv")
    ```

    ```python title="src/train.py"
    import pandas as pd

    model.fit(pd.read_csv("data/clean.csv"))
    ```

    ## A pipeline that runs them

    ```markdown title="README.md"
    ~~~bash
    python ingest.py
    python clean.py
    python train.py
    ~~~
    ```

    ```yaml title="dvc.yaml"
    stages:
      all: {cmd: [python ingest.py, python clean.py, python train.py]}
    ```

    ```python title="ingest.py"
    import pandas as pd

    pd.read_sql("select 1", engine).to_csv("data/raw.csv")
    ```

    ```python title="clean.py"
    import pandas as pd

    pd.read_csv("data/raw.csv").dropna().to_csv("data/clean.csv")
    ```

    ```python title="train.py"
    import pandas as pd

    model.fit(pd.read_csv("data/clean.csv"))
    ```

    ## Programs that have nothing to do with each other

    ```markdown title="README.md"
    ~~~bash
    python a.py
    python b.py
    python c.py
    ~~~
    ```

    ```python title="a.py"
    print(1)
    ```

    ```python title="b.py"
    print(2)
    ```

    ```python title="c.py"
    print(3)
    ```

    ## Alternatives, commands for developers, and a driver

    ```markdown title="README.md"
    ~~~bash
    pip install -r requirements.txt
    pytest tests
    python train.py
    ~~~
    or
    ~~~bash
    python train_large.py
    ./run_all.sh
    ~~~
    ```

    ```bash title="run_all.sh"
    python train.py
    python train_large.py
    ```

    ```python title="train.py"
    model.fit(load("data/clean.csv"))
    ```

    ```python title="train_large.py"
    model.fit(load("data/clean.csv"))
    ```

    ## A course goes through its steps

    ```markdown title="README.md"
    # A course on pipelines

    ~~~bash
    python src/ingest.py
    python src/clean.py
    python src/train.py
    ~~~
    ```

    ```python title="src/ingest.py"
    import pandas as pd

    pd.read_sql("select 1", engine).to_csv("data/raw.csv")
    ```

    ```python title="src/clean.py"
    import pandas as pd

    pd.read_csv("data/raw.csv").dropna().to_csv("data/clean.csv")
    ```

    ```python title="src/train.py"
    import pandas as pd

    model.fit(pd.read_csv("data/clean.csv"))
    ```
    """

    minutes = 60

    least: int = 3
    """Fewer commands are not reported."""

    share: float = 0.8
    """Nothing is reported if stages run this share of the steps."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each document."""
        steps: dict[str, dict[str, Location]] = defaultdict(dict)
        for point in project.entry_points:
            source, document = project.source(point.path), project.source(point.location.path)
            if point.kind != "document" or source is None or document is None or _NO_STEP.search(point.path):
                continue
            if source.kind not in (Kind.PYTHON, Kind.NOTEBOOK) or source.source.is_any(*self.skip_roles):
                continue
            if not document.source.is_any(Role.VENDORED, Role.TEMPLATE, Role.TUTORIAL):
                steps[document.path].setdefault(point.path, point.location)
        many = {document: places for document, places in steps.items() if len(places) >= self.least}
        if many and (any(map(_DRIVER.search, project.files)) or is_teaching(project)):
            return
        for text, places in many.items():
            linked = _linked(project, places)
            declared = _declared(project)
            if len(linked) >= self.least and len(declared & linked) < self.share * len(linked):
                first, *others = sorted((place, path) for path, place in places.items() if path in linked)
                yield self.finding(
                    first[0],
                    f"{len(linked)} commands in `{text}` make the result one after another, and no stage,"
                    f" Makefile or DAG runs them: {', '.join(f'`{path}`' for _, path in [first, *others][:5])}",
                    related=[Related(place, f"`{path}`") for place, path in others[:10]],
                )


def _linked(project: Project, places: dict[str, Location]) -> set[str]:
    """The largest group of steps that hand data to each other, in the order in which they stand."""
    groups: list[set[str]] = []
    for handoff in project.handoffs:
        pair = {handoff.producer, handoff.consumer}
        in_order = pair <= places.keys() and places[handoff.producer] < places[handoff.consumer]
        if in_order and len(pair) == 2:
            touched = [group for group in groups if group & pair]
            groups = [group for group in groups if not group & pair] + [pair.union(*touched)]
    return max(groups, key=len, default=set())


def _declared(project: Project) -> set[str]:
    """The scripts that stages run, or that other code starts."""
    found = {execution.path for stage in project.stages for execution in project.executions(stage)}
    return found | {process.path for process in project.processes if process.path}
