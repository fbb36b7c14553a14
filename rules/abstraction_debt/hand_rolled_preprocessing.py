"""The rule `hand-rolled-preprocessing`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Location,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    SourceFacts,
    facts,
    is_exported_notebook,
)

_STEPS = (
    "sklearn.preprocessing.*", "sklearn.impute.*", "sklearn.decomposition.*", "sklearn.feature_extraction.*",
    "sklearn.feature_selection.*",
)  # fmt: skip
_FITS = frozenset({"fit", "fit_transform"})
_PIPELINES = frozenset(
    {"Pipeline", "make_pipeline", "ColumnTransformer", "make_column_transformer", "FeatureUnion"}
)
_FEWEST_STEPS = 2


class HandRolledPreprocessing(Rule):
    """Several fitted steps are applied by hand to the training data and again to the test data.

    Each step has to be repeated in the same order for each part of the data, in the service and in every
    cross-validation, and all of its objects have to be saved. Sculley et al. 2015, section 5 (Abstraction Debt).

    ## How to repair

    Compose the steps and the model with `make_pipeline` and fit that.

    ## Two steps on two parts

    ```python title="train.py"
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    imputer, scaler = SimpleImputer(), StandardScaler()
    filler = SimpleImputer()
    standard = StandardScaler()
    X_train = filler.fit_transform(X_train)  # expect: hand-rolled-preprocessing
    X_test = filler.transform(X_test)
    X_train = standard.fit_transform(X_train)
    X_test = standard.transform(X_test)
    model = LogisticRegression().fit(X_train, y_train)
    model.score(X_test, y_test)
    ```

    ## One step, and steps of a pipeline

    ```python title="train.py"
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    scaler = StandardScaler()
    X_train = scaler.fit_transform(X_train)
    X_test = scaler.transform(X_test)
    model = LogisticRegression().fit(X_train, y_train)
    ```

    ## Boosters that watch a validation part, and no model at all

    ```python title="train.py"
    import xgboost as xgb
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler
    filler = SimpleImputer()
    standard = StandardScaler()
    X_train = standard.fit_transform(filler.fit_transform(X_train))
    X_test = standard.transform(filler.transform(X_test))
    model = xgb.XGBClassifier().fit(X_train, y_train, eval_set=[(X_test, y_test)])
    ```

    ```python title="prepare.py"
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler
    filler = SimpleImputer()
    standard = StandardScaler()
    a = standard.fit_transform(filler.fit_transform(a))
    b = standard.transform(filler.transform(b))
    ```

    ## Steps of different branches, one scaler for several experiments, steps after the last fit

    ```python title="train.py"
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    def compare(X_train, X_test, y_train, reduce):
        model = LogisticRegression().fit(X_train, y_train)
        if reduce:
            pca = PCA(9)
            X_train = pca.fit_transform(X_train)
            X_test = pca.transform(X_test)
        else:
            scaler = StandardScaler()
            X_train = scaler.fit_transform(X_train)
            X_test = scaler.transform(X_test)
        return model.fit(X_train, y_train).score(X_test)
    ```

    ```python title="plot.py"
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    model = LogisticRegression().fit(X_train, y_train)
    pca, scaler = PCA(2), StandardScaler()
    X_train = pca.fit_transform(scaler.fit_transform(X_train))
    X_test = pca.transform(scaler.transform(X_test))
    ```

    ## Steps of a pipeline that also balances the classes

    ```python title="train.py"
    from imblearn.pipeline import Pipeline
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler
    filler = SimpleImputer()
    standard = StandardScaler()
    X_train = standard.fit_transform(filler.fit_transform(X_train))
    X_test = standard.transform(filler.transform(X_test))
    model = Pipeline([("smote", SMOTE()), ("model", LogisticRegression())]).fit(X_train, y_train)
    ```

    ## Two scalers for two models

    ```python title="train.py"
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler
    first, second = StandardScaler(), StandardScaler()
    one = StandardScaler()
    two = StandardScaler()
    X_one = one.fit_transform(X_train)
    X_two = two.fit_transform(X_more)
    T_one, T_two = one.transform(X_test), two.transform(X_test)
    a, b = Ridge().fit(X_one, y), Ridge().fit(X_two, z)
    ```

    ## Pictures and texts

    ```python title="train.py"
    import torch
    from torchvision import transforms
    resize, scale = transforms.Resize(224), transforms.Normalize(0.5, 0.5)
    X_train = scale(resize(X_train))
    X_test = scale(resize(X_test))
    loss.backward()
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each function with several such steps."""
        makers: dict[str, list[Site]] = defaultdict(list)
        for site in project.calls(*_STEPS):
            if site.source.kind is Kind.PYTHON and not site.source.source.is_any(*self.skip_roles):
                makers[site.source.path].append(site)
        for sites in makers.values():
            source = sites[0].source
            if (
                is_exported_notebook(source)
                or len(sites) < _FEWEST_STEPS
                or not _PIPELINES.isdisjoint(_last_names(source))
            ):
                continue
            fits = [event for event in project.phases.events(source) if event.phase == "fit"]
            if not fits or any(k.name == "eval_set" for e in fits for k in e.call.keywords):
                continue
            yield from self._in_source(source, [e.location for e in fits])

    def _in_source(self, source: SourceFacts, fits: list[Location]) -> Iterator[Finding]:
        """The functions that fit several objects on one thing and apply them to another."""
        learned: dict[tuple[int, int], list[facts.Call]] = defaultdict(list)
        applied: set[tuple[int, int]] = set()
        for call in source.facts.calls:
            func = call.func
            if not isinstance(func, facts.Attr) or not isinstance(func.base, facts.Ref) or not call.args:
                continue
            made = [i for i in func.base.bindings if i >= 0 and _makes_step(source, i)]
            if len(made) != 1:
                continue
            key = source.scope_of(call.block), made[0]
            if func.name in _FITS:
                learned[key].append(call)
            elif func.name == "transform" and key in learned:
                applied.add(key)
        together: dict[int, list[facts.Call]] = defaultdict(list)  # by block: not one in each branch
        for key, calls in learned.items():
            if key in applied and len(calls) == 1:  # one that is fitted again serves several experiments
                together[calls[0].block].append(calls[0])
        for calls in together.values():
            last = max(call.span.line for call in calls)
            later = next((fit for fit in fits if fit.span.line > last), None)
            kinds = {_step(source, call) for call in calls}  # two of a kind belong to two experiments
            if len(kinds) >= _FEWEST_STEPS and later is not None:
                calls.sort(key=lambda call: call.span)
                related = [Related(source.location(call.span), "another step") for call in calls[1:]]
                related.append(Related(later, "the model is fitted on the result"))
                yield self.finding(
                    source.location(calls[0].span),
                    f"{len(calls)} fitted steps are applied by hand to each part of the data instead of one pipeline",
                    related=related,
                    scope=source.scope_name(calls[0].block),
                )


def _step(source: SourceFacts, call: facts.Call) -> str:
    """The class of the step that a call fits."""
    assert isinstance(call.func, facts.Attr)
    assert isinstance(call.func.base, facts.Ref)
    (index,) = (i for i in call.func.base.bindings if i >= 0 and _makes_step(source, i))
    value = source.facts.bindings[index].value
    assert isinstance(value, facts.Called)
    return source.facts.calls[value.call].name


def _makes_step(source: SourceFacts, index: int) -> bool:
    value = source.facts.bindings[index].value
    if not isinstance(value, facts.Called) or source.facts.bindings[index].path:
        return False
    name = source.facts.calls[value.call].name
    is_label = name.rpartition(".")[2] in ("LabelEncoder", "LabelBinarizer")
    return name.startswith(tuple(step.removesuffix("*") for step in _STEPS)) and not is_label


def _last_names(source: SourceFacts) -> set[str]:
    return {name.rpartition(".")[2] for name in source.facts.header.names}
