"""The rule `hidden-state`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, UndefinedRead, undefined_reads


class HiddenState(Rule):
    """A cell uses a name that no cell above defines.

    It worked once, with the help of a cell that was deleted, changed or run from further below. Run from top to
    bottom, the notebook stops there with a NameError. Pimentel et al. 2019 found this to be among the most frequent
    failures of public notebooks.

    ## How to repair

    Restore the definition, or move its cell up; run notebooks from top to bottom in CI (`nbmake`).

    ## A deleted cell, a missing import, a definition further below

    ```python title="train.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("train.csv")
    # %%
    model.fit(X_train, y_train)  # expect: hidden-state
    # %%
    X_train, y_train = np.array(df), df["y"]
    ```

    ```python title="plot.ipynb"
    # %%
    plot(scores)  # expect: hidden-state
    # %%
    def plot(values):
        print(values)
    scores = [1, 2]
    ```

    ## Names that something else may define

    ```python title="star.ipynb"
    # %%
    from helpers import *
    train(df)
    ```

    ```python title="run.ipynb"
    # %%
    %run setup.ipynb
    train(df)
    ```

    ```python title="shell.ipynb"
    # %%
    files = !ls
    %time total = len(files)
    # %%
    print(total, files)
    display(get_ipython(), __name__, _)
    ```

    ## Functions run later; comprehensions, loops and handlers have names of their own

    ```python title="train.ipynb"
    # %%
    def fit():
        return model(data)
    # %%
    data = [row * 2 for row in range(3)]
    model = lambda rows: {key: value for key, value in enumerate(rows)}
    with open("a.txt") as file:
        text = file.read()
    try:
        import lightgbm
        fast = lightgbm.__version__
    except ImportError as error:
        print(error, fit(), text)
    ```

    ## A name that is asked for, and one of Python 2

    ```python title="compat.ipynb"
    # %%
    try:
        spark
    except NameError:
        spark = None
    if isinstance(spark, unicode):
        pass
    ```

    ## Stored variables, names made by text, other languages, parameters

    ```python title="store.ipynb"
    # %%
    %store -r frame
    frame.head()
    ```

    ```python title="text.ipynb"
    # %%
    globals()["total"] = 1
    exec("count = 2")
    print(total, count)
    ```

    ```python title="shell.ipynb"
    # %%
    %%bash
    echo $missing
    # %%
    print(1)
    ```

    ```python title="params.ipynb"
    # %% tagged parameters
    day = "2024-05-01"
    # %%
    print(day)
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 15
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield at most one finding a notebook."""
        for source in self.sources(project, Kind.NOTEBOOK):
            reads = list(undefined_reads(source))
            if reads:
                first, *others = reads
                place = source.location(first.span)
                number = (place.cell or 0) + 1
                more = f" (and {len(others)} more such names)" if others else ""
                yield self.finding(
                    place,
                    f"cell {number} uses `{first.name}`, {_story(first)}{more}: the notebook cannot run from top to"
                    " bottom",
                    related=[
                        Related(source.location(read.span), f"uses `{read.name}`, {_story(read)}")
                        for read in others[:9]
                    ],
                    severity=Severity.WARNING if source.source.is_any(Role.TUTORIAL) else None,
                )


def _story(read: UndefinedRead) -> str:
    return (
        "which no cell defines" if read.defined is None else f"which only cell {read.defined.index + 1} defines"
    )
