"""Requirements files and SQL."""

from __future__ import annotations

import pytest

from mldebt.extract import extract
from mldebt.extract.sql import tables_of
from mldebt.extract.text import slice_span
from mldebt.source import Kind

REQUIREMENTS = """\
# comment
--index-url https://example.org/simple
-r base.txt
-cconstraints.txt
Pandas >= 1.0, <2 ; python_version > "3"  # mldebt: ignore[unpinned-dependency] why
torch==1.0 \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb
scikit_learn[extra,all]
-e git+https://example.org/a/b#egg=My_Package
git+https://example.org/a/b@main
foo @ https://example.org/x.whl
./local/dir
== bad
"""


def test_requirements() -> None:
    facts = extract(Kind.REQUIREMENTS, REQUIREMENTS.encode())
    assert [(r.kind, r.name, r.specifier, r.address) for r in facts.requirements] == [
        ("option", "", "", "https://example.org/simple"),
        ("include", "", "", "base.txt"),
        ("constraint", "", "", "constraints.txt"),
        ("requirement", "pandas", ">=1.0,<2", ""),
        ("requirement", "torch", "==1.0", ""),
        ("requirement", "scikit-learn", "", ""),
        ("editable", "my-package", "", "git+https://example.org/a/b#egg=My_Package"),
        ("requirement", "", "", "git+https://example.org/a/b@main"),
        ("requirement", "foo", "", "https://example.org/x.whl"),
        ("requirement", "", "", "./local/dir"),
        ("invalid", "", "", ""),
    ]
    pandas, torch, sklearn = facts.requirements[3:6]
    assert pandas.marker == 'python_version > "3"'
    assert slice_span(REQUIREMENTS, pandas.span) == 'Pandas >= 1.0, <2 ; python_version > "3"'
    assert torch.hashed
    assert (torch.span.line, torch.span.end_line) == (6, 8)
    assert sklearn.extras == ("all", "extra")
    assert facts.comments[0].span.line == 5
    assert not facts.header.generated


SQL = """\
-- daily; load
CREATE TABLE mart.daily AS
WITH recent AS (SELECT * FROM raw.events WHERE t > '2020;')
SELECT * FROM recent JOIN users u ON true;
INSERT INTO log (a) SELECT 1 FROM {{ ref('stage') }} JOIN {{ source('shop', 'orders') }} ON x = %s;
/* nothing */
not sql at all (;
"""


def test_sql() -> None:
    facts = extract(Kind.SQL, SQL.encode())
    assert [(s.reads, s.writes, s.span.line) for s in facts.statements] == [
        (("raw.events", "users"), ("mart.daily",), 1),
        (("shop.orders", "stage"), ("log",), 5),
        ((), (), 6),
    ]
    assert slice_span(SQL, facts.statements[1].span) == facts.statements[1].text
    assert facts.header.problems == ()


@pytest.mark.parametrize(
    ("sql", "reads", "writes"),
    [
        ("select * from a.b", ("a.b",), ()),
        ("select * from `p.d.t`", ("p.d.t",), ()),
        ("select * from {table} where x = ?", (), ()),
        ("UPDATE t SET a = 1", (), ("t",)),
        ("delete from t where a in (select b from s)", ("s",), ("t",)),
        ("merge into t using s on t.a = s.a when matched then delete", ("s",), ("t",)),
        ("select x::int from t where y = :name", ("t",), ()),
        ("no verb", (), ()),
        ("select " + "(" * 5_000, (), ()),
    ],
)
def test_tables(sql: str, reads: tuple[str, ...], writes: tuple[str, ...]) -> None:
    assert tables_of(sql) == (reads, writes)
