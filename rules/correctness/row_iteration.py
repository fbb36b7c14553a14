"""The rule `row-iteration`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Rule, Severity, SourceFacts, facts, walk, written

_ROWS = frozenset({"iterrows", "itertuples"})
_PLAIN = frozenset(
    "append add get float int str abs round min max len bool range sum strip lower upper sqrt exp log log1p power "
    "isnan isna isnull notnull extend".split()
)
"""What a body may call and still be arithmetic on the row."""


class RowIteration(Rule):
    """A table is worked through row by row, although each row needs arithmetic alone.

    Column arithmetic does the same a hundred times faster and says in one line what is computed; the loop is also where
    dtypes get lost, since each row becomes a series of one type. Zhang et al. 2022 list it as "Unnecessary Iteration".

    ## How to repair

    Compute with columns, `np.where` or `groupby(...).transform`.

    ## Arithmetic, a condition, a list that grows

    ```python title="features.py"
    import pandas as pd

    df = pd.read_csv("people.csv")
    for i, row in df.iterrows():  # expect: row-iteration
        df.loc[i, "bmi"] = row["weight"] / row["height"] ** 2
    tall = []
    for row in df.itertuples():  # expect: row-iteration
        if row.height > 1.9:
            tall.append(1)
        else:
            tall.append(0)
    ```

    ## The body writes, asks, draws or stops

    ```python title="export.py"
    import pandas as pd
    import requests

    df = pd.read_csv("people.csv")
    for i, row in df.iterrows():
        requests.post("https://example.com", json=dict(row))
    for row in df.itertuples():
        print(row.name)
    for i, row in df.iterrows():
        if row["weight"] > 100:
            break
    for i, row in df.iterrows():
        plot(row)
    ```

    ## What a row gives depends on the rows before

    ```python title="balance.py"
    import pandas as pd

    df = pd.read_csv("bookings.csv")
    balance = 0
    for i, row in df.iterrows():
        balance = balance * 1.01 + row["amount"]
        df.loc[i, "balance"] = balance
    ```

    ## Other things are iterated

    ```python title="walk.py"
    import pandas as pd

    for row in table.itertuples():
        total.append(row.a + row.b)
    ```

    ## A table of a few written rows; drawing

    ```python title="legend.py"
    import matplotlib.pyplot as plt
    import pandas as pd

    colours = pd.DataFrame({"name": ["a", "b"], "value": [1, 2]})
    shown = []
    for row in colours.itertuples():
        shown.append(row.value * 2)
    df = pd.read_csv("people.csv")
    for i, row in df.iterrows():
        plt.text(row["x"], row["y"], row["name"])
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each loop over the rows of a table that only computes."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if _ROWS.isdisjoint(source.facts.header.methods):
                continue
            for index, block in enumerate(source.facts.blocks):
                call = _rows_of(project, source, block)
                if call is not None and _computes(source, index):
                    shown = written(call.func)
                    yield self.finding(
                        source.location(call.span),
                        f"the loop over `{shown}()` only computes: columns do that at once",
                        scope=source.scope_name(index),
                    )


def _rows_of(project: Project, source: SourceFacts, block: facts.Block) -> facts.Call | None:
    """The call that gives the rows of a table, if a loop goes over one."""
    if block.kind != "for" or not isinstance(block.test, facts.Called):
        return None
    call = source.facts.calls[block.test.call]
    if not isinstance(call.func, facts.Attr) or call.func.name not in _ROWS:
        return None
    if project.type_of(source, call.func.base) != "pandas.DataFrame" or _is_written_out(source, call.func.base):
        return None
    return call


def _is_written_out(source: SourceFacts, table: facts.Expr) -> bool:
    """Whether a table is made of rows that stand in the code: they are few."""
    if isinstance(table, facts.Ref) and len(table.bindings) == 1 and table.bindings[0] >= 0:
        table = source.facts.bindings[table.bindings[0]].value or table
    made = source.facts.calls[table.call] if isinstance(table, facts.Called) else None
    rows = made.args[0] if made is not None and made.name == "pandas.DataFrame" and made.args else None
    columns = rows.values if isinstance(rows, facts.Map) else (rows,)
    return bool(columns) and all(isinstance(column, facts.Seq) for column in columns)


def _computes(source: SourceFacts, loop: int) -> bool:
    """Whether a loop assigns or appends, and does nothing that columns could not do."""
    held = source.facts
    inside = [i for i in range(len(held.blocks)) if loop in source.ancestors(i)]
    blocks = set(inside)
    if any(
        held.blocks[i].kind in ("for", "while", "try", "with", "function", "lambda") for i in inside if i != loop
    ):
        return False
    if any(result.block in blocks for result in held.returns):
        return False
    calls = [call for call in held.calls if call.block in blocks and call.span > held.blocks[loop].span]
    head = held.blocks[loop].test
    calls = [c for c in calls if not (isinstance(head, facts.Called) and held.calls[head.call] is c)]
    if any(_last(call) not in _PLAIN for call in calls) or _leaves(source, blocks):
        return False
    stores = any(s.block in blocks and not _accumulates(s.operator) for s in held.stores)
    appends = any(_last(call) in ("append", "add") for call in calls)
    return (stores or appends) and not _carries(source, blocks)


def _last(call: facts.Call) -> str:
    return call.func.name if isinstance(call.func, facts.Attr) else call.name.rpartition(".")[2]


def _accumulates(operator: str) -> bool:
    return operator not in ("=", "del")


def _leaves(source: SourceFacts, blocks: set[int]) -> bool:
    """Whether the body may stop early."""
    return any(source.facts.blocks[i].shape in ("break", "continue", "return", "raise") for i in blocks)


def _carries(source: SourceFacts, blocks: set[int]) -> bool:
    """Whether a name that the body binds is made from its own last value."""
    for binding in source.facts.bindings:
        if binding.block in blocks and binding.kind in ("assign", "augmented"):
            if binding.kind == "augmented":
                return True
            names = {part.name for part in walk(binding.value) if isinstance(part, facts.Ref)}
            if binding.name in names:
                return True
    return False
