"""The rule `preprocessing-leakage`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Learned, Profile, Project, Related, Role, Rule, Severity, Split

_HELD_OUT = {
    "split": "are held out for testing",
    "folds": "are held out fold by fold",
    "cross-validation": "are held out in the cross-validation",
    "search": "are held out by the search",
}


class PreprocessingLeakage(Rule):
    """A transformation is fitted on rows that are held out for testing afterwards.

    The means, components, weights or features that it learns carry the test rows into training, so that the score
    is better than the model will be on new data. Yang et al. 2022 found such leakage in about one of eight public
    notebooks; Zhang et al. 2022 list it as "Data Leakage". Encoders that only learn a vocabulary are not meant.

    ## How to repair

    Split first and fit on the training part only; put the transformation into a `Pipeline`, which does so in every
    fold of a cross-validation, too.

    ## Before a split, directly, in a column, through an assignment

    ```python title="train.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    df = pd.read_csv("a.csv")
    df["amount"] = MinMaxScaler().fit_transform(df[["amount"]])  # expect: preprocessing-leakage
    X, y = df.drop(columns=["t"]), df["t"]
    scaler = StandardScaler()
    scaler.fit(X)  # expect: preprocessing-leakage
    X_scaled = pd.DataFrame(scaler.transform(X), columns=X.columns)
    X_train, X_test, y_train, y_test = train_test_split(X_scaled, y, random_state=0)
    ```

    ## Before folds, a cross-validation, a search

    ```python title="folds.ipynb"
    # %%
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.model_selection import StratifiedKFold
    features = TfidfVectorizer().fit_transform(texts)  # expect: preprocessing-leakage
    # %%
    folds = StratifiedKFold(5)
    for train, test in folds.split(features, y):
        model.fit(features[train], y[train])
    ```

    ```python title="search.py"
    from sklearn.feature_selection import SelectKBest
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.svm import SVC

    best = SelectKBest(k=10).fit(X, y)  # expect: preprocessing-leakage
    print(cross_val_score(SVC(), best.transform(X), y))
    ```

    ## In a helper, and applied to both parts

    ```python title="train.py"
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import RobustScaler

    def scale(rows):
        scaler = RobustScaler()
        return scaler.fit_transform(rows)  # expect: preprocessing-leakage

    X_train, X_test, y_train, y_test = train_test_split(scale(X), y, random_state=0)
    ```

    ```python title="parts.py"
    from sklearn.decomposition import PCA
    from sklearn.model_selection import train_test_split

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    pca = PCA(2).fit(X)  # expect: preprocessing-leakage
    model.fit(pca.transform(X_train), y_train)
    print(model.score(pca.transform(X_test), y_test))
    ```

    ## Fitted on the training part, or inside a pipeline

    ```python title="train.py"
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    scaler = StandardScaler()
    X_train = scaler.fit_transform(X_train)
    X_test = scaler.transform(X_test)
    cross_val_score(make_pipeline(StandardScaler(), LogisticRegression()), X, y)
    GridSearchCV(LogisticRegression(), {}).fit(X_train, y_train)
    ```

    ## Vocabularies, transformations of single rows, labels, and pictures

    ```python title="train.py"
    from sklearn.decomposition import PCA
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import LabelEncoder, OneHotEncoder, PolynomialFeatures

    y = LabelEncoder().fit_transform(df["city"])
    plot(PCA(2).fit_transform(df))
    other = OneHotEncoder().fit_transform(X)
    X_train, X_test, y_train, y_test = train_test_split(PolynomialFeatures().fit_transform(other), y, random_state=0)
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each fit on rows that a split divides later."""
        seen: set[tuple[str, int]] = set()
        for split in project.splits:
            if split.source.source.is_any(*self.skip_roles):
                continue
            for learned in split.trail.learned:
                key = (learned.source.path, learned.call)
                if key not in seen:
                    seen.add(key)
                    yield self._finding(split, learned)

    def _finding(self, split: Split, learned: Learned) -> Finding:
        call = learned.source.facts.calls[learned.call]
        return self.finding(
            learned.source.location(call.span),
            f"`{learned.what}` learns from rows that {_HELD_OUT[split.how]} at {split.location}",
            related=[Related(split.location, "holds rows out")],
            severity=Severity.WARNING if split.source.source.is_any(Role.TUTORIAL) else None,
            scope=learned.source.scope_name(call.block),
        )
