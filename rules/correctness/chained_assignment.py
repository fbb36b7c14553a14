"""The rule `chained-assignment`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Fix,
    Kind,
    Profile,
    Project,
    Related,
    Rule,
    Severity,
    SourceFacts,
    assigning_fix,
    facts,
    one_selection_fix,
    written,
)

_LOCATORS = frozenset({"loc", "iloc"})
_NO_COLUMN = frozenset("at iat values attrs columns index flags plot str dt style dtypes T".split()) | _LOCATORS
_INPLACE = frozenset(
    "fillna replace clip dropna drop_duplicates mask where interpolate sort_values ffill bfill".split()
)


class ChainedAssignment(Rule):
    """An assignment through two selections of a table writes to a temporary copy.

    `df["a"][mask] = 1` first takes a column out and then writes to what was taken out. Whether the table changes
    depends on the version and on the memory layout; from pandas 3 on it never does. Zhang et al. 2022 list it as
    "Chain Indexing".

    ## How to repair

    Select once: `df.loc[mask, "a"] = 1`; assign the result of a method: `df["a"] = df["a"].fillna(0)`.

    ## Column and rows, rows and column

    ```python title="clean.py"
    import pandas as pd

    housing = pd.read_csv("a.csv")
    housing["ocean"][housing["ocean"] == "<1H OCEAN"] = "near"  # expect: chained-assignment
    housing.age[0] = 5  # expect: chained-assignment
    housing.loc[3:5]["age"] += 1  # expect: chained-assignment
    housing["age"].loc[housing.age > 99] = 99  # expect: chained-assignment
    housing[housing.age > 99].age = 99  # expect: chained-assignment
    ```

    ## Fixed

    ```python title="clean.py"
    import pandas as pd

    housing = pd.read_csv("a.csv")
    housing.loc[housing["ocean"] == "<1H OCEAN", "ocean"] = "near"
    housing.loc[0, "age"] = 5
    housing.loc[3:5]["age"] += 1  # expect: chained-assignment
    housing.loc[housing.age > 99, "age"] = 99
    housing.loc[housing.age > 99, "age"] = 99
    ```

    ## A method that should change a column in place

    ```python title="clean.ipynb"
    # %%
    import pandas as pd
    def clean(df: pd.DataFrame):
        df["age"].fillna(0, inplace=True)  # expect: chained-assignment
        df.city.replace("-", "", inplace=True)  # one finding for all of a file
    ```

    ## One selection, or only read

    ```python title="clean.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    df.loc[df.age > 99, "age"] = 99
    df["age"] = df["age"].fillna(0)
    df.at[0, "age"] = 1
    df["age"].values[3] = 1
    part = df["age"]
    print(df["age"][0], df[df.age > 3]["age"])
    df.fillna(0, inplace=True)
    ```

    ## Dictionaries, arrays, and what belongs to the table as a whole

    ```python title="tables.py"
    import pandas as pd

    tables = {"a": {}}
    tables["a"]["b"] = pd.DataFrame()
    rows["a"][rows["a"] == 1] = 0
    df = pd.DataFrame()
    df.attrs["source"] = "a.csv"
    df.columns.values[0] = "id"
    ```

    ## Single cells, parameters of unknown type, copies that are meant

    ```python title="clean.py"
    import pandas as pd

    df = pd.read_csv("a.csv")
    df.at[0, "age"] = 1
    df.iat[0, 1] = 1
    counts = {"a": [0, 0]}
    counts["a"][1] = 3

    def mark(table, grid):
        table["a"][0] = 1
        grid[0][1] = 2
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 5
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each write through two selections."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if not any(module.partition(".")[0] == "pandas" for module in source.facts.header.modules):
                continue
            for store in source.facts.stores:
                if store.operator != "del" and _is_chained(project, source, store.target):
                    message = f"assigning to `{written(store.target)}` writes to a temporary copy"
                    yield self.finding(
                        source.location(store.span),
                        message,
                        scope=source.scope_name(store.block),
                        fix=one_selection_fix(source, store.span),
                    )
            yield from self._in_place(project, source)

    def _in_place(self, project: Project, source: SourceFacts) -> Iterator[Finding]:
        """One finding for the methods of a file that should change a column in place: they did until pandas 3."""
        calls = [call for call in source.facts.calls if call.bare and _changes_selection(project, source, call)]
        if not calls:
            return
        first, *others = calls
        fixes = [fix for call in calls if (fix := assigning_fix(source, call)) is not None]
        edits = tuple(edit for fix in fixes for edit in fix.edits)
        more = f" ({len(calls)} places)" if others else ""
        yield self.finding(
            source.location(first.span),
            f"`{written(first.func)}(…, inplace=True)` works on a column taken out of the table: from pandas 3 on "
            f"that stays as it was{more}",
            related=[Related(source.location(call.span), f"`{written(call.func)}`") for call in others[:20]],
            severity=Severity.WARNING,
            scope=source.scope_name(first.block),
            fix=Fix(fixes[0].title, edits, fixes[0].safety) if fixes else None,
        )


def _is_chained(project: Project, source: SourceFacts, target: facts.Expr) -> bool:
    match target:
        case facts.Item(facts.Attr(selection, name), _) if name in _LOCATORS:
            return _is_selection(project, source, selection)
        case facts.Item(selection, _):
            return _is_selection(project, source, selection)
        case facts.Attr(facts.Item(table, facts.Compare()), _):
            return _is_table(project, source, table)
    return False


def _is_selection(project: Project, source: SourceFacts, expr: facts.Expr) -> bool:
    """Whether an expression takes columns or rows out of a table."""
    match expr:
        case facts.Item(facts.Attr(table, name), _) if name in _LOCATORS:
            return _is_table(project, source, table)
        case facts.Item(table, _):
            return _is_table(project, source, table)
        case facts.Attr(table, name) if name not in _NO_COLUMN:
            return isinstance(table, facts.Ref) and _is_table(project, source, table)
    return False


def _is_table(project: Project, source: SourceFacts, expr: facts.Expr) -> bool:
    return isinstance(expr, facts.Ref | facts.Attr) and project.type_of(source, expr) == "pandas.DataFrame"


def _changes_selection(project: Project, source: SourceFacts, call: facts.Call) -> bool:
    func = call.func
    inplace = any(keyword.name == "inplace" and keyword.value == facts.Const(True) for keyword in call.keywords)
    if not inplace or not isinstance(func, facts.Attr) or func.name not in _INPLACE:
        return False
    return _is_selection(project, source, func.base)
