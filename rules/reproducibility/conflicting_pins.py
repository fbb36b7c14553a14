"""The rule `conflicting-pins`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from posixpath import basename, dirname

from mldebt import (
    Dependency,
    Finding,
    Manifest,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    exclude,
    is_library,
    manifests,
    train_and_serve,
)

_CARRIERS = frozenset(
    "scikit-learn xgboost lightgbm catboost torch tensorflow keras joblib numpy cloudpickle transformers".split()
)
_VARIANT = re.compile(
    r"(^|[-_./])(cpu|gpu|cuda\w*|cu\d+|py\d+|mac\w*|osx|win\w*|linux|arm\w*|m1|colab|old|legacy|min\w*|max|test\w*|docs?|dev"
    r"|ci|lint|amd|rocm|tpu|tf\d*|jax)([-_./]|$)",
    re.IGNORECASE,
)


class ConflictingPins(Rule):
    """Two lists of dependencies of the same code want versions of a library that exclude each other.

    Which one is installed depends on who sets the machine up, or training and serving run different code: a model
    that one version has pickled may not load, or may predict something else, in the other. Schelter et al. 2018 name
    the backwards compatibility of trained models; Sculley et al. 2015, section 6, ask for configuration in which an
    error is hard to make.

    ## How to repair

    Keep one list, or one file of constraints that all lists refer to.

    ## Two lists side by side

    ```text title="requirements.txt"
    numpy==1.26.4
    scikit-learn==1.2.2
    ```

    ```yaml title="environment.yml"
    dependencies:
      - numpy=1.26.4
      - scikit-learn=1.5.0  # expect: conflicting-pins
    ```

    ## A pin outside the other's range

    ```text title="requirements.txt"
    pandas==1.5.3
    ```

    ```toml title="pyproject.toml"
    [project]
    dependencies = ["pandas>=2.0"]  # expect: conflicting-pins
    ```

    ## The list of the project, and that of its code

    ```text title="requirements.txt"
    kedro>=0.16.5  # expect: conflicting-pins
    ```

    ```text title="src/requirements.txt"
    kedro==0.16.1
    ```

    ## Training and serving

    ```text title="training/requirements.txt"
    xgboost==1.7.6
    ```

    ```python title="training/train.py"
    import joblib
    from xgboost import XGBClassifier

    joblib.dump(XGBClassifier().fit(X, y), "model.joblib")
    ```

    ```text title="api/requirements.txt"
    xgboost==2.1.0  # expect: conflicting-pins
    ```

    ```python title="api/app.py"
    import joblib

    model = joblib.load("model.joblib")
    ```

    ## Versions that go together, other platforms, development tools

    ```text title="requirements.txt"
    torch==2.1.0
    numpy==1.26.4
    black==23.1
    ```

    ```text title="requirements-gpu.txt"
    torch==2.3.0
    ```

    ```toml title="pyproject.toml"
    [project]
    dependencies = ["torch==2.1.0+cu118", "numpy>=1.24,<2"]
    ```

    ```text title="requirements-dev.txt"
    numpy==2.0.0
    ```

    ## Services that share no model

    ```text title="prices/requirements.txt"
    xgboost==1.7.6
    ```

    ```text title="churn/requirements.txt"
    xgboost==2.1.0
    ```

    ## Matrices of tests, and documentation

    ```text title="requirements.txt"
    numpy==1.26.4
    ```

    ```text title="docs/requirements.txt"
    numpy==2.0.0
    ```

    ```yaml title=".github/workflows/ci.yml"
    jobs: {test: {steps: [{run: "pip install numpy==${{ matrix.numpy }}"}]}}
    ```
    """

    severity = Severity.ERROR
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for two manifests that contradict each other."""
        listed = [
            manifest
            for manifest in manifests(project)
            if not manifest.source.source.is_any(*self.skip_roles, Role.TUTORIAL)
            and not _VARIANT.search(basename(manifest.source.path))
            and not is_library(project, manifest.source.path)
            and f"{manifest.source.path.removesuffix('.in')}.txt" not in project.files
        ]
        for a, b in combinations(listed, 2):
            homes = dirname(a.source.path), dirname(b.source.path)
            conflicts = list(_conflicts(a, b))
            together = homes[0] == homes[1] or f"{homes[0]}/src".lstrip("/") == homes[1]
            if conflicts and (together or train_and_serve(project, *homes)):
                yield self._finding(a, b, conflicts)

    def _finding(self, a: Manifest, b: Manifest, conflicts: list[tuple[Dependency, Dependency]]) -> Finding:
        conflicts.sort(key=lambda pair: (pair[0].name not in _CARRIERS, pair[0].location))
        first = conflicts[0][0]
        wanted = ", ".join(f"`{x.name}` {x.specifier} and {y.specifier}" for x, y in conflicts[:4])
        wanted += f" and {len(conflicts) - 4} more" if conflicts[4:] else ""
        return self.finding(
            first.location,
            f"`{a.source.path}` and `{b.source.path}` exclude each other: {wanted}",
            related=[Related(y.location, f"`{y.name}{y.specifier}`") for _, y in conflicts[:8]],
            severity=None if first.name in _CARRIERS else Severity.WARNING,
        )


def _conflicts(a: Manifest, b: Manifest) -> Iterator[tuple[Dependency, Dependency]]:
    wanted = {dependency.name: dependency for dependency in b.dependencies}
    for dependency in a.dependencies:
        other = wanted.get(dependency.name)
        if other is not None and dependency.name != "python" and exclude(dependency.specifier, other.specifier):
            yield dependency, other
