"""The rule `unbounded-training-query`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Role, Rule, Severity, Site, known_texts
from mldebt.facts import Called, Ref

_READERS = (
    "pandas.read_sql",
    "pandas.read_sql_query",
    "pandas.read_sql_table",
    "pandas.read_gbq",
    "pandas_gbq.read_gbq",
    "polars.read_database",
    "pyspark.sql.SparkSession.sql",
    "google.cloud.bigquery.Client.query",
)
_FROM = re.compile(r"\bfrom\s+([\w.`\"\[\]{}$-]+)", re.IGNORECASE)
_TIME = re.compile(
    r"\w*(_at|_on|date|_ts|time|day|month|year|week|created|updated|modified|period|partition|snapshot|version)\w*|\b(dt|ds|ts)\b",
    re.IGNORECASE,
)
_WHERE = re.compile(r"\b(where|having|qualify)\b(.*)", re.IGNORECASE | re.DOTALL)
_BOUND = re.compile(
    r"\blimit\s+\d|\btop\s*\(?\d|\b(system_time|version|timestamp)\s+as\s+of\b|\btablesample\b", re.IGNORECASE
)
_EDITION = re.compile(r"\d{4,8}|_v\d+|snapshot|frozen|\{|\$")
_LOCAL = ("sqlite3.", "duckdb.")


class UnboundedTrainingQuery(Rule):
    """A model is trained on all rows that a live table has today.

    The same code trains on other rows tomorrow, nobody can repeat the run, and the rows of the test set of last month
    are among the training rows of this one. Sculley et al. 2015, section 3: unstable data dependencies want a
    frozen version.

    ## How to repair

    Bound the query by dates that are settings of the run, or query a snapshot; log the bounds.

    ## All orders there are

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    df = pd.read_sql("SELECT * FROM orders JOIN users USING (user_id)", engine)  # expect: unbounded-training-query
    LogisticRegression().fit(df[["a"]], df["b"])
    ```

    ## Bounded by dates, a limit, a snapshot; a local file; a query that is not known; no training

    ```python title="train.py"
    import sqlite3
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    a = pd.read_sql("SELECT a, b FROM orders WHERE order_date >= :start AND order_date < :end", engine)
    b = pd.read_sql("SELECT a, b FROM orders LIMIT 1000", engine)
    c = pd.read_sql("SELECT a, b FROM orders_20240101", engine)
    d = pd.read_sql("SELECT a, b FROM orders", sqlite3.connect("shop.db"))
    e = pd.read_sql(query, engine)
    for df in (a, b, c, d, e):
        LogisticRegression().fit(df[["a"]], df["b"])
    LogisticRegression().fit(a[["a"]], a["b"])
    LogisticRegression().fit(b[["a"]], b["b"])
    LogisticRegression().fit(c[["a"]], c["b"])
    LogisticRegression().fit(d[["a"]], d["b"])
    LogisticRegression().fit(e[["a"]], e["b"])
    ```

    ## A table that the project fills

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    pd.read_csv("orders.csv").to_sql("orders", engine)
    df = pd.read_sql("SELECT * FROM orders", engine)
    LogisticRegression().fit(df[["a"]], df["b"])
    ```

    ## Only shown

    ```python title="report.py"
    import pandas as pd
    print(pd.read_sql("SELECT count(*) FROM orders", engine))
    ```

    ## Bounded where the rows are, joined to a list of shops; a contract that promises a snapshot

    ```toml title="mldebt.toml"
    [[contract.dataset]]
    path = "table:shop.orders_frozen"
    snapshot = true
    ```

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    a = pd.read_sql("SELECT o.a, s.b FROM orders o JOIN shops s USING (shop) WHERE o.created_at < '2024-01-01'", engine)
    LogisticRegression().fit(a[["a"]], a["b"])
    b = pd.read_sql("SELECT a, b FROM orders FOR SYSTEM_TIME AS OF TIMESTAMP '2024-01-01'", engine)
    LogisticRegression().fit(b[["a"]], b["b"])
    c = pd.read_sql("SELECT a, b FROM shop.orders_frozen", engine)
    LogisticRegression().fit(c[["a"]], c["b"])
    ```
    """

    profile = Profile.AUDIT
    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each query whose rows a model is fitted on."""
        for site in project.calls(*_READERS):
            query = site.argument(0, "sql", "query", "sqlQuery", "table_name")
            if site.source.source.is_any(*self.skip_roles) or query is None or self._is_local(project, site):
                continue
            texts = known_texts(project.value(site.source, query))
            if len(texts) != 1 or not (table := self._unbounded(texts[0], site)):
                continue
            if self._is_made_here(project, table):
                continue
            if project.training_inputs.fit_of(site.source, site.call) is not None:
                yield self.finding(
                    site.location,
                    f"a model is trained on all rows that `{table}` has now: the query has no time bound or snapshot",
                    severity=Severity.INFO if site.source.source.is_any(Role.NOTEBOOK) else None,
                    scope=site.source.scope_name(site.call.block),
                )

    def _unbounded(self, query: str, site: Site) -> str:
        """The first table of a query without a bound; empty if it has one, or is no query."""
        if site.name.endswith("read_sql_table"):
            return "" if _EDITION.search(query) else query
        match = _FROM.search(query)
        where = _WHERE.search(query)
        if match is None or _BOUND.search(query) or _EDITION.search(match[1]):
            return ""
        return "" if where and _TIME.search(where[2]) else match[1].strip('`"[]')

    def _is_made_here(self, project: Project, table: str) -> bool:
        """Whether the project itself writes the whole table: then it says which rows there are."""
        name = table.lower().rpartition(".")[2]
        return any(
            access.effect == "writes"
            and access.format == "table"
            and access.address is not None
            and access.address.path.startswith("table:")
            and access.address.path.rpartition(".")[2].removeprefix("table:") == name
            for access in project.accesses
        )

    def _is_local(self, project: Project, site: Site) -> bool:
        """Whether the connection is one to a file of this machine."""
        given = site.argument(1, "con", "connection")
        if given is None:
            return False
        if project.type_of(site.source, given).startswith(_LOCAL):
            return True
        bindings = given.bindings if isinstance(given, Ref) else ()
        values = [given, *(site.source.facts.bindings[index].value for index in bindings if index >= 0)]
        for value in values:
            call = site.source.facts.calls[value.call] if isinstance(value, Called) else None
            words = (
                [text for a in call.args for text in known_texts(project.value(site.source, a))] if call else []
            )
            if call is not None and (
                call.name.startswith(_LOCAL) or any(w.startswith(("sqlite", "duckdb")) for w in words)
            ):
                return True
        return False
