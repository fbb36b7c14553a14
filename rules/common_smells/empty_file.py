"""The rule `empty-file`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, Severity, Span

_TESTS = re.compile(r"test_\w+\.py$|\w+_test\.py$|tests?\.py$")
_MARKS = re.compile(
    r"(__init__|conftest|py|_?version|__main__)\.\w+$|\..*|\w*keep\w*$|.*(requirements|placeholder).*"
)


class EmptyFile(Rule):
    """A module, notebook, test or document was made and never filled.

    The name promises a step of the pipeline, or a test of it, that is not there; who looks for it finds out late.
    Sculley et al. 2015, section 5 (Prototype Smell).

    ## How to repair

    Delete the file until there is something to put into it.

    ## Planned modules and tests

    ```python title="src/features.py"
    # expect: empty-file
    ```

    ```python title="tests/test_features.py"
    # what is tested, and how, and why nothing is tested here yet
    ```

    ```python title="train.py"
    print("trained")
    ```

    ## What marks a package, and what says something

    ```python title="src/__init__.py"
    ```

    ## Few words

    ```python title="src/train.py"
    PATH = "data"
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5
    gathers = True
    skip_roles = Rule.skip_roles - {Role.TEST, Role.DOCS}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each part of the repository, at its first empty file."""
        parts: dict[str, list[str]] = defaultdict(list)
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if _MARKS.match(basename(source.path)) or source.source.is_any(Role.TUTORIAL, Role.MIGRATION):
                continue
            if source.source.is_any(Role.TEST) and _TESTS.match(basename(source.path)):
                continue  # there is `tests-without-test`
            if source.facts.header.code_lines == 0 and len(source.text().strip()) < _FEWEST:
                parts[project.subprojects.root_of(source.path)].append(source.path)
        for paths in parts.values():
            first, *others = sorted(paths)
            more = f" and {len(others)} more" if others else ""
            yield self.finding(
                Location(first, Span.at(1)),
                f"`{first}`{more} {'are' if more else 'is'} empty",
                related=[Related(Location(path, Span.at(1)), "empty, too") for path in others],
                minutes=2 * len(paths),
            )


_FEWEST = 40
"""Characters of a file that says something, be it in a comment."""
