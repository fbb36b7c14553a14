"""Parameters that a DVC stage tracks and that nothing which it runs reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.declarations.model import Declared, Stage
from mldebt.facts import Attr, Const, Expr, Item
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

_TAKES_ALL = ("dvc.api.params_show", "dvc.api.read", "dvc.api.open", "hydra.main", "dvc.api.get_url")


def stale_params(project: Project, stage: Stage) -> Iterator[Declared]:
    """The parameters of a stage whose first key is named in nothing that runs, nor in the declaration itself.

    Nothing if the parameter file is not seen to be read there, or may be read as a whole.
    """
    reach = project.call_graph.reach_of_stage(stage)
    tracked = [d for d in stage.params if d.path and d.is_known]
    if not tracked or reach.by_name or "@" in stage.name:
        return
    sources = [project.by_path[path] for path in sorted(reach.paths) if path in project.by_path]
    if any(name.startswith(_TAKES_ALL) for source in sources for name in source.facts.header.names):
        return
    reads = {
        file
        for (file, _), places in project.config_reads.reads.items()
        if any(p.path in reach.paths for p in places)
    }
    whole = {file for file, keys in project.config_reads.whole if not keys}
    named = _named(project, stage)
    for source in sources:
        named.update(source.facts.words)
        for call in source.facts.calls:
            for expr in (call.func, *call.args, *(keyword.value for keyword in call.keywords)):
                named.update(_keys(expr))
        for use in source.facts.uses:
            named.update(_keys(use.expr))
        for binding in source.facts.bindings:
            named.update(_keys(binding.value))
    for declared in tracked:
        if declared.file in reads and declared.file not in whole and not set(declared.path.split(".")) & named:
            yield declared


def _keys(expr: Expr | None) -> set[str]:
    """The strings in an expression, and the names of its attributes and keys."""
    found: set[str] = set()
    for part in walk(expr):
        if isinstance(part, Const) and isinstance(part.value, str):
            found.update(re.split(r"[./\s]", part.value))
        elif isinstance(part, Attr):
            found.add(part.name)
        elif isinstance(part, Item) and isinstance(part.index, Const):
            found.add(str(part.index.value))
    return found


def _named(project: Project, stage: Stage) -> set[str]:
    """The words that the stage's own declaration uses outside of its list of parameters."""
    found: set[str] = set()
    above = ("stages", stage.name.partition("@")[0])
    source = project.by_path[stage.path]
    for entry in source.facts.entries:
        if entry.path[:2] == above and entry.path[2:3] != ("params",) and isinstance(entry.text, str):
            for variable in re.findall(r"\$\{([^}]*)\}", entry.text):
                found.update(variable.split("."))
    for command in stage.commands:
        for word in command.argv:
            found.update(re.split(r"[.=\s:-]", word))
    return found
