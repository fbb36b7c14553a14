"""Literals: what a string or number token means, and which strings are worth a fact."""

from __future__ import annotations

import ast
import re

from mldebt.facts import Const, Hole

_LARGEST = 2**63
_LONGEST = 4_000
_PROSE = 80
_FILE_NAME = re.compile(r"^[\w\-. {}%*]+\.[A-Za-z][A-Za-z0-9]{1,7}$")
_SQL = re.compile(r"\s*(select|insert|merge|create|update|delete|with)\s", re.IGNORECASE)
_ESCAPED = re.compile(r"\\")


def number(token: str) -> Const | Hole:
    """The value of an integer or float token; complex and huge numbers are holes."""
    try:
        value = ast.literal_eval(token)
    except (ValueError, SyntaxError):
        return Hole("number")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Hole("number")
    if isinstance(value, int) and not -_LARGEST < value < _LARGEST:
        return Hole("number")
    return Const(value)


def integer(token: str) -> Const | Hole:
    """The value of an integer token."""
    if token.isdecimal() and len(token) < 18:
        return Const(int(token))
    return number(token)


def string(token: str) -> Const | Hole:
    """The value of a string token, quotes and prefix included; bytes are holes."""
    quote = token[-1]
    start = token.index(quote)
    prefix = token[:start].lower()
    if "b" in prefix:
        return Hole("bytes")
    width = 3 if token[start : start + 3] == quote * 3 and len(token) - start >= 6 else 1
    body = token[start + width : -width]
    if "\\" not in body or "r" in prefix:
        return Const(_encodable(body))
    try:
        value = ast.literal_eval(token)
    except (ValueError, SyntaxError):  # an escape that this Python does not accept
        return Const(_encodable(body))
    return Const(_encodable(value))


def text_part(token: str, raw: bool) -> Const:
    """The value of a literal part of an f-string."""
    token = token.replace("{{", "{").replace("}}", "}")
    if raw or not _ESCAPED.search(token):
        return Const(_encodable(token))
    quote = "'''" if token.endswith('"') or '"""' in token else '"""'
    value = string(f"{quote}{token}{quote}")
    return value if isinstance(value, Const) else Const(_encodable(token))


def _encodable(text: str) -> str:
    """Text without lone surrogates, which no encoding can carry."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def worth_keeping(value: str) -> str | None:
    """The string, shortened if it is very long, when it may be a path, an address, SQL or prose; else None."""
    if len(value) < 3:
        return None
    if "/" in value or "\\" in value or len(value) >= _PROSE or _FILE_NAME.match(value) or _SQL.match(value):
        return value[:_LONGEST]
    return None
