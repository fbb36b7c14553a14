"""The rule `toy-tests`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts

_DATA = re.compile(
    r"data|frame|csv|parquet|table|schema|model|train|fit|predict|score|metric|featur|preprocess|clean|transform|load|split"
    r"|column|row|sample|label|token|embed|pipeline|encod|scal|impute|norm|loss|infer|eval|image|text|catalog|param|config",
    re.IGNORECASE,
)
_NOT_OWN = (Role.VENDORED, Role.TEMPLATE, Role.TUTORIAL)
_LIBRARIES = frozenset(
    "pandas numpy torch tensorflow keras sklearn polars pyspark xgboost lightgbm datasets kedro".split()
)


class ToyTests(Rule):
    """The project has tests, and none of them has to do with data or models.

    A green badge says that a helper adds numbers correctly. What decides about the results, the data, the features and
    the model, may break without a test that fails. Breck et al. 2017 (ML Test Score, data 7 and infrastructure 2): the
    code that makes features and models is tested.

    ## How to repair

    Test each feature on a frame of three rows, gaps included, and train the model on a hundred.

    ## A test of a helper

    ```python title="train.py"
    from sklearn.linear_model import Ridge

    if __name__ == "__main__":
        Ridge().fit(X, y)
    ```

    ```python title="script.py"
    def average(numbers):
        return sum(numbers) / len(numbers)
    ```

    ```python title="tests/test_script.py"
    from script import average  # expect: toy-tests

    def test_average():
        assert average([1, 2]) == 1.5
    ```

    ## A test of a feature

    ```python title="train.py"
    from sklearn.linear_model import Ridge
    from features import add_age

    if __name__ == "__main__":
        Ridge().fit(add_age(X), y)
    ```

    ```python title="features.py"
    def add_age(frame):
        return frame
    ```

    ```python title="tests/test_features.py"
    from features import add_age

    def test_add_age():
        assert add_age(None) is None
    ```

    ## No tests, or nothing that is trained

    ```python title="script.py"
    def average(numbers):
        return sum(numbers) / len(numbers)
    ```

    ```python title="tests/test_script.py"
    from script import average

    def test_average():
        assert average([1, 2]) == 1.5
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 60
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield at most one finding for each part of the project, at its first test."""
        parts: dict[str, list[SourceFacts]] = {}
        for source in project.sources(Kind.PYTHON):
            if not source.source.is_any(Role.TEST) or source.source.is_any(*_NOT_OWN):
                continue
            if any(function.name.startswith("test") for function in source.facts.functions):
                parts.setdefault(project.subprojects.root_of(source.path), []).append(source)
        for root, tests in parts.items():
            if any(map(_touches, tests)):
                continue
            program = next(
                (p for p in project.phases.training if project.subprojects.root_of(p.source.path) == root), None
            )
            if program is not None and not program.source.source.is_any(*self.skip_roles, Role.TUTORIAL):
                first, *others = tests
                tested = (f.span for f in first.facts.imports if project.names.module(first, f.module))
                fact = next(tested, first.facts.functions[0].span)
                yield self.finding(
                    first.location(fact),
                    f"{len(tests)} file{'s' if others else ''} of tests, and none has to do with data or models, while"
                    f" `{program.source.path}` trains one",
                    related=[
                        *(
                            Related(fit.location, "trains")
                            for fit in islice(project.phases.during(program, "fit", "tune"), 1)
                        ),
                        *(
                            Related(test.location(test.facts.functions[0].span), "these neither")
                            for test in others[:5]
                        ),
                    ],
                )


def _touches(source: SourceFacts) -> bool:
    """Whether a test may have to do with data or models, by what it imports, calls and is called."""
    header = source.facts.header
    if not _LIBRARIES.isdisjoint(module.partition(".")[0] for module in header.modules):
        return True
    names = [f.name for f in source.facts.functions] + [c.name for c in source.facts.classes]
    imported = (f"{fact.module}.{fact.name}" for fact in source.facts.imports)
    return any(map(_DATA.search, (*header.names, *header.methods, *names, *imported)))
