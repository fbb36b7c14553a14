"""The rule `swallowed-data-error`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    SILENT,
    Event,
    Finding,
    Kind,
    Profile,
    Project,
    Role,
    Rule,
    Severity,
    SourceFacts,
    facts,
    hides_everything,
    is_tried_again,
    tells,
)

_WORKING = frozenset({"fit", "predict"})
_MOVING = frozenset({"load", "save"})
_DATA = frozenset(
    "csv parquet pickle model image table excel feather hdf dataset numpy array joblib audio video onnx sql".split()
)


class SwallowedDataError(Rule):
    """A handler hides every failure to read, write, fit or predict.

    A file that cannot be parsed then is missing rows, a model that cannot be loaded is a missing prediction, and
    nobody learns of either: the numbers just get worse. Sculley et al. 2015, section 5, name detecting errors and
    recovering from failures among the costs of such pipelines; section 8 asks to test data as code is tested.

    ## How to repair

    Catch the error that is expected, count what fails, and raise when it is too much.

    ## Rows that vanish

    ```python title="merge.py"
    import pandas as pd

    for file in files:
        try:
            frames.append(pd.read_csv(file))
        except Exception:  # expect: swallowed-data-error
            continue
    ```

    ## A prediction that is nothing

    ```python title="score.py"
    import joblib

    def score(row):
        try:
            model = joblib.load("model.pkl")
            return model.predict(row)
        except:  # expect: swallowed-data-error
            return None
    ```

    ## Failures that are counted, logged, raised again, expected, or told to the caller

    ```python title="merge.py"
    import pandas as pd

    for file in files:
        try:
            frames.append(pd.read_csv(file))
        except pd.errors.ParserError:
            continue
        except Exception as error:
            failed.append((file, error))
            continue
        try:
            frames.append(pd.read_csv(file))
        except Exception:
            logger.exception("not read: %s", file)

    def load(path):
        try:
            return pd.read_csv(path)
        except Exception as error:
            print("not read:", error)
            return None
    ```

    ## Other ways to get the same thing

    ```python title="load.py"
    import pandas as pd

    def load(path):
        try:
            return pd.read_csv(path)
        except Exception:
            return pd.read_csv(path, encoding="latin-1")

    def cached(path):
        try:
            return pd.read_pickle(path)
        except Exception:
            pass
        return pd.read_csv(path)
    ```

    ## Nothing of data in it

    ```python title="train.py"
    try:
        import lightgbm
    except Exception:
        pass
    ```

    ## Clean-up, pictures, telemetry, raised again, counted

    ```python title="train.py"
    import mlflow
    import pandas as pd
    import matplotlib.pyplot as plt
    try:
        connection.close()
        mlflow.log_artifact("model.pkl")
    except Exception:
        pass
    try:
        plt.plot(pd.read_csv("history.csv"))
    except Exception:
        pass
    try:
        df = pd.read_csv("a.csv")
    except Exception:
        raise
    for file in files:
        try:
            frames.append(pd.read_csv(file))
        except Exception:
            lost += 1
            continue
    while True:
        try:
            frames.append(pd.read_csv(input("table: ")))
        except Exception:
            print("not read")
            continue
    ```

    ## Logged, or explained

    ```python title="warm.py"
    import pandas as pd
    for file in files:
        try:
            frames.append(pd.read_csv(file))
        except Exception as error:
            logger.warning("%s left out: %s", file, error)
            continue
    try:
        model.predict(rows)
    except Exception:
        pass  # best-effort warm-up
    ```

    ## In a notebook somebody sees it

    ```python title="explore.ipynb"
    # %%
    import pandas as pd
    for file in files:
        try:
            frames.append(pd.read_csv(file))
        except Exception:  # expect: swallowed-data-error as info
            continue
    ```
    """

    profile = Profile.HOOK
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each handler of everything that does nothing about a data step."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            for index, block in enumerate(source.facts.blocks):
                if block.kind == "except" and hides_everything(source, index, block):
                    events = list(_steps(project, source, block.partner))
                    if events and not is_tried_again(source, block) and not _draws(source, block.partner, events):
                        yield self._finding(source, index, block, events)

    def _finding(self, source: SourceFacts, index: int, block: facts.Block, events: list[Event]) -> Finding:
        names = ", ".join(
            f"`{name}`" for name in dict.fromkeys(event.name.removeprefix("*.") for event in events)
        )
        informal = source.kind is Kind.NOTEBOOK or source.source.is_any(Role.TUTORIAL)
        return self.finding(
            source.location(block.span),
            f"any failure of {names} ends in `{SILENT[block.shape]}`"
            f"{' after a message' if tells(source, index) else ''}: the run goes on without what failed",
            severity=Severity.INFO if informal else None,
            scope=source.scope_name(index),
        )


def _steps(project: Project, source: SourceFacts, tried: int) -> Iterator[Event]:
    """The data and model steps whose innermost `try` is the given block."""
    tables = project.types.tables
    for event in project.phases.events(source):
        inner = next((b for b in source.ancestors(event.call.block) if source.facts.blocks[b].kind == "try"), -1)
        if inner != tried:
            continue
        api = tables.lookup(event.name)
        if event.phase in _WORKING or (event.phase in _MOVING and api is not None and api.format in _DATA):
            yield event


def _draws(source: SourceFacts, tried: int, events: list[Event]) -> bool:
    """Whether a `try` only reads what it shows in a picture."""
    inside = (call for call in source.facts.calls if tried in source.ancestors(call.block))
    return all(event.phase == "load" for event in events) and any(
        call.name.startswith(("matplotlib.", "seaborn.", "plotly.")) for call in inside
    )
