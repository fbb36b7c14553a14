"""The rule `sys-path-hack`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from posixpath import basename

from mldebt import (
    Finding,
    PathPatches,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    find_path_patches,
)

_SET_UP = frozenset({"setup.py", "pelicanconf.py", "publishconf.py"})
"""Files that a tool runs before anything is installed."""


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

    ## Tests, documentation, `setup.py`, and looking at the path

    ```python title="tests/conftest.py"
    import sys
    sys.path.insert(0, "..")
    ```

    ```python title="docs/conf.py"
    import sys
    sys.path.insert(0, "..")
    ```

    ```python title="setup.py"
    import sys
    sys.path.insert(0, ".")
    ```

    ```python title="where.py"
    import sys
    sys.path.remove(sys.path[0])
    ```

    ## Many files are one finding

    ```python title="a.py"
    import sys
    sys.path.append("src")  # expect: sys-path-hack
    ```

    ```python title="b.py"
    import sys
    sys.path.append("src")
    ```

    ```python title="c.py"
    import sys
    sys.path.append("src")
    ```

    ```python title="d.py"
    import sys
    sys.path.append("src")
    ```

    ```python title="src/e.py"
    import sys
    sys.path.append("..")
    ```

    ## Notebooks, and the files of Airflow, cannot easily do without

    ```python title="dags/daily.py"
    import sys
    sys.path.append("../src")  # expect: sys-path-hack as info
    ```

    ```python title="src/clean.py"
    ```

    ```python title="notebooks/explore.ipynb"
    # %%
    import sys
    sys.path.append("../src")  # expect: sys-path-hack as info
    ```
    """

    profile = Profile.HOOK
    minutes = 15
    gathers = True
    many_files: int = 5
    """So many files of one part of the repository are one finding."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding a file, or one for a part of the repository in which many files do so."""
        parts: dict[str, list[PathPatches]] = defaultdict(list)
        for found in find_path_patches(project):
            source = found.source
            if not source.source.is_any(*self.skip_roles) and basename(source.path) not in _SET_UP:
                parts[project.subprojects.root_of(source.path)].append(found)
        for files in parts.values():
            if len(files) < self.many_files:
                for file in files:
                    yield self._finding(project, file, ())
            else:
                first, *others = sorted(files, key=lambda found: _is_mild(found.source))
                yield self._finding(project, first, others)

    def _finding(self, project: Project, file: PathPatches, more: Sequence[PathPatches]) -> Finding:
        source, ((span, shown), *others) = file
        return self.finding(
            source.location(span),
            f"`sys.path` is patched with `{shown}` to reach project code{_reached(project, source, span)}"
            + (f", and so it is in {len(more)} other files" if more else ""),
            related=[
                *(Related(source.location(place), f"adds `{path}`") for place, path in others),
                *(Related(m.source.location(m.added[0][0]), f"adds `{m.added[0][1]}`") for m in more),
            ],
            severity=Severity.INFO if _is_mild(source) else None,
            minutes=self.minutes + 5 * len(more),
        )


def _is_mild(source: SourceFacts) -> bool:
    """Whether the file is run where packages are not easily installed."""
    return source.source.is_any(Role.NOTEBOOK, Role.TUTORIAL) or "dags" in source.path.split("/")


def _reached(project: Project, source: SourceFacts, patch: Span) -> str:
    """The first imports of project code after a patch: what it is there for."""
    names = dict.fromkeys(
        fact.module
        for fact in source.facts.imports
        if fact.span > patch and next(iter(project.imports.files_of(source, fact)), None) is not None
    )
    shown = ", ".join(f"`{name}`" for name in list(names)[:2])
    return f" ({shown})" if shown else ""
