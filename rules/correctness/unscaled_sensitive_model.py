"""The rule `unscaled-sensitive-model`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Role, Rule, Site, SourceFacts, facts

_SENSITIVE = (
    "sklearn.svm.SVC", "sklearn.svm.SVR", "sklearn.svm.LinearSVC", "sklearn.svm.LinearSVR",
    "sklearn.neighbors.KNeighborsClassifier", "sklearn.neighbors.KNeighborsRegressor", "sklearn.cluster.KMeans",
    "sklearn.cluster.DBSCAN", "sklearn.decomposition.PCA", "sklearn.neural_network.MLPClassifier",
    "sklearn.neural_network.MLPRegressor", "sklearn.linear_model.SGDClassifier", "sklearn.linear_model.SGDRegressor",
)  # fmt: skip
_SCALES = re.compile(
    r"[Ss]cal(e|er|ing)|[Nn]ormali[sz]|Quantile|PowerTransformer|Tfidf|CountVectorizer|OneHot|get_dummies|embed|zscore|"
    r"whiten|Pipeline|pipeline|ColumnTransformer|rank|log1p|Imputer|Discretizer|encode|PCA"
)
_DEEPEST = 8


class UnscaledSensitiveModel(Rule):
    """A model that compares distances is fitted on columns as they were read.

    The column with the largest numbers decides alone who is near to whom: income in euros outweighs age in years, and a
    change of unit changes the clusters. Zhang et al. 2022 list it as "No Scaling before Scaling-Sensitive Operation".
    Whether columns have the same unit already cannot be seen, so that the rule is off unless it is selected.

    ## How to repair

    Put a scaler before it: `make_pipeline(StandardScaler(), KMeans(8))`.

    ## Columns of a file, straight into the model

    ```python title="segments.py"
    import pandas as pd
    from sklearn.cluster import KMeans
    from sklearn.neighbors import KNeighborsClassifier

    people = pd.read_csv("people.csv")
    KMeans(8, random_state=0).fit(people[["age", "income"]])  # expect: unscaled-sensitive-model

    def nearest(path):
        table = pd.read_csv(path)
        columns = table[["age", "income"]]
        model = KNeighborsClassifier()
        model.fit(columns, table["label"])  # expect: unscaled-sensitive-model
        return model
    ```

    ## Scaled before, by arithmetic, or in the pipeline

    ```python title="segments.py"
    import pandas as pd
    from sklearn.cluster import KMeans
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    people = pd.read_csv("people.csv")
    make_pipeline(StandardScaler(), KMeans(8)).fit(people[["age", "income"]])

    def other(path):
        table = pd.read_csv(path)[["age", "income"]]
        table = (table - table.mean()) / table.std()
        return KMeans(8).fit(table)
    ```

    ## One column, helpers that nobody knows, models that do not mind

    ```python title="segments.py"
    import pandas as pd
    from sklearn.cluster import KMeans
    from sklearn.ensemble import RandomForestClassifier

    people = pd.read_csv("people.csv")
    KMeans(8).fit(people[["income"]])
    KMeans(8).fit(prepare(people))
    KMeans(8).fit(points)
    RandomForestClassifier().fit(people[["age", "income"]], people["label"])
    ```

    ## Texts, flags of categories, given distances, pictures

    ```python title="segments.py"
    import pandas as pd
    from sklearn.cluster import DBSCAN, KMeans
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import SVC

    people = pd.read_csv("people.csv")

    def texts():
        KMeans(8).fit(TfidfVectorizer().fit_transform(people["text"]))

    def flags():
        KMeans(8).fit(pd.get_dummies(people[["city", "shop"]]))

    def given(distances):
        DBSCAN(metric="precomputed").fit(distances)
        SVC(kernel="precomputed").fit(people[["d1", "d2"]], people["y"])

    def pictures(images):
        KMeans(8).fit(images / 255)
    ```
    """

    profile = Profile.AUDIT
    default = False
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each fit of such a model on named columns of a table that was read."""
        for site in project.calls(*(f"{name}.{method}" for name in _SENSITIVE for method in ("fit", "fit_predict")),
                                  "*.fit", "*.fit_predict"):  # fmt: skip
            if site.source.source.is_any(*self.skip_roles):
                continue
            model = self._model(project, site)
            rows = site.argument(0, "X")
            if model and rows is not None and _columns(site, rows) > 1 and not _scales_nearby(site):
                yield self.finding(
                    site.location,
                    f"`{model}` compares distances, and its columns come as they were read",
                    scope=site.source.scope_name(site.call.block),
                )

    def _model(self, project: Project, site: Site) -> str:
        """The name of the sensitive model that is fitted, made here or before; empty for any other."""
        base = getattr(site.call.func, "base", None)
        kind = project.type_of(site.source, base) if base is not None else ""
        return kind.rpartition(".")[2] if kind in _SENSITIVE and not _takes_distances(site.source, base) else ""


def _takes_distances(source: SourceFacts, model: facts.Expr | None) -> bool:
    """Whether a model is made to be given distances instead of columns."""
    if isinstance(model, facts.Ref) and len(model.bindings) == 1 and model.bindings[0] >= 0:
        model = source.facts.bindings[model.bindings[0]].value
    made = source.facts.calls[model.call] if isinstance(model, facts.Called) else None
    return made is not None and any(keyword.value == facts.Const("precomputed") for keyword in made.keywords)


def _columns(site: Site, expr: facts.Expr, depth: int = 0) -> int:
    """How many named columns of a table that was read an expression surely is; 0 for anything else."""
    source = site.source
    if depth > _DEEPEST:
        return 0
    match expr:
        case facts.Item(base, facts.Seq("list", items)) if _is_read(site, base):
            return len(items)
        case facts.Ref(_, (binding,)) if binding >= 0:
            fact = source.facts.bindings[binding]
            return _columns(site, fact.value, depth + 1) if fact.value is not None and not fact.path else 0
        case facts.Attr(base, "values"):
            return _columns(site, base, depth + 1)
        case facts.Called(index):
            func = source.facts.calls[index].func
            if isinstance(func, facts.Attr) and func.name in ("to_numpy", "dropna", "copy"):
                return _columns(site, func.base, depth + 1)
    return 0


def _is_read(site: Site, expr: facts.Expr) -> bool:
    match expr:
        case facts.Ref(_, (binding,)) if binding >= 0:
            value = site.source.facts.bindings[binding].value
            return isinstance(value, facts.Called) and _is_read(site, value)
        case facts.Called(index):
            return site.source.facts.calls[index].name.startswith(("pandas.read_", "polars.read_"))
    return False


def _scales_nearby(site: Site) -> bool:
    """Whether the function, or the notebook, calls anything that scales; then the way may be hidden."""
    scope = site.source.scope_of(site.call.block)
    for call in site.source.facts.calls:
        if site.source.scope_of(call.block) == scope:
            last = call.func.name if isinstance(call.func, facts.Attr) else call.name.rpartition(".")[2]
            if _SCALES.search(last):
                return True
    return False
