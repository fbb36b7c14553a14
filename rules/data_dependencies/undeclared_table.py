"""The rule `undeclared-table`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import DataAccess, Finding, Kind, Profile, Project, Related, Role, Rule

_CREATED = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:(?:global|local|temp|temporary|external|unlogged)\s+)*(?:table|view)\s+"
    r"(?:if\s+not\s+exists\s+)?([\w.`\"\[\]]+)",
    re.IGNORECASE,
)
_QUOTES = str.maketrans("", "", '`"[]')
_FUNCTION = re.compile(r"(read|scan|glob|generate)_\w+$|\w+_(scan|auto)$|unnest$|range$")
"""Functions that give tables."""
_SYSTEM = ("information_schema", "pg_", "sqlite_master", "sys.", "dual")


class UndeclaredTable(Rule):
    """A table is read that no list of sources names.

    Its owner does not know that a model hangs on it, and nobody here knows who the owner is, how fresh it is and when
    it changes. Sculley et al. 2015, section 3 (data dependencies want annotated sources) and section 7. Off by
    default: it is worth its noise where sources are declared at all.

    ## How to repair

    Declare the table, its owner and its freshness: a dbt source, or a contract with `path = "table:crm.accounts"`.

    ## A project that declares another table

    ```toml title="mldebt.toml"
    [[contract.dataset]]
    path = "table:crm.accounts"
    source = "external:crm nightly export"
    ```

    ```python title="load.py"
    import pandas as pd
    a = pd.read_sql("SELECT id FROM crm.accounts", engine)
    b = pd.read_sql("SELECT id FROM crm.accounts_tmp_v2", engine)  # expect: undeclared-table
    ```

    ## Tables that the project makes, system tables, a name that a query gives

    ```toml title="mldebt.toml"
    [[contract.dataset]]
    path = "table:crm.accounts"
    source = "external:crm nightly export"
    ```

    ```python title="load.py"
    import pandas as pd
    pd.DataFrame().to_sql("features", engine)
    a = pd.read_sql("SELECT id FROM features", engine)
    b = pd.read_sql("SELECT table_name FROM information_schema.tables", engine)
    c = pd.read_sql("WITH recent AS (SELECT id FROM crm.accounts) SELECT id FROM recent", engine)
    ```

    ## A project that declares none

    ```python title="load.py"
    import pandas as pd
    b = pd.read_sql("SELECT id FROM crm.accounts_tmp_v2", engine)
    ```

    ## Made by a SQL file; a function that reads a file

    ```toml title="mldebt.toml"
    [[contract.dataset]]
    path = "table:crm.accounts"
    source = "external:crm nightly export"
    ```

    ```sql title="sql/audit.sql"
    CREATE OR REPLACE TABLE audit.values AS SELECT id FROM crm.accounts;
    ```

    ```python title="load.py"
    import duckdb
    import pandas as pd
    a = pd.read_sql("SELECT id FROM audit.values", engine)
    b = duckdb.sql("SELECT id FROM read_csv_auto('a.csv')").df()
    ```

    ## A temporary table, a database in memory, a test

    ```toml title="mldebt.toml"
    [[contract.dataset]]
    path = "table:crm.accounts"
    source = "external:crm nightly export"
    ```

    ```python title="load.py"
    import sqlite3
    import pandas as pd
    memory = sqlite3.connect(":memory:")
    memory.execute("CREATE TABLE shops (id INTEGER)")
    a = pd.read_sql("SELECT id FROM shops", memory)
    engine.execute("CREATE TEMPORARY TABLE recent AS SELECT id FROM crm.accounts")
    b = pd.read_sql("SELECT id FROM recent", engine)
    ```

    ```python title="tests/test_load.py"
    import pandas as pd
    def test_rows(engine):
        assert len(pd.read_sql("SELECT id FROM crm.accounts_tmp_v2", engine))
    ```
    """

    profile = Profile.AUDIT
    default = False
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}
    fewest_tables: int = 5
    """How many different tables make a list of sources worth having where there is none."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each table, at its first read."""
        reads: dict[str, list[DataAccess]] = defaultdict(list)
        written: set[str] = set()
        for access in project.accesses:
            if access.format not in ("sql", "table") or access.source.source.is_any(*self.skip_roles):
                continue
            address = access.address
            table = address.path.partition("table:")[2] if address is not None else ""
            if access.effect in ("writes", "appends"):
                written.add(table)
            elif re.search("[a-z]", table) and not table.startswith(_SYSTEM) and not _FUNCTION.match(table):
                reads[table].append(access)
        written |= self._created(project)
        declared = {
            declared.path.removeprefix("table:").lower()
            for declared in project.declared_data
            if declared.kind == "table" or declared.path.startswith("table:")
        }
        if not declared and len(reads) < self.fewest_tables:
            return
        for table in sorted(reads):
            known = {table.lower(), table.lower().rpartition(".")[2]}
            if table in written or known & declared or known & {name.rpartition(".")[2] for name in declared}:
                continue
            first, *others = sorted({access.origin for access in reads[table]})
            components = len({access.component for access in reads[table]})
            yield self.finding(
                first,
                f"table `{table}` is read by {components} file(s), and no list of sources names it",
                related=[Related(place, "it is read here, too") for place in others[:6]],
            )

    def _created(self, project: Project) -> set[str]:
        """The tables and views that queries in code and SQL files create, temporary ones included."""
        texts = [literal.value for source in project.code for literal in source.facts.literals]
        texts += [statement.text for source in project.sources(Kind.SQL) for statement in source.facts.statements]
        found = (match for text in texts if "create" in text.lower() for match in _CREATED.finditer(text))
        return {match[1].translate(_QUOTES).lower() for match in found}
