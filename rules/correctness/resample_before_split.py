"""The rule `resample-before-split`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Learned, Profile, Project, Related, Role, Rule, Severity, Split


class ResampleBeforeSplit(Rule):
    """Rows are repeated or synthesised before some of them are held out for testing.

    Copies of the same row, or rows interpolated between neighbours, then stand on both sides of the split: the model
    is tested on what it was trained on. Yang et al. 2022 call this overlap leakage.

    ## How to repair

    Split first and resample the training part only; in a cross-validation use the `Pipeline` of imbalanced-learn.

    ## Oversampling before a split, a cross-validation, a search

    ```python title="train.py"
    from imblearn.over_sampling import SMOTE
    from sklearn.model_selection import train_test_split

    X_res, y_res = SMOTE(random_state=0).fit_resample(X, y)  # expect: resample-before-split
    X_train, X_test, y_train, y_test = train_test_split(X_res, y_res, random_state=0)
    ```

    ```python title="search.py"
    from imblearn.combine import SMOTETomek
    from sklearn.model_selection import GridSearchCV

    sampler = SMOTETomek(random_state=0)
    rows, labels = sampler.fit_sample(X, y)  # expect: resample-before-split
    search = GridSearchCV(model, grid)
    search.fit(rows, labels)
    ```

    ## In a pipeline that is run before the split

    ```python title="balance.py"
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import Pipeline
    from imblearn.under_sampling import RandomUnderSampler
    from sklearn.model_selection import train_test_split

    steps = [("over", SMOTE(random_state=0)), ("under", RandomUnderSampler(random_state=0))]
    X, y = Pipeline(steps=steps).fit_resample(X, y)  # expect: resample-before-split
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    ```

    ## Drawing with replacement up to a size

    ```python title="train.py"
    import pandas as pd
    from sklearn.model_selection import train_test_split
    from sklearn.utils import resample

    more = resample(df[df.y == 1], n_samples=5000, random_state=0)  # expect: resample-before-split
    both = pd.concat([df[df.y == 0], more])
    train, test = train_test_split(both, random_state=0)
    ```

    ## Only the training part, fewer rows, or in a pipeline

    ```python title="train.py"
    import pandas as pd
    from imblearn.over_sampling import RandomOverSampler
    from imblearn.pipeline import make_pipeline
    from imblearn.under_sampling import RandomUnderSampler
    from sklearn.model_selection import cross_val_score, train_test_split
    from sklearn.utils import resample

    X, y = RandomUnderSampler(random_state=0).fit_resample(X, y)
    rows = resample(df, replace=False, n_samples=1000, random_state=0)
    train, test = train_test_split(rows, random_state=0)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    X_train, y_train = RandomOverSampler(random_state=0).fit_resample(X_train, y_train)
    cross_val_score(make_pipeline(RandomOverSampler(random_state=0), model), X, y)
    ```

    ## A bootstrap of the training part, and a resampling that nothing is held out from

    ```python title="train.py"
    from imblearn.over_sampling import SMOTE
    from sklearn.model_selection import train_test_split
    from sklearn.utils import resample

    train, test = train_test_split(df, random_state=0)
    model.fit(resample(train, n_samples=1000, random_state=0))
    X_all, y_all = SMOTE(random_state=0).fit_resample(X, y)
    final.fit(X_all, y_all)
    ```

    ## Augmented rows of one source stay together

    ```python title="augment.py"
    import pandas as pd
    from sklearn.model_selection import GroupKFold, GroupShuffleSplit
    from sklearn.utils import resample

    more = resample(df, n_samples=5000, random_state=0)
    both = pd.concat([df, more])
    for fit, hold in GroupKFold(5).split(both, groups=both["source"]):
        model.fit(both.iloc[fit])
    for fit, hold in GroupShuffleSplit(1, random_state=0).split(both, groups=both["source"]):
        model.fit(both.iloc[fit])
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each call that copies rows which a split divides later."""
        seen: set[tuple[str, int]] = set()
        for split in project.splits:
            if split.source.source.is_any(*self.skip_roles) or (split.trail.copied and _keeps_groups(split)):
                continue
            for copied in split.trail.copied:
                key = (copied.source.path, copied.call)
                if key not in seen:
                    seen.add(key)
                    yield self._finding(split, copied)

    def _finding(self, split: Split, copied: Learned) -> Finding:
        call = copied.source.facts.calls[copied.call]
        return self.finding(
            copied.source.location(call.span),
            f"`{copied.what}` makes copies of rows before {split.location} holds some out: the same rows are trained"
            " on and tested",
            related=[Related(split.location, "holds rows out")],
            severity=Severity.WARNING if split.source.source.is_any(Role.TUTORIAL) else None,
            scope=copied.source.scope_name(call.block),
        )


def _keeps_groups(split: Split) -> bool:
    """Whether rows of one group stay on one side, as the copies of a row can."""
    call = next((call for call in split.source.facts.calls if call.span == split.span), None)
    return call is not None and any(keyword.name == "groups" for keyword in call.keywords)
