"""The rule `oversized-notebook`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Profile, Project, Role, Rule, Severity, Span, is_teaching


class OversizedNotebook(Rule):
    """A notebook has grown beyond what one runs and reads in one go.

    Nobody runs it from the top any more, because that takes hours; cells are run in the order in which they are needed,
    and what the last ones depend on exists in one kernel only. Sculley et al. 2015, section 5 (Prototype Smell).

    ## How to repair

    Move functions to modules, and cut the rest where it hands on data: one notebook a question.

    ## Too many cells to start with the first one

    ```python title="everything.ipynb"
    # %%
    x = 0  # expect: oversized-notebook
    y = 0
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    # %%
    x = 1
    y = 2
    ```

    ## Long enough, and text as long as you like

    ```python title="explore.ipynb"
    # %%
    x = 1
    # %% [markdown]
    # What x is.
    ```

    ## A README that says that it teaches

    ```markdown title="README.md"
    # Code of the second edition of the book
    ```

    ```python title="chapter.ipynb"
    # %%
    x = 1
    ```

    ## Scripts have other limits

    ```python title="explore.py"
    # %%
    x = 1
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 60
    most_cells: int = 60
    """Cells of code, of two lines on average, above which a notebook is reported."""
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each longer notebook."""
        for source in self.sources(project, Kind.NOTEBOOK):
            cells = [cell for cell in source.facts.cells if cell.line]
            lines = source.facts.header.code_lines
            if len(cells) > self.most_cells and lines >= 2 * len(cells) and not is_teaching(project):
                message = f"the notebook has {len(cells)} cells of code, with {lines:,} lines"
                yield self.finding(Location(source.path, Span.at(1), cells[0].index), message)
