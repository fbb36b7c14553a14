"""The rule `unversioned-pickle-model`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import dirname

from mldebt import (
    Finding,
    Kind,
    Manifest,
    ModelSave,
    Project,
    Related,
    Role,
    Rule,
    is_library,
    is_locked,
    lies_in,
    manifests,
)

_PICKLERS = re.compile(
    r"^(_pickle|cPickle|pickle|joblib|cloudpickle|dill|sklearn\.externals\.joblib)\.dumps?$|to_pickle$"
)
_PACKAGES = {
    "sklearn": "scikit-learn",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "statsmodels": "statsmodels",
    "imblearn": "imbalanced-learn",
}
_TEMPORARY = re.compile(r"(^|[/_.-])(te?mp|cache)([/_.-]|$)|\{tempfile", re.IGNORECASE)
_EXACT = re.compile(r"^===?\s*[^*]+$|^=[^=*]+$|^@|^\d[\w.]*$")


class UnversionedPickleModel(Rule):
    """A model is pickled, and the version of the library that can read it is not fixed.

    A pickle holds the private attributes of a version of the library. After an upgrade it does not load any more, or
    it loads and predicts differently. Schelter et al. 2018 name the compatibility of trained models among the
    challenges of model management.

    ## How to repair

    Pin the library to one version wherever the model is made and loaded, store the version with the model, or export
    the model in a format that is stable between versions.

    ## A library of any version

    ```text title="requirements.txt"
    scikit-learn>=1.2
    pandas==2.2.3
    ```

    ```python title="train.py"
    import joblib
    from sklearn.linear_model import Ridge

    model = Ridge().fit(X, y)
    joblib.dump(model, "models/model.pkl")
    ```

    ```python title="again.py"
    import pickle
    from sklearn.linear_model import Ridge

    model = Ridge().fit(X, y)
    with open("models/model_2.pkl", "wb") as file:  # expect: unversioned-pickle-model
        pickle.dump(model, file)
    ```

    ## Pinned, or the version is stored with the model

    ```text title="a/requirements.txt"
    scikit-learn==1.5.2
    ```

    ```python title="a/train.py"
    import joblib
    from sklearn.linear_model import Ridge

    joblib.dump(Ridge().fit(X, y), "models/model.pkl")
    ```

    ```text title="b/requirements.txt"
    scikit-learn
    ```

    ```python title="b/train.py"
    import joblib
    import sklearn
    from sklearn.linear_model import Ridge

    model = Ridge().fit(X, y)
    joblib.dump({"model": model, "sklearn": sklearn.__version__}, "models/model.pkl")
    ```

    ## Another format, and no list of dependencies that could tell

    ```text title="a/requirements.txt"
    xgboost
    ```

    ```python title="a/train.py"
    import xgboost

    xgboost.XGBClassifier().fit(X, y).save_model("models/model.json")
    ```

    ```python title="b/train.py"
    import joblib
    from sklearn.linear_model import Ridge

    joblib.dump(Ridge().fit(X, y), "models/model.pkl")
    ```

    ## For a while only, and tests
    ```text title="requirements.txt"
    scikit-learn
    ```
    ```python title="cache.py"
    import joblib
    from sklearn.linear_model import Ridge
    joblib.dump(Ridge().fit(X, y), "/tmp/model.pkl")
    ```

    ## Formats that are made to last, a store that keeps the requirements, tests

    ```text title="requirements.txt"
    torch
    scikit-learn
    skops
    mlflow
    ```

    ```python title="train.py"
    import mlflow
    import skops.io
    import torch
    from sklearn.linear_model import Ridge
    model = Ridge().fit(X, y)
    skops.io.dump(model, "models/model.skops")
    mlflow.sklearn.log_model(model, "model")
    torch.save(net.state_dict(), "models/net_model.pt")
    torch.onnx.export(net, x, "models/net.onnx")
    ```

    ```python title="tests/test_model.py"
    import joblib
    from sklearn.linear_model import Ridge
    joblib.dump(Ridge().fit(X, y), "models/model.pkl")
    ```
    """

    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each library of a part of the project whose pickled models depend on it."""
        found: dict[tuple[str, str], list[ModelSave]] = {}
        places: set[str] = set()
        for save in project.model_saves:
            source, place = save.access.source, str(save.access.location)
            if not _is_pickled(save) or source.kind is Kind.NOTEBOOK or place in places or _is_passing(save):
                continue
            words = source.facts.words
            if save.program.source.source.is_any(*self.skip_roles) or "__version__" in words or "mlflow" in words:
                continue
            places.add(place)
            for package in _packages(project, save):
                found.setdefault((project.subprojects.root_of(source.path), package), []).append(save)
        listed = list(manifests(project)) if found else []
        for (root, package), saves in found.items():
            loose = _loose(project, listed, root, package)
            if loose is not None and not is_library(project, saves[0].access.source.path):
                manifest, written = loose
                home = dirname(manifest.source.path)
                near = [s for s in saves if lies_in(s.access.source.path, home)]
                first, *others = (save.access for save in near or saves)
                yield self.finding(
                    first.location,
                    f"`{first.address}` is pickled, and `{manifest.source.path}` allows any `{written}`: another"
                    " version may not load it, or predict differently",
                    related=[
                        Related(d.location, f"`{written}`") for d in manifest.dependencies if d.name == package
                    ]
                    + [Related(other.location, f"`{other.address}`, too") for other in others[:8]],
                    scope=first.source.scope_name(first.call.block),
                )


def _is_pickled(save: ModelSave) -> bool:
    """Whether a model is written by a pickler, directly or into a file that was just opened."""
    access = save.access
    if access.api != "builtins.open":
        return bool(_PICKLERS.search(access.api))
    near = (c for c in access.source.facts.calls if 0 <= c.span.line - access.call.span.line <= 3)
    return any(_PICKLERS.search(call.name) for call in near)


def _is_passing(save: ModelSave) -> bool:
    """Whether a model is kept for a while only."""
    return bool(_TEMPORARY.search(str(save.access.address)))


def _packages(project: Project, save: ModelSave) -> set[str]:
    """The libraries whose estimators a program fits."""
    names = {event.name.partition(".")[0] for event in project.phases.during(save.program, "fit", "tune")}
    if not names & _PACKAGES.keys():
        modules = {module.partition(".")[0] for module in save.access.source.facts.header.modules}
        names = modules & _PACKAGES.keys() if len(modules & _PACKAGES.keys()) == 1 else set()
    return {_PACKAGES[name] for name in names if name in _PACKAGES}


def _loose(project: Project, listed: list[Manifest], root: str, package: str) -> tuple[Manifest, str] | None:
    """The manifest of a part of the project that allows several versions; None if one of them fixes it."""
    loose = None
    for manifest in listed:
        path = manifest.source.path
        if project.subprojects.root_of(path) != root and dirname(path) != root:
            continue
        for dependency in manifest.dependencies:
            if dependency.name == package:
                if _EXACT.match(dependency.specifier) or manifest.has_pins or is_locked(project, path, package):
                    return None
                loose = loose or (manifest, f"{package}{dependency.specifier}")
    return loose
