"""The rule `test-of-missing-code`."""

from __future__ import annotations

from collections.abc import Iterator

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
    imported_name,
    lacking_module,
)


class TestOfMissingCode(Rule):
    """A test uses something that the tested module of the project does not have.

    It cannot pass, so nobody runs the tests, and what they once checked about the data and the features is checked
    no more. Sculley et al. 2015, section 8 (data testing debt); Breck et al. 2017 ask that all feature code is tested.

    ## How to repair

    Let the test follow the code, or delete it; run the tests in CI.

    ## A function that is gone

    ```python title="src/geo.py"
    def distance(a, b):
        return abs(a - b)
    ```

    ```python title="tests/test_geo.py"
    from src import geo

    def test_matrix():
        assert geo.distance_matrix([1, 2]) is not None  # expect: test-of-missing-code
        assert geo.area([1, 2]) == 3
    ```

    ## A directory of tests that is named like the package

    ```python title="app/engine.py"
    class Engine:
        pass
    ```

    ```python title="tests/app/engine.py"
    ```

    ```python title="tests/test_engine.py"
    from app.engine import Engine
    ```

    ## What is there, comes from elsewhere, or may be made at run time

    ```python title="src/geo.py"
    import numpy as np
    from .shapes import *

    RADIUS = 6371

    class Point:
        pass
    ```

    ```python title="src/shapes.py"
    from shapely import *
    ```

    ```python title="src/lazy.py"
    def __getattr__(name):
        return load(name)
    ```

    ```python title="src/packed/__init__.py"
    ```

    ```python title="src/packed/inner.py"
    def f():
        pass
    ```

    ```python title="tests/test_geo.py"
    import pytest
    from src import geo, lazy, packed
    from src.geo import RADIUS, Point
    from src.packed import inner

    def test_all():
        Point(), geo.np.array([1]), geo.circle(2), lazy.anything(), packed.inner.f(), geo.__name__.upper()
        with pytest.raises(AttributeError):
            inner.gone()
    ```
    """

    severity = Severity.WARNING
    profile = Profile.CI
    minutes = 15
    skip_roles = (Rule.skip_roles - {Role.TEST}) | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each module of which tests use what is not there."""
        missing: dict[str, dict[str, list[tuple[SourceFacts, Span, int]]]] = {}
        for source in self.sources(project, Kind.PYTHON):
            for name, span, block in _used(source) if source.source.is_any(Role.TEST) else ():
                home = lacking_module(project, source, name)
                if home and not _is_expected(source, block):
                    missing.setdefault(home, {}).setdefault(name.rpartition(".")[2], []).append(
                        (source, span, block)
                    )
        for home, names in missing.items():
            (source, span, block), *others = (place for places in names.values() for place in places)
            shown = ", ".join(f"`{name}`" for name in [*names][:6]) + (" …" if len(names) > 6 else "")
            files = {other.path: (other, at) for other, at, _ in reversed(others) if other is not source}
            yield self.finding(
                source.location(span),
                f"`{home}` has no {shown}: the tests of it cannot pass",
                related=[
                    Related(project.by_path[home].location(Span.at(1)), "does not define it"),
                    *[Related(other.location(at), "used here, too") for other, at in files.values()][:10],
                ],
                scope=source.scope_name(block),
            )


def _used(source: SourceFacts) -> Iterator[tuple[str, Span, int]]:
    """The qualified names of imported things that a file imports by name or calls."""
    for fact in source.facts.imports:
        if fact.name not in ("", "*"):
            yield imported_name(fact), fact.span, fact.block
    for call in source.facts.calls:
        if call.name and "." in call.name.lstrip(".") and not call.name.startswith(":"):
            yield call.name, call.span, call.block


def _is_expected(source: SourceFacts, block: int) -> bool:
    """Whether the use is expected to fail, or tried."""
    return source.enclosing(block, "with", "try") is not None
