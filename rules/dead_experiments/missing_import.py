"""The rule `missing-import`."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import join

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    SourceFacts,
    Span,
    facts,
    imported_name,
    is_missing_module,
    lacking_module,
)


class MissingImport(Rule):
    """A file imports something that the module of the project no longer has: it cannot run.

    The module was changed or renamed and this script was not. Whoever runs it gets an `ImportError`; that nobody
    noticed says that nobody runs it, and nobody knows any more which results came from it. Sculley et al. 2015,
    section 5 ("Dead Experimental Codepaths").

    ## How to repair

    Delete the script, or bring it up to date and run it in CI.

    ## A function that is gone, and a module that was renamed

    ```python title="utils.py"
    def load(path):
        return open(path).read()
    ```

    ```python title="tune.py"
    from utils import FOLDS, load  # expect: missing-import
    from .tables import read_table  # expect: missing-import

    print(load("a"), FOLDS, read_table("b"))
    ```

    ## What is there, comes from elsewhere, or may be made at run time

    ```python title="src/geo.py"
    from .shapes import *

    RADIUS = 6371
    ```

    ```python title="src/shapes.py"
    from shapely import *
    ```

    ```python title="src/lazy.py"
    def __getattr__(name):
        return name
    ```

    ```python title="src/routes.py"
    from . import geo
    from .geo import RADIUS, polygon
    from .lazy import anything
    from ._version import version
    from .messages_pb2 import Row

    try:
        from .geo import fast_distance
    except ImportError:
        fast_distance = None
    if RADIUS > 1:
        print(geo.RADIUS, polygon, anything, version, Row)
    ```

    ## A file beside it, where the root has a package of this name

    ```python title="models/helpers.py"
    WIDTH = 3
    ```

    ```python title="models/implicit.py"
    from helpers import Encoding

    print(Encoding)
    ```

    ```python title="helpers/__init__.py"
    class Encoding:
        pass
    ```

    ## A package of the same name that is installed; a module that replaces itself

    ```python title="airflow/__init__.py"
    ```

    ```python title="airflow/dags/train.py"
    from airflow import DAG
    from shim import main

    main(DAG("train"))
    ```

    ```python title="airflow/dags/shim.py"
    import sys
    from tools import moved
    sys.modules[__name__] = moved
    ```

    ```python title="trackers/clearml/__init__.py"
    RUN = "tracked"
    ```

    ```python title="trackers/clearml/search.py"
    from clearml import Task

    Task.init()
    ```

    ## Tests say it themselves

    ```python title="loader.py"
    def read(path):
        return path
    ```

    ```python title="tests/test_loader.py"
    import pytest

    def test_nothing():
        with pytest.raises(ImportError):
            from loader import write
    ```
    """

    profile = Profile.AUDIT
    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each import that fails, those of one module together."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            missing: dict[str, dict[str, Span]] = {}
            for fact in source.facts.imports:
                if fact.name and source.enclosing(fact.block, "with", "try", "except") is None:
                    if is_missing_module(project, source, fact.module):
                        missing.setdefault("", {}).setdefault(fact.module, fact.span)
                    elif fact.name != "*" and (home := _lacking(project, source, fact)):
                        missing.setdefault(home, {}).setdefault(fact.name, fact.span)
            for home, names in missing.items():
                yield self._finding(project, source, home, names)

    def _finding(self, project: Project, source: SourceFacts, home: str, names: dict[str, Span]) -> Finding:
        shown = ", ".join(f"`{name}`" for name in [*names][:6]) + (" …" if len(names) > 6 else "")
        first, *others = names.values()
        related = [Related(project.by_path[home].location(Span.at(1)), "does not define it")] if home else []
        related += [Related(source.location(span), "nor this") for span in others if span.line != first.line]
        return self.finding(
            source.location(first),
            f"`{home}` has no {shown}: this import fails"
            if home
            else f"there is no module {shown}: this import fails",
            related=related,
        )


def _lacking(project: Project, source: SourceFacts, fact: facts.Import) -> str:
    """The path of the module that surely lacks what is imported; an absolute name may mean an installed package."""
    home = lacking_module(project, source, imported_name(fact))
    if not home or fact.name in project.files_by_stem:
        return ""  # built from another language, say
    if not project.by_path[home].facts.bindings or "modules" in project.by_path[home].facts.words:
        return ""  # a directory called like a package that is installed, or one that replaces itself
    stem = home.removesuffix(".py").removesuffix("/__init__")
    if {f"{stem}.py", f"{stem}/__init__.py"} <= project.files:
        return ""  # nobody knows which of the two is meant
    if fact.module.startswith("."):
        return home
    top = fact.module.partition(".")[0]
    places = [top, f"src/{top}"]
    from_root = any(place in project.directories or f"{place}.py" in project.files for place in places)
    if not from_root and join(source.directory, "__init__.py") not in project.files:
        places.append(join(source.directory, top))
    return home if any(home == f"{place}.py" or home.startswith(f"{place}/") for place in places) else ""
