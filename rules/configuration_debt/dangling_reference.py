"""The rule `dangling-reference`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Confidence, Finding, Location, NamedFiles, Profile, Project, Related, Rule, Severity, Span


class DanglingReference(Rule):
    """A declaration names a script, a file or a class that does not exist.

    Somebody renamed or deleted it and forgot the pipeline, the workflow, the image or the configuration: that
    step fails, or nobody has run it for a long time. Sculley et al. 2015, section 6: configurations should be
    checked like code.

    ## How to repair

    Name the file that is meant, or delete the reference.

    ## In pipelines and workflows

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train_model.py  # expect: dangling-reference
        deps: [data.csv]
      score:
        cmd: python src/score.py
    ```

    ```yaml title=".github/workflows/ci.yml"
    jobs:
      train:
        runs-on: ubuntu-latest
        steps:
          - run: pip install -r requirements-gpu.txt  # expect: dangling-reference
    ```

    ```python title="src/score.py"
    print("scoring")
    ```

    ## In images and in the documentation

    ```dockerfile title="Dockerfile"
    FROM python:3.11
    COPY requirements.txt src/score.py ./
    COPY entry.sh model.pkl ./  # expect: dangling-reference
    CMD ["uvicorn", "src.service.app:app", "--host", "0.0.0.0"]  # expect: dangling-reference
    ```

    ```dockerfile title="serve/Dockerfile"
    FROM python:3.11
    CMD ["uvicorn", "src.score:app"]
    ```

    ```text title="requirements.txt"
    pandas==2.2.3
    ```

    ```python title="src/score.py"
    print("scoring")
    ```

    ## In Hydra's configuration

    ```yaml title="conf/config.yaml"
    defaults:
      - model: forest  # expect: dangling-reference
      - optional data: more
      - override hydra/launcher: joblib
      - _self_
    ```

    ```yaml title="conf/model/linear.yaml"
    _target_: churn.models.Linear
    ```

    ```yaml title="conf/model/boost.yaml"
    _target_: churn.models.Boost  # expect: dangling-reference
    ```

    ```python title="churn/__init__.py"
    ```

    ```python title="churn/models.py"
    class Linear:
        pass
    ```

    ## Fetched, generated, from elsewhere, or only known at run time

    ```yaml title="dvc.yaml"
    stages:
      make:
        cmd: python gen.py > made.py
        outs: [made.py]
      use:
        cmd: python made.py
      other:
        cmd: git clone https://example.com/tools && python tools/run.py
      variable:
        cmd: python $SCRIPT.py && python /opt/tools/run.py && python -m pytest
    ```

    ```python title="gen.py"
    print("print(1)")
    ```

    ## Classes of libraries, and names that a module takes over from others

    ```yaml title="conf/model/net.yaml"
    _target_: torch.nn.Linear
    other:
      _target_: churn.layers.Conv
    ```

    ```python title="churn/__init__.py"
    ```

    ```python title="churn/layers.py"
    from torch.nn import *
    ```

    ## What another stage of an image brings, and a variable that holds a whole command

    ```dockerfile title="Dockerfile"
    FROM python:3.11 AS builder
    RUN poetry export -o requirements.txt
    FROM python:3.11
    WORKDIR /app
    COPY --from=builder /build/requirements.txt .
    RUN pip install -r requirements.txt
    ```

    ```make title="Makefile"
    SMOKE = sh scripts/smoke.sh
    smoke:
        $(SMOKE)
    ```

    ```bash title="scripts/smoke.sh"
    true
    ```

    ## Submodules, other repositories, places that are not known, and files that a command makes

    ```yaml title=".github/workflows/ci.yml"
    jobs:
      train:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v4
            with: {repository: churn/tools, path: tools}
          - run: python tools/run.py
      test:
        runs-on: ubuntu-latest
        steps:
          - run: cd $WORK && python train.py
          - run: python prepare.py
            working-directory: ${{ matrix.part }}
    ```

    ```dockerfile title="Dockerfile"
    FROM python:3.11
    RUN touch made.py && python made.py
    RUN git submodule update --init && python vendor/build.py
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each name that leads nowhere, one for each place."""
        files = NamedFiles(project)
        seen: set[object] = set()
        for named in files.missing():
            source = project.source(named.location.path)
            key = (named.location.path, named.target)
            if source is None or source.source.is_any(*self.skip_roles) or key in seen:
                continue
            seen.add(key)
            other = files.same_name(named.target)
            hint = f"; `{other}` has the same name" if other else ""
            yield self.finding(
                named.location,
                f"{named.origin} refers to `{named.target}`, which does not exist{hint}",
                related=[Related(Location(other, Span.at(1)), "has the same name")] if other else [],
                severity=Severity.INFO if named.is_told else None,
                confidence=Confidence.MEDIUM if named.is_told else None,
            )
