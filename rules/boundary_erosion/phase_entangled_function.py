"""The rule `phase-entangled-function`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Event, Finding, Kind, Project, Related, Role, Rule, SourceFacts, Span, is_exported_notebook

_PHASES = {
    "load": "loads",
    "prepare": "prepares",
    "split": "splits",
    "fit": "fits",
    "tune": "fits",
    "evaluate": "scores",
    "save": "saves",
}

_LOOKS = frozenset({"sample", "head", "tail", "describe", "info", "value_counts", "nunique"})
"""What looks at data, or takes a few rows for a chart: no preparation, and no split."""


class PhaseEntangledFunction(Rule):
    """One long function does nearly everything from loading data to saving the model.

    None of its steps can be tested, run or changed alone, and the service that needs the same preparation of the data
    has to copy it (Sculley et al. 2015, section 2; Cabral et al. 2024 found code that is divided by responsibility
    easier to understand for data scientists). A script without functions counts as one.

    ## How to repair

    Take the steps out into functions or stages of their own; begin with the preparation, which serving must share.

    ## Six phases

    ```python title="train.py"
    import joblib
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split

    def main():  # expect: phase-entangled-function
        df = pd.read_csv("churn.csv")
        df["x1"] = df["x1"].clip(0, 1)
        df["x2"] = df["x2"].clip(0, 2)
        df["x3"] = df["x3"].clip(0, 3)
        df["x4"] = df["x4"].clip(0, 4)
        df["x5"] = df["x5"].clip(0, 5)
        df["x6"] = df["x6"].clip(0, 6)
        df["x7"] = df["x7"].clip(0, 7)
        df["x8"] = df["x8"].clip(0, 8)
        df["x9"] = df["x9"].clip(0, 9)
        df["x10"] = df["x10"].clip(0, 10)
        df["x11"] = df["x11"].clip(0, 11)
        df["x12"] = df["x12"].clip(0, 12)
        df["x13"] = df["x13"].clip(0, 13)
        df["x14"] = df["x14"].clip(0, 14)
        df["x15"] = df["x15"].clip(0, 15)
        df["x16"] = df["x16"].clip(0, 16)
        df["x17"] = df["x17"].clip(0, 17)
        df["x18"] = df["x18"].clip(0, 18)
        df["x19"] = df["x19"].clip(0, 19)
        df["x20"] = df["x20"].clip(0, 20)
        df["x21"] = df["x21"].clip(0, 21)
        df["x22"] = df["x22"].clip(0, 22)
        df["x23"] = df["x23"].clip(0, 23)
        df["x24"] = df["x24"].clip(0, 24)
        df["x25"] = df["x25"].clip(0, 25)
        df["x26"] = df["x26"].clip(0, 26)
        df["x27"] = df["x27"].clip(0, 27)
        df["x28"] = df["x28"].clip(0, 28)
        df["x29"] = df["x29"].clip(0, 29)
        df["x30"] = df["x30"].clip(0, 30)
        df["x31"] = df["x31"].clip(0, 31)
        df["x32"] = df["x32"].clip(0, 32)
        df["x33"] = df["x33"].clip(0, 33)
        df["x34"] = df["x34"].clip(0, 34)
        df["x35"] = df["x35"].clip(0, 35)
        df["x36"] = df["x36"].clip(0, 36)
        df["x37"] = df["x37"].clip(0, 37)
        df["x38"] = df["x38"].clip(0, 38)
        df["x39"] = df["x39"].clip(0, 39)
        df["x40"] = df["x40"].clip(0, 40)
        df["x41"] = df["x41"].clip(0, 41)
        df["x42"] = df["x42"].clip(0, 42)
        df["x43"] = df["x43"].clip(0, 43)
        df["x44"] = df["x44"].clip(0, 44)
        df["x45"] = df["x45"].clip(0, 45)
        df["x46"] = df["x46"].clip(0, 46)
        df["x47"] = df["x47"].clip(0, 47)
        df["x48"] = df["x48"].clip(0, 48)
        df["x49"] = df["x49"].clip(0, 49)
        df["x50"] = df["x50"].clip(0, 50)
        df["x51"] = df["x51"].clip(0, 51)
        df["x52"] = df["x52"].clip(0, 52)
        df["x53"] = df["x53"].clip(0, 53)
        df["x54"] = df["x54"].clip(0, 54)
        df["x55"] = df["x55"].clip(0, 55)
        df["x56"] = df["x56"].clip(0, 56)
        df["x57"] = df["x57"].clip(0, 57)
        df = df.merge(pd.read_csv("users.csv"), on="id")
        X_train, X_test, y_train, y_test = train_test_split(df, df["y"], random_state=0)
        model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
        print(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
        joblib.dump(model, "model.pkl")
    ```

    ## The same, but short; steps of their own

    ```python title="short.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score
    from sklearn.model_selection import train_test_split

    def main():
        df = pd.read_csv("churn.csv").merge(pd.read_csv("users.csv"), on="id")
        X_train, X_test, y_train, y_test = train_test_split(df, df["y"], random_state=0)
        model = Ridge().fit(X_train, y_train)
        print(r2_score(y_test, model.predict(X_test)))
        joblib.dump(model, "model.pkl")
    ```

    ```python title="steps.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import Ridge

    def load():
        return pd.read_csv("churn.csv")

    def train(df):
        return Ridge().fit(df[["a"]], df["y"])

    def main():
        joblib.dump(train(load()), "model.pkl")
    ```

    ## A notebook

    ```python title="explore.ipynb"
    # %%
    import joblib
    import pandas as pd
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score
    from sklearn.model_selection import train_test_split
    df = pd.read_csv("churn.csv").merge(pd.read_csv("users.csv"), on="id")
    X_train, X_test, y_train, y_test = train_test_split(df, df["y"], random_state=0)
    model = Ridge().fit(X_train, y_train)
    print(r2_score(y_test, model.predict(X_test)))
    joblib.dump(model, "model.pkl")
    ```

    ## A builder of a pipeline: each step is a function

    ```python title="pipeline.py"
    from kedro.pipeline import node, pipeline
    def create_pipeline():
        return pipeline([
            node(load, "a", "b"), node(prepare, "b", "c"), node(split, "c", "d"), node(fit, "d", "e"),
            node(score, "e", "f"), node(save, "f", None),
        ])
    ```
    """

    minutes = 60
    fewest_phases: int = 5
    """How many of the six phases are too many for one function."""
    fewest_lines: int = 60
    """Shorter functions are left alone."""
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each long function of many phases."""
        for source in self.sources(project, Kind.PYTHON):
            if source.facts.header.code_lines < self.fewest_lines:
                continue
            found: dict[int, dict[str, Event]] = {}
            for event in project.phases.events(source):
                if event.phase in _PHASES and event.name.rpartition(".")[2] not in _LOOKS:
                    scope = source.scope_of(event.call.block)
                    found.setdefault(scope, {}).setdefault(_PHASES[event.phase], event)
            for scope, phases in sorted(found.items()):
                if len(phases) >= self.fewest_phases and not is_exported_notebook(source):
                    yield from self._finding(source, scope, phases)

    def _finding(self, source: SourceFacts, scope: int, phases: dict[str, Event]) -> Iterator[Finding]:
        function = source.function_of(scope)
        if function is None and (scope != 0 or source.facts.functions):
            return
        span = source.facts.blocks[scope].span
        lines = span.end_line - span.line + 1 if function else source.facts.header.code_lines
        if lines < self.fewest_lines:
            return
        steps = ", ".join(f"{name} (line {event.call.span.line})" for name, event in phases.items())
        what = f"`{function.name}`" if function else "the script"
        yield self.finding(
            source.location(function.span if function else Span.at(1)),
            f"{what} of {lines} lines does {len(phases)} of 6 phases alone: {steps}",
            related=[Related(event.location, name) for name, event in phases.items()],
            scope=function.qualname if function else "",
        )
