"""The rule `out-of-order-execution`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    CellRead,
    Finding,
    Kind,
    Location,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    cell_reads,
    facts,
)


class OutOfOrderExecution(Rule):
    """Saved outputs come from cells that were run in another order than they stand in.

    The figures in the notebook belong to a state that running it from top to bottom does not bring back: a cell
    below had already changed a variable, or the cell above had not been run yet. Pimentel et al. 2019 found such
    notebooks to be a main cause of results that cannot be reproduced.

    ## How to repair

    Restart the kernel, run all cells, look at the results and commit; or commit without outputs.

    ## A cell that ran before the one above it

    ```python title="train.ipynb"
    # %% [3]
    df = clean(raw)
    # %% [7]
    df = load()  # expect: out-of-order-execution
    # %% [4]
    train(df)
    ```

    ## A column that was not there yet, and a value that a cell below had already changed

    ```python title="explore.ipynb"
    # %% [1]
    df = load()
    scores = run(5)
    # %% [5]
    df["ratio"] = df.a / df.b  # expect: out-of-order-execution
    # %% [3]
    print(df.describe())
    ```

    ```python title="scores.ipynb"
    # %% [1]
    scores = run(5)
    # %% [4]
    show(scores)  # expect: out-of-order-execution
    # %% [2]
    scores = run(50)
    ```

    ## Run in order, with gaps; or out of order, but the cells have nothing to do with each other

    ```python title="train.ipynb"
    # %% [2]
    df = load()
    # %% [9]
    df = clean(df)
    ```

    ```python title="join.ipynb"
    # %% [4]
    a = load("a")
    # %% [3]
    b = load("b")
    # %% [5]
    join(a, b)
    ```

    ## Imports, constants and functions that were run once more

    ```python title="train.ipynb"
    # %% [12]
    import pandas as pd
    EPOCHS = 10
    def load():
        return pd.read_csv("a.csv")
    # %% [3]
    df = load()
    # %% [4]
    fit(df, EPOCHS)
    ```

    ## No saved order, and names that a cell makes itself

    ```python title="train.ipynb"
    # %%
    df = load()
    # %% [5]
    i = start(df)
    # %% [2]
    for i in range(3):
        print(i)
    ```

    ## Numbers of two sessions

    ```python title="train.ipynb"
    # %% [1]
    X = load("train.csv")
    # %% [2]
    fit(X)
    # %% [1]
    X = load("test.csv")
    # %% [2]
    predict(X)
    ```

    ## Only settings were run again

    ```python title="again.ipynb"
    # %% [9]
    import numpy as np
    DEPTH = 3
    # %% [2]
    df = load(DEPTH)
    # %% [3]
    np.mean(df)
    ```
    """

    profile = Profile.HOOK
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield at most one finding a notebook."""
        for source in self.sources(project, Kind.NOTEBOOK):
            misled = [read for read in cell_reads(source) if read.is_misled]
            if misled:
                yield self._finding(source, misled[0], len({read.cell.index for read in misled}))

    def _finding(self, source: SourceFacts, read: CellRead, cells: int) -> Finding:
        above, last = read.stands_after, read.ran_after
        reader = (source.location(read.span), f"reads `{read.name}` [{read.cell.execution_count}]")
        setter = _sets(source, read.name, above if read.is_early or last is None else last)
        places = sorted((setter, reader), key=lambda place: place[0].cell or 0)
        others = f"; so it is with {cells - 1} more cell{'s' * (cells > 2)}" if cells > 1 else ""
        return self.finding(
            places[0][0],
            f"saved outputs come from an out-of-order run: cell {read.cell.index + 1}"
            f" [{read.cell.execution_count}] reads `{read.name}`, which {_story(read)}{others}",
            related=[Related(*places[1])],
            severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
        )


def _sets(source: SourceFacts, name: str, cell: facts.Cell) -> tuple[Location, str]:
    return Location(source.path, Span.at(1), cell.index), f"sets `{name}` [{cell.execution_count}]"


def _story(read: CellRead) -> str:
    above, last = read.stands_after, read.ran_after
    if last is None or read.is_early:
        return f"cell {above.index + 1} [{above.execution_count}] above it set later"
    side = "above" if last.index < read.cell.index else "below"
    return f"cell {last.index + 1} [{last.execution_count}] {side} it had already changed"
