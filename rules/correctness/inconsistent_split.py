"""The rule `inconsistent-split`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mldebt import Finding, Project, Related, Role, Rule, Severity, Site, facts, keyword_dictionaries

_LOADS = ("*.load_model", "joblib.load", "pickle.load", "*.load_weights", "torch.load")
_SCORES = ("*.evaluate", "*.score", "sklearn.metrics.*", "*.predict")
_OPTIONS = ("test_size", "train_size", "random_state", "validation_split", "shuffle")


class Division(NamedTuple):
    """A split: its place, what tells it from others, and what it divides."""

    site: Site
    settings: tuple[tuple[str, object], ...]
    data: frozenset[str]


class InconsistentSplit(Rule):
    """Training and evaluation divide the same data in two different ways.

    The evaluation takes rows for its part on which the model was trained, so that its score is too good. Yang et al.
    2022 call this overlap leakage.

    ## How to repair

    Divide once, store the parts, and let both programs read them.

    ## A fifth for the validation, three tenths for the evaluation

    ```python title="src/training.py"
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    def train(config, model):
        kwargs = dict(rescale=1 / 255, validation_split=0.20)
        images = ImageDataGenerator(**kwargs)
        rows = images.flow_from_directory(directory=config.training_data, subset="training")
        model.fit(rows)
        model.save("model.h5")
    ```

    ```python title="src/evaluation.py"
    import tensorflow as tf

    def evaluate(config):
        kwargs = dict(rescale=1 / 255, validation_split=0.30)
        images = tf.keras.preprocessing.image.ImageDataGenerator(**kwargs)  # expect: inconsistent-split
        rows = images.flow_from_directory(directory=config.training_data, subset="validation")
        model = tf.keras.models.load_model("model.h5")
        print(model.evaluate(rows))
    ```

    ## Another seed

    ```python title="train.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split
    df = pd.read_csv("data/houses.csv")
    train, test = train_test_split(df, test_size=0.2, random_state=1)
    ridge.fit(train[["a"]], train["y"])
    ```

    ```python title="evaluate.py"
    import joblib
    import pandas as pd
    from sklearn.model_selection import train_test_split
    df = pd.read_csv("data/houses.csv")
    train, test = train_test_split(df, test_size=0.2, random_state=2)  # expect: inconsistent-split
    print(joblib.load("ridge.pkl").score(test[["a"]], test["y"]))
    ```

    ## The same split

    ```python title="train.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split
    train, test = train_test_split(pd.read_csv("data/houses.csv"), test_size=0.2, random_state=1)
    ridge.fit(train[["a"]], train["y"])
    ```

    ```python title="evaluate.py"
    import joblib
    import pandas as pd
    from sklearn.model_selection import train_test_split
    train, test = train_test_split(pd.read_csv("data/houses.csv"), test_size=0.2, random_state=1)
    print(joblib.load("ridge.pkl").score(test[["a"]], test["y"]))
    ```

    ## Two programs that both train

    ```python title="lasso.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split
    train, test = train_test_split(pd.read_csv("data/houses.csv"), test_size=0.3, random_state=1)
    lasso.fit(train[["a"]], train["y"])
    ```

    ```python title="ridge.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split
    train, test = train_test_split(pd.read_csv("data/houses.csv"), test_size=0.2, random_state=1)
    ridge.fit(train[["a"]], train["y"])
    ```

    ## Parts that are stored; other data

    ```python title="train.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split
    train, test = train_test_split(pd.read_csv("data/houses.csv"), test_size=0.2, random_state=1)
    test.to_csv("data/test.csv")
    ridge.fit(train[["a"]], train["y"])
    ```

    ```python title="evaluate.py"
    import joblib
    import pandas as pd
    from sklearn.model_selection import train_test_split
    test = pd.read_csv("data/test.csv")
    print(joblib.load("ridge.pkl").score(test[["a"]], test["y"]))
    ```

    ```python title="drift.py"
    import joblib
    import pandas as pd
    from sklearn.model_selection import train_test_split
    first, second = train_test_split(pd.read_csv("data/flats.csv"), test_size=0.5, random_state=3)
    print(joblib.load("ridge.pkl").score(second[["a"]], second["y"]))
    ```
    """

    severity = Severity.ERROR
    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each evaluation that divides what a training program divides in another way."""
        divisions = [d for d in _divisions(project) if not d.site.source.source.is_any(*self.skip_roles)]
        if len(divisions) < 2:
            return
        fits = {
            site.source.path
            for site in project.calls("*.fit", "*.fit_generator", "xgboost.train", "lightgbm.train")
        }
        loads = {site.source.path for site in project.calls(*_LOADS)}
        scores = {site.source.path for site in project.calls(*_SCORES)}
        for later in divisions:
            path = later.site.source.path
            if path in fits or path not in loads or path not in scores:
                continue
            for first in sorted(divisions, key=lambda d: d.site.source.kind is not later.site.source.kind):
                same = first.data & later.data and {n for n, _ in first.settings} == {
                    n for n, _ in later.settings
                }
                if first.site.source.path in fits and same and first.settings != later.settings:
                    yield self._finding(first, later)
                    break

    def _finding(self, first: Division, later: Division) -> Finding:
        shown = ", ".join(
            f"{name} {one} there and {other} here"
            for (name, one), (_, other) in zip(first.settings, later.settings, strict=True)
            if one != other
        )
        return self.finding(
            later.site.location,
            f"the data that {first.site.location} divides for training is divided in another way: {shown}",
            related=[
                Related(first.site.location, "divides for training"),
                *(
                    Related(d.site.source.location(made.span), "it is set here")
                    for d in (first, later)
                    for made in keyword_dictionaries(d.site)
                ),
            ],
            severity=Severity.WARNING if later.site.source.source.is_any(Role.NOTEBOOK, Role.TUTORIAL) else None,
            scope=later.site.source.scope_name(later.site.call.block),
        )


def _divisions(project: Project) -> Iterator[Division]:
    """The splits with literal settings, and the names of the data that their file divides."""
    for site in project.calls("*.ImageDataGenerator", "sklearn.model_selection.train_test_split"):
        settings = dict(_settings(site))
        keras = site.name.endswith("ImageDataGenerator")
        if (keras and "validation_split" in settings) or (
            not keras and {"test_size", "random_state"} <= settings.keys()
        ):
            data = frozenset(_directories(site) if keras else _files(project, site))
            if data:
                yield Division(site, tuple(sorted(settings.items())), data)


def _settings(site: Site) -> Iterator[tuple[str, object]]:
    """The literal options of a split, those of a dictionary that is handed over as `**kwargs` included."""
    for keyword in (*site.call.keywords, *(k for call in keyword_dictionaries(site) for k in call.keywords)):
        if keyword.name in _OPTIONS and isinstance(keyword.value, facts.Const):
            yield keyword.name, keyword.value.value


def _directories(site: Site) -> Iterator[str]:
    """The last names of the directories that a file's generators read: `training_data` in `config.training_data`."""
    for call in site.source.facts.calls:
        if isinstance(call.func, facts.Attr) and call.func.name == "flow_from_directory":
            given = next(
                (k.value for k in call.keywords if k.name == "directory"), call.args[0] if call.args else None
            )
            if isinstance(given, facts.Attr):
                yield given.name
            elif isinstance(given, facts.Const):
                yield str(given.value)


def _files(project: Project, site: Site) -> Iterator[str]:
    """The files that are known to be read in the file of a split."""
    for access in project.accesses:
        if (
            access.source is site.source
            and access.effect == "reads"
            and access.address
            and access.address.is_known
        ):
            yield str(access.address)
