"""The rule `discarded-result`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Rule,
    Severity,
    SourceFacts,
    argument_removal,
    facts,
    kept_result_fix,
    keyword_argument,
    written,
)

_OF_TABLES = frozenset(
    "dropna fillna reset_index set_index sort_values sort_index drop_duplicates reindex astype assign".split()
)
"""Methods that only tables have; none of them changes its table."""
_PURE = _OF_TABLES | frozenset("drop rename replace join merge clip round".split())
_INPLACE = _OF_TABLES - {"astype", "assign", "reindex"} | {"drop", "rename", "replace", "clip"}
_CELL_MARK = re.compile(r"#\s*(In\s*\[|%%|<codecell>|COMMAND ---)")
_TABLES = ("pandas.DataFrame", "pandas.Series")


class DiscardedResult(Rule):
    """The result of a method that changes nothing is thrown away, or a method that returns nothing is assigned.

    `df.dropna()` gives a new table and leaves `df` as it was: the missing values are still in the training data, and
    nothing fails. The other way round, `df = df.drop(..., inplace=True)` makes `df` None. Zhang et al. 2022 list it
    as "In-Place APIs Misused".

    ## How to repair

    Assign the result: `df = df.dropna()`.

    ## Thrown away

    ```python title="clean.py"
    import pandas as pd

    def clean(df: pd.DataFrame):
        df.dropna(subset=["age"])  # expect: discarded-result
        df.drop(columns=["id"])  # expect: discarded-result
        return df

    def index(rows):
        rows.set_index(["uid"])  # expect: discarded-result
        return rows
    ```

    ## Fixed

    ```python title="clean.py"
    import pandas as pd

    def clean(df: pd.DataFrame):
        df = df.dropna(subset=["age"])
        df = df.drop(columns=["id"])
        return df

    def index(rows):
        rows = rows.set_index(["uid"])
        return rows
    ```

    ## None, assigned

    ```python title="clean.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("a.csv")
    df = df.drop(columns=["id"], inplace=True)  # expect: discarded-result
    df.sort_values("day")  # expect: discarded-result
    print(df)
    ```

    ## Assigned, in place, or shown at the end of a cell

    ```python title="clean.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("a.csv")
    df = df.dropna()
    df.fillna(0, inplace=True)
    df.fillna(0, inplace=flag)
    df.sort_values("day")
    # %%
    df.drop_duplicates()
    # so many
    ```

    ## What an exported notebook showed

    ```python title="ch04.py"
    import pandas as pd
    df = pd.read_csv("a.csv")

    df.dropna(axis=0)

    df.dropna(thresh=4)
    ```

    ```python title="ch04.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("a.csv")
    # %%
    df.dropna(axis=0)
    # %%
    df.dropna(thresh=4)
    ```

    ## Other things have such methods, too, and an error may be what is waited for

    ```python title="clean.py"
    import pandas as pd

    queue.drop("a")
    names.replace("a", "b")
    try:
        frame.set_index("uid", verify_integrity=True)
    except ValueError:
        print("not unique")
    ```

    ## Said to copy and assigned; drawn, saved, or expected to fail

    ```python title="clean.py"
    import pandas as pd
    import pytest

    df = pd.read_csv("a.csv")
    rows = df.dropna(inplace=False)
    df.sort_values("day").plot()
    df.drop(columns=["id"]).to_csv("b.csv")
    with pytest.raises(KeyError):
        df.set_index("nothing")
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 2

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each result that is thrown away, and each assigned None."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if _PURE.isdisjoint(source.facts.header.methods) or not _uses_pandas(source):
                continue
            exported = source.path.endswith(".py") and f"{source.path[:-3]}.ipynb" in project.files
            for call in source.facts.calls:
                if exported and source.facts.blocks[call.block].kind == "module":
                    continue  # it was shown in the notebook
                if call.bare and _is_pure(project, source, call) and not _is_shown(source, call):
                    message = f"the result of `{_shown(call)}(…)` is thrown away: it changes nothing"
                    yield self.finding(
                        source.location(call.span),
                        message,
                        scope=source.scope_name(call.block),
                        fix=kept_result_fix(source, call),
                    )
            for binding in source.facts.bindings:
                if binding.kind == "assign" and isinstance(binding.value, facts.Called) and not binding.path:
                    call = source.facts.calls[binding.value.call]
                    if _is_inplace(project, source, call):
                        message = (
                            f"`{binding.name}` is None: `{written(call.func)}(…, inplace=True)` returns nothing"
                        )
                        scope = source.scope_name(call.block)
                        fix = argument_removal(source, call, "inplace")
                        yield self.finding(source.location(binding.span), message, scope=scope, fix=fix)


def _shown(call: facts.Call) -> str:
    text = written(call.func)
    return text if "…" not in text else f".{call.func.name}" if isinstance(call.func, facts.Attr) else text


def _uses_pandas(source: SourceFacts) -> bool:
    return any(module.partition(".")[0] == "pandas" for module in source.facts.header.modules)


def _is_pure(project: Project, source: SourceFacts, call: facts.Call) -> bool:
    """Whether a call gives a new table and has no other effect."""
    func = call.func
    if not isinstance(func, facts.Attr) or func.name not in _PURE or call.name:
        return False
    if any(keyword.name in ("inplace", "") for keyword in call.keywords):
        return False
    if source.enclosing(call.block, "try", "with", "lambda") is not None:
        return False
    receiver = project.type_of(source, func.base)
    return receiver in _TABLES or (not receiver and func.name in _OF_TABLES and isinstance(func.base, facts.Ref))


def _is_inplace(project: Project, source: SourceFacts, call: facts.Call) -> bool:
    func = call.func
    if not isinstance(func, facts.Attr) or func.name not in _INPLACE or call.name:
        return False
    inplace = keyword_argument(call, "inplace")
    receiver = project.type_of(source, func.base)
    known = receiver in _TABLES or (not receiver and func.name in _OF_TABLES)
    return known and inplace == facts.Const(True)


def _is_shown(source: SourceFacts, call: facts.Call) -> bool:
    """Whether a call is the last statement of a notebook cell, whose value is displayed."""
    end = _end_of_cell(source, call.span.line)
    held = source.facts
    spans = [call.span for call in held.calls] + [binding.span for binding in held.bindings]
    spans += [store.span for store in held.stores] + [use.span for use in held.uses]
    return end is not None and not any(call.span.end_line < span.line < end for span in spans)


def _end_of_cell(source: SourceFacts, line: int) -> int | None:
    """The line after the cell around a line, of a notebook or a script exported from one; None in other scripts."""
    if source.kind is Kind.NOTEBOOK:
        cells = (cell for cell in source.facts.cells if cell.line)
        return next((c.line + c.lines for c in cells if c.line <= line < c.line + c.lines), line)
    marks = [comment.span.line for comment in source.facts.comments if _CELL_MARK.match(comment.text)]
    return next((mark for mark in marks if mark > line), 10**9) if marks else None
