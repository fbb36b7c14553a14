"""The rule `undeclared-import`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

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
    SourceFacts,
    Span,
    facts,
    images_of,
    is_declared,
    is_library,
    manifests,
)

_PLAIN = re.compile(
    r"(^|/)(python|ubuntu|debian|alpine|fedora|amazonlinux|centos|scratch|node|uv|nvidia/cuda)(:|@|$|-)"
)
_PROVIDED = frozenset(
    "google azure pyspark kaggle kaggle_secrets dbutils IPython ipywidgets dataiku airflow"
    " pip setuptools pkg_resources".split()
)
"""What a platform brings, and namespaces that many packages share."""


class UndeclaredImport(Rule):
    """Code imports packages that no list of dependencies names.

    On a fresh machine the program stops at its first line, and the version with which the results were made is known
    to nobody. Pimentel et al. 2019 found missing modules to be the first cause of notebooks that fail. Sculley et al.
    2015, section 6: what a system is put together from is configuration, and nobody can see what it lacks.

    ## How to repair

    Declare the package, with its version.

    ## Imported and not declared

    ```text title="requirements.txt"
    pandas==2.2.3  # expect: undeclared-import
    ```

    ```python title="explore.ipynb"
    # %%
    import shap
    import pandas as pd
    ```

    ```python title="train.py"
    import yaml
    import os
    from helpers import load
    ```

    ```python title="helpers.py"
    def load(): ...
    ```

    ## Declared under the name of the package, brought along, optional, or for types only

    ```text title="requirements.txt"
    pandas==2.2.3
    scikit-learn==1.5.2
    ```

    ```python title="train.py"
    import numpy
    import sklearn
    import joblib

    try:
        import cupy
    except ImportError:
        cupy = None
    ```

    ## No list at all

    ```python title="train.py"
    import shap
    ```

    ## Given by the platform, brought by another package, for types only

    ```text title="requirements.txt"
    fastapi[standard]==0.115
    ```

    ```python title="train.py"
    from typing import TYPE_CHECKING
    import dbutils
    from google.colab import drive
    import pyspark
    import uvicorn
    if TYPE_CHECKING:
        import shap
    ```
    """

    profile = Profile.AUDIT
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield at most one finding for each part of the project, at its first list of dependencies."""
        parts: dict[str, list[Manifest]] = {}
        for manifest in manifests(project):
            if not manifest.source.source.is_any(*self.skip_roles) and manifest.source.kind is not Kind.NOTEBOOK:
                parts.setdefault(project.subprojects.root_of(manifest.source.path), []).append(manifest)
        named = {d.name for manifest in manifests(project) for d in manifest.dependencies}
        for root, found in parts.items():
            if any(_brings_packages(manifest.source) for manifest in found):
                continue  # the image that it starts from has packages of its own
            missing: dict[str, Location] = {}
            for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
                if project.subprojects.root_of(source.path) == root and not source.source.is_any(Role.TUTORIAL):
                    for fact, name in _imported(project, source):
                        if not is_declared(name, named):
                            missing.setdefault(name, source.location(fact.span))
            listing = next((m for m in sorted(found, key=_rank) if m.dependencies), None)
            if missing and listing is not None:
                names = ", ".join(f"`{name}`" for name in sorted(missing)[:6])
                yield self.finding(
                    _extent(listing),
                    f"{_counted(len(missing))} declared nowhere: {names}",
                    related=[Related(place, f"imports `{name}`") for name, place in sorted(missing.items())[:12]],
                    severity=Severity.WARNING,
                )


def _extent(listing: Manifest) -> Location:
    """The whole list: what is missing has no line of its own."""
    places = sorted(dependency.location for dependency in listing.dependencies)
    first, last = places[0].span, places[-1].span
    return Location(listing.source.path, Span(first.line, first.column, last.end_line, last.end_column))


def _counted(packages: int) -> str:
    return "1 imported package is" if packages == 1 else f"{packages} imported packages are"


def _brings_packages(source: SourceFacts) -> bool:
    """Whether an image starts from one that is more than a language or a system."""
    return source.kind is Kind.DOCKERFILE and any(not _PLAIN.search(image) for image, _ in images_of(source))


def _rank(manifest: Manifest) -> int:
    """Lists of requirements come before images that install some more."""
    kinds = (Kind.REQUIREMENTS, Kind.TOML)
    return kinds.index(manifest.source.kind) if manifest.source.kind in kinds else len(kinds)


def _imported(project: Project, source: SourceFacts) -> Iterator[tuple[facts.Import, str]]:
    """The packages from outside that a file surely needs."""
    for fact in source.facts.imports:
        top = fact.module.partition(".")[0]
        if not top or top in sys.stdlib_module_names or top in _PROVIDED or top.startswith("_"):
            continue
        if source.enclosing(fact.block, "try", "except", "if") is not None or project.names.module(source, top):
            continue
        if top in project.directory_names or any(
            path.endswith(f"/{top}.py") for path in project.files_by_stem.get(top, ())
        ):
            continue
        if source.enclosing(fact.block, "function") is not None and is_library(project, source.path):
            continue  # asked for by whoever needs it
        yield fact, top
