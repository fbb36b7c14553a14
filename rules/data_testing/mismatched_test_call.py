"""The rule `mismatched-test-call`."""

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
    facts,
    hides_arguments,
)


class MismatchedTestCall(Rule):
    """A test calls the project's code in a way that it cannot be called.

    The signature has changed since the test was written, or never was like that: the test fails at once, so that
    nobody runs the tests, and what they would check about data and models is checked no more. Sculley et al. 2015,
    section 8 (data testing debt).

    ## How to repair

    Let the test follow the code, and run the tests in CI.

    ## A constructor without what it needs, and an argument that there is not

    ```python title="src/checks.py"
    class Validator:
        def __init__(self, config):
            self.config = config

        def in_range(self, rows):
            return rows.max() < self.config["limit"]
    ```

    ```python title="tests/test_checks.py"
    import pandas as pd
    import pytest
    from src.checks import Validator

    @pytest.fixture
    def validator():
        return Validator()  # expect: mismatched-test-call

    def test_in_range():
        checks = Validator({"limit": 3})
        assert checks.in_range(pd.Series([1]), limits=(0, 3))
    ```

    ## As it is defined, with what is not seen, expected to fail

    ```python title="src/clean.py"
    import functools

    def clean(rows, *, limit=3, **options):
        return rows[:limit]

    @functools.partial
    def wrapped(rows, limit):
        return rows
    ```

    ```python title="tests/test_clean.py"
    import pytest
    from src.clean import clean, wrapped

    def test_clean(given):
        assert clean([1], limit=2, other=3)
        assert clean(*given)
        wrapped([1])
        with pytest.raises(TypeError):
            clean([1], 2)
    ```

    ## A class whose constructor stands elsewhere

    ```python title="src/shapes.py"
    from dataclasses import dataclass
    from pydantic import BaseModel

    @dataclass
    class Point:
        x: int
        y: int

    class Box(BaseModel):
        size: int
    ```

    ```python title="tests/test_shapes.py"
    from src.shapes import Box, Point

    def test_shapes():
        assert Point(1, 2)
        assert Box(size=1)
    ```
    """

    severity = Severity.WARNING
    profile = Profile.CI
    minutes = 15
    skip_roles = Rule.skip_roles - {Role.TEST}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each test file with such calls, at the first one."""
        for source in self.sources(project, Kind.PYTHON):
            if not source.source.is_any(Role.TEST):
                continue
            found = [
                (call, why)
                for call in source.facts.calls
                if (why := _mismatch(project, source, call))
                and source.enclosing(call.block, "with", "try") is None
            ]
            if found:
                (first, why), *others = found
                yield self.finding(
                    source.location(first.span),
                    f"this call of the project's code cannot work: {why}"
                    + (f" (and {len(others)} more)" if others else ""),
                    related=[Related(source.location(call.span), text) for call, text in others[:8]],
                    scope=source.scope_name(first.block),
                )


def _mismatch(project: Project, source: SourceFacts, call: facts.Call) -> str:
    """Why a call of a plain function or class of the project fails; empty if it does not, or if that is not known."""
    if hides_arguments(call):
        return ""
    target = project.callers.target(source, call)
    if target is None or target.rest or target.source.source.is_any(Role.TEST):
        return ""
    function, bound = target.fact, False
    if isinstance(function, facts.Class):
        if function.decorators or function.keywords or any(_is_open(base) for base in function.bases):
            return ""
        name = f"{function.qualname}.__init__"
        function, bound = target.source.functions_by_name.get(name), True
    elif isinstance(function, facts.Function) and "." in function.qualname:
        bound = bool(function.params) and function.params[0].name in ("self", "cls")
    if not isinstance(function, facts.Function) or function.decorators:
        return ""
    return _refused(function, call, bound)


def _is_open(base: facts.Expr) -> bool:
    return not (isinstance(base, facts.Ref) and base.name == "object")


def _refused(function: facts.Function, call: facts.Call, bound: bool) -> str:
    """What a signature refuses about the arguments of a call."""
    params = function.params[1:] if bound else function.params
    plain = [p for p in params if p.kind in ("positional", "positional-only")]
    takes_any = {p.kind for p in params if p.kind in ("*", "**")}
    given = {keyword.name for keyword in call.keywords}
    unknown = sorted(given - {p.name for p in params if p.kind in ("positional", "keyword")})
    if unknown and "**" not in takes_any:
        return f"`{function.name}` has no parameter `{unknown[0]}`"
    if len(call.args) > len(plain) and "*" not in takes_any:
        return f"`{function.name}` takes {len(plain)} arguments, not {len(call.args)}"
    left = [*plain[len(call.args) :], *(p for p in params if p.kind == "keyword")]
    missing = [p.name for p in left if p.default is None and p.name not in given]
    return f"`{function.name}` needs `{missing[0]}`" if missing else ""
