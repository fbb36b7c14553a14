"""Tables of databases as data: named by a call or by the query that it sends."""

from __future__ import annotations

from declaring import project_of

from mldebt.project import Project


def tables(project: Project) -> list[tuple[str, str]]:
    return [(access.effect, str(access.address)) for access in project.accesses]


def test_queries_and_names() -> None:
    project = project_of(
        {
            "a.py": (
                "import sys\nimport pandas as pd\nimport sqlite3\n"
                "pd.read_sql('SELECT a FROM shop.orders JOIN public.users USING (id)', engine)\n"
                "pd.read_sql(f'SELECT a FROM {schema}.orders JOIN prices USING (id) WHERE day > {day}', engine)\n"
                "pd.read_sql_table('Stock', engine)\n"
                "pd.DataFrame().to_sql('features', engine)\n"
                "sqlite3.connect('x.db').execute('INSERT INTO log SELECT id FROM events')\n"
                "sqlite3.connect('x.db').execute('CREATE TABLE t (id INT REFERENCES users(id))')\n"
                "pd.read_sql(sys.argv[1], engine)\n"
                "pd.read_sql('not a query at all', engine)\n"
            )
        }
    )
    found = tables(project)
    assert ("reads", "table:shop.orders") in found
    assert ("reads", "table:users") in found
    assert ("reads", "table:prices") in found
    assert ("reads", "table:stock") in found
    assert ("writes", "table:features") in found
    assert {("writes", "table:log"), ("reads", "table:events")} <= set(found)
    assert ("writes", "table:t") in found
    assert ("reads", "None") in found
    assert ("reads", "{query}") in found


def test_a_hand_off_through_a_table() -> None:
    files = {
        "make.py": "import pandas as pd\npd.DataFrame().to_sql('churn_features', engine)\n",
        "use.py": "import pandas as pd\npd.read_sql('SELECT * FROM public.churn_features', engine)\n",
    }
    (handoff,) = project_of(files).handoffs
    assert (handoff.producer, handoff.consumer, handoff.artifact.kind) == ("make.py", "use.py", "table")
    assert handoff.is_sure
    assert not handoff.declared
    declared = "[[contract.dataset]]\npath = 'table:churn_features'\nowner = 'ann'\n"
    (handoff,) = project_of({**files, "mldebt.toml": declared}).handoffs
    assert handoff.declared
