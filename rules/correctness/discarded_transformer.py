"""The rule `discarded-transformer`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Role, Rule, Severity, discarded_transformers


class DiscardedTransformer(Rule):
    """A step prepares data with a fitted transformer and throws it away.

    The data that it writes are scaled or coded with numbers that nobody has any more. A model that is trained on them
    cannot be given a new row: whoever serves it has to fit again, on other rows, and gets other numbers. Breck et al.
    2017 (ML Test Score, monitoring 3): training and serving compute the same features. (Where the same program saves
    the model, it is `transformer-not-persisted`.)

    ## How to repair

    Write the fitted transformer beside the data, or put it into one pipeline with the model.

    ## A step that scales

    ```python title="prepare.py"
    import pandas as pd
    from sklearn.preprocessing import StandardScaler

    def main():
        df = pd.read_csv("data/raw.csv")
        scaler = StandardScaler()
        scaled = scaler.fit_transform(df)  # expect: discarded-transformer
        pd.DataFrame(scaled).to_csv("data/scaled.csv")

    if __name__ == "__main__":
        main()
    ```

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import Ridge

    df = pd.read_csv("data/scaled.csv")
    joblib.dump(Ridge().fit(df[["0"]], df["1"]), "model.pkl")
    ```

    ## A transformer that goes from hand to hand

    ```python title="prepare.py"
    import pandas as pd
    from sklearn.preprocessing import StandardScaler

    def get_scaler(df):
        scaler = StandardScaler()
        scaler.fit(df)  # expect: discarded-transformer
        return scaler

    def scale(df, scaler):
        return pd.DataFrame(scaler.transform(df), columns=df.columns)

    def main():
        df = pd.read_csv("data/raw.csv")
        scaler = get_scaler(df)
        scale(df, scaler).to_csv("data/scaled.csv")

    if __name__ == "__main__":
        main()
    ```

    ```python title="train.py"
    import pandas as pd
    from sklearn.cluster import KMeans

    KMeans(3, random_state=1).fit(pd.read_csv("data/scaled.csv"))
    ```

    ## Kept beside the data, handed on to something unknown, looked into

    ```python title="prepare.py"
    import joblib
    import pandas as pd
    from library import register
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    def main():
        df = pd.read_csv("data/raw.csv")
        second = MinMaxScaler()
        df = second.fit_transform(df)
        joblib.dump(second, "scaler.pkl")
        last = MinMaxScaler()
        df = last.fit_transform(df)
        register(last)
        shown = StandardScaler()
        df = shown.fit_transform(df)
        print(shown.mean_)
        pd.DataFrame(df).to_csv("data/scaled.csv")

    if __name__ == "__main__":
        main()
    ```

    ```python title="train.py"
    import pandas as pd
    from sklearn.cluster import KMeans

    KMeans(3, random_state=1).fit(pd.read_csv("data/scaled.csv"))
    ```

    ## Nothing is trained

    ```python title="prepare.py"
    import pandas as pd
    from sklearn.preprocessing import StandardScaler

    df = pd.read_csv("data/raw.csv")
    scaler = StandardScaler()
    pd.DataFrame(scaler.fit_transform(df)).to_csv("data/scaled.csv")
    ```

    ## All happens in one program

    ```python title="one.py"
    import pandas as pd
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    df, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
    scaler = StandardScaler()
    model = Ridge().fit(scaler.fit_transform(df[["a"]]), df["y"])
    pd.DataFrame(model.predict(scaler.transform(test))).to_csv("submission.csv")
    ```

    ## Transformers that learn nothing

    ```python title="prepare.py"
    import pandas as pd
    from sklearn.preprocessing import Normalizer

    norm = Normalizer()
    pd.DataFrame(norm.fit_transform(pd.read_csv("data/raw.csv"))).to_csv("data/scaled.csv")
    ```

    ```python title="train.py"
    import pandas as pd
    from sklearn.cluster import KMeans

    KMeans(3, random_state=1).fit(pd.read_csv("data/scaled.csv"))
    ```
    """

    severity = Severity.WARNING
    profile = Profile.AUDIT
    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file, where its first such transformer is fitted."""
        seen: set[str] = set()
        found = [d for d in discarded_transformers(project) if not d.source.source.is_any(*self.skip_roles)]
        for first in found:
            path = first.source.path
            if path in seen:
                continue
            seen.add(path)
            others = [d for d in found if d.source.path == path and d is not first]
            names = ", ".join(dict.fromkeys(f"`{d.name}` ({d.type})" for d in (first, *others)))
            related = [Related(d.source.location(d.call.span), f"`{d.name}`, too") for d in others]
            related += [Related(place, f"`{first.name}` is handed on here") for place in first.receivers[:5]]
            if first.written is not None:
                related.append(Related(first.written.location, "what it made is written here"))
            yield self.finding(
                first.source.location(first.call.span),
                f"{names} {'are' if others else 'is'} fitted and kept nowhere: no new row can be prepared the same way",
                related=related,
                scope=first.source.scope_name(first.call.block),
            )
