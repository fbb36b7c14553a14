"""The rule `copied-lines`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    CopiedStretch,
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    copied_stretches,
    is_library,
    is_teaching,
)


class CopiedLines(Rule):
    """Some lines of a script or notebook were copied from another file.

    Building the network, loading the vocabulary or cleaning a column is written again where it is needed. The notebook
    in which it was tried and the module that runs are changed one at a time, and differ from then on. Sculley et al.
    2015, section 5 (Abstraction Debt); van Oort et al. 2021 found duplication to be the most widespread smell of
    machine-learning projects.

    ## How to repair

    Make the lines a function in a module, and import it; a notebook can import it as well.

    ## The network of two scripts

    ```python title="model.py"
    def build(size):
        entry = Input(shape=(48, size))
        x = Dense(300, activation="relu")(entry)
        x = RepeatVector(48)(x)
        text = Embedding(size, 300)(entry)
        text = LSTM(512, return_sequences=True)(text)
        x = concatenate([x, text])
        x = Dense(size, activation="softmax")(x)
        return Model(entry, x)
    ```

    ```python title="search.py"
    from space import choose

    def attempt(space, size):  # expect[1]: copied-lines
        entry = Input(shape=(48, size))
        x = Dense(300, activation="relu")(entry)
        x = RepeatVector(48)(x)
        text = Embedding(size, 300)(entry)
        text = LSTM(512, return_sequences=True)(text)
        x = concatenate([x, text])
        rate = choose(space)
        return Model(entry, x), rate
    ```

    ## A notebook and the module that was made of it

    ```python title="clean.py"
    def clean(frame):
        frame = frame.dropna()
        frame["age"] = frame.age.clip(0, 120)
        frame["day"] = frame.date.dt.dayofweek
        frame["late"] = frame.hour > 20
        frame["first"] = frame.visits == 1
        frame["rate"] = frame.sales / frame.visits
        frame["weekend"] = frame.day > 4
        return frame
    ```

    ```python title="explore.ipynb"
    # %%
    frame = load()
    # %%
    frame = frame.dropna()  # expect: copied-lines
    frame["age"] = frame.age.clip(0, 120)
    frame["day"] = frame.date.dt.dayofweek
    frame["late"] = frame.hour > 20
    frame["first"] = frame.visits == 1
    frame["rate"] = frame.sales / frame.visits
    frame["weekend"] = frame.day > 4
    ```

    ## Few lines, imports; lessons

    ```python title="a.py"
    import json
    import os
    import sys
    import numpy as np
    import pandas as pd
    frame = load("a")
    model = build(frame)
    model.fit(frame)
    ```

    ```python title="b.py"
    import json
    import os
    import sys
    import numpy as np
    import pandas as pd
    frame = load("a")
    model = build(frame)
    model.score(frame)
    ```

    ## Two projects in one repository

    ```toml title="first/pyproject.toml"
    [project]
    name = "first"
    ```

    ```toml title="second/pyproject.toml"
    [project]
    name = "second"
    ```

    ```python title="first/train.py"
    a = load("a")
    b = load("b")
    c = load("c")
    d = load("d")
    e = load("e")
    f = load("f")
    g = load("g")
    h = load("h")
    ```

    ```python title="second/train.py"
    a = load("a")
    b = load("b")
    c = load("c")
    d = load("d")
    e = load("e")
    f = load("f")
    g = load("g")
    h = load("h")
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 15
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.MIGRATION}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file with such lines: for the notebook, or for the second of two files."""
        if is_teaching(project):
            return
        sources = [
            s for s in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK) if not is_library(project, s.path)
        ]
        for copies in copied_stretches(project, sources):
            yield self._finding(copies)

    def _finding(self, copies: list[CopiedStretch]) -> Finding:
        names = sorted({copy.original.path for copy in copies})
        lines = sum(copy.equal for copy in copies)
        return self.finding(
            copies[0].location,
            f"{lines} lines are copies of lines in `{names[0]}`"
            + (f" and {len(names) - 1} more file{'s' * (len(names) > 2)}" if len(names) > 1 else ""),
            related=[
                Related(place, "the same code")
                for place in (*(copy.original for copy in copies), *(copy.location for copy in copies[1:]))
            ],
            minutes=10 + 5 * len(copies),
            scope=copies[0].source.scope_name(0),
        )
