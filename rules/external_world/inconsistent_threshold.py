"""The rule `inconsistent-threshold`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from mldebt import Confidence, Finding, Kind, Location, Project, Related, Role, Rule, Severity, facts

_NAMED = re.compile(r"(^|_)(thresh(old)?|cut_?off|min_(score|prob\w*|confidence)|decision_point)$", re.IGNORECASE)
_SAME = ((), ("bind",), ("remote",))
_ASIDE = re.compile(r"(^|/)(exp\w*|old|archive\w*|legacy|examples?|sandbox|scratch|configs?)(/|$)", re.IGNORECASE)


class _Given(NamedTuple):
    """A number that something is given as its threshold, and where. `is_default` says that it holds unless told."""

    location: Location
    value: float
    is_default: bool


class InconsistentThreshold(Rule):
    """The threshold of one decision is written in several places.

    A score is turned into an answer by a number that was right for one model. Each place that repeats it has to be
    changed with every training, and the one that is forgotten decides differently from what was evaluated. Sculley et
    al. 2015, section 7: updating many thresholds by hand is time-consuming and brittle.

    ## How to repair

    Choose the threshold where the model is evaluated, save it with the model, and read it everywhere else.

    ## A default, an option, and a caller that writes it once more

    ```python title="serve.py"
    import argparse

    class Deployment:
        def __init__(self, run_id, threshold=0.9):
            self.threshold = threshold

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("--threshold", type=float, default=0.9)
        Deployment("a", threshold=parser.parse_args().threshold)
    ```

    ```python title="deploy.py"
    from serve import Deployment

    entry = Deployment("a", threshold=0.9)  # expect: inconsistent-threshold
    ```

    ## Two callers that do not agree

    ```python title="cut.py"
    def select(scores, threshold):
        return scores[scores > threshold]
    ```

    ```python title="batch.py"
    from cut import select

    select(scores, threshold=0.63)
    ```

    ```python title="board.py"
    from cut import select

    select(scores, threshold=0.6)  # expect: inconsistent-threshold
    ```

    ## From one place, and thresholds of different functions

    ```python title="cut.py"
    THRESHOLD = 0.6

    def select(scores, threshold=0.5):
        return scores[scores > threshold]

    def detect(boxes, threshold=0.3):
        return boxes[boxes > threshold]
    ```

    ```python title="batch.py"
    from cut import THRESHOLD, detect, select

    select(scores, threshold=THRESHOLD)
    detect(boxes)
    ```

    ## One caller, and tests

    ```python title="cut.py"
    def select(scores, threshold):
        return scores[scores > threshold]
    ```

    ```python title="batch.py"
    from cut import select

    select(scores, threshold=0.63)
    select(scores, threshold=0.6)
    ```

    ```python title="tests/test_cut.py"
    from cut import select

    select(scores, threshold=0.1)
    ```

    ## Different decisions, and a sweep
    ```python title="cut.py"
    def select(scores, warn_threshold, block_threshold): ...
    ```
    ```python title="batch.py"
    from cut import select
    select(scores, warn_threshold=0.63, block_threshold=config["block"])
    for t in (0.1, 0.2, 0.3):
        select(scores, warn_threshold=t, block_threshold=t)
    ```
    ```python title="board.py"
    from cut import select
    select(scores, warn_threshold=config["warn"], block_threshold=0.9)
    ```
    """

    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    minutes = 20
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each parameter whose threshold is written in several files."""
        given: dict[tuple[str, str, str], list[_Given]] = defaultdict(list)
        for source in self.sources(project, Kind.PYTHON):
            if _ASIDE.search(source.path):
                continue
            for call in source.facts.calls:
                for keyword in call.keywords:
                    value = _number(keyword.value) if _NAMED.search(keyword.name) else None
                    symbol = project.names.symbol(source, call.name) if value is not None and call.name else None
                    if (
                        value is not None
                        and symbol is not None
                        and symbol.rest in _SAME
                        and symbol.fact is not None
                    ):
                        key = (symbol.source.path, getattr(symbol.fact, "qualname", ""), keyword.name)
                        given[key].append(_Given(source.location(call.span), value, False))
        for (path, called, name), places in given.items():
            home = project.source(path)
            if home is None or home.source.is_any(*self.skip_roles) or not called:
                continue
            for function in home.facts.functions:
                if function.qualname in (called, f"{called}.__init__"):
                    for param in function.params:
                        value = _number(param.default) if param.name == name else None
                        if value is not None:
                            span = home.facts.bindings[param.binding].span
                            places.append(_Given(home.location(span), value, True))
            if len({place.location.path for place in places}) > 1:
                yield self._finding(called, name, places)

    def _finding(self, called: str, name: str, places: list[_Given]) -> Finding:
        places.sort(key=lambda place: (place.is_default, place.location))
        first = next((p for p in places[1:] if not p.is_default and p.value != places[0].value), places[0])
        values = sorted({place.value for place in places})
        how = (
            f"has the values {' and '.join(map(str, values))}" if len(values) > 1 else f"is {values[0]}, written"
        )
        files = len({place.location.path for place in places})
        return self.finding(
            first.location,
            f"`{name}` of `{called}` {how} in {files} files: the next model needs another one",
            related=[
                Related(p.location, f"{p.value}{' by default' if p.is_default else ''}")
                for p in places
                if p != first
            ],
        )


def _number(expr: facts.Expr | None) -> float | None:
    """A number between 0 and 1, both left out, that is written as a literal."""
    value = expr.value if isinstance(expr, facts.Const) else None
    return float(value) if isinstance(value, float) and 0 < value < 1 else None
