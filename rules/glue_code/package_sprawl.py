"""The rule `package-sprawl`."""

from __future__ import annotations

from collections import defaultdict
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
    SourceFacts,
    Span,
    is_exported_notebook,
    is_library,
)

_PACKAGES = {
    "boosters": ("xgboost", "lightgbm", "catboost"),
    "trackers": ("mlflow", "wandb", "neptune", "comet_ml", "clearml", "aim"),
    "deep learning": ("torch", "tensorflow", "keras", "jax"),
    "language models": ("openai", "anthropic", "langchain", "transformers"),
    "tables": ("pyspark",),
    "tuners": ("optuna", "hyperopt"),
    "statistics": ("statsmodels", "prophet", "sklearn"),
}
_FRAMEWORKS = frozenset(
    {"lightning", "pytorch_lightning", "kedro", "airflow", "zenml", "dagster", "prefect", "ray"}
)
_FRAMED = frozenset({"torch", "jax", "transformers", "keras", "tensorflow"})
_WHOLE = frozenset({"deep learning", "tables"})
"""What a project is built on rather than with: it is not wrapped, but two of a kind are too many."""

_LEAST_SHARE = 0.3
_FEWEST_MODULES = 8
_FEWEST_USERS = 4
_FEWEST_PARTS = 3


