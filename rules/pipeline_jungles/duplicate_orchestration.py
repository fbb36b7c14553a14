"""The rule `duplicate-orchestration`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from mldebt import Finding, Kind, Location, Project, Related, Role, Rule, SourceFacts, is_library

_ALIKE = 0.7
_FEWEST_STEPS = 3
_DRIVERS = frozenset(
    {"dvc", "make", "shell", "workflow", "airflow", "prefect", "zenml", "snakemake", "mlproject"}
)


class _Driver(NamedTuple):
    """Something that runs steps: the files of the steps, and where it runs each."""

    path: str
    location: Location
    steps: dict[str, Location]


class DuplicateOrchestration(Rule):
    """The same steps are run in the same way from two places.

    A step, a parameter or the order is changed in one of them; which of the two made the model that is in use cannot be
    told afterwards. Sculley et al. 2015, section 5 (Pipeline Jungles) and section 8.

    ## How to repair

    Keep one of them, and let the other one call it (`dvc repro`).

    ## A script that repeats the pipeline file

    ```yaml title="dvc.yaml"
    stages:
      ingest: {cmd: python steps/ingest.py, deps: [steps/ingest.py], outs: [raw.csv]}
      build: {cmd: python steps/build.py, deps: [steps/build.py], outs: [features.csv]}
      train: {cmd: python steps/train.py, deps: [steps/train.py], outs: [model.pkl]}
    ```

    ```python title="main.py"
    from steps.build import BuildPipeline
    from steps.ingest import IngestPipeline
    from steps.train import TrainPipeline

    IngestPipeline().main()  # expect: duplicate-orchestration
    BuildPipeline().main()
    TrainPipeline().main()
    ```

    ```python title="steps/ingest.py"
    class IngestPipeline:
        def main(self):
            print(1)
    ```

    ```python title="steps/build.py"
    class BuildPipeline:
        def main(self):
            print(2)
    ```

    ```python title="steps/train.py"
    class TrainPipeline:
        def main(self):
            print(3)
    ```

    ## One driver starts the other

    ```yaml title="dvc.yaml"
    stages:
      ingest: {cmd: python ingest.py, deps: [ingest.py], outs: [raw.csv]}
      build: {cmd: python build.py, deps: [build.py], outs: [features.csv]}
      train: {cmd: python train.py, deps: [train.py], outs: [model.pkl]}
    ```

    ```shell title="run.sh"
    dvc repro
    ```

    ```python title="ingest.py"
    ```

    ```python title="build.py"
    ```

    ```python title="train.py"
    ```

    ## Few steps in common

    ```yaml title="dvc.yaml"
    stages:
      ingest: {cmd: python ingest.py, deps: [ingest.py], outs: [raw.csv]}
      build: {cmd: python build.py, deps: [build.py], outs: [features.csv]}
      train: {cmd: python train.py, deps: [train.py], outs: [model.pkl]}
    ```

    ```shell title="nightly.sh"
    python ingest.py
    python report.py
    ```

    ```python title="ingest.py"
    ```

    ```python title="build.py"
    ```

    ```python title="train.py"
    ```

    ```python title="report.py"
    ```
    """

    minutes = 45
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each two drivers of the same steps."""
        drivers = [*_declared(project), *self._scripts(project)]
        for one, two in combinations(drivers, 2):
            first, second = set(one.steps), set(two.steps)
            if len(first & second) < _FEWEST_STEPS or len(first & second) < _ALIKE * len(first | second):
                continue
            if one.path in second or two.path in first:
                continue
            yield self._finding(one, two)

    def _scripts(self, project: Project) -> Iterator[_Driver]:
        """The Python programs that call several files of the project one after the other."""
        for source in self.sources(project, Kind.PYTHON):
            if source.path in project.imports.importers and not source.facts.header.main:
                continue  # no program
            if len(source.facts.imports) >= _FEWEST_STEPS and not is_library(project, source.path):
                steps = _called(project, source)
                if len(steps) >= _FEWEST_STEPS:
                    yield _Driver(source.path, min(steps.values()), steps)

    def _finding(self, one: _Driver, two: _Driver) -> Finding:
        common = sorted(set(one.steps) & set(two.steps))
        only = sorted(set(one.steps) ^ set(two.steps))
        differing = f"; only one of them runs {', '.join(f'`{path}`' for path in only[:3])}" if only else ""
        related = [Related(one.location, f"`{one.path}` runs them, too")]
        related += [Related(one.steps[path], f"runs `{path}`") for path in common[:6]]
        return self.finding(
            two.location,
            f"the same {len(common)} steps are orchestrated twice, by `{one.path}` and `{two.path}`{differing}",
            related=related,
        )


def _declared(project: Project) -> Iterator[_Driver]:
    """The files that declare stages, with the sources that these run."""
    steps: dict[str, dict[str, Location]] = defaultdict(dict)
    places: dict[str, Location] = {}
    for stage in project.stages:
        if stage.tool in _DRIVERS:
            for execution in project.executions(stage):
                steps[stage.path].setdefault(execution.path, stage.location)
                places.setdefault(stage.path, stage.location)
    for path in sorted(steps):
        yield _Driver(path, places[path], steps[path])


def _called(project: Project, source: SourceFacts) -> dict[str, Location]:
    """The files of the project whose functions or classes a program calls at its top level, with the first places."""
    found: dict[str, Location] = {}
    for call in source.facts.calls:
        scope = source.enclosing(call.block, "function", "class")
        if scope is not None or not call.name or call.name.startswith(":"):
            continue
        symbol = project.names.symbol(source, call.name)
        if symbol is None or symbol.fact is None or symbol.source.path.endswith("__init__.py"):
            continue
        if symbol.source.path != source.path:
            found.setdefault(symbol.source.path, source.location(call.span))
    return found
