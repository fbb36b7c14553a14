"""The rule `fit-on-test`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Confidence,
    Finding,
    Fix,
    Profile,
    Project,
    Role,
    Rule,
    Severity,
    Site,
    facts,
    method_fix,
    written,
)

_PREDICTS = frozenset({"predict", "predict_proba", "decision_function", "score"})


class FitOnTest(Rule):
    """A transformer or model is fitted on the part of the data that was held out for testing.

    A scaler that is fitted again on the test part maps the same value to another number than in training; a model
    that has seen the test part is not tested by it. Both scores say nothing about new data. Zhang et al. 2022 list
    it as "Data Leakage".

    ## How to repair

    Fit on the training part only and call `transform` or `predict` on the test part.

    ## Fitted again on the test part

    ```python title="train.py"
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    scaler = StandardScaler()
    a = scaler.fit_transform(X_train)
    b = scaler.fit_transform(X_test)  # expect: fit-on-test
    c = OneHotEncoder().fit_transform(X_test[["city"]])  # expect: fit-on-test
    ```

    ## Fixed

    ```python title="train.py"
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    scaler = StandardScaler()
    a = scaler.fit_transform(X_train)
    b = scaler.transform(X_test)
    c = OneHotEncoder().fit_transform(X_test[["city"]])  # expect: fit-on-test
    ```

    ## A model, a fold, a part that was changed in between

    ```python title="train.ipynb"
    # %%
    from sklearn.linear_model import Ridge
    from sklearn.decomposition import PCA
    from sklearn.model_selection import KFold, train_test_split
    fold = KFold(5)
    for fit, valid in fold.split(X):
        Ridge().fit(X[valid], y[valid])  # expect: fit-on-test
    # %%
    train, test = train_test_split(df, random_state=0)
    rows = test.drop(columns=["y"]).values
    PCA(2).fit_transform(rows)  # expect: fit-on-test
    ```

    ## A test file, where the same object was fitted on the training file

    ```python title="submit.py"
    import pandas as pd
    from sklearn.preprocessing import MinMaxScaler

    train = pd.read_csv("train.csv")
    test = pd.read_csv("test.csv")
    scaler = MinMaxScaler()
    train[cols] = scaler.fit_transform(train[cols])
    test[cols] = scaler.fit_transform(test[cols])  # expect: fit-on-test
    ```

    ## Applied to the test part; labels; fitted on everything at the end

    ```python title="train.py"
    import numpy as np
    from sklearn.inspection import PartialDependenceDisplay
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import LabelEncoder, PolynomialFeatures, StandardScaler

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    scaler = StandardScaler().fit(X_train)
    rows = scaler.transform(X_test)
    labels = LabelEncoder().fit_transform(y_test)
    squares = PolynomialFeatures(2).fit_transform(X_test)
    final = Ridge().fit(np.concatenate([X_train, X_test]), np.concatenate([y_train, y_test]))
    ```

    ## Two halves of the training part, each fitted on for the other

    ```python title="stack.py"
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import train_test_split

    X_train_1, X_train_2, y_train_1, y_train_2 = train_test_split(X_train, y_train, random_state=0)
    first = Ridge().fit(X_train_1, y_train_1).predict(X_train_2)
    second = Ridge().fit(X_train_2, y_train_2).predict(X_train_1)
    ```

    ## A permutation importance is computed on the test part on purpose

    ```python title="explain.py"
    from eli5.sklearn import PermutationImportance
    from sklearn.model_selection import train_test_split

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    importance = PermutationImportance(model).fit(X_test, y_test)
    ```

    ## Two halves that take turns

    ```python title="halves.py"
    from sklearn.model_selection import train_test_split

    a, b, y_a, y_b = train_test_split(X, y, train_size=0.5)
    first = model.fit(a, y_a).predict(b)
    second = model.fit(b, y_b).predict(a)
    ```

    ## Labels of the test part; a model that is calibrated or blended on a validation part

    ```python title="domains.py"
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import LabelEncoder
    train, test = train_test_split(df, random_state=0)
    codes = LabelEncoder()
    a = codes.fit_transform(train_sentiments)
    b = codes.fit_transform(test_sentiments)
    c = LabelEncoder().fit(test["label"])
    X_rest, X_test, y_rest, y_test = train_test_split(X, y, random_state=0)
    X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest, random_state=0)
    calibrated = CalibratedClassifierCV(model, cv="prefit").fit(X_val, y_val)
    X_val_predictions = np.column_stack([first.predict(X_val), second.predict(X_val)])
    blender = LogisticRegression().fit(X_val_predictions, y_val)
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each fit on held-out rows."""
        for site in project.calls("*.fit", "*.fit_transform", "*.partial_fit"):
            if site.source.source.is_any(*self.skip_roles):
                continue
            held_out = project.flow.fit_on_held_out(site.source, site.call)
            if held_out and not _is_swapped(site):
                yield self._finding(site, held_out == "name")

    def _finding(self, site: Site, by_name: bool) -> Finding:
        data = written(site.call.args[0])
        evidence = (
            "by its name test data, and the object was fitted on training data before" if by_name else "held out"
        )
        return self.finding(
            site.location,
            f"`{_called(site)}` is fitted on `{data}`, which is {evidence}",
            severity=Severity.WARNING if by_name or site.source.source.is_any(Role.TUTORIAL) else None,
            confidence=Confidence.MEDIUM if by_name else None,
            scope=site.source.scope_name(site.call.block),
            fix=_fix(site),
        )


def _called(site: Site) -> str:
    """The call as written; the class and method where the object has no name."""
    func = site.call.func
    if isinstance(func, facts.Attr) and isinstance(func.base, facts.Called):
        return f"{written(site.source.facts.calls[func.base.call].func)}(…).{func.name}"
    return written(func)


def _is_swapped(site: Site) -> bool:
    """Whether what is fitted at once predicts other rows: `model.fit(b, y_b).predict(a)`, a fold of two."""
    calls = site.source.facts.calls
    return any(
        isinstance(call.func, facts.Attr)
        and isinstance(call.func.base, facts.Called)
        and calls[call.func.base.call] is site.call
        and call.func.name in _PREDICTS
        and call.args[:1] != site.call.args[:1]
        for call in calls
    )


def _fix(site: Site) -> Fix | None:
    """Calls `transform`, where the same object is fitted before."""
    func = site.call.func
    if not isinstance(func, facts.Attr) or func.name != "fit_transform" or not isinstance(func.base, facts.Ref):
        return None
    fitted = any(
        isinstance(call.func, facts.Attr)
        and call.func.name in ("fit", "fit_transform")
        and call.func.base == func.base
        and call.span < site.call.span
        for call in site.source.facts.calls
    )
    return method_fix(site.source, site.call, "transform") if fitted else None
