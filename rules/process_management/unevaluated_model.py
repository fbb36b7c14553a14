"""The rule `unevaluated-model`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from mldebt import (
    Confidence,
    Finding,
    Kind,
    ModelSave,
    Program,
    Project,
    Related,
    Role,
    Rule,
    SourceFacts,
    is_recorded,
)

_JUDGES = re.compile(
    r"score|metric|evaluat|validat|accura|auc|f1|rmse|mse|mae|loss|report|confusion|cross_?val|test|eval_set|early_stop"
    r"|silhouette|perplex|bleu|recall|precision|benchmark|monitor|backtest|error",
    re.IGNORECASE,
)
_ARGUMENTS = frozenset(
    {"eval_set", "validation_data", "validation_split", "valid_sets", "evals", "oob_score", "cv"}
)
_LOADS = frozenset({"load", "load_model", "read_pickle", "get_model", "from_pretrained", "load_state_dict"})
_BY_THEMSELVES = frozenset(
    "autogluon pycaret h2o tpot transformers pytorch_lightning lightning fastai catalyst ultralytics skorch prophet"
    " setfit accelerate ignite stable_baselines3 trl gensim sentence_transformers kedro zenml metaflow torch"
    " tensorflow keras"
    .split()
)  # fmt: skip
_UNJUDGED = re.compile(
    r"cluster|KMeans|PCA|decomposition|manifold|neighbors\.NearestNeighbors|mixture|IsolationForest|scaler|encoder"
    r"|vectori[sz]er|tokenizer",
    re.IGNORECASE,
)


class UnevaluatedModel(Rule):
    """A model is trained and saved, and nothing in the project measures how good it is.

    The next training can make it worse without anybody noticing, and nothing can be asserted before it is used. Breck
    et al. 2017 (ML Test Score, infrastructure 4): the quality of a model is validated before one attempts to serve it.

    ## How to repair

    Hold out data, score the model on it, keep the result next to the model, and compare it before the model is used.

    ## Fitted on everything, and saved

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier

    table = pd.read_csv("churn.csv")
    model = RandomForestClassifier(random_state=0).fit(table[["a", "b"]], table["y"])
    joblib.dump(model, "models/model.pkl")  # expect: unevaluated-model
    ```

    ## Another program that scores something else

    ```python title="train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    joblib.dump(RandomForestClassifier(random_state=0).fit(X, y), "models/model.pkl")  # expect: unevaluated-model
    ```

    ```python title="prices.py"
    from sklearn.linear_model import Ridge
    print(Ridge().fit(X, y).score(X_test, y_test))
    ```

    ## Scored in the same program

    ```python title="train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score

    model = RandomForestClassifier(random_state=0).fit(X, y)
    print(roc_auc_score(y_test, model.predict(X_test)))
    joblib.dump(model, "models/model.pkl")
    ```

    ## Scored by another program, or by a function that is not known

    ```python title="train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(random_state=0).fit(X, y)
    joblib.dump(model, "models/model.pkl")
    ```

    ```python title="evaluate.py"
    import joblib
    from sklearn.metrics import roc_auc_score

    model = joblib.load("models/model.pkl")
    print(roc_auc_score(y, model.predict(X)))
    ```

    ## Something that has no quality of its own

    ```python title="fit_scaler.py"
    import joblib
    from sklearn.cluster import KMeans

    groups = KMeans(random_state=0).fit(X)
    joblib.dump(groups, "models/model_groups.pkl")
    ```

    ## Scored by what trains it, notebooks and tests

    ```python title="finetune.py"
    from transformers import Trainer
    trainer = Trainer(model, args)
    trainer.train()
    trainer.save_model("models/model")
    ```

    ```python title="explore.ipynb"
    # %%
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    joblib.dump(RandomForestClassifier(random_state=0).fit(X, y), "models/model.pkl")
    ```

    ```python title="tests/test_train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    joblib.dump(RandomForestClassifier(random_state=0).fit(X, y), "models/model.pkl")
    ```

    ## Fitted again after a validation, or given to a function that is not known

    ```python title="train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_score
    model = RandomForestClassifier(random_state=0)
    print(cross_val_score(model, X, y))
    joblib.dump(model.fit(X, y), "models/model.pkl")
    ```

    ```python title="other/train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    from company.quality import report
    model = RandomForestClassifier(random_state=0).fit(X, y)
    report(model)
    joblib.dump(model, "models/model.pkl")
    ```
    """

    confidence = Confidence.MEDIUM
    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each program that saves a model, and that nothing which may know the model scores."""
        judges = functools.cache(_judges)
        told: set[str] = set()
        for save in project.model_saves:
            home = save.program.source
            if home.kind is Kind.NOTEBOOK or home.source.is_any(*self.skip_roles) or home.path in told:
                continue
            root = project.subprojects.root_of(home.path)
            around = (source for source in project.code if project.subprojects.root_of(source.path) == root)
            known = any(judges(source) and _knows(project, source, save) for source in around)
            if not known and not _is_left_out(project, save) and str(save.access.location) not in told:
                told |= {home.path, str(save.access.location)}
                fits = [
                    event
                    for event in project.phases.during(save.program, "fit", "tune")
                    if event.location != save.access.location
                ]
                yield self.finding(
                    save.access.location,
                    f"`{home.path}` trains `{save.access.address}`, and nothing in the project scores it",
                    related=[Related(fit.location, "trained here") for fit in fits[:1]],
                    scope=save.access.source.scope_name(save.access.call.block),
                )


def _judges(source: SourceFacts) -> bool:
    """Whether code measures something, by the names of what it calls and defines."""
    if source.source.is_any(Role.VENDORED):
        return False
    header = source.facts.header
    functions = (function.name for function in source.facts.functions)
    return any(map(_JUDGES.search, (*header.methods, *header.names, *functions))) or any(
        k.name in _ARGUMENTS for call in source.facts.calls for k in call.keywords
    )


def _knows(project: Project, source: SourceFacts, save: ModelSave) -> bool:
    """Whether code may have to do with a saved model: it runs with it, loads some model, or fits one of its class."""
    header, program = source.facts.header, save.program
    if source.path in program.reach.paths or program.reach.by_name or not source.facts.header.names:
        return True
    if any(name.rpartition(".")[2] in _LOADS for name in header.names) or not _LOADS.isdisjoint(header.methods):
        return True
    if not project.imports.reached_from(source.path).isdisjoint({program.source.path}):
        return True
    fitted = {part for e in project.phases.during(program, "fit", "tune") for part in e.name.split(".")}
    return any(part[:1].isupper() and part in fitted for name in header.names for part in name.split("."))


def _is_left_out(project: Project, save: ModelSave) -> bool:
    """Whether what is saved may have no quality, or is measured by what trains it."""
    program: Program = save.program
    for path in program.reach.paths:
        source = project.source(path)
        if source is None:
            continue
        if not _BY_THEMSELVES.isdisjoint(module.partition(".")[0] for module in source.facts.header.modules):
            return True
    events = list(project.phases.during(program, "fit", "tune"))
    return all(_UNJUDGED.search(event.name) for event in events) or (
        is_recorded(project, program) and program.reach.by_name
    )
