"""The rule `stub-function`."""

from __future__ import annotations

import re
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
    is_exported_notebook,
    is_library,
)

_HOOKS = re.compile(
    r"(on_|before_|after_|pre_|post_|visit_|handle_|_?abstract|_?no_?op|do_nothing|dummy|null|empty|placeholder"
    r"|init$|setup|set_up|tear_?down|cleanup|close|stop|start|reset|register_|configure|cli|main|app|callback|step|train|eval)",
    re.I,
)


class StubFunction(Rule):
    """A function was planned and never written: its body is `pass`.

    Callers get `None` and go on as if the work had been done. What is called nowhere is a plan that belongs into
    the issue tracker. Sculley et al. 2015, section 5 (Dead Experimental Codepaths).

    ## How to repair

    Write it, raise `NotImplementedError`, or delete it with its calls.

    ## Planned steps

    ```python title="nodes.py"
    import pandas as pd

    def load_scores():  # expect: stub-function
        pass

    def evaluate_model(metadata, splits) -> dict:
        \"\"\"Evaluate.\"\"\"
        pass
    ```

    ## Hooks, protocols, decorated functions

    ```python title="nodes.py"
    import click
    import pandas as pd
    from typing import Protocol

    class Step(Protocol):
        def run(self):
            pass

    class Base:
        def run(self):
            pass

    @click.group()
    def cli():
        pass

    def on_epoch_end(trainer):
        pass

    ```

    ## Names that mean nothing to do, nested functions, functions that refuse

    ```python title="nodes.py"
    import pandas as pd

    def noop(*args):
        pass

    def choose(fast):
        if fast:
            def run(x):
                pass
            return run
    def score():
        raise NotImplementedError
    ```

    ## A migration that nobody undoes, the start of a scoring script

    ```python title="alembic/versions/0001_scores.py"
    from alembic import op

    def upgrade():
        op.create_table("scores")

    def downgrade():
        pass
    ```

    ```python title="score.py"
    import joblib

    def init():
        pass

    def run(rows):
        return joblib.load("model.pkl").predict(rows)
    ```
    """

    profile = Profile.AUDIT
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such functions."""
        for source in self.sources(project, Kind.PYTHON):
            if source.source.is_any(Role.TUTORIAL, Role.MIGRATION) or is_exported_notebook(source):
                continue
            short = [f for f in source.facts.functions if _may_be_stub(source, f)]
            busy = _busy(source.facts) if short else set()
            stubs = [f for f in short if f.block not in busy]
            if not stubs or is_library(project, source.path):
                continue
            first, *others = stubs
            called = [c for f in stubs for c in project.callers.of(source, f.qualname)]
            more = f" and {len(others)} more" if others else ""
            related = [Related(source.location(f.span), f"`{f.name}` does nothing either") for f in others]
            related += [Related(c.source.location(c.call.span), "called here") for c in called[:3]]
            yield self.finding(
                source.location(first.span),
                f"`{first.name}`{more} {'do' if others else 'does'} nothing: planned and never written"
                + (f", but called at {len(called)} place{'s' * (len(called) > 1)}" if called else ""),
                related=related,
                severity=None if called else Severity.INFO,
                minutes=5 + 5 * len(stubs),
                scope=first.qualname,
            )


def _busy(content: facts.Facts) -> set[int]:
    """The blocks in which anything is done."""
    parts = (content.calls, content.returns, content.stores, content.uses)
    busy = {fact.block for section in parts for fact in section}
    busy.update(binding.block for binding in content.bindings if binding.kind != "parameter")
    busy.update(block.parent for block in content.blocks)
    return busy


def _may_be_stub(source: SourceFacts, function: facts.Function) -> bool:
    """Whether a plain function at the top of a file has nothing but one statement, which may be no more than `pass`."""
    block = source.facts.blocks[function.block]
    if block.parent != 0 or block.size - function.docstring != 1 or function.decorators:
        return False
    return not _HOOKS.match(function.name) and not function.name.startswith("__")
