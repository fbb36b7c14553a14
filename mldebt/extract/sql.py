"""SQL files to statements with the tables they read and write."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

from mldebt.extract.text import Lines, count_lines, directive_comments, header_of
from mldebt.facts import Facts, Statement

_PIECE = re.compile(
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^'\\]|''|\\.)*'|\"[^\"]*\"|`[^`]*`|\$(\w*)\$.*?\$\1\$|\{\{.*?\}\}|\{%.*?%\}"
    r"|\{#.*?#\}|;",
    re.DOTALL,
)
_VERB = re.compile(r"\b(select|insert|update|delete|merge|create|copy|from|truncate|replace)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"\{\{-?\s*ref\(\s*['\"]([\w.]+)['\"]\s*\)\s*-?\}\}")
_SOURCE = re.compile(r"\{\{-?\s*source\(\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"]\s*\)\s*-?\}\}")
_BLANKED = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_HOLE = re.compile(r"\{\{.*?\}\}|\$\{\w+\}|\{\w*\}|%\(\w+\)s|%s|(?<!:):\w+|@\w+", re.DOTALL)
_HOLE_NAME = "mldebt_hole"
_MAX_LENGTH = 50_000
"""Characters of a statement beyond which its tables are not looked for."""

_MAX_STATEMENTS = 5_000
_DIALECTS = (None, "bigquery", "spark", "duckdb")


def extract_sql(text: str) -> Facts:
    """The statements of a SQL file. Templates are read with names in the place of what they fill in."""
    lines = Lines(text)
    statements: list[Statement] = []
    truncated = False
    for start, end in _split(text):
        if len(statements) >= _MAX_STATEMENTS:
            truncated = True
            break
        statement = text[start:end]
        reads, writes = tables_of(statement)
        statements.append(Statement(statement, reads, writes, lines.span(start, end)))
    comments = [*directive_comments(text, "--"), *directive_comments(text)]
    header = header_of(text, comment=("--",), lines=count_lines(text), truncated=truncated)
    return Facts.of(header, statements=statements, comments=comments)


def tables_of(sql: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tables that one statement reads and those that it writes, sorted; none where it cannot be read.

    Placeholders (`%s`, `{name}`, `{{ … }}`) may stand anywhere; a table whose name has one is left out.
    """
    if len(sql) > _MAX_LENGTH or not _VERB.search(sql):
        return (), ()
    tree = _parse(_filled(sql))
    if tree is None:
        return (), ()
    from sqlglot import exp

    common = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    written = _written(tree)
    reads: set[str] = set()
    writes: set[str] = set()
    for table in tree.find_all(exp.Table):
        name = ".".join(part.name for part in table.parts)
        if not name or _HOLE_NAME in name or (name.lower() in common and "." not in name):
            continue
        (writes if table is written else reads).add(name)
    return tuple(sorted(reads)), tuple(sorted(writes))


def _split(text: str) -> Iterator[tuple[int, int]]:
    """The offsets of the statements, without the semicolons and the white space around them."""
    start = 0
    ends = [match.start() for match in _PIECE.finditer(text) if match[0] == ";"]
    for end in [*ends, len(text)]:
        statement = text[start:end]
        if _without_comments(statement).strip():
            yield start + len(statement) - len(statement.lstrip()), start + len(statement.rstrip())
        start = end + 1


def _without_comments(sql: str) -> str:
    return _PIECE.sub(lambda match: "" if match[0].startswith(("--", "/*", "{#")) else match[0], sql)


def _filled(sql: str) -> str:
    """The statement with identifiers in the place of placeholders."""
    sql = _SOURCE.sub(r"\1.\2", _REFERENCE.sub(r"\1", sql))
    return _HOLE.sub(_HOLE_NAME, _BLANKED.sub(" ", sql))


def _parse(sql: str) -> Any:
    import sqlglot

    logger = logging.getLogger("sqlglot")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # it reports on stderr what it does not understand
    try:
        for dialect in _DIALECTS:
            try:
                return sqlglot.parse_one(sql, dialect=dialect)
            except MemoryError:
                raise
            except Exception:  # it refuses broken statements with errors of its own, and of any other kind
                continue
    finally:
        logger.setLevel(level)
    return None


def _written(tree: Any) -> Any:
    """The node of the table that a statement writes."""
    from sqlglot import exp

    if isinstance(tree, (exp.Insert, exp.Create, exp.Update, exp.Delete, exp.Merge)):
        target = tree.this
        return target.this if isinstance(target, exp.Schema) else target
    return None
