"""The rule `unnamed-index-column`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Fix,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    argument_fix,
    facts,
    statement_removal,
    walk,
)

_REPAIRS = ("*.drop", "*.rename", "*.contains", "*.match", "*.startswith", "*.filter")


class UnnamedIndexColumn(Rule):
    """A column that `to_csv` wrote by accident is removed again after reading.

    `to_csv` writes the index unless told otherwise, `read_csv` then finds a column without a name. Each reader
    repairs this for itself, and one that forgets it trains on the row number. Sculley et al. 2015, section 5
    ("Glue Code"): adapters that make up for a package's defaults.

    ## How to repair

    Write with `index=False`, or in a format with a schema such as Parquet, and delete the repairs.

    ## The column is dropped, renamed or filtered

    ```python title="train.py"
    import pandas as pd
    df = pd.read_csv("train.csv").drop(columns=["Unnamed: 0"])  # expect: unnamed-index-column
    other = pd.read_csv("other.csv")
    other.rename(columns={"Unnamed: 0": "id"}, inplace=True)  # expect: unnamed-index-column
    third = pd.read_csv("third.csv")
    third = third.loc[:, ~third.columns.str.contains("^Unnamed")]  # expect: unnamed-index-column
    ```

    ## By position, where the project writes the index

    ```python title="steps.py"
    import pandas as pd
    def put(frame: pd.DataFrame, path):
        frame.to_csv(path)
    def get(path):
        frame = pd.read_csv(path)
        frame.drop(frame.columns[0], axis=1, inplace=True)  # expect: unnamed-index-column
        return frame
    ```

    ## Written and dropped in one project

    ```python title="steps.py"
    import pandas as pd
    def put(frame: pd.DataFrame, path):
        frame.to_csv(path)
    def get(path):
        frame = pd.read_csv(path)
        frame = frame.drop("Unnamed: 0", axis=1)  # expect: unnamed-index-column
        return frame
    ```

    ## Fixed

    ```python title="steps.py"
    import pandas as pd
    def put(frame: pd.DataFrame, path):
        frame.to_csv(path, index=False)
    def get(path):
        frame = pd.read_csv(path)
        return frame
    ```

    ## A first column that means something

    ```python title="steps.py"
    import pandas as pd
    def get(path):
        frame = pd.read_csv(path)
        frame.to_csv("copy.csv", index=False)
        return frame.drop(frame.columns[0], axis=1)
    ```

    ## Other columns without a name, and other names

    ```python title="steps.py"
    import pandas as pd
    table = pd.read_csv("report.csv").drop(columns=["Unnamed: 13", "id"])
    table = table.rename(columns={"a": "Unnamed: 0"})
    ```

    ## Nobody here wrote it, or the index was meant

    ```python title="steps.py"
    import pandas as pd
    given = pd.read_csv("given.csv", index_col=0)
    pd.read_csv("raw.csv").set_index("day").to_csv("days.csv")
    days = pd.read_csv("days.csv", index_col=0)
    ```
    """

    severity = Severity.INFO
    profile = Profile.HOOK
    minutes = 3

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each place that removes such a column."""
        producers = [
            site
            for site in project.calls("*.to_csv")
            if not site.hides_arguments and site.argument(None, "index", "columns") is None
        ]
        for site in project.calls(*_REPAIRS):
            if site.source.source.is_any(*self.skip_roles, Role.TUTORIAL):
                continue
            near = [p for p in producers if _may_be_read(project, p.source.path, site.source.path)]
            if what := _repaired(site, bool(near)):
                yield self.finding(
                    site.location,
                    f"`{what}` is the index of a table, written by accident and repaired after reading",
                    related=[Related(producer.location, "writes the index") for producer in near[:3]],
                    scope=site.source.scope_name(site.call.block),
                    fix=_fix(site, near) if len(producers) == 1 else None,
                )


def _may_be_read(project: Project, writer: str, reader: str) -> bool:
    """Whether one file writes what another one reads, as far as paths and imports tell."""
    if writer == reader or writer in project.imports.reached_from(reader):
        return True
    return any(
        artifact.kind == "dataset"
        and any(write.component == writer for write in artifact.writes)
        and any(read.component == reader for read in artifact.reads)
        for artifact in project.artifacts
    )


def _fix(site: Site, producers: list[Site]) -> Fix | None:
    """Writes no index in the only place that writes, and deletes the statement that drops that column alone."""
    dropped = site.argument(0, "columns", "labels")
    if isinstance(dropped, facts.Seq) and len(dropped.items) == 1:
        dropped = dropped.items[0]
    if len(producers) != 1 or dropped != facts.Const("Unnamed: 0") or not _is_statement(site):
        return None
    parts = [
        argument_fix(producers[0].source, producers[0].call, "index", "False"),
        statement_removal(site.source, [site.call.span], "Delete"),
    ]
    edits = [edit for part in parts if part is not None for edit in part.edits]
    return Fix("Write no index, and drop none", tuple(edits)) if all(parts) else None


def _is_statement(site: Site) -> bool:
    """Whether a call is `df = df.drop(…)` or `df.drop(…, inplace=True)`."""
    table = site.call.func.base if isinstance(site.call.func, facts.Attr) else None
    if site.call.bare or not isinstance(table, facts.Ref):
        return site.call.bare
    index = site.source.number_of(site.call)
    return any(b.value == facts.Called(index) and b.name == table.name for b in site.source.facts.bindings)


def _repaired(site: Site, written: bool) -> str:
    """The column that a call removes, renames or looks for; empty for other calls."""
    method = site.name.rpartition(".")[2]
    exprs = [*site.call.args, *(k.value for k in site.call.keywords)]
    if method in ("drop", "rename"):
        for part in (part for expr in exprs for part in walk(expr)):
            if isinstance(part, facts.Map):
                exprs += part.keys
            elif isinstance(part, facts.Const) and part.value == "Unnamed: 0" and not _is_new_name(exprs, part):
                return "Unnamed: 0"
        first = exprs[0] if exprs else None
        by_position = method == "drop" and written and isinstance(first, facts.Item) and _is_first_column(first)
        return "columns[0]" if by_position else ""
    texts = [e.value for e in exprs if isinstance(e, facts.Const) and isinstance(e.value, str)]
    # mldebt: ignore[unnamed-index-column] it looks for the name in the code of others
    return next((text for text in texts if text.lstrip("^").startswith("Unnamed")), "")


def _is_new_name(exprs: list[facts.Expr], const: facts.Const) -> bool:
    """Whether the name is what a column is renamed to."""
    maps = [part for expr in exprs for part in walk(expr) if isinstance(part, facts.Map)]
    return any(const in m.values and const not in m.keys for m in maps)


def _is_first_column(item: facts.Item) -> bool:
    return item.index == facts.Const(0) and isinstance(item.base, facts.Attr) and item.base.name == "columns"
