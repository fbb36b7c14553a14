"""What scripts in other languages (R, Julia, Stata, SAS) quote that may be a path: enough to see whose data they use.

These files are no Sources: nothing but their quoted texts is known of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import splitext
from typing import TYPE_CHECKING

from mldebt.outside import FOREIGN, document
from mldebt.roles import path_roles
from mldebt.source import Kind, Location, Role, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_QUOTED = re.compile(r"""(["'])((?:(?!\1)[^\\\n]){3,200})\1""")
_COMMENT = re.compile(r"\s*(#|//|\*)")
_NO_PART = frozenset({Role.TEST, Role.VENDORED, Role.DOCS, Role.TEMPLATE, Role.GENERATED, Role.TUTORIAL})


def quoted_paths(project: Project) -> Iterator[tuple[Location, str]]:
    """The quoted texts with a `/` or an extension in scripts of other languages, by path and place."""
    for path in sorted(project.files):
        if splitext(path)[1].lower() not in FOREIGN or not _NO_PART.isdisjoint(path_roles(path, Kind.PYTHON)):
            continue
        for number, line in enumerate(document(project.root, path).splitlines(), 1):
            if _COMMENT.match(line):
                continue
            for match in _QUOTED.finditer(line):
                text = match[2].replace("\\", "/")
                if "/" in text or splitext(text)[1]:
                    span = Span(number, match.start() + 1, number, match.end() + 1)
                    yield Location(path, span), text.removeprefix("./")
