"""The rule `unpinned-dependency`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Dependency,
    Finding,
    Kind,
    Manifest,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    imported_modules,
    is_library,
    is_locked,
    manifests,
)

_CRITICAL = re.compile(
    r"numpy|pandas|scikit-learn|sklearn|scipy|torch(vision|audio)?|(pytorch-)?lightning|tensorflow(-gpu|-cpu)?|keras"
    r"|xgboost|lightgbm|catboost|transformers|sentence-transformers|tokenizers|datasets|timm|statsmodels|spacy|nltk"
    r"|gensim|prophet|polars|pyarrow|joblib|cloudpickle|imbalanced-learn|onnx.*"
)
_MODULES = {
    "scikit-learn": "sklearn", "imbalanced-learn": "imblearn", "pytorch-lightning": "pytorch_lightning",
    "tensorflow-gpu": "tensorflow", "tensorflow-cpu": "tensorflow", "onnxruntime-gpu": "onnxruntime",
}  # fmt: skip
_MOST_OTHERS = 30
_NOT_RUN = re.compile(
    r"(^|[-_./])(dev|tests?|testing|docs?|lint|ci|build|typing|constraints?)([-_./]|$)", re.IGNORECASE
)


class UnpinnedDependency(Rule):
    """Libraries that decide about results may have any version.

    An environment that is built next month holds other versions of the libraries that fit, split and score: saved
    models fail to load or predict something else, and nobody changed a line. Sculley et al. 2015, section 3, call
    inputs that change by themselves unstable dependencies; unpinned libraries are the most frequent one.

    ## How to repair

    Compile a lock file (`uv lock`, `pip-compile`, `poetry lock`) and install from it in CI and in images.

    ## Bare names and lower bounds; one finding a manifest

    ```text title="requirements.txt"
    flask
    scikit-learn  # expect: unpinned-dependency
    pandas>=1.0
    numpy==1.26.4
    ```

    ```toml title="pyproject.toml"
    [project]
    dependencies = ["torch>=2.0"]  # expect: unpinned-dependency
    ```

    ```yaml title="environment.yml"
    dependencies:
      - python=3.11
      - xgboost  # expect: unpinned-dependency
    ```

    ```python title="train.py"
    import numpy, pandas, sklearn, torch, xgboost
    ```

    ## What an image installs, and setup.cfg

    ```dockerfile title="Dockerfile"
    FROM python:3.11
    RUN pip install --no-cache-dir pandas scikit-learn==1.5.2 ./wheels/own.whl  # expect: unpinned-dependency
    RUN pip install -r requirements.txt
    ```

    ```ini title="setup.cfg"
    [options]
    install_requires =
        numpy  # expect: unpinned-dependency
    ```

    ```python title="train.py"
    import numpy
    import pandas
    import sklearn
    ```

    ## With versions, or bounded from above

    ```text title="requirements.txt"
    pandas~=2.2.0
    numpy>=1.26,<2
    ```

    ```python title="train.py"
    import numpy, pandas
    ```

    ## Locked, or compiled

    ```text title="app/requirements.in"
    pandas
    ```

    ```text title="app/requirements.txt"
    pandas==2.2.3
    ```

    ```toml title="score/uv.lock"
    package = [{name = "pandas", version = "2.2.3"}]
    ```

    ```text title="score/requirements.txt"
    pandas
    ```

    ```python title="train.py"
    import pandas
    ```

    ## Libraries want ranges; development tools, and what no code imports, decide about no result

    ```text title="requirements-dev.txt"
    pandas
    ```

    ```text title="requirements.txt"
    numpy
    ```

    ```toml title="lib/pyproject.toml"
    [project]
    classifiers = ["Programming Language :: Python :: 3"]
    dependencies = ["pandas>=1"]
    ```

    ```python title="lib/frames.py"
    import pandas
    ```

    ## Constraints, extras for development, an image that installs from a lock

    ```text title="requirements.txt"
    pandas
    -c constraints.txt
    ```

    ```text title="constraints.txt"
    pandas==2.2.3
    ```

    ```dockerfile title="Dockerfile"
    RUN uv sync --frozen
    ```

    ```python title="train.py"
    import pandas
    ```
    """

    minutes = 10
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield at most one finding a manifest."""
        for manifest in manifests(project):
            path = manifest.source.path
            if manifest.source.kind is Kind.NOTEBOOK:  # inline-install speaks of these
                continue
            if manifest.source.source.is_any(*self.skip_roles) or _NOT_RUN.search(path) or manifest.has_pins:
                continue
            used = imported_modules(project, path, self.skip_roles)
            critical = [d for d in manifest.dependencies if d.is_open and _is_critical(d, used)]
            found = [d for d in critical if not is_locked(project, path, d.name)]
            if found and not is_library(project, path):
                yield self._finding(manifest, found)

    def _finding(self, manifest: Manifest, found: list[Dependency]) -> Finding:
        names = ", ".join(f"`{dependency.name}`" for dependency in found)
        others = [d for d in manifest.dependencies if d.is_open and d not in found]
        many = len(found) > 1
        return self.finding(
            found[0].location,
            f"{len(found)} librar{'ies' if many else 'y'} that decide{'' if many else 's'} about results"
            f" {'have' if many else 'has'} no reproducible version in `{manifest.source.path}`: {names}",
            related=[
                *(Related(d.location, f"`{d.name}{d.specifier}`") for d in found[1:]),
                *(Related(d.location, f"`{d.name}{d.specifier}`, too") for d in others[:_MOST_OTHERS]),
            ],
            severity=Severity.INFO if manifest.source.source.is_any(Role.TUTORIAL) else None,
        )


def _is_critical(dependency: Dependency, used: set[str]) -> bool:
    name = dependency.name
    return bool(_CRITICAL.fullmatch(name)) and _MODULES.get(name, name.replace("-", "_")) in used
