"""The rule `tests-without-test`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, Severity, SourceFacts, Span

_TESTS = re.compile(r"test_\w+\.py$|\w+_test\.py$|tests?\.py$")
_NOT_OWN = (Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.TUTORIAL)


class TestsWithoutTest(Rule):
    """A file is called a test and holds no test.

    The list of files says that this part is tested, and the run is green whatever the part does. Breck et al. 2017
    (ML Test Score, infrastructure 2); Sculley et al. 2015, section 7: code that makes data and models needs tests.

    ## How to repair

    Write the test, or delete the file.

    ## What a template left behind, a file for later

    ```python title="tests/pipelines/test_train.py"
    \"\"\"Please add the tests of the pipeline `train` here.\"\"\"  # expect: tests-without-test
    import pytest
    ```

    ```python title="tests/test_features.py"
    ```

    ## Files with tests, and what only helps

    ```python title="tests/test_features.py"
    def test_age():
        assert age(1990) > 30
    ```

    ```python title="tests/test_table.py"
    import unittest

    class Table(unittest.TestCase):
        def check(self): ...
    ```

    ```python title="tests/conftest.py"
    import pytest
    ```

    ```python title="tests/__init__.py"
    ```

    ## Tests that another file brings, statements that check, a program

    ```python title="tests/test_all.py"
    from .cases import *
    ```

    ```python title="tests/test_numbers.py"
    from numbers_ import total
    assert total([1, 2]) == 3
    ```

    ```python title="test.py"
    import torch
    model = torch.load("model.pt")
    ```
    """

    severity = Severity.INFO
    profile = Profile.CI
    minutes = 30
    gathers = True
    skip_roles = Rule.skip_roles - {Role.TEST}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each part of the repository, at its first such file."""
        parts: dict[str, list[SourceFacts]] = defaultdict(list)
        for source in project.sources(Kind.PYTHON):
            if not source.source.is_any(Role.TEST) or source.source.is_any(*_NOT_OWN):
                continue
            if _TESTS.match(basename(source.path)) and _is_without(source):
                parts[project.subprojects.root_of(source.path)].append(source)
        for found in parts.values():
            first, *others = found
            more = f" and {len(others)} more hold" if others else " holds"
            yield self.finding(
                Location(first.path, Span.at(1)),
                f"`{first.path}`{more} no test",
                related=[Related(Location(other.path, Span.at(1)), "no test either") for other in others[:20]],
                minutes=self.minutes * len(found),
            )


def _is_without(source: SourceFacts) -> bool:
    """Whether a file defines nothing, calls nothing and decides nothing: a docstring and imports at most."""
    facts = source.facts
    if facts.header.problems:
        return False  # what it holds is not known
    if facts.functions or facts.classes or facts.calls or facts.stores or facts.conditions:
        return False
    if len(facts.blocks) > 1 or any(fact.name == "*" for fact in facts.imports):
        return False
    return all(
        binding.kind == "import" or binding.name.startswith("__") for binding in facts.bindings
    ) and not any(line.lstrip().startswith("assert") for line in source.text().splitlines())
