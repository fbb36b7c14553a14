"""The rule `unused-data-fixture`."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, dirname

from mldebt import Finding, Kind, Project, Role, Rule, SourceFacts, facts, lies_in

_READS = frozenset(
    {"open", "json.load", "yaml.safe_load", "yaml.load", "pickle.load", "joblib.load", "numpy.load"}
)


class UnusedDataFixture(Rule):
    """A fixture loads data for tests, and no test asks for it.

    It looks as if the data, the schema or the model were tested. Whatever the fixture reads may be wrong or not exist
    at all: nothing runs it. Sculley et al. 2015, section 8 (data testing debt): data need tests as code does.

    ## How to repair

    Write the test that was meant, or remove the fixture.

    ## A fixture without a test

    ```python title="tests/conftest.py"
    import json
    import pytest

    @pytest.fixture
    def schema(path="schema_in.json"):  # expect: unused-data-fixture
        with open(path) as file:
            return json.load(file)

    @pytest.fixture
    def rows():
        return json.load(open("tests/rows.json"))
    ```

    ```python title="tests/test_rows.py"
    def test_rows(rows):
        assert rows
    ```

    ## Asked for by its name in a mark, by another fixture, or automatic

    ```python title="tests/conftest.py"
    import json
    import pytest

    @pytest.fixture
    def schema():
        return json.load(open("schema.json"))

    @pytest.fixture
    def checker(schema):
        return schema["x"]

    @pytest.fixture(autouse=True)
    def model():
        return open("model.bin").read()

    @pytest.fixture(name="table")
    def make_table():
        return open("table.csv").read()

    @pytest.mark.usefixtures("checker")
    def test_nothing():
        pass
    ```

    ## A fixture that loads nothing

    ```python title="tests/conftest.py"
    import pytest

    @pytest.fixture
    def number():
        return 3
    ```
    """

    minutes = 15
    skip_roles = Rule.skip_roles - {Role.TEST}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each fixture that reads something and is mentioned nowhere else."""
        tests = [s for s in self.sources(project, Kind.PYTHON) if s.source.is_any(Role.TEST)]
        for source in tests:
            if (
                "pytest" not in source.facts.header.modules
                and "pytest_asyncio" not in source.facts.header.modules
            ):
                continue
            for function in source.facts.functions:
                loads = _is_fixture(source, function) and _reads(project, source, function)
                if loads and not _is_wanted(source, function.name, tests):
                    yield self.finding(
                        source.location(function.span),
                        f"the fixture `{function.name}` loads something, and no test asks for it",
                        scope=function.qualname,
                    )


def _is_fixture(source: SourceFacts, function: facts.Function) -> bool:
    """Whether a function is a plain fixture: without another name, and not for every test."""
    for decorator in function.decorators:
        call = source.facts.calls[decorator.call] if isinstance(decorator, facts.Called) else None
        func = call.func if call is not None else decorator
        if isinstance(func, facts.Attr | facts.Ref) and func.name == "fixture":
            return call is None or not any(k.name in ("name", "autouse", "") for k in call.keywords)
    return False


def _reads(project: Project, source: SourceFacts, function: facts.Function) -> bool:
    """Whether the body of a function reads data."""
    for call in source.facts.calls:
        if function.block in source.ancestors(call.block):
            api = project.types.tables.lookup(call.name) if call.name else None
            if call.name in _READS or (
                api is not None and any(a.effect in ("reads", "opens") for a in api.accesses)
            ):
                return True
    return False


def _is_wanted(source: SourceFacts, name: str, tests: list[SourceFacts]) -> bool:
    """Whether a fixture is asked for in a place that can see it: as a parameter, by name, or by an import."""
    home = dirname(source.path)
    everywhere = basename(source.path) == "conftest.py"
    for other in tests:
        imports = any(name == fact.name for fact in other.facts.imports)
        sees = other is source or imports or (everywhere and lies_in(other.path, home))
        if not sees:
            continue
        if any(param.name == name for function in other.facts.functions for param in function.params):
            return True
        if any(_names(value, name) for call in other.facts.calls for value in call.args):
            return True
        if other is not source and imports:
            return True
    return False


def _names(value: facts.Expr, name: str) -> bool:
    return isinstance(value, facts.Const) and value.value == name
