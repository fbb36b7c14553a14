"""The rule `untracked-training-run`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Location, ModelSave, Project, Related, Role, Rule, is_handed_on, is_recorded


class UntrackedTrainingRun(Rule):
    """A program saves a model and records neither the parameters nor the quality.

    Of a model that is in use nobody can then say how it was trained and how good it was; models cannot be compared,
    and an older one cannot be made again. Schelter et al. 2018 ask to keep track of data, parameters and accuracy of
    each model; Sculley et al. 2015, section 8, of managing many models. Anything that may be a record silences the
    rule: a tracker, a framework that logs, a stage with parameters or metrics, a JSON or YAML file, a file of scores.

    ## How to repair

    Log parameters and metrics to a tracker, or declare them as `params` and `metrics` of a stage; one record a model.

    ## Printed at best

    ```python title="train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score

    model = RandomForestClassifier(n_estimators=830, random_state=0).fit(X, y)
    print("auc", roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
    joblib.dump(model, "model.pkl")  # expect: untracked-training-run
    ```

    ## Tracked, or written down

    ```python title="tracked.py"
    import joblib, mlflow
    from sklearn.svm import SVC

    mlflow.autolog()
    joblib.dump(SVC().fit(X, y), "model.pkl")
    ```

    ```python title="written.py"
    import json
    import joblib
    from sklearn.svm import SVC

    model = SVC().fit(X, y)
    joblib.dump(model, "model.pkl")
    with open("metrics.json", "w") as stream:
        json.dump({"accuracy": model.score(X, y)}, stream)
    ```

    ## The model's name tells its quality; metrics in a pickle

    ```python title="named.py"
    import joblib
    from sklearn.svm import SVC

    model = SVC().fit(X, y)
    joblib.dump(model, f"model-{round(model.score(X, y), 3)}.pkl")
    ```

    ```python title="pickled.py"
    import joblib
    from sklearn.svm import SVC

    def put_metrics(metrics, path):
        joblib.dump(metrics, path)

    model = SVC().fit(X, y)
    joblib.dump(model, "model.pkl")
    put_metrics({"accuracy": model.score(X, y)}, "model_quality.pkl")
    ```

    ## A stage that knows its parameters

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        params: [train]
    ```

    ```yaml title="params.yaml"
    train: {depth: 3}
    ```

    ```python title="train.py"
    import joblib
    from sklearn.svm import SVC

    joblib.dump(SVC().fit(X, y), "model.pkl")
    ```

    ## No model is saved, or nothing is trained

    ```python title="try.py"
    from sklearn.svm import SVC

    SVC().fit(X, y).predict(Z).tofile("predictions.bin")
    ```

    ```python title="copy.py"
    import joblib

    joblib.dump(joblib.load("model.pkl"), "other/model.pkl")
    ```

    ## A function that may record, frameworks that log, tests

    ```python title="train.py"
    import joblib
    from sklearn.svm import SVC
    from company.registry import keep
    model = SVC().fit(X, y)
    joblib.dump(model, "model.pkl")
    keep(model)
    ```

    ```python title="light.py"
    import lightning as L
    import torch
    L.Trainer(max_epochs=3).fit(model)
    torch.save(model.state_dict(), "model.pt")
    ```

    ```python title="tests/test_train.py"
    import joblib
    from sklearn.svm import SVC
    joblib.dump(SVC().fit(X, y), "model.pkl")
    ```

    ## A trainer that reports, a lesson

    ```python title="finetune.py"
    from transformers import Trainer, TrainingArguments
    trainer = Trainer(net, TrainingArguments("out", report_to="wandb"))
    trainer.train()
    trainer.save_model("models/net")
    ```

    ```python title="tutorials/first.py"
    import joblib
    from sklearn.svm import SVC
    joblib.dump(SVC().fit(X, y), "model.pkl")
    ```
    """

    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each program, at the first model that it saves."""
        saves: dict[str, list[ModelSave]] = {}
        for save in project.model_saves:
            home = save.program.source
            if home.kind is not Kind.NOTEBOOK and not home.source.is_any(*self.skip_roles):
                saves.setdefault(home.path, []).append(save)
        told: set[Location] = set()
        handed_on: dict[Location, bool] = {}
        for path, found in saves.items():
            place = found[0].access.location
            if place in told or is_recorded(project, found[0].program):
                continue
            for access in (save.access for save in found):
                if access.location not in handed_on:
                    handed_on[access.location] = is_handed_on(project, access)
            if not any(handed_on[save.access.location] for save in found):
                told.add(place)
                yield self._finding(project, path, found)

    def _finding(self, project: Project, path: str, saves: list[ModelSave]) -> Finding:
        first, *others = (save.access for save in saves)
        trained = next(project.phases.during(saves[0].program, "fit", "tune"), None)
        return self.finding(
            first.location,
            f"`{path}` trains and saves `{first.address}`, and records neither its parameters nor its quality",
            related=[
                *(
                    Related(fit.location, "trains")
                    for fit in (trained,)
                    if fit and fit.location != first.location
                ),
                *(Related(other.location, f"saves `{other.address}`") for other in others[:8]),
            ],
            scope=first.source.scope_name(first.call.block),
        )
