"""Whether code looks at what it reads before it uses it: schemas, gaps, ranges, duplicates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mldebt.project.source_facts import SourceFacts
from mldebt.source import Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_LIBRARIES = frozenset(
    name
    for line in (
        "pandera great_expectations great_expectations_experimental tensorflow_data_validation deepchecks evidently",
        "pydantic cerberus frictionless soda jsonschema pandas_schema whylogs voluptuous marshmallow schema pydeequ",
        "ydata_quality datatest dataenforce hamilton patito dataframely dbt",
    )
    for name in line.split()
)
_LOOKING = frozenset(
    "isnull isna notnull notna duplicated is_unique hasnans null_count isfinite issubset".split()
)
_NAMES = re.compile(
    r"(^|_)(validat\w*|check\w*|verify\w*|assert\w*|expect\w*|schema\w*|quality|sanity)", re.IGNORECASE
)
_DECLARED = re.compile(
    r"(great_expectations|expectations|soda|data_contracts?|schemas?)(/|\.ya?ml$|\.json$)", re.IGNORECASE
)


class DataChecks:
    """Answers for the parts of a project whether anything in them may check data; each part is looked at once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, bool] = {}

    def inside(self, root: str) -> bool:
        """Whether a part has a library for it, a look at gaps or duplicates, a function or file named for it.

        Tests of code are no checks of data.
        """
        if root not in self._known:
            self._known[root] = self._look(root)
        return self._known[root]

    def _look(self, root: str) -> bool:
        for source in self._project.code:
            if self._project.subprojects.root_of(source.path) == root and _checks(source):
                return True
        prefix = f"{root}/" if root else ""
        files = (path for path in self._project.files if path.startswith(prefix))
        return any(_DECLARED.search(path.removeprefix(prefix)) for path in files)


def _checks(source: SourceFacts) -> bool:
    if source.source.is_any(Role.TEST, Role.NOTEBOOK):
        return False
    header = source.facts.header
    if not _LIBRARIES.isdisjoint(module.partition(".")[0] for module in header.modules):
        return True
    if not _LOOKING.isdisjoint(header.methods) or any(n.rpartition(".")[2] in _LOOKING for n in header.names):
        return True
    named = (function.name for function in source.facts.functions)
    return any(map(_NAMES.search, (*named, *header.methods)))
