"""The rule `transformer-not-persisted`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Location,
    LostTransformer,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    lost_transformers,
)


class TransformerNotPersisted(Rule):
    """A model is saved, and the transformer that its inputs went through is lost.

    Whoever loads the model cannot prepare a row for it: the means, vocabularies and codes that it was trained on are
    gone, and fitting them again on other data gives others. Sculley et al. 2015, section 3: data-dependent look-up
    tables are unstable dependencies; Breck et al. 2017 ask that training and serving compute the same features.

    ## How to repair

    Put transformer and model into one pipeline and save that, or save the transformer beside the model.

    ## A scaler, and an encoder in a function

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.preprocessing import StandardScaler
    df = pd.read_csv("visits.csv")
    scaler = StandardScaler()
    X = scaler.fit_transform(df[["age", "height"]])  # expect: transformer-not-persisted
    model = RandomForestClassifier(random_state=0).fit(X, df["y"])
    joblib.dump(model, "model.pkl")
    ```

    ```python title="train_text.py"
    import pickle
    import pandas as pd
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    def main():
        df = pd.read_csv("texts.csv")
        words = TfidfVectorizer()
        words.fit(df["text"])  # expect: transformer-not-persisted
        X = words.transform(df["text"])
        model = LogisticRegression()
        model.fit(X, df["label"])
        pickle.dump(model, open("model.pkl", "wb"))
    if __name__ == "__main__":
        main()
    ```

    ## The codes of a category; those of the labels, which a classifier keeps

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.preprocessing import LabelEncoder
    df = pd.read_csv("visits.csv")
    codes = LabelEncoder()
    df["shop"] = codes.fit_transform(df["shop"])  # expect: transformer-not-persisted
    classes = LabelEncoder()
    y = classes.fit_transform(df["label"])
    model = RandomForestClassifier(random_state=0).fit(df[["shop"]], y)
    joblib.dump(model, "model.pkl")
    ```

    ## The codes of labels that are split together with the rows

    ```python title="train_net.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import OneHotEncoder
    df = pd.read_csv("reviews.csv")
    codes = OneHotEncoder()
    y = codes.fit_transform(df[["sentiment"]])
    X_train, X_test, y_train, y_test = train_test_split(df[["length"]], y, random_state=0)
    model = LogisticRegression().fit(X_train, y_train)
    joblib.dump(model, "model.pkl")
    ```

    ## Saved beside the model, in a pipeline, in a bundle, by its state, or handed on

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler
    df = pd.read_csv("visits.csv")
    scaler = StandardScaler()
    X = scaler.fit_transform(df[["age", "height"]])
    ranges = MinMaxScaler()
    X = ranges.fit_transform(X)
    other = MinMaxScaler()
    X = other.fit_transform(X)
    third = MinMaxScaler()
    X = third.fit_transform(X)
    model = RandomForestClassifier(random_state=0).fit(X, df["y"])
    joblib.dump(scaler, "scaler.pkl")
    joblib.dump({"model": model, "ranges": ranges}, "model.pkl")
    print(other.data_min_, other.data_max_)
    keep(third)
    pipe = make_pipeline(StandardScaler(), RandomForestClassifier(random_state=0))
    pipe.fit(df[["age", "height"]], df["y"])
    joblib.dump(pipe, "pipeline.pkl")
    ```

    ## No model is kept; a transformer without a state; one that the model does not need

    ```python title="explore.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    df = pd.read_csv("visits.csv")
    scaler = StandardScaler()
    LogisticRegression().fit(scaler.fit_transform(df[["age"]]), df["y"])
    ```

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import Normalizer
    df = pd.read_csv("visits.csv")
    norm = Normalizer()
    X = norm.fit_transform(df[["age", "height"]])
    model = LogisticRegression().fit(X, df["y"])
    joblib.dump(model, "model.pkl")
    pca = PCA(2)
    plot(pca.fit_transform(df[["age", "height"]]))
    ```

    ## Transformers that learn nothing; a pipeline that is saved, or logged by itself

    ```python title="train.py"
    import joblib
    import mlflow
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import Binarizer, FunctionTransformer, StandardScaler
    df = pd.read_csv("visits.csv")
    half = FunctionTransformer(abs)
    X = half.fit_transform(df[["age", "height"]])
    cut = Binarizer()
    X = cut.fit_transform(X)
    joblib.dump(LogisticRegression().fit(X, df["y"]), "model.pkl")
    words = HashingVectorizer()
    joblib.dump(LogisticRegression().fit(words.fit_transform(df["text"]), df["y"]), "text.pkl")
    columns = ColumnTransformer([("scale", StandardScaler(), ["age"])])
    pipe = Pipeline([("columns", columns), ("model", LogisticRegression())])
    pipe.fit(df, df["y"])
    joblib.dump(pipe, "pipeline.pkl")
    mlflow.sklearn.autolog()
    other = Pipeline([("scale", StandardScaler().set_output(transform="pandas")), ("model", LogisticRegression())])
    other.fit(df[["age"]], df["y"])
    ```
    """

    severity = Severity.ERROR
    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each saved model, where the first transformer that it needs is fitted."""
        found: dict[tuple[str, Location], list[LostTransformer]] = {}
        for lost in lost_transformers(project):
            if not lost.source.source.is_any(*self.skip_roles):
                found.setdefault((lost.source.path, lost.save.access.location), []).append(lost)
        for (first, *others), count in ((group, len(group)) for group in found.values()):
            address = first.save.access.address
            model = f"`{address}`" if address is not None else "a model"
            names = ", ".join(dict.fromkeys(f"`{lost.name}` ({lost.type})" for lost in (first, *others)))
            yield self.finding(
                first.source.location(first.call.span),
                f"{names} {'is' if count == 1 else 'are'} fitted and kept nowhere, while {model} is saved, which needs "
                f"{'it' if count == 1 else 'them'}",
                related=[
                    *(Related(lost.source.location(lost.call.span), f"`{lost.name}`, too") for lost in others),
                    Related(first.fitted.event.location, "the model is fitted on what it gives"),
                    Related(first.save.access.location, f"{model} is saved here"),
                ],
                severity=Severity.INFO if first.source.kind is Kind.NOTEBOOK else None,
                scope=first.source.scope_name(first.call.block),
            )
