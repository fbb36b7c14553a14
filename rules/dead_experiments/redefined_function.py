"""The rule `redefined-function`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Rule, SourceFacts, facts, is_exported_notebook


class RedefinedFunction(Rule):
    """A function or class is defined again in the same file, and nothing uses the first one.

    The second definition replaces the first while the file is read: the first is what was there before, or the second
    was pasted without looking. Who edits the first one wonders why nothing changes. Sculley et al. 2015, section 5
    (Dead Experimental Codepaths).

    ## How to repair

    Delete the one that is not wanted; version control remembers it.

    ## A loader that was written again

    ```python title="load.py"
    import pandas as pd

    def load(path):  # expect: redefined-function
        return pd.read_csv(path)

    def load(path, sep=","):
        return pd.read_csv(path, sep=sep).dropna()

    class Model:
        def fit(self, x, y):  # expect: redefined-function
            self.first = x

        def fit(self, x, y, rows):
            self.first = rows
    ```

    ## Used in between, one of two branches, overloads, registered, a stub that is filled

    ```python title="load.py"
    import functools
    from typing import overload

    try:
        from fast import parse
    except ImportError:
        def parse(text):
            return text.split()

    if FAST:
        def clean(row):
            return row
    else:
        def clean(row):
            return row.strip()

    def scale(row):
        return row / 2

    first = scale(1)

    def scale(row):
        return row / 3

    @overload
    def pick(row: int) -> int: ...
    def pick(row):
        return row

    @functools.singledispatch
    def show(value):
        return value
    @show.register(int)
    def _(value):
        return value + 1
    @show.register(str)
    def _(value):
        return value

    class Rows:
        @property
        def size(self):
            return self._size
        @size.setter
        def size(self, value):
            self._size = value
    ```

    ## A cell of a notebook that tries another way

    ```python title="explore.ipynb"
    # %%
    def clean(row):
        return row
    # %%
    def clean(row):
        return row.strip()
    ```
    """

    profile = Profile.CI
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each definition that a later one replaces unused."""
        for source in self.sources(project, Kind.PYTHON):
            if is_exported_notebook(source):
                continue
            content = source.facts
            definitions: list[facts.Function | facts.Class] = [*content.functions, *content.classes]
            last: dict[tuple[int, str], facts.Function | facts.Class] = {}
            for definition in sorted(definitions, key=lambda d: d.span):
                home = content.blocks[definition.block].parent
                if content.blocks[home].kind not in ("module", "class") or definition.name.startswith("_"):
                    continue
                earlier = last.get((home, definition.name))
                last[home, definition.name] = definition
                if earlier is None or earlier.decorators or definition.decorators:
                    continue
                if _is_used(source, earlier, definition):
                    continue
                kind = "class" if isinstance(earlier, facts.Class) else "function"
                yield self.finding(
                    source.location(earlier.span),
                    f"{kind} `{earlier.qualname}` is defined again in line {definition.span.line}: this one is lost",
                    related=[Related(source.location(definition.span), "this definition replaces it")],
                    scope=earlier.qualname,
                )


def _is_used(
    source: SourceFacts, earlier: facts.Function | facts.Class, later: facts.Function | facts.Class
) -> bool:
    """Whether the text between two definitions mentions their name."""
    end = source.facts.blocks[earlier.block].span.end_line
    between = source.text().splitlines()[end : later.span.line - 1]
    return bool(re.search(rf"\b{re.escape(earlier.name)}\b", "\n".join(between)))
