"""The rule `test-set-reuse`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Project, Related, Role, Rule, Severity, held_out_choices


class TestSetReuse(Rule):
    """The best of several models is chosen by its score on the test part, and no other part is left.

    The score of the winner is the best of many tries on these rows and not what new data will give. Yang et al. 2022
    call this multi-test leakage.

    ## How to repair

    Choose by cross-validation or on a validation part, and score the winner once on the test part.

    ## The best depth, the best of several models

    ```python title="train.py"
    from sklearn.model_selection import train_test_split
    from xgboost import XGBClassifier

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    best_score = 0
    for depth in (3, 6, 9):
        model = XGBClassifier(max_depth=depth).fit(X_train, y_train)
        score = model.score(X_test, y_test)  # expect: test-set-reuse
        if score > best_score:
            best_score, best_model = score, model
    ```

    ```python title="compare.py"
    from sklearn.metrics import r2_score
    from sklearn.model_selection import train_test_split

    def choose(models, X, y):
        X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
        best, best_r2 = None, -1
        for model in models:
            model.fit(X_train, y_train)
            r2 = r2_score(y_test, model.predict(X_test))  # expect: test-set-reuse
            if r2 > best_r2:
                best, best_r2 = model, r2
        return best
    ```

    ## A function scores, and the loop that calls it keeps the best

    ```python title="train.py"
    import pandas as pd
    from sklearn.metrics import mean_squared_error

    def evaluate(model, X_train, X_test, y_train, y_test):
        model.fit(X_train, y_train)
        mse = mean_squared_error(y_test, model.predict(X_test))  # expect: test-set-reuse
        return model, mse

    def choose(models, X_train, X_test, y_train, y_test):
        best, best_mse = None, float("inf")
        for model in models:
            model, mse = evaluate(model, X_train, X_test, y_train, y_test)
            print(mse)
            if mse < best_mse:
                best, best_mse = model, mse
        return best
    ```

    ## Scores that are collected, in a function of their own

    ```python title="report.py"
    from sklearn.metrics import r2_score
    def evaluate(models, X_train, y_train, X_test, y_test):
        report = {}
        for name, model in models.items():
            model.fit(X_train, y_train)
            report[name] = r2_score(y_test, model.predict(X_test))  # expect: test-set-reuse
        return report
    ```

    ```python title="train.py"
    from report import evaluate
    report = evaluate(models, X_train, y_train, X_test, y_test)
    best = max(report, key=report.get)
    ```

    ## Chosen on a validation part, by a search; only shown

    ```python title="train.py"
    from sklearn.model_selection import GridSearchCV, train_test_split
    from xgboost import XGBClassifier

    X_rest, X_test, y_rest, y_test = train_test_split(X, y, random_state=0)
    X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest, random_state=0)
    best_score = 0
    for depth in (3, 6, 9):
        model = XGBClassifier(max_depth=depth).fit(X_train, y_train)
        score = model.score(X_val, y_val)
        if score > best_score:
            best_score, best_model = score, model
    print(best_model.score(X_test, y_test))
    ```

    ## Only shown

    ```python title="table.py"
    from sklearn.model_selection import train_test_split

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    for model in models:
        model.fit(X_train, y_train)
        score = model.score(X_test, y_test)
        print(model, score)
    ```

    ## Chosen by cross-validation; a table of results

    ```python title="folds.py"
    from sklearn.model_selection import cross_val_score, train_test_split

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    best, best_score = None, 0
    for model in models:
        score = cross_val_score(model, X_train, y_train).mean()
        if score > best_score:
            best, best_score = model, score
    print(best.fit(X_train, y_train).score(X_test, y_test))
    rows = []
    for model in models:
        rows.append((model, model.fit(X_train, y_train).score(X_test, y_test)))
    ```
    """

    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each loop that keeps what scores best on the test part."""
        for choice in held_out_choices(project):
            source = choice.score.source
            if not source.source.is_any(*self.skip_roles):
                function = source.function_of(source.scope_of(choice.score.call.block))
                callers = project.callers.of(source, function.qualname) if function is not None else ()
                mild = source.source.is_any(Role.NOTEBOOK, Role.TUTORIAL)
                yield self.finding(
                    choice.score.location,
                    f"the test part chooses the model: {choice.kept} keeps the best of these scores, and no other part"
                    " is held out",
                    related=[
                        Related(choice.kept, "keeps the best"),
                        *(Related(c.source.location(c.call.span), "asks for the scores") for c in callers[:3]),
                    ],
                    severity=Severity.INFO if mild else None,
                    scope=source.scope_name(choice.score.call.block),
                )
