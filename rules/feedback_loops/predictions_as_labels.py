"""The rule `predictions-as-labels`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Location, Output, Project, Related, Rule, Site, facts, is_out_of_fold, written

_ON_PURPOSE = re.compile(
    r"teacher|student|distil|surrogate|self_train|reward|gamma|q_value|discriminator|critic|missing|imput|not_?na",
    re.I,
)


class PredictionsAsLabels(Rule):
    """A model is trained on labels that a model predicted.

    Its mistakes become the truth of the next training, and nothing in the scores shows it (Sculley et al. 2015,
    section 4, "Direct Feedback Loops").

    ## How to repair

    Keep predicted labels in a versioned column of their own and validate on labels by people; or say what is done with
    `SelfTrainingClassifier`.

    ## Predicted labels for all the test rows

    ```python title="pseudo.py"
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier

    train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
    model = RandomForestClassifier(random_state=0).fit(train[cols], train["y"])
    test["y"] = model.predict(test[cols])
    both = pd.concat([train, test])
    model.fit(both[cols], both["y"])  # expect: predictions-as-labels
    ```

    ## The rows without a label get one, in slices that are fitted

    ```python title="fill.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    rows = pd.read_csv("rows.csv")
    known = rows[rows["label"].notna()]
    first = LogisticRegression().fit(known[cols], known["label"])
    unknown = rows["label"].isna()
    rows.loc[unknown, "label"] = first.predict(rows.loc[unknown, cols])
    rows = rows.reset_index(drop=True)
    for chosen in folds:
        second = LogisticRegression()
        second.fit(rows.iloc[chosen][cols], rows.iloc[chosen]["label"])  # expect: predictions-as-labels
    ```

    ## Rounded, joined to the true ones

    ```python title="pseudo.ipynb"
    # %%
    import numpy as np
    from sklearn.svm import SVC
    first = SVC().fit(X, y)
    guessed = np.round(first.predict(X_new))
    # %%
    second = SVC().fit(np.vstack([X, X_new]), np.concatenate([y, guessed]))  # expect: predictions-as-labels
    ```

    ## True labels; what a model got wrong; a student of a teacher

    ```python title="train.py"
    from sklearn.linear_model import Ridge
    from sklearn.tree import DecisionTreeClassifier

    model = Ridge().fit(X, y)
    Ridge().fit(X, y - model.predict(X))
    student = DecisionTreeClassifier(random_state=0)
    student.fit(X, teacher.predict(X))
    Ridge().fit(model.predict(X).reshape(-1, 1), y)
    ```

    ## A tree that explains a model, labels of groups

    ```python title="explain.py"
    from sklearn.cluster import KMeans
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    groups = KMeans(3, random_state=0).fit(X).predict(X)
    LogisticRegression().fit(X, groups)
    surrogate = DecisionTreeClassifier(random_state=0).fit(X, LogisticRegression().fit(X, y).predict(X))
    ```

    ## Gaps of a column, filled by a model of the rows without gaps

    ```python title="fill.py"
    from sklearn.tree import DecisionTreeRegressor

    def fill(frame, columns):
        for column in columns:
            missing = frame[frame[column].isna()]
            non_missing = frame[frame[column].notna()]
            model = DecisionTreeRegressor().fit(non_missing[others], non_missing[column])
            frame.loc[missing.index, column] = model.predict(missing[others])
    ```
    ```python title="age.py"
    import pandas as pd
    from sklearn.linear_model import LinearRegression, LogisticRegression

    people = pd.read_csv("people.csv")
    aged = people[people["Age"].notna()]
    ages = LinearRegression().fit(aged[others], aged["Age"])
    people.loc[people["Age"].isna(), "Age"] = ages.predict(people.loc[people["Age"].isna(), others])
    LogisticRegression().fit(people[["Age", "Fare"]], people["Survived"])
    ```

    ## A library that trains on its own labels, tests

    ```python title="train.py"
    from sklearn.linear_model import LogisticRegression
    from sklearn.semi_supervised import SelfTrainingClassifier
    SelfTrainingClassifier(LogisticRegression()).fit(X, y)
    ```

    ```python title="tests/test_train.py"
    from sklearn.linear_model import LogisticRegression
    model = LogisticRegression().fit(X, y)
    LogisticRegression().fit(X_new, model.predict(X_new))
    ```

    ## Two models that are fitted to the same predictions are one finding

    ```python title="pseudo.py"
    import numpy as np
    from sklearn.linear_model import LogisticRegression, RidgeClassifier
    def label(X, y, X_new):
        first = LogisticRegression().fit(X, y)
        guessed = np.concatenate([y, first.predict(X_new)])
        both = np.vstack([X, X_new])
        one = LogisticRegression()
        one.fit(both, guessed)  # expect: predictions-as-labels
        two = RidgeClassifier()
        two.fit(both, guessed)
    ```
    """

    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each prediction that a function fits to, with all models that are."""
        fitted: dict[tuple[str, Location], list[tuple[Site, Output]]] = defaultdict(list)
        for site in project.model_outputs.fits:
            target = site.argument(1, "y")
            if target is None or site.source.source.is_any(*self.skip_roles) or _is_on_purpose(site):
                continue
            if _ON_PURPOSE.search(written(target)):
                continue
            for output in project.model_outputs.inside(site.source, target):
                sure = project.model_outputs.is_model(output.source, output.model)
                if not sure or _is_on_purpose(site, output.model) or _is_residual(site, target):
                    continue
                if is_out_of_fold(project, output) and output.source is not site.source:
                    continue
                if _comes_later(site, output):
                    continue
                scope = f"{site.source.path}:{site.source.scope_name(site.call.block)}"
                fitted[scope, output.source.location(output.call.span)].append((site, output))
                break
        for (_, place), ((site, output), *others) in fitted.items():
            more = f" (and of {len(others)} more fit{'s' * (len(others) > 1)})" if others else ""
            yield self.finding(
                site.location,
                f"the labels of {_model(site)}{more} are predictions of `{written(output.model)}` at {place}",
                related=[
                    Related(place, "predicts the labels"),
                    *(Related(other.location, "fitted to them, too") for other, _ in others),
                ],
                scope=site.source.scope_name(site.call.block),
            )


def _model(site: Site) -> str:
    name = written(site.call.func).rpartition(".")[0]
    return f"`{name}`" if name.strip("…") else "a model"


def _is_on_purpose(site: Site, model: facts.Expr | None = None) -> bool:
    given = [written(model)] if model is not None else [written(site.call.func), *_names_around(site)]
    return any(_ON_PURPOSE.search(text) for text in given)


def _names_around(site: Site) -> Iterator[str]:
    """The name that the fitted model gets, and the name of the function around the fit."""
    yield site.source.scope_name(site.call.block)
    number = next(i for i, call in enumerate(site.source.facts.calls) if call is site.call)
    yield from (b.name for b in site.source.facts.bindings if b.value == facts.Called(number))


def _comes_later(site: Site, output: Output) -> bool:
    same = output.source is site.source and output.call.block == site.call.block
    return same and output.call.span > site.call.span


def _is_residual(site: Site, target: facts.Expr) -> bool:
    values = [target]
    if isinstance(target, facts.Ref):
        found = (site.source.facts.bindings[index].value for index in target.bindings if index >= 0)
        values = [value for value in found if value is not None]
    return any(isinstance(value, facts.Binary) and value.operator == "-" for value in values)
