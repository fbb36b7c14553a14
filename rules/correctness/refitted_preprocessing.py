"""The rule `refitted-preprocessing`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Role, Rule, Severity, refits


class RefittedPreprocessing(Rule):
    """The same preparation is fitted once on the training rows and once more on the test rows.

    A function that computes its means, scales or codes from whatever it is given prepares the test rows by their own
    numbers: the model sees other values for equal rows, and in service, where one row comes at a time, there is
    nothing to compute them from. Yang et al. 2022 (preprocessing leakage); Breck et al. 2017 (ML Test Score,
    monitoring 3): training and serving compute the same features.

    ## How to repair

    Fit on the training rows, keep what was fitted, and apply it to all others.

    ## A function that is called for both

    ```python title="train.py"
    import pandas as pd
    from sklearn.preprocessing import StandardScaler

    def clean(data):
        data["age"] = data["age"].fillna(data["age"].median())  # expect: refitted-preprocessing
        return data

    def scale(frame):
        scaler = StandardScaler()
        return scaler.fit_transform(frame)  # expect: refitted-preprocessing

    train = scale(clean(pd.read_csv("train.csv")))
    train_data, test_data = pd.read_csv("train.csv"), pd.read_csv("test.csv")
    a = clean(train_data)
    b = clean(test_data)
    X_train, X_test = scale(train_data), scale(test_data)
    ```

    ## A method with a transformer of its own

    ```python title="steps/clean.py"
    from sklearn.impute import SimpleImputer

    class Cleaner:
        def __init__(self):
            self.imputer = SimpleImputer(strategy="most_frequent")

        def clean(self, data):
            data["city"] = self.imputer.fit_transform(data[["city"]])  # expect: refitted-preprocessing
            return data
    ```

    ```python title="main.py"
    from steps.clean import Cleaner

    cleaner = Cleaner()
    fit(cleaner.clean(train))
    score(cleaner.clean(test))
    ```

    ## A loop over both

    ```python title="prepare.py"
    for df in [train, test]:
        df["fare"] = df["fare"].fillna(df["fare"].mean())  # expect: refitted-preprocessing
    ```

    ## Fitted on the training rows alone

    ```python title="train.py"
    from sklearn.preprocessing import StandardScaler

    def scale(frame, scaler=None, is_train=True):
        if is_train:
            scaler = StandardScaler()
            scaler.fit(frame)
        return scaler.transform(frame), scaler

    X_train, scaler = scale(train)
    X_test, _ = scale(test, scaler, False)
    ```

    ```python title="fill.py"
    def fill(frame, median):
        frame["age"] = frame["age"].fillna(median)
        frame["sex"] = frame["sex"].fillna("unknown")

    fill(train, train["age"].median())
    fill(test, train["age"].median())
    ```

    ## Called for the training rows alone, and nothing that is fitted

    ```python title="train.py"
    from sklearn.preprocessing import Normalizer, StandardScaler

    def scale(frame):
        return StandardScaler().fit_transform(frame)

    def norm(frame):
        return Normalizer().fit_transform(frame)

    scale(train)
    norm(train), norm(test)
    print(train["age"].mean(), test["age"].mean())
    ```
    """

    severity = Severity.WARNING
    profile = Profile.CI
    minutes = 30
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each function or loop that is given both kinds of rows."""
        for fit, places in refits(project):
            source = fit.source
            if source.source.is_any(*self.skip_roles):
                continue
            yield self.finding(
                source.location(fit.call.span),
                f"{fit.what} is computed anew from `{fit.table}`, which is training data once and held-out data once",
                related=[Related(place, f"for `{name}`") for name, place in places],
                severity=Severity.INFO if source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK) else None,
                scope=source.scope_name(fit.call.block),
            )
