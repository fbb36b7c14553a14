"""The rule `ignored-failure`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Location,
    Profile,
    Project,
    Role,
    Rule,
    Severity,
    SourceFacts,
    facts,
    only_tells,
    tried_around,
    walk,
)

_ERROR = re.compile(r"(^|\.)\w*(Error|Exception)$")
_WORK = frozenset({"load", "save", "fit", "predict"})


class IgnoredFailure(Rule):
    """A failure of a data step is printed, and the run goes on without what failed.

    The message scrolls by; what comes next works with `None`, or with the files of an earlier run. A check that
    raises into a handler of its own function checks nothing. Sculley et al. 2015, section 5, count detecting errors
    among the costs of such pipelines; section 8 asks to test data as code is tested.

    ## How to repair

    Let the error through, or raise it again behind the message.

    ## A message, and nothing for a caller who does not ask

    ```python title="train.py"
    import logging
    import pandas as pd

    def load(path):
        try:
            return pd.read_csv(path)
        except Exception as error:  # expect: ignored-failure
            logging.error("not read: %s", error)

    def main():
        rows = load("rows.csv")
        print(rows.shape)

    main()
    ```

    ## A check that raises into its own handler

    ```python title="stage.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    def main():
        try:
            status = open("status.txt").read()
            if status != "ok":
                raise ValueError("the schema is not valid")
            rows = pd.read_csv("rows.csv")
            Ridge().fit(rows[["a"]], rows["b"])
        except Exception as error:  # expect: ignored-failure
            print(error)

    main()
    ```

    ## The caller asks; the handler is that of the program's main part

    ```python title="train.py"
    import logging
    import pandas as pd

    def load(path):
        try:
            return pd.read_csv(path)
        except Exception as error:
            logging.error("not read: %s", error)

    def main():
        rows = load("rows.csv")
        if rows is None:
            raise SystemExit(1)
        print(rows.shape)

    main()
    ```

    ## Another way to get the same thing, and nothing of data in it

    ```python title="load.py"
    import pandas as pd

    def load(path):
        try:
            return pd.read_csv(path)
        except Exception as error:
            print(error)
        return pd.read_csv(path, encoding="latin-1")

    def greet():
        try:
            return render("hello")
        except Exception as error:
            print(error)

    rows = load("rows.csv")
    text = greet()
    print(rows, text.upper())
    ```

    ## A check that is logged

    ```python title="train.py"
    import logging
    from sklearn.svm import SVC

    def check(rows):
        try:
            if not len(rows):
                raise ValueError("no rows")
        except Exception as error:
            logging.warning(error)

    check(rows)
    SVC().fit(rows, labels)
    ```
    """

    profile = Profile.CI
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each handler that only prints a message, and what goes on is wrong."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            for index, block in enumerate(source.facts.blocks):
                if block.kind != "except" or not only_tells(block):
                    continue
                text = _wrong(project, source, block)
                if text:
                    informal = source.kind is Kind.NOTEBOOK or source.source.is_any(Role.TUTORIAL)
                    yield self.finding(
                        source.location(block.span),
                        text,
                        severity=Severity.INFO if informal else None,
                        scope=source.scope_name(index),
                    )


def _wrong(project: Project, source: SourceFacts, block: facts.Block) -> str:
    """What goes on wrongly behind a handler; empty if nothing is known to."""
    raised = _own_check(source, block.partner)
    if raised is not None and _only_prints(source, block) and project.phases.training:
        return f"the check of line {raised.span.line} raises into this handler, which only prints it: the run goes on"
    steps = (event for event in project.phases.events(source) if event.phase in _WORK)
    if any(tried_around(source, event.call) == block.partner for event in steps):
        user = _unasking(project, source, block)
        if user is not None:
            return f"a failure is only printed, and `None` goes on to {user}, which does not ask"
    return ""


def _only_prints(source: SourceFacts, handler: facts.Block) -> bool:
    """Whether a handler prints: what is logged may be watched."""
    calls = [call for call in source.facts.calls if source.facts.blocks[call.block] is handler]
    return bool(calls) and all(call.name in ("print", "str", "repr") for call in calls)


def _own_check(source: SourceFacts, tried: int) -> facts.Call | None:
    """An error that the tried code raises itself."""
    for index, call in enumerate(source.facts.calls):
        if call.bare or call.name[:1] in ":." or not _ERROR.search(call.name):
            continue
        is_kept = any(binding.value == facts.Called(index) for binding in source.facts.bindings)
        checks = source.enclosing(call.block, "if", "else") is not None
        if checks and not is_kept and tried_around(source, call) == tried:
            return call
    return None


def _unasking(project: Project, source: SourceFacts, block: facts.Block) -> Location | None:
    """Where a result is used that is None after the handler, by a caller that tests it nowhere."""
    function = source.function_of(source.scope_of(block.partner))
    if function is None:
        return None
    results = [r for r in source.facts.returns if source.scope_of(r.block) == function.block]
    if any(r.span.line > block.span.line for r in results) or not any(
        block.partner in source.ancestors(r.block) and r.value != facts.Const(None) for r in results
    ):
        return None
    for caller in project.callers.of(source, function.qualname):
        home = caller.source
        bound = [
            i
            for i, b in enumerate(home.facts.bindings)
            if b.kind == "assign" and b.value == facts.Called(caller.number) and not b.path
        ]
        if len(bound) == 1 and not home.source.is_any(Role.TEST) and not _is_tested(home, bound[0]):
            return home.location(caller.call.span)
    return None


def _is_tested(source: SourceFacts, binding: int) -> bool:
    tests = [b.test for b in source.facts.blocks] + [c.comparison for c in source.facts.conditions]
    return any(
        isinstance(part, facts.Ref) and binding in part.bindings
        for test in tests
        if test is not None
        for part in walk(test)
    )
