"""The rule `duplicate-orchestration`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Driver, Finding, Project, Related, Rule, rival_drivers


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

    ## Two scripts that run the same programs

    ```shell title="first.sh"
    python ingest.py --day 1
    python build.py --day 1
    python train.py --day 1
    ```

    ```shell title="second.sh"
    python ingest.py --day 2
    python build.py --day 2
    python train.py --day 2
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

    ## The checks of a change run the driver, and so does a short script

    ```yaml title="dvc.yaml"
    stages:
      ingest: {cmd: python ingest.py, deps: [ingest.py], outs: [raw.csv]}
      build: {cmd: python build.py, deps: [build.py], outs: [features.csv]}
      train: {cmd: python train.py, deps: [train.py], outs: [model.pkl]}
    ```

    ```yaml title=".github/workflows/test.yml"
    on: push
    jobs:
      test:
        runs-on: ubuntu-latest
        steps:
          - run: dvc repro
    ```

    ```make title="Makefile"
    all:
    \tdvc repro
    ```

    ```python title="tests/test_all.py"
    import subprocess
    subprocess.run(["python", "ingest.py"])
    subprocess.run(["python", "build.py"])
    subprocess.run(["python", "train.py"])
    ```

    ```python title="ingest.py"
    ```

    ```python title="build.py"
    ```

    ```python title="train.py"
    ```
    """

    minutes = 45

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each two drivers of the same steps."""
        for one, two in rival_drivers(project):
            yield self._finding(one, two)

    def _finding(self, one: Driver, two: Driver) -> Finding:
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
