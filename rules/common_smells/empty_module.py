"""The rule `empty-module`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, Span, is_library

_PURPOSES = frozenset({"__init__.py", "__main__.py", "conftest.py", "setup.py", "manage.py"})
_MOST = 12


class EmptyModule(Rule):
    """A module was planned and never written.

    The file promises a stage, a service or a test that the project does not have: whoever reads the tree believes
    in it, and a script that runs it succeeds. Sculley et al. 2015, section 5 ("Prototype Smell").

    ## How to repair

    Write it, or delete it.

    ## A stage and a test that are not there

    ```python title="src/train.py"
    from sklearn.svm import SVC
    model = SVC().fit(X, y)
    ```

    ```python title="src/monitor.py"
    # expect: empty-module
    ```

    ## Packages, and what tools look for

    ```python title="src/train.py"
    from sklearn.svm import SVC
    model = SVC().fit(X, y)
    ```

    ```python title="src/__init__.py"
    ```

    ```python title="tests/conftest.py"
    ```

    ## A docstring says what it is for

    ```python title="train.py"
    from sklearn.svm import SVC
    model = SVC().fit(X, y)
    ```

    ```python title="plans.py"
    'Plans are kept in the wiki.'
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5
    skip_roles = Rule.skip_roles - {Role.TEST} | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each part of the repository with such modules, at the first one."""
        found: dict[str, list[str]] = {}
        for source in self.sources(project, Kind.PYTHON):
            name = source.path.rpartition("/")[2]
            content = source.facts
            if name in _PURPOSES or content.header.code_lines or content.parked or content.header.problems:
                continue
            found.setdefault(project.subprojects.root_of(source.path), []).append(source.path)
        for paths in found.values():
            if len(paths) > _MOST or is_library(project, paths[0]):
                continue
            first, *others = (project.by_path[path].location(Span.at(1)) for path in paths)
            yield self.finding(
                first,
                f"`{first.path}` is empty" + (f", and so are {len(others)} more modules" if others else ""),
                related=[Related(place, "is empty, too") for place in others],
                minutes=5 * len(paths),
            )
