"""The rule `threshold-dependent-validation`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Role, Rule, Severity, Site, facts

_DEPENDENT = frozenset(
    "accuracy_score precision_score recall_score f1_score fbeta_score confusion_matrix classification_report "
    "precision_recall_fscore_support balanced_accuracy_score matthews_corrcoef cohen_kappa_score jaccard_score".split()
)
_FREE = frozenset(
    "roc_auc_score average_precision_score log_loss brier_score_loss roc_curve precision_recall_curve det_curve "
    "RocCurveDisplay PrecisionRecallDisplay DetCurveDisplay auc calibration_curve CalibrationDisplay d2_brier_score "
    "plot_roc_curve plot_precision_recall_curve ndcg_score top_k_accuracy_score AUC AUROC auroc BinaryAUROC".split()
)
_IMBALANCE = frozenset({"class_weight", "scale_pos_weight", "is_unbalance", "auto_class_weights"})
_RESAMPLERS = ("imblearn.over_sampling.*", "imblearn.under_sampling.*", "imblearn.combine.*")
_SAVES = ("joblib.dump", "pickle.dump", "dill.dump", "mlflow.*.log_model", "skops.io.dump")


class ThresholdDependentValidation(Rule):
    """A classifier with probabilities is judged only by metrics that depend on one threshold.

    Accuracy, precision and F1 are about the labels that come out at one cut, mostly 0.5 by default. Another cut changes
    them without the model having changed, and two models cannot be told apart by them. Zhang et al. 2022 list it as
    "Threshold-Dependent Validation"; Breck et al. 2017, Model 6, ask for quality on slices, which a cut blurs.

    ## How to repair

    Also compute a metric of the scores themselves: `roc_auc_score`, `average_precision_score`, `log_loss`.

    ## Probabilities are there, and only labels are judged

    ```python title="train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score, f1_score

    model = RandomForestClassifier(class_weight="balanced", random_state=0)
    model.fit(X_train, y_train)
    labels = model.predict(X_test)
    print(accuracy_score(y_test, labels))  # expect: threshold-dependent-validation
    print(f1_score(y_test, labels))
    joblib.dump(model, "model.joblib")
    ```

    ## The scores are judged, too

    ```python title="train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score, roc_auc_score

    model = RandomForestClassifier(class_weight="balanced", random_state=0)
    model.fit(X_train, y_train)
    print(accuracy_score(y_test, model.predict(X_test)))
    print(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
    joblib.dump(model, "model.joblib")
    ```

    ## Several classes, nothing that is kept, or balanced classes

    ```python title="train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score, f1_score

    model = RandomForestClassifier(class_weight="balanced", random_state=0)
    model.fit(X_train, y_train)
    print(f1_score(y_test, model.predict(X_test), average="macro"))
    joblib.dump(model, "model.joblib")
    ```

    ```python title="compare.py"
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score

    model = RandomForestClassifier(class_weight="balanced", random_state=0).fit(X_train, y_train)
    print(accuracy_score(y_test, model.predict(X_test)))
    ```

    ```python title="iris.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score

    model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
    print(accuracy_score(y_test, model.predict(X_test)))
    joblib.dump(model, "model.joblib")
    ```

    ## A regression, a ranking, a test

    ```python title="regress.py"
    import joblib
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.metrics import r2_score

    model = RandomForestRegressor(random_state=0).fit(X_train, y_train)
    print(r2_score(y_test, model.predict(X_test)))
    joblib.dump(model, "model.joblib")
    ```

    ```python title="rank.py"
    import joblib
    from sklearn.metrics import f1_score, ndcg_score

    ranker.fit(X_train, y_train, class_weight="balanced")
    print(f1_score(y_test, ranker.predict(X_test)), ndcg_score(y_test, ranker.predict(X_test)))
    joblib.dump(ranker, "ranker.joblib")
    ```

    ```python title="tests/test_model.py"
    import joblib
    from sklearn.metrics import accuracy_score

    def test_model(model, X, y, tmp_path):
        model.fit(X, y, class_weight="balanced")
        joblib.dump(model, tmp_path / "model.joblib")
        assert accuracy_score(y, model.predict(X)) > 0.5
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that trains, judges and saves such a classifier."""
        judged: dict[str, list[Site]] = defaultdict(list)
        for site in project.calls(*(f"sklearn.metrics.{name}" for name in _DEPENDENT)):
            if not site.source.source.is_any(*self.skip_roles):
                judged[site.source.path].append(site)
        saving = {site.source.path for site in project.calls(*_SAVES)} if judged else set()
        resampling = {site.source.path for site in project.calls(*_RESAMPLERS)} if judged else set()
        for path, sites in judged.items():
            source = sites[0].source
            names = {name.rpartition(".")[2] for name in source.facts.header.names} | set(source.facts.words)
            if path not in saving or names & _FREE or any(_has_classes(site) for site in sites):
                continue
            if path not in resampling and not any(
                k.name in _IMBALANCE for c in source.facts.calls for k in c.keywords
            ):
                continue
            first, *others = sorted(sites, key=lambda site: site.call.span)
            metrics = ", ".join(f"`{name}`" for name in dict.fromkeys(s.name.rpartition(".")[2] for s in sites))
            yield self.finding(
                first.location,
                f"the classes are not balanced, and the model is judged only at one threshold ({metrics})",
                related=[Related(site.location, "here, too") for site in others],
                scope=source.scope_name(first.call.block),
            )


def _has_classes(site: Site) -> bool:
    """Whether a metric is told how to average over several classes."""
    average = site.argument(None, "average")
    return average is not None and average != facts.Const("binary")
