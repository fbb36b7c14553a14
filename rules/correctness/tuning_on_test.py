"""The rule `tuning-on-test`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Project, Related, Role, Rule, Severity, written


class TuningOnTest(Rule):
    """Training stops, or keeps its best state, by the test set that is reported afterwards.

    Early stopping chooses the number of rounds that does best on the rows it watches. Reported on the same rows, the
    score is the best of many tries and not what new data will give. Yang et al. 2022 call this multi-test leakage.

    ## How to repair

    Hold out a validation part of the training data for the early stopping, and use the test part once.

    ## Boosting and networks that stop on the test part

    ```python title="train.py"
    import xgboost as xgb
    from sklearn.model_selection import train_test_split

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    model = xgb.XGBClassifier()
    model.fit(X_train, y_train, eval_set=[(X_test, y_test)], early_stopping_rounds=50)  # expect: tuning-on-test
    print(score(y_test, model.predict(X_test)))
    ```

    ```python title="net.ipynb"
    # %%
    from keras.callbacks import EarlyStopping
    from sklearn.model_selection import train_test_split
    x, x_test, y, y_test = train_test_split(rows, labels, random_state=0)
    stop = EarlyStopping(patience=3)
    net.fit(x, y, validation_data=(x_test, y_test), callbacks=[stop])  # expect: tuning-on-test
    # %%
    net.evaluate(x_test, y_test)
    ```

    ## A validation part of its own, and one that is named so

    ```python title="train.py"
    import xgboost as xgb
    from sklearn.model_selection import train_test_split

    X_rest, X_test, y_rest, y_test = train_test_split(X, y, random_state=0)
    X_train, X_valid, y_train, y_valid = train_test_split(X_rest, y_rest, random_state=0)
    model = xgb.XGBClassifier()
    model.fit(X_train, y_train, eval_set=[(X_valid, y_valid)], early_stopping_rounds=50)
    print(model.score(X_test, y_test))
    ```

    ```python title="kaggle.py"
    import lightgbm as lgb
    from sklearn.model_selection import train_test_split

    train, valid, y_train, y_valid = train_test_split(X, y, random_state=0)
    watched = lgb.Dataset(valid, label=y_valid)
    model = lgb.train({}, lgb.Dataset(train, label=y_train), valid_sets=[watched], early_stopping_rounds=50)
    print(score(y_valid, model.predict(valid)))
    ```

    ## Only watched, or never reported

    ```python title="train.py"
    import xgboost as xgb
    from sklearn.model_selection import train_test_split

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    model = xgb.XGBClassifier()
    model.fit(X_train, y_train, eval_set=[(X_test, y_test)])
    print(model.score(X_test, y_test))
    X_fit, X_valid, y_fit, y_valid = train_test_split(X_train, y_train, random_state=0)
    final = xgb.XGBClassifier()
    final.fit(X_fit, y_fit, eval_set=[(X_valid, y_valid)], early_stopping_rounds=50)
    print(final.score(X_new, y_new))
    ```

    ## A network that learns to rebuild its rows, and predicts features; parts that are called validation

    ```python title="encode.py"
    import numpy as np
    from keras.callbacks import EarlyStopping
    from sklearn.model_selection import train_test_split
    X_train, X_test = train_test_split(rows, random_state=0)
    coder.fit(X_train, X_train, validation_data=(X_test, X_test), callbacks=[EarlyStopping()])
    np.save("features.npy", coder.predict(X_test))
    ```

    ```python title="rounds.py"
    import lightgbm as lgb
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split
    X_tr, X_va, y_tr, y_va = train_test_split(X, y, random_state=0)
    dval = lgb.Dataset(X_va, label=y_va)
    model = lgb.train({}, lgb.Dataset(X_tr, label=y_tr), valid_sets=[dval], callbacks=[lgb.early_stopping(15)])
    print(roc_auc_score(y_va, model.predict(X_va)))
    ```

    ## Another part is scored in the end; folds whose held-out rows are put together

    ```python title="train.py"
    import lightgbm as lgb
    import numpy as np
    from sklearn.model_selection import KFold, train_test_split

    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    X_fit, X_stop, y_fit, y_stop = train_test_split(X_train, y_train, random_state=0)
    model = lgb.LGBMClassifier()
    model.fit(X_fit, y_fit, eval_set=[(X_stop, y_stop)], early_stopping_rounds=50)
    print(model.score(X_stop, y_stop), model.score(X_test, y_test))
    out = np.zeros(len(X))
    for fit, hold in KFold(5).split(X):
        fold = lgb.LGBMClassifier()
        fold.fit(X[fit], y[fit], eval_set=[(X[hold], y[hold])], early_stopping_rounds=50)
        out[hold] = fold.predict(X[hold])
    ```
    """

    severity = Severity.ERROR
    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each fit that selects on rows that are scored in the same file."""
        for stop in project.early_stops:
            if stop.fit.source.source.is_any(*self.skip_roles):
                continue
            fit, scored = stop.fit, stop.scored
            mild = fit.source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK)
            yield self.finding(
                fit.location,
                f"`{written(fit.call.func)}` keeps what does best on the rows scored at {scored.location}",
                related=[Related(scored.location, "scores the same rows")],
                severity=Severity.WARNING if mild else None,
                scope=fit.source.scope_name(fit.call.block),
            )
