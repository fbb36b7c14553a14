"""The rule `floating-install`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from mldebt import (
    Finding,
    Kind,
    Location,
    Manifest,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    is_library,
    is_locked,
    manifests,
)

_TOOLS = frozenset(
    "pip setuptools wheel uv poetry pipenv pip-tools virtualenv build twine hatch pdm jupyter jupyterlab notebook"
    " ipykernel ipython ipywidgets pytest pytest-cov black flake8 isort mypy ruff pylint pre-commit coverage sphinx"
    " rich tqdm click".split()
)
_ASIDE = re.compile(
    r"(^|[-_./])(docs?|lint|typing|constraints?|devcontainer|dev|tests?|testing)([-_./]|$)", re.IGNORECASE
)
_CRITICAL = re.compile(
    r"numpy|pandas|scikit-learn|sklearn|scipy|torch(vision|audio)?|(pytorch-)?lightning|tensorflow(-gpu|-cpu)?|keras"
    r"|xgboost|lightgbm|catboost|transformers|sentence-transformers|tokenizers|datasets|timm|statsmodels|spacy|nltk"
    r"|gensim|prophet|polars|pyarrow|joblib|cloudpickle|imbalanced-learn|onnx.*"
)


class FloatingInstall(Rule):
    """An image or a list of requirements installs packages in whatever version there is.

    The service, the tracker or the web page around the model is another program after the next build: the same commit
    works today and fails next month. Sculley et al. 2015, section 3: what changes by itself is an unstable
    dependency. (Libraries that decide about results are `unpinned-dependency`.)

    ## How to repair

    Name versions, or compile a lock file.

    ## An image

    ```dockerfile title="tracker/Dockerfile"
    FROM python:3.11-slim
    RUN pip install --no-cache-dir mlflow psycopg2-binary boto3  # expect: floating-install
    ```

    ```python title="train.py"
    import mlflow
    mlflow.log_metric("auc", 0.8)
    ```

    ## The packages of a service

    ```text title="api/requirements.txt"
    fastapi  # expect: floating-install
    uvicorn
    pydantic==2.7.0
    ```

    ```python title="api/main.py"
    from fastapi import FastAPI
    app = FastAPI()
    ```

    ## Versions, tools that install, lists for documentation

    ```dockerfile title="Dockerfile"
    FROM python:3.11-slim
    RUN pip install --upgrade pip && pip install mlflow==2.14.3
    ```

    ```text title="requirements-docs.txt"
    mkdocs
    ```

    ## A lock file beside it, and a library

    ```text title="requirements.txt"
    fastapi
    ```

    ```text title="requirements.lock"
    fastapi==0.111.0
    ```

    ## Libraries that decide about results are another rule's

    ```text title="requirements.txt"
    pandas
    fastapi
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each list with bare names, if none of them is of another rule's."""
        for manifest in manifests(project):
            source = manifest.source
            if source.source.is_any(*self.skip_roles) or source.kind not in (Kind.REQUIREMENTS, Kind.DOCKERFILE):
                continue
            if manifest.has_pins or _ASIDE.search(source.path) or is_library(project, source.path):
                continue
            bare = _bare(project, manifest)
            if bare:
                places, names = zip(*bare, strict=True)
                shown = ", ".join(f"`{name}`" for name in names[:4]) + (" …" if names[4:] else "")
                yield self.finding(
                    places[0],
                    f"{shown} {'get' if names[1:] else 'gets'} whatever version there is in `{basename(source.path)}`",
                    related=[Related(place, f"`{name}`, too") for place, name in bare[1:12]],
                )


def _bare(project: Project, manifest: Manifest) -> list[tuple[Location, str]]:
    """The packages without any version, with their places; none where one of them decides about results."""
    found = []
    for dependency in manifest.dependencies:
        if dependency.specifier.strip() or dependency.name in _TOOLS:
            continue
        if is_locked(project, manifest.source.path, dependency.name):
            continue
        if _CRITICAL.fullmatch(dependency.name):
            return []
        found.append((dependency.location, dependency.name))
    return found
