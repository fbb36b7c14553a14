"""The rule `preprocessing-leakage`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Learned, Profile, Project, Related, Role, Rule, Severity, Split

_HELD_OUT = {
    "split": "are held out for testing",
    "slices": "are held out for testing",
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
    for train, test in StratifiedKFold(5).split(features, y):
        model.fit(features[train], y[train])
    ```

    ```python title="search.py"
    from sklearn.feature_selection import SelectKBest
    from sklearn.model_selection import cross_val_score
    best = SelectKBest(k=10).fit(X, y)  # expect: preprocessing-leakage
    cross_val_score(model, best.transform(X), y)
    ```

    ## In a helper, and applied to both parts

    ```python title="train.py"
    from sklearn.decomposition import PCA
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import RobustScaler

    def scale(rows):
        scaler = RobustScaler()
        return scaler.fit_transform(rows)  # expect: preprocessing-leakage

    train, test = train_test_split(scale(features), random_state=0)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    pca = PCA(2).fit(X)  # expect: preprocessing-leakage
    model.fit(pca.transform(X_train), y_train)
    print(model.score(pca.transform(X_test), y_test))
    ```

    ## A statistic of all rows that is written back into them

    ```python title="fill.ipynb"
    # %%
    import pandas as pd
    from sklearn.model_selection import train_test_split
    df = pd.read_csv("a.csv")
    df["age"] = df["age"].fillna(df["age"].mean())  # expect: preprocessing-leakage
    df["city"].fillna(df["city"].mode()[0], inplace=True)
    # %%
    def scale(rows):
        return (rows - rows.mean()) / rows.std()  # expect: preprocessing-leakage
    X = scale(df.drop(columns="t"))
    X_train, X_test, y_train, y_test = train_test_split(X, df["t"], random_state=0)
    ```

    ```python title="encode.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split

    df = pd.read_csv("a.csv")
    df["city_price"] = df["city"].map(df.groupby("city")["price"].mean())  # expect: preprocessing-leakage
    y = df["price"]
    train, test, y_train, y_test = train_test_split(df, y, random_state=0)
    ```

    ## Rows that are divided by hand, train and test put together and taken apart

    ```python title="sequence.py"
    import pandas as pd
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import MinMaxScaler

    scaled = MinMaxScaler().fit_transform(prices)  # expect: preprocessing-leakage
    train, test = scaled[:800], scaled[800:]
    model.fit(train)
    both = PCA(2).fit_transform(pd.concat([train_rows, test_rows]))  # expect: preprocessing-leakage
    X_train, X_test = both[:n], both[n:]
    model.fit(X_train, y).predict(X_test)
    ```

    ## Fitted on the training part, inside a pipeline; vocabularies

    ```python title="train.py"
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OneHotEncoder, PolynomialFeatures, StandardScaler

    y = LabelEncoder().fit_transform(df["city"])
    plot(PCA(2).fit_transform(df))
    other = OneHotEncoder().fit_transform(X)
    X_train, X_test, y_train, y_test = train_test_split(PolynomialFeatures().fit_transform(other), y, random_state=0)
    scaler = StandardScaler()
    X_train, X_test = scaler.fit_transform(X_train), scaler.transform(X_test)
    cross_val_score(make_pipeline(StandardScaler(), LogisticRegression()), X, y)
    GridSearchCV(LogisticRegression(), {}).fit(X_train, y_train)
    train, test, other = prices[:800, :], prices[800:, :], MinMaxScaler()
    train, test = other.fit_transform(train), other.transform(test)
    ```

    ## Statistics of single rows, of groups, of pictures, of the training part

    ```python title="fill.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split

    df = pd.read_csv("a.csv").fillna(0)
    df["words"] = df["text"].apply(lambda text: sum(map(len, text.split())) / len(text))
    df["row_mean"] = df["a"].fillna(df.mean(axis=1))
    df["group_mean"] = df.groupby("user")["clicks"].transform("mean")
    df["age"] = df["age"].fillna(df["age"].rolling(7).mean())
    pictures = [(picture - picture.mean()) / picture.std() for picture in load()]
    train, test = train_test_split(df, random_state=0)
    test["age"] = test["age"].fillna(train["age"].mean())
    shown, hidden = train_test_split(pictures, random_state=0)
    ```

    ## What learns nothing from rows; parts that are named so; groups without a test; a window over a split in time

    ```python title="train.py"
    import numpy as np
    import pandas as pd
    from sentence_transformers import SentenceTransformer
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import MultiLabelBinarizer, Normalizer, StandardScaler
    from transformers import AutoTokenizer

    df = pd.read_csv("a.csv")
    words = HashingVectorizer().fit_transform(df["text"])
    vectors = SentenceTransformer("acme/net").encode(df["text"])
    tokens = AutoTokenizer.from_pretrained("acme/net")(list(df["text"]))
    rows = np.log1p(Normalizer().fit_transform(vectors))
    labels = MultiLabelBinarizer().fit_transform(df["tags"])
    a, b, c, d = train_test_split(words, rows, labels, random_state=0)
    X_train_scaled = StandardScaler().fit_transform(X_train)
    fit, valid = train_test_split(y_all, random_state=0)
    groups = KMeans(8).fit_predict(StandardScaler().fit_transform(df[["a", "b"]]))
    ```

    ```python title="series.py"
    import pandas as pd

    df = pd.read_csv("sales.csv").sort_values("day")
    df["mean"] = df["sales"].rolling(7).mean()
    df["filled"] = df["price"].fillna(df["price"].expanding().mean())
    train, test = df[:800], df[800:]
    model.fit(train[["mean", "filled"]], train["sales"])
    print(model.score(test[["mean", "filled"]], test["sales"]))
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each fit on rows that a split divides later, and one for all statistics of a scope."""
        seen: dict[tuple[str, int], list[Learned]] = {}
        splits: dict[tuple[str, int], Split] = {}
        for split in project.splits:
            if split.source.source.is_any(*self.skip_roles):
                continue
            for learned in split.trail.learned:
                call = learned.source.facts.calls[learned.call]
                scope = -1 - learned.source.scope_of(call.block) if learned.refill else call.span.line
                key = (learned.source.path, scope)
                splits.setdefault(key, split)
                seen.setdefault(key, []).append(learned)
        for key, found in seen.items():
            yield self._finding(splits[key], found)

    def _finding(self, split: Split, found: list[Learned]) -> Finding:
        found = sorted(found, key=lambda learned: learned.call)
        source, first = found[0].source, found[0]
        call = source.facts.calls[first.call]
        related, lines = [Related(split.location, "holds rows out")], {call.span.line}
        for learned in found:
            if (span := source.facts.calls[learned.call].span).line not in lines:
                lines.add(span.line)
                related.append(Related(source.location(span), f"`{learned.what}` of the same rows"))
        what = f"a `{first.what}` that is written back" if first.refill else f"`{first.what}`"
        mild = first.refill or split.source.source.is_any(Role.TUTORIAL)
        return self.finding(
            source.location(call.span),
            f"{what} learns from rows that {_HELD_OUT[split.how]} at {split.location}",
            related=related,
            severity=Severity.WARNING if mild else None,
            scope=source.scope_name(call.block),
        )