class PackageSprawl(Rule):
    """A package is imported all over the project, and no module stands between it and the rest.

    To change it, or to survive its next version, every third module has to be touched. Sculley et al. 2015, section 5
    (Glue Code): wrap black-box packages into common interfaces, so that changing packages costs less.

    ## How to repair

    Write one module with the handful of calls that the project needs, and import that.

    ## A tracker in half of the modules

    ```python title="train.py"
    import mlflow
    from sklearn.linear_model import LogisticRegression
    mlflow.log_metric("auc", LogisticRegression().fit(X, y).score(X, y))
    ```

    ```python title="evaluate.py"
    import mlflow  # expect: package-sprawl
    from sklearn.metrics import roc_auc_score
    mlflow.log_metric("auc", roc_auc_score(y, p))
    ```

    ```python title="serve.py"
    import fastapi
    import mlflow
    app = fastapi.FastAPI()
    model = mlflow.pyfunc.load_model("models:/churn/1")
    model.predict(X)
    ```

    ```python title="prepare.py"
    import pandas as pd
    import mlflow
    mlflow.log_param("rows", len(pd.read_csv("a.csv")))
    pd.read_csv("a.csv").to_csv("b.csv")
    ```

    ```python title="a.py"
    A = 1
    ```

    ```python title="b.py"
    B = 1
    ```

    ```python title="c.py"
    C = 1
    ```

    ```python title="d.py"
    D = 1
    ```

    ## Few modules

    ```python title="train.py"
    import mlflow
    from sklearn.linear_model import LogisticRegression
    mlflow.log_metric("auc", LogisticRegression().fit(X, y).score(X, y))
    ```

    ```python title="evaluate.py"
    import mlflow
    from sklearn.metrics import roc_auc_score
    mlflow.log_metric("auc", roc_auc_score(y, p))
    ```

    ## Arrays and tables are no packages to wrap

    ```python title="a.py"
    import numpy as np
    import pandas as pd
    ```

    ## Arrays everywhere, a framework that is the program

    ```python title="load.py"
    import lightning
    import numpy as np
    import pandas as pd
    import torch
    pd.read_csv("a.csv").to_csv("b.csv")
    ```

    ```python title="net.py"
    import lightning as L
    import numpy as np
    import pandas as pd
    import torch
    class Net(L.LightningModule):
        def training_step(self, batch): return self(batch)
    ```

    ```python title="fit.py"
    import lightning as L
    import numpy as np
    import pandas as pd
    import torch
    L.Trainer().fit(net)
    ```

    ```python title="score.py"
    import lightning as L
    import numpy as np
    import pandas as pd
    import torch
    model.predict(pd.read_csv("b.csv"))
    ```

    ```python title="a.py"
    ```

    ```python title="b.py"
    ```

    ```python title="c.py"
    ```

    ```python title="d.py"
    ```

    ## A library that extends it

    ```toml title="pyproject.toml"
    [project]
    name = "mlflow-extras"
    dependencies = ["mlflow"]
    classifiers = ["Programming Language :: Python :: 3"]
    ```

    ```python title="extras/log.py"
    import mlflow
    from sklearn.metrics import roc_auc_score
    mlflow.log_metric("auc", roc_auc_score(y, p))
    ```

    ```python title="extras/fit.py"
    import mlflow
    from sklearn.svm import SVC
    mlflow.log_metric("auc", SVC().fit(X, y).score(X, y))
    ```

    ```python title="extras/rows.py"
    import mlflow
    import pandas as pd
    mlflow.log_param("rows", len(pd.read_csv("a.csv")))
    ```

    ```python title="extras/load.py"
    import mlflow
    model = mlflow.pyfunc.load_model("models:/churn/1")
    model.predict(X)
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 60

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each package, the ones for the same purpose together."""
        parts: dict[str, list[SourceFacts]] = defaultdict(list)
        for source in self.sources(project, Kind.PYTHON):
            if not source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK) and not is_exported_notebook(source):
                parts[project.subprojects.root_of(source.path)].append(source)
        for modules in parts.values():
            if len(modules) >= _FEWEST_MODULES and not is_library(project, modules[0].path):
                yield from self._in_part(project, modules)

    def _in_part(self, project: Project, modules: list[SourceFacts]) -> Iterator[Finding]:
        importers: dict[str, list[SourceFacts]] = defaultdict(list)
        for source in modules:
            for package in {module.partition(".")[0] for module in source.facts.header.modules}:
                importers[package].append(source)
        framed = not _FRAMEWORKS.isdisjoint(importers)
        for purpose, packages in _PACKAGES.items():
            wide = {}
            for package in packages:
                users = importers.get(package, [])
                if len(users) < max(_FEWEST_USERS, _LEAST_SHARE * len(modules)) or (
                    framed and package in _FRAMED
                ):
                    continue
                if len(_parts_of(project, users)) >= _FEWEST_PARTS and not _is_wrapped(project, users):
                    wide[package] = users
            if wide and (purpose not in _WHOLE or len(wide) > 1):
                yield self._finding(wide, purpose, len(modules))

    def _finding(self, wide: dict[str, list[SourceFacts]], purpose: str, total: int) -> Finding:
        package, users = max(wide.items(), key=lambda pair: (len(pair[1]), pair[0]))
        others = [name for name in wide if name != package]
        also = (
            f"; so {'are' if len(others) > 1 else 'is'} {', '.join(f'`{o}`' for o in others)} ({purpose})"
            if others
            else ""
        )
        places = [source.location(_import_of(source, package)) for source in users]
        return self.finding(
            places[0],
            f"`{package}` is imported directly by {len(users)} of {total} modules "
            f"({len(users) * 100 // total} %), and no module wraps it{also}",
            related=[Related(place, "imported here") for place in places[1:12]],
            severity=Severity.WARNING if others else None,
            minutes=60 + 5 * len(users),
        )


def _parts_of(project: Project, sources: list[SourceFacts]) -> set[str]:
    """What the modules do: prepare, fit, evaluate, save, serve, …"""
    found: set[str] = set()
    for source in sources:
        found.update(event.phase for event in project.phases.events(source))
    return found - {"plot", "track"}  # which every part may do besides


def _is_wrapped(project: Project, users: list[SourceFacts]) -> bool:
    """Whether one of the modules is imported by half of the others."""
    paths = {source.path for source in users}
    return any(
        2 * len(paths & set(project.imports.importers.get(source.path, ()))) >= len(paths) for source in users
    )


def _import_of(source: SourceFacts, package: str) -> Span:
    return next(
        (fact.span for fact in source.facts.imports if fact.module.partition(".")[0] == package), Span.at(1)
    )
