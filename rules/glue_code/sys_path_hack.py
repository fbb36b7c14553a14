"""The rule `sys-path-hack`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import dirname

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    addresses,
    facts,
    qualified,
)

_POSITIONS = {"sys.path.append": 0, "sys.path.insert": 1, "sys.path.extend": 0, "site.addsitedir": 0}
_HOME = re.compile(r"(/home/|/Users/|~|[A-Za-z]:)")
_HERE = ("os.getcwd", "pathlib.Path.cwd", "os.getcwdu")
_FOREIGN = re.compile(r"(third[_-]?party|external|vendor|submodule|site-packages)", re.IGNORECASE)


class SysPathHack(Rule):
    """The search path for modules is patched so that project code can be imported.

    The script then works from one directory, or on one machine, and which file an import means depends on what
    ran before: of two modules with one name the wrong one is loaded in silence. Sculley et al. 2015, section 5,
    count such plumbing as glue code.

    ## How to repair

    Make the project installable (a `pyproject.toml`, `pip install -e .`) and import it by its name.

    ## In all spellings; one finding a file

    ```python title="src/jobs/train.py"
    import os, sys
    from pathlib import Path
    sys.path.append(os.path.join(os.path.dirname(__file__), "../.."))  # expect: sys-path-hack
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    ```

    ```python title="src/score.py"
    import os
    import sys
    sys.path += ["/home/ines/churn"]  # expect: sys-path-hack
    os.environ["PYTHONPATH"] = os.getcwd()
    ```

    ```python title="notebooks/explore.ipynb"
    # %%
    import sys
    sys.path.append("../src")  # expect: sys-path-hack
    ```

    ## Code that is not the project's own

    ```python title="train.py"
    import os
    import sys
    sys.path.append("third_party/detector")
    sys.path.append("/opt/spark/python")
    sys.path.append("../input/some-package")
    sys.path.append(os.environ["EXTRA_MODULES"])
    ```

    ```python title="third_party/detector/model.py"
    ```

    ## Tests, and looking at the path

    ```python title="tests/conftest.py"
    import sys
    sys.path.insert(0, "..")
    ```

    ```python title="where.py"
    import sys
    sys.path.remove(sys.path[0])
    ```
    """

    profile = Profile.HOOK
    minutes = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield at most one finding a file."""
        homes = {home for path in project.files if path.endswith(".py") for home in _above(path)}
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if source.path.rpartition("/")[2] == "setup.py":
                continue
            patches = [
                (span, shown)
                for expr, span in sorted(_added(source), key=lambda pair: pair[1])
                if (shown := _own_path(project, source, expr, homes))
            ]
            if patches:
                yield self._finding(project, source, patches)

    def _finding(self, project: Project, source: SourceFacts, patches: list[tuple[Span, str]]) -> Finding:
        (span, shown), *others = patches
        is_mild = source.source.is_any(Role.NOTEBOOK, Role.TUTORIAL) or "dags" in source.path.split("/")
        return self.finding(
            source.location(span),
            f"`sys.path` is patched with `{shown}` to reach project code",
            related=[
                *(Related(source.location(place), f"adds `{path}`") for place, path in others),
                *_reached(project, source, span),
            ],
            severity=Severity.INFO if is_mild else None,
        )


def _reached(project: Project, source: SourceFacts, patch: Span) -> list[Related]:
    """The first imports of project code after a patch: what it is there for."""
    found = [
        Related(source.location(fact.span), f"imports `{fact.module}` of the project")
        for fact in source.facts.imports
        if fact.span > patch and next(iter(project.imports.files_of(source, fact)), None) is not None
    ]
    return found[:2]


def _added(source: SourceFacts) -> Iterator[tuple[facts.Expr, Span]]:
    """What a source adds to the search path, piece by piece."""
    for call in source.facts.calls:
        position = _POSITIONS.get(call.name)
        if position is not None and len(call.args) > position:
            yield from ((part, call.span) for part in _pieces(call.args[position]))
    for store in source.facts.stores:
        target = store.target
        is_variable = isinstance(target, facts.Item) and target.index == facts.Const("PYTHONPATH")
        if is_variable or qualified(source, target) == "sys.path":
            yield from ((part, store.span) for part in _pieces(store.value))


def _pieces(expr: facts.Expr) -> Iterator[facts.Expr]:
    if isinstance(expr, facts.Binary):
        yield from _pieces(expr.left)
        yield from _pieces(expr.right)
    elif isinstance(expr, facts.Seq):
        yield from expr.items
    else:
        yield expr


def _own_path(project: Project, source: SourceFacts, expr: facts.Expr, homes: set[str]) -> str:
    """A path that holds the project's own Python files, or is in somebody's home; empty for anything else."""
    if isinstance(expr, facts.Called) and source.facts.calls[expr.call].name in _HERE:
        return "."
    value = project.value(source, expr)
    for anchor in (dirname(source.path), ""):
        for address in addresses(value, anchor):
            if _FOREIGN.search(address.shape):
                continue
            if address.path in homes or (_HOME.match(address.shape) and address.tail):
                return address.shape or "."
    return ""


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = dirname(path)
        yield path
    yield "."
