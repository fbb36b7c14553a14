"""`.env` files to variables."""

from __future__ import annotations

import re

from mldebt.extract.text import directive_comments, header_of
from mldebt.facts import Facts, Variable
from mldebt.source import Span

_LINE = re.compile(
    r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*=[ \t]*"
    r"(?P<value>\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[^\n]*?)[ \t]*(?:[ \t]#.*)?$"
)


def extract_env(text: str) -> Facts:
    """The variables of an environment file; quotes are removed, references stay as written."""
    variables = []
    for number, line in enumerate(text.split("\n"), 1):
        if (match := _LINE.match(line)) is None:
            continue
        value = match["value"]
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        elif value.startswith("#"):
            value = ""
        span = Span(number, match.start("name") + 1, number, match.end("value") + 1)
        variables.append(Variable(match["name"], value, span))
    return Facts.of(header_of(text), variables=variables, comments=directive_comments(text))
