"""The rule `setting-in-code`."""

from __future__ import annotations

import re
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
    Site,
    facts,
    is_near_settings,
    setting_documents,
)

_MODELS = frozenset({"classifier", "regressor", "clusterer", "outlier-detector", "estimator", "booster"})
_SPLITS = re.compile(
    r"sklearn\.(model_selection|cross_validation)\.(train_test_split|\w*(KFold|ShuffleSplit|SearchCV))$"
)
_TRAINING = re.compile(r"torch\.(optim\.\w+|utils\.data\.DataLoader)$|(tensorflow\.)?keras\.optimizers\.\w+$")
_SIZES = frozenset(
    "test_size train_size n_splits n_iter lr learning_rate weight_decay momentum batch_size".split()
)
_NEUTRAL = frozenset(
    "n_jobs num_threads nthread thread_count verbose verbosity tol max_iter device gpu_id".split()
)
_SEEDS = frozenset({"random_state", "seed", "random_seed"})
_DEFAULTS = {"n_estimators": 100, "C": 1, "alpha": 1, "learning_rate": 0.1, "n_neighbors": 5, "test_size": 0.25}


class SettingInCode(Rule):
    """A size, seed or hyper-parameter is written into a step although the project keeps its settings in a file.

    Who looks into the file believes to see all that can be tuned; tools that track it do not see this number, and
    an experiment with it needs a change of the code. Sculley et al. 2015, section 6. (Three and more
    hyper-parameters of one model are `config-bypass`.)

    ## How to repair

    Move the number to the file, and pass it from there.

    ## A split beside a file of parameters

    ```yaml title="params.yaml"
    train: {alpha: 0.3}
    ```

    ```python title="split.py"
    from sklearn.model_selection import train_test_split

    def split(df):
        return train_test_split(df, test_size=0.2, random_state=7)  # expect: setting-in-code
    ```

    ```python title="train.py"
    import yaml
    from sklearn.linear_model import Ridge

    Ridge(alpha=yaml.safe_load(open("params.yaml"))["train"]["alpha"]).fit(X, y)
    ```

    ## A seed that the file has, too

    ```yaml title="params.yaml"
    base: {random_state: 42, C: 3}
    ```

    ```python title="train.py"
    import yaml
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.svm import SVC

    params = yaml.safe_load(open("params.yaml"))
    SVC(C=params["base"]["C"]).fit(X, y)
    RandomForestClassifier(random_state=42).fit(X, y)  # expect: setting-in-code
    ```

    ## The size of pictures

    ```yaml title="params.yaml"
    IMAGE_SIZE: [224, 224, 3]
    BATCH_SIZE: 16
    ```

    ```python title="train.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    train(params["IMAGE_SIZE"], params["BATCH_SIZE"])
    ```

    ```python title="predict.py"
    from tensorflow.keras.preprocessing import image

    def read(name):
        return image.load_img(name, target_size=(224, 224))  # expect: setting-in-code
    ```

    ## From the file, defaults, resources, a seed that the file does not have

    ```yaml title="params.yaml"
    train: {alpha: 0.3, size: 0.2}
    ```

    ```python title="train.py"
    import yaml
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import train_test_split

    params = yaml.safe_load(open("params.yaml"))["train"]
    train_test_split(X, y, test_size=params["size"], random_state=1)
    RandomForestClassifier(n_estimators=100, n_jobs=4, random_state=1).fit(X, y)
    ```

    ## No file of parameters; notebooks, tests

    ```python title="train.py"
    from sklearn.model_selection import train_test_split
    train_test_split(X, y, test_size=0.2)
    ```

    ```python title="tests/test_train.py"
    from sklearn.model_selection import train_test_split
    train_test_split(X, y, test_size=0.2)
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK, Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that writes out settings."""
        holders = setting_documents(project)  # by part of the project: a document and the names of its settings
        found: dict[str, list[tuple[Site, list[str]]]] = {}
        for site in project.calls("*") if holders else ():
            source = site.source
            if source.kind is not Kind.PYTHON or source.source.is_any(*self.skip_roles):
                continue
            holder = holders.get(project.subprojects.root_of(source.path))
            if holder is not None and is_near_settings(holder[0], source.path):
                written = _written(project, site) or _image_size(site, holder[1])
                if written and (not _SEEDS.issuperset(written) or not holder[1].isdisjoint(written)):
                    found.setdefault(source.path, []).append((site, written))
        for (site, written), *others in found.values():
            path, _ = holders[project.subprojects.root_of(site.source.path)]
            names = ", ".join(f"`{name}`" for name in dict.fromkeys(written))
            yield self.finding(
                site.location,
                f"{names} of `{_short(site)}` {'are' if written[1:] else 'is'} written into the code, while `{path}`"
                " holds settings",
                related=[
                    Related(
                        other.location, f"{', '.join(f'`{name}`' for name in names)} of `{_short(other)}`, too"
                    )
                    for other, names in others[:20]
                ],
                scope=site.source.scope_name(site.call.block),
            )


def _short(site: Site) -> str:
    return site.name.rpartition(".")[2]


def _image_size(site: Site, names: set[str]) -> list[str]:
    """The size that pictures are read with, where the settings have one."""
    given = [k for k in site.call.keywords if k.name in ("target_size", "image_size", "img_size")]
    known = any(re.search(r"(image|img|input|target)_?(size|shape|dim)", name) for name in names)
    literal = (
        isinstance(k.value, facts.Seq) and all(isinstance(i, facts.Const) for i in k.value.items) for k in given
    )
    return [given[0].name] if given and known and all(literal) else []


def _written(project: Project, site: Site) -> list[str]:
    """The settings that a call of a split, an optimizer or a model gets as literals."""
    literal = {
        k.name: k.value.value
        for k in site.call.keywords
        if isinstance(k.value, facts.Const) and type(k.value.value) in (int, float) and k.value.value != 1
    }
    if not literal:
        return []
    if _SPLITS.match(site.name) or _TRAINING.match(site.name):
        found = [name for name, value in literal.items() if name in _SIZES and _DEFAULTS.get(name) != value]
        return found + [name for name in literal if name in _SEEDS]
    api = project.types.tables.lookup(site.name)
    if api is None or api.role not in _MODELS or "dummy" in site.name:
        return []
    chosen = [n for n, v in literal.items() if n not in _NEUTRAL | _SEEDS and _DEFAULTS.get(n) != v]
    return [] if len(chosen) > 2 else chosen + [name for name in literal if name in _SEEDS]
