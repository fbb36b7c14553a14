"""The rule `implicit-read-schema`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Role, Rule, Severity, Site, facts, walk, written

_READERS = ("pandas.read_csv", "pandas.read_table", "pandas.read_excel")
_SCHEMA = frozenset({"dtype", "usecols", "converters", "names", "schema", "dtype_backend"})
_QUOTES = "'\""
_FEWEST_COLUMNS = 3
_CHECKERS = (
    "pandera",
    "great_expectations",
    "pydantic",
    "patito",
    "tensorflow_data_validation",
    "evidently",
    "deepchecks",
)


class ImplicitReadSchema(Rule):
    """A program reads a table whose columns it uses by name, and says neither which nor of what type.

    A column that is renamed upstream fails in the middle of a run, and one that holds a text for the first time makes
    numbers into objects. Zhang et al. 2022 list it as "Columns and DataType Not Explicitly Set". Nearly all code is
    written so, which is why the rule is off unless it is selected.

    ## How to repair

    Read what is used, in the types that are meant: `usecols=list(TYPES), dtype=TYPES`; or validate after reading.

    ## Three columns by name

    ```python title="train.py"
    import pandas as pd

    def main():
        df = pd.read_csv("customers.csv")  # expect: implicit-read-schema
        df["rate"] = df["paid"] / df["due"]
        return df["rate"].mean(), df["age"].max(), df["city"].nunique()

    if __name__ == "__main__":
        main()
    ```

    ## Said, or checked

    ```python title="train.py"
    import pandas as pd

    def main():
        df = pd.read_csv("customers.csv", usecols=["paid", "due", "age"])
        return df["paid"] / df["due"], df["age"].max()

    if __name__ == "__main__":
        main()
    ```

    ```python title="checked.py"
    import pandas as pd
    import pandera as pa

    if __name__ == "__main__":
        df = SCHEMA.validate(pd.read_csv("customers.csv"))
        print(df["paid"], df["due"], df["age"])
    ```

    ## Few columns, tables that the project made itself, and modules that are no programs

    ```python title="train.py"
    import pandas as pd

    if __name__ == "__main__":
        df = pd.read_csv("customers.csv")
        print(df["paid"].mean())
    ```

    ```python title="again.py"
    import pandas as pd

    if __name__ == "__main__":
        make().to_csv("made.csv")
        df = pd.read_csv("made.csv")
        print(df["paid"], df["due"], df["age"])
    ```

    ```python title="load.py"
    import pandas as pd

    def load():
        df = pd.read_csv("customers.csv")
        return df[df["paid"] > df["due"]], df["age"]
    ```

    ## Files that know their types; tests

    ```python title="typed.py"
    import pandas as pd

    if __name__ == "__main__":
        df = pd.read_parquet("customers.parquet")
        print(df["paid"], df["due"], df["age"])
    ```

    ```python title="tests/test_customers.py"
    import pandas as pd

    def test_customers():
        df = pd.read_csv("customers.csv")
        assert (df["paid"] <= df["due"]).all() and df["age"].min() > 0 and df["city"].notna().all()
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    default = False
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK, Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each such table that a program reads."""
        made: set[str] | None = None
        for site in project.calls(*_READERS):
            source, header = site.source, site.source.facts.header
            if source.source.is_any(*self.skip_roles) or site.hides_arguments:
                continue
            if not header.main and not project.stages_running(source):
                continue
            if any(module.startswith(_CHECKERS) for module in header.modules):
                continue
            if any(keyword.name in _SCHEMA for keyword in site.call.keywords):
                continue
            columns = _columns(site)
            if len(columns) < _FEWEST_COLUMNS:
                continue
            if made is None:  # what the project writes itself has the columns that it wrote
                made = {str(a.address) for a in project.accesses if a.effect in ("writes", "appends")}
            if not any(a.call is site.call and str(a.address) in made for a in project.accesses):
                table = written(site.call.args[0]) if site.call.args else ""
                shown = "the table" if not table or "…" in table else f"`{table.strip(_QUOTES)}`"
                yield self.finding(
                    site.location,
                    f"{len(columns)} columns of {shown} are used by name, and nothing says where it is "
                    "read which ones there are and of what type",
                    scope=source.scope_name(site.call.block),
                )


def _columns(site: Site) -> set[str]:
    """The columns that the name to which a table is read is asked for."""
    held = site.source.facts
    values = [(binding.name, binding.value) for binding in held.bindings]
    names = {name for name, v in values if isinstance(v, facts.Called) and held.calls[v.call] is site.call}
    scope = site.source.scope_of(site.call.block)
    found = set()
    for use in held.uses:
        for part in walk(use.expr) if site.source.scope_of(use.block) == scope else ():
            match part:
                case facts.Item(facts.Ref(name), facts.Const(str(column))) if name in names:
                    found.add(column)
    return found
