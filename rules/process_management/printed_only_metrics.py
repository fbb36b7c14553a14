"""The rule `printed-only-metrics`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Event,
    Finding,
    Kind,
    Program,
    Project,
    Related,
    Role,
    Rule,
    facts,
    is_recorded,
    records_quality,
    walk,
)

_METRICS = ("sklearn.metrics.",)
_SHOWS = frozenset({"print", "rich.print", "pprint.pprint", "builtins.print"})
_LOGS = frozenset({"info", "debug", "warning", "log"})


class PrintedOnlyMetrics(Rule):
    """A program records how a model was made, and only prints how good it is.

    The figures scroll away: two versions cannot be compared, and nothing can assert that the new one is not worse.
    Schelter et al. 2018 name the comparability of models among the challenges of model management.

    ## How to repair

    Write the metrics to a file that the stage declares (`metrics:`), or to the tracker that has the parameters.

    ## A stage with parameters and printed metrics

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        deps: [train.py]
        params: [alpha]
        outs: [model.pkl]
    ```

    ```yaml title="params.yaml"
    alpha: 1
    ```

    ```python title="train.py"
    import joblib
    import yaml
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score

    model = Ridge(alpha=yaml.safe_load(open("params.yaml"))["alpha"]).fit(X, y)
    score = r2_score(y_test, model.predict(X_test))  # expect: printed-only-metrics
    print("R2", score)
    joblib.dump(model, "model.pkl")
    ```

    ## A program of its own that evaluates

    ```python title="train.py"
    import joblib
    from sklearn.linear_model import Ridge
    joblib.dump(Ridge().fit(X, y), "models/model.pkl")
    ```

    ```python title="evaluate.py"
    import joblib
    from sklearn.metrics import r2_score
    model = joblib.load("models/model.pkl")
    print("R2", r2_score(y_test, model.predict(X_test)))  # expect: printed-only-metrics
    ```

    ## Written to a file

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python train.py
        deps: [train.py]
        params: [alpha]
        outs: [model.pkl]
        metrics: [scores.json]
    ```

    ```python title="train.py"
    import joblib
    import json
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score

    model = Ridge().fit(X, y)
    score = r2_score(y_test, model.predict(X_test))
    print("R2", score)
    json.dump({"r2": score}, open("scores.json", "w"))
    joblib.dump(model, "model.pkl")
    ```

    ## Nothing is recorded at all, which is another rule's finding

    ```python title="train.py"
    import joblib
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score

    model = Ridge().fit(X, y)
    print(r2_score(y_test, model.predict(X_test)))
    joblib.dump(model, "model.pkl")
    ```

    ## Given back to who keeps it, notebooks, tests

    ```yaml title="dvc.yaml"
    stages:
      train: {cmd: python train.py, deps: [train.py], params: [alpha], outs: [model.pkl]}
    ```

    ```python title="train.py"
    import joblib
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score
    from company.store import keep
    def evaluate(model):
        score = r2_score(y_test, model.predict(X_test))
        print("R2", score)
        return score
    model = Ridge().fit(X, y)
    keep(evaluate(model))
    joblib.dump(model, "model.pkl")
    ```

    ```python title="tests/test_train.py"
    import joblib
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score
    model = Ridge().fit(X, y)
    print(r2_score(y_test, model.predict(X_test)))
    joblib.dump(model, "model.pkl")
    ```

    ## A notebook shows them

    ```yaml title="dvc.yaml"
    stages:
      train: {cmd: jupyter nbconvert --execute train.ipynb, deps: [train.ipynb], params: [alpha], outs: [model.pkl]}
    ```

    ```python title="train.ipynb"
    # %%
    import joblib
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score
    model = Ridge().fit(X, y)
    print(r2_score(y_test, model.predict(X_test)))
    joblib.dump(model, "model.pkl")
    ```
    """

    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each program that saves a model and prints its metrics."""
        told: set[str] = set()
        for save in project.model_saves:
            program = save.program
            home = program.source
            if home.path in told or home.kind is Kind.NOTEBOOK or home.source.is_any(*self.skip_roles):
                continue
            told.add(home.path)
            if program.reach.by_name or not is_recorded(project, program) or records_quality(project, program):
                continue
            scores = _metrics(project, program)
            if scores and all(map(_is_shown, scores)):
                place = Related(save.access.location, "the model is saved here")
                yield self._finding(program, scores, f"of what `{home.path}` trains", place)
        models = [artifact for artifact in project.artifacts if artifact.kind == "model" and artifact.writes]
        loads = {read.component: read.origin for artifact in models for read in artifact.reads}
        readers = loads.keys() - told
        for program in project.phases.programs if readers else ():
            home = program.source
            if home.path not in readers or home.kind is Kind.NOTEBOOK or home.source.is_any(*self.skip_roles):
                continue
            scores = _metrics(project, program)
            if scores and not records_quality(project, program) and all(map(_is_shown, scores)):
                readers.discard(home.path)
                place = Related(loads[home.path], "the model is loaded here")
                yield self._finding(program, scores, f"of the model that `{home.path}` loads", place)

    def _finding(self, program: Program, scores: list[Event], what: str, model: Related) -> Finding:
        names = ", ".join(f"`{n}`" for n in dict.fromkeys(event.name.rpartition(".")[2] for event in scores))
        return self.finding(
            scores[0].location,
            f"{names} {what} {'are' if ',' in names else 'is'} only printed",
            related=[model, *(Related(event.location, "printed, too") for event in scores[1:6])],
            scope=scores[0].source.scope_name(scores[0].call.block),
        )


def _metrics(project: Project, program: Program) -> list[Event]:
    return [event for event in project.phases.during(program, "evaluate") if event.name.startswith(_METRICS)]


def _is_shown(event: Event) -> bool:
    """Whether the result of a metric goes to a print or a log, and nowhere else."""
    source = event.source
    index = source.number_of(event.call)
    names = {
        n
        for n, binding in enumerate(source.facts.bindings)
        if any(isinstance(part, facts.Called) and part.call == index for part in walk(binding.value))
    }
    shown = False
    for call in source.facts.calls:
        given = (*call.args, *(keyword.value for keyword in call.keywords))
        if any(_is_it(part, index, names) for value in given for part in walk(value)):
            if call.name not in _SHOWS and getattr(call.func, "name", "") not in _LOGS | {"format", "round"}:
                return False
            shown = True
    others = [r.value for r in source.facts.returns] + [s.value for s in source.facts.stores]
    return shown and not any(_is_it(part, index, names) for value in others for part in walk(value))


def _is_it(part: facts.Expr, index: int, names: set[int]) -> bool:
    if isinstance(part, facts.Called):
        return part.call == index
    return isinstance(part, facts.Ref) and not names.isdisjoint(part.bindings)
