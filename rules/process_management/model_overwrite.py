"""The rule `model-overwrite`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Role, Rule, Severity, is_recorded

_UPLOADS = (
    "*.upload_file", "*.upload_fileobj", "*.put_object", "*.upload_from_filename", "*.upload_blob", "*.push_to_hub",
    "*.upload_folder", "*.register_model", "*.create_model_version",
)  # fmt: skip
_TEMPORARY = re.compile(
    r"(^|[/_.-])(te?mp|checkpoints?|ckpts?|last|best|cache|test|debug)([/_.-]|$)|path/to|(^|/)[_-]", re.IGNORECASE
)


class ModelOverwrite(Rule):
    """Each training run writes its model over the one before.

    When the new model turns out to be worse, the old one is gone: nothing to compare with, nothing to go back to.
    Breck et al. 2017 ask that models can be rolled back quickly and safely; Sculley et al. 2015, section 8, name
    managing models among the tasks of mature systems. Models that a stage declares, that are in git or that a tracker
    may keep have versions already.

    ## How to repair

    Put the run's id or date into the path, declare the model as an output of a stage, or use a model registry.

    ## One fixed path

    ```python title="train.py"
    import joblib
    from sklearn.svm import SVC

    joblib.dump(SVC().fit(X, y), "models/model.pkl")  # expect: model-overwrite
    ```

    ## A path of the run, an output of a stage

    ```python title="dated.py"
    from datetime import date

    import joblib
    from sklearn.svm import SVC

    joblib.dump(SVC().fit(X, y), f"models/model-{date.today()}.pkl")
    ```

    ```python title="staged.py"
    import joblib
    from sklearn.svm import SVC

    joblib.dump(SVC().fit(X, y), "models/svc_model.pkl")
    ```

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python staged.py
        outs: [models/svc_model.pkl]
    ```

    ## Kept by a tracker, given by the caller, or a checkpoint

    ```python title="tracked.py"
    import joblib, mlflow
    from sklearn.svm import SVC

    joblib.dump(SVC().fit(X, y), "model.pkl")
    mlflow.log_artifact("model.pkl")
    ```

    ```python title="given.py"
    import sys

    import joblib
    from sklearn.svm import SVC

    joblib.dump(SVC().fit(X, y), sys.argv[1])
    joblib.dump(SVC().fit(X, y), "checkpoints/model.pkl")
    ```

    ## Sent to a store, or in a directory of the run

    ```python title="sent.py"
    import boto3, joblib
    from sklearn.svm import SVC
    joblib.dump(SVC().fit(X, y), "model.pkl")
    boto3.client("s3").upload_file("model.pkl", "churn", f"models/{run}.pkl")
    ```

    ```python title="auto.py"
    from autogluon.tabular import TabularPredictor
    TabularPredictor(label="y").fit(rows)
    ```

    ## Data that is saved as models are

    ```python title="images.py"
    import torch

    torch.save(images, "data/mnist/processed/train.pt")
    optimizer.step()
    ```

    ## A target of make, notebooks, tests

    ```make title="Makefile"
    models/model.pkl: train.py ; python train.py
    ```

    ```python title="train.py"
    import joblib
    from sklearn.svm import SVC
    joblib.dump(SVC().fit(X, y), "models/model.pkl")
    ```

    ```python title="explore.ipynb"
    # %%
    import joblib
    from sklearn.svm import SVC
    joblib.dump(SVC().fit(X, y), "models/other.pkl")
    ```

    ```python title="tests/test_train.py"
    import joblib
    from sklearn.svm import SVC
    joblib.dump(SVC().fit(X, y), "models/model.pkl")
    ```
    """

    severity = Severity.WARNING
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each program whose model is at a fixed path, and nothing else keeps its versions."""
        told: set[str] = set()
        programs: set[str] = set()
        declared = _declared(project)
        uploads = list(project.calls(*_UPLOADS))
        for save in project.model_saves:
            home, access = save.program.source, save.access
            if home.kind is Kind.NOTEBOOK or home.source.is_any(*self.skip_roles) or access.address is None:
                continue
            path = access.address.path
            if not path or str(access.location) in told or _has_versions(project, path, declared):
                continue
            if access.api.startswith("autogluon.") and not any(k.name == "path" for k in access.call.keywords):
                continue  # it makes a directory for each run
            if any(save.program.reach.has(site.source, site.call.block) for site in uploads):
                continue  # kept elsewhere, perhaps with versions
            if home.path not in programs and not is_recorded(project, save.program):
                told.add(str(access.location))
                programs.add(home.path)
                yield self.finding(
                    access.location,
                    f"each run of `{home.path}` overwrites `{path}`: the model before cannot be compared or restored",
                    scope=access.source.scope_name(access.call.block),
                )


def _declared(project: Project) -> frozenset[str]:
    """The paths that stages or tracked files declare."""
    products = {product.path for stage in project.stages for product in stage.products}
    return frozenset(products | {data.path for data in project.declared_data})


def _has_versions(project: Project, path: str, declared: frozenset[str]) -> bool:
    inside = any(path == place or path.startswith(f"{place}/") for place in declared)
    return inside or path in project.files or bool(_TEMPORARY.search(path)) or f"{path}.dvc" in project.files
