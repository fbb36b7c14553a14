"""The rule `stored-error-output`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Profile, Project, Rule, Severity, SourceFacts, Span, facts, text_above

_ON_PURPOSE = re.compile(
    r"error|exception|fail|raise|wrong|invalid|crash|not work|doesn't|won't|can't", re.IGNORECASE
)

_LAST_WORDS = 250


class StoredErrorOutput(Rule):
    """A notebook was saved with the traceback of a cell that failed.

    Whoever reads it cannot tell whether the results below come from before or after the failure, and running it from
    top to bottom stops there. Pimentel et al. 2019 found exceptions to be what most often keeps a public notebook
    from running again.

    ## How to repair

    Repair or delete the cell and run the notebook again; where the exception is the point, tag the cell with
    `raises-exception`.

    ## A cell that failed, and one that was interrupted

    ```python title="train.ipynb"
    # %% [1]
    df = load()
    # %% [2] raises KeyError
    df["fatigue_lvl"]  # expect: stored-error-output
    # %% [7] raises KeyboardInterrupt
    fit(df)  # expect: stored-error-output
    ```

    ## Tagged or announced

    ```python title="teach.ipynb"
    # %% [1] raises ZeroDivisionError tagged raises-exception
    1 / 0
    # %% [2] raises ValueError
    # this fails: the shapes differ
    a + b
    # %% [markdown]
    # A slice within a tuple leads to a syntax error:
    # %% [3] raises IndexError
    a[:, 1]
    ```

    ## No error

    ```python title="train.ipynb"
    # %% [1]
    fit(df)
    # %%
    raise ValueError("not run")
    ```
    """

    severity = Severity.INFO
    profile = Profile.HOOK
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each cell with a stored error."""
        for source in self.sources(project, Kind.NOTEBOOK):
            for cell in source.facts.cells:
                if cell.error and "raises-exception" not in cell.tags and not _is_announced(source, cell):
                    yield self.finding(
                        Location(source.path, Span.at(1), cell.index),
                        f"cell {cell.index + 1} was saved with a traceback: `{cell.error}`",
                    )


def _is_announced(source: SourceFacts, cell: facts.Cell) -> bool:
    """Whether a comment of the cell, or the end of the text right above it, says that it fails."""
    if any(
        _ON_PURPOSE.search(comment.text)
        for comment in source.facts.comments
        if cell.line and cell.line <= comment.span.line < cell.line + cell.lines
    ):
        return True
    return bool(_ON_PURPOSE.search(text_above(source, cell.index)[-_LAST_WORDS:]))
