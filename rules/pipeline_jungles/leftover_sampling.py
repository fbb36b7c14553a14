"""The rule `leftover-sampling`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    SourceFacts,
    argument_removal,
    comes_from,
    facts,
    is_exported_notebook,
    row_limits,
)


class LeftoverSampling(Rule):
    """A script that trains or writes data uses only a fixed part of its rows, and nothing says that it is meant so.

    While debugging, ten thousand rows were enough. The number stayed, the model is trained on a fraction of the data,
    and its scores are those of a prototype. Sculley et al. 2015, section 5: results at small scale rarely reflect the
    reality at full scale.

    ## How to repair

    Make the number of rows a setting that is off by default, or take it out.

    ## A limited read that is written, and a frame that is cut before it is used

    ```python title="ingest.py"
    import pandas as pd
    df = pd.read_csv("https://example.com/customers.csv", usecols=COLS, nrows=10000)  # expect: leftover-sampling
    df.to_csv("data/raw/train.csv", index=False)
    ```

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("data/raw/train.csv")
    df = df.head(5000)  # expect: leftover-sampling
    model = LogisticRegression().fit(df[["a"]], df["b"])
    ```

    ## Fixed

    ```python title="ingest.py"
    import pandas as pd
    df = pd.read_csv("https://example.com/customers.csv", usecols=COLS)
    df.to_csv("data/raw/train.csv", index=False)
    ```

    ## The number is a setting; a debug run; looking at the header

    ```python title="ingest.py"
    import pandas as pd
    names = pd.read_csv("a.csv", nrows=100).columns
    df = pd.read_csv("a.csv", nrows=rows)
    top = pd.read_csv("a.csv", nrows=5)
    window = pd.read_csv("a.csv", skiprows=range(1, 100000), nrows=50000)
    if debug:
        df = pd.read_csv("a.csv", nrows=1000)
        df = df.sample(1000)
    df = df.sample(frac=1, random_state=1)
    df.to_csv("b.csv", index=False)
    ```

    ## Part of the data for a chart, and for checking

    ```python title="show.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_csv("a.csv")
    model = LogisticRegression().fit(df[["a"]], df["b"])
    valid = pd.read_csv("valid.csv")
    valid = valid.sample(1000)
    print(model.score(valid[["a"]], valid["b"]), df.head(100))
    plot(valid)
    ```

    ```python title="tests/test_ingest.py"
    import pandas as pd
    df = pd.read_csv("a.csv", nrows=100)
    df.to_csv("b.csv")
    ```

    ## Charts, samples with a name of their own, classes that are balanced, notebooks

    ```python title="report.py"
    import pandas as pd
    df = pd.read_csv("a.csv")
    best = df.sort_values("score").head(100)
    df = df.sort_values("score").head(100)
    df = df.groupby("label").sample(100)
    df.to_csv("b.csv", index=False)
    ```

    ```python title="explore.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("a.csv", nrows=1000)
    df.to_csv("b.csv")
    ```
    """

    profile = Profile.CI
    minutes = 5
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each limit that reaches a fit or a write of the same file."""
        for limit in row_limits(project):
            if self._counts(limit.source, limit.call):
                yield from self._finding(project, limit.source, limit.call, limit.what)

    def _counts(self, source: SourceFacts, call: facts.Call) -> bool:
        is_explored = source.kind is not Kind.PYTHON or is_exported_notebook(source)
        if is_explored or source.source.is_any(*self.skip_roles):
            return False
        return source.enclosing(call.block, "if", "else", "ternary", "except", "for", "while") is None

    def _finding(self, project: Project, source: SourceFacts, call: facts.Call, what: str) -> Iterator[Finding]:
        """A finding, if the file goes on to fit a model or to write data."""
        number = source.number_of(call)
        scope = source.scope_of(call.block)
        handed_on = any(
            result.block and source.scope_of(result.block) == scope and comes_from(source, result.value, number)
            for result in source.facts.returns
        )
        later = [
            (event.location, "a model is fitted")
            for event in project.phases.events(source)
            if event.phase == "fit" and (handed_on or _uses(source, event.call, number))
        ]
        later += [
            (write.location, "the data is written")
            for artifact in project.artifacts
            if artifact.kind in ("dataset", "table")
            for write in artifact.writes
            if write.source is source and (handed_on or _uses(source, write.call, number))
        ]
        if later:
            yield self.finding(
                source.location(call.span),
                f"`{what}` leaves out the rest of the data before {later[0][1]}: left from debugging?",
                related=[Related(place, what_then) for place, what_then in later[:2]],
                scope=source.scope_name(call.block),
                fix=argument_removal(source, call, what.partition("=")[0]) if "=" in what else None,
            )


def _uses(source: SourceFacts, call: facts.Call, number: int) -> bool:
    """Whether a call gets what another one left, or is a method of it."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    given += [call.func.base] if isinstance(call.func, facts.Attr) else []
    return any(comes_from(source, value, number) for value in given)
