"""The tables of databases that calls read and write: by name, or in the query that they send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from mldebt.project.addresses import Address
from mldebt.values import Gap, Known, Template, Value, alternatives, show

_NAMED = frozenset(
    "to_sql to_gbq to_postgis saveAsTable insertInto toTable read_sql_table read_iceberg write_database list_rows"
    " get_table load_table_from_dataframe load_table_from_file load_table_from_json table write_pandas".split()
)
_NAME = re.compile(r"[\w$`\"\[\]-]+(\.[\w$`\"\[\]-]+){0,3}")
_READS = re.compile(r"\b(select|from|join)\b", re.IGNORECASE)
_DELETES = re.compile(r"\s*(delete|truncate|drop)\b", re.IGNORECASE)
_QUOTES = str.maketrans("", "", '`"[]')
_OWN_SCHEMAS = frozenset({"public", "dbo", "main", "default"})
PREFIX = "table:"
"""What the addresses of tables begin with, in contracts, too."""


def names_tables(api: str, form: str) -> bool:
    """Whether the argument of a call is a query or a table's name, by the call's name and its format."""
    return form == "sql" or (form == "table" and api.rpartition(".")[2] in _NAMED)


def table_accesses(value: Value, form: str, effect: str) -> Iterator[tuple[str, Address]]:
    """The effects on tables of a call that gets a query or a name. Of a query without a known table only that it is
    one; nothing for what is wholly unknown.
    """
    for option in alternatives(value):
        if isinstance(option, Gap) or not isinstance(option, Known | Template):
            continue
        text = show(option)
        is_known = isinstance(option, Known)
        if _NAME.fullmatch(text) and is_known:
            yield effect, table_address(text)
            continue
        reads, writes = _tables(text) if form == "sql" else ((), ())
        reads = reads if _READS.search(text) else ()  # the foreign keys of a new table
        change = "deletes" if _DELETES.match(text) else "writes"
        for effect_of, names in (("reads", reads), (change, writes)):
            for name in names:
                yield effect_of, table_address(name)
        if not reads and not writes:
            yield effect, Address("", (), "{query}" if form == "sql" else text)


@lru_cache(maxsize=4096)
def _tables(query: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from mldebt.extract.sql import tables_of

    return tables_of(query)


def table_address(name: str) -> Address:
    """The address of a table by its name in code or in a declaration."""
    parts = tuple(part for part in name.translate(_QUOTES).lower().split(".") if part)
    if len(parts) > 1 and parts[0] in _OWN_SCHEMAS:
        parts = parts[1:]
    text = PREFIX + ".".join(parts)
    return Address(text, (PREFIX + ":".join(parts),), text)
