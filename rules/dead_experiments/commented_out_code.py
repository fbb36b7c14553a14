"""The rule `commented-out-code`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Fix,
    Kind,
    Profile,
    Project,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    deletion,
    facts,
    parked_definitions,
    parked_steps,
)

_FEWEST_LINES = 5
_EXPLAINS = re.compile(
    r"\b(examples?|usage|e\.g\.|uncomment|equivalent|pseudo|same as|alternative(ly)?|first (time|run)|for reference)\b"
    r"|SESSION_STORE_|参考|^#+ *\$? *(python3?|bash|sh) [\w/]",
    re.I,
)
_TRAINS = frozenset({"fit", "fit_transform", "fit_generator", "predict", "predict_proba", "train", "evaluate"})
_SHOWN = frozenset({"array", "tensor", "Timestamp", "datetime", "dtype"})
"""What Python shows of values: output that somebody copied."""

_MOVES_DATA = re.compile(r"(read_|load|dump|save|to_(csv|parquet|pickle|json|hdf|sql|feather)|imread|imwrite)")


class CommentedOutCode(Rule):
    """Code is switched off by turning it into comments, or into a string that nothing uses.

    Such code is an experiment that nobody finished: it is not run, not tested and not renamed with the rest, and
    every reader has to decide anew whether it matters. Sculley et al. 2015, section 5 ("Dead Experimental
    Codepaths"). What a general linter reports line by line is one finding here, and says what kind of code it is.

    ## How to repair

    Delete it; version control remembers. Say what the experiment showed in one sentence, with the run's name.

    ## A function with empty lines inside

    ```python title="tables.py"
    import pandas as pd

    # def drop_columns(frame, names):  # expect: commented-out-code

    #     "The table without some of its columns"

    #     missing = set(names) - set(frame.columns)

    #     if missing:
    #         raise KeyError(missing)

    #     return frame.drop(columns=names)

    def read(path):
        return pd.read_csv(path)
    ```

    ## A model that was tried

    ```python title="train.py"
    X, y = load()
    # model = LGBMClassifier(num_leaves=31)  # expect: commented-out-code
    # model.fit(Xtr, ytr)
    # p = model.predict_proba(Xte)[:, 1]
    # print(roc_auc_score(yte, p))
    # joblib.dump(model, "lgbm.pkl")
    model = XGBClassifier().fit(X, y)
    ```

    ## Fixed

    ```python title="train.py"
    X, y = load()
    model = XGBClassifier().fit(X, y)
    ```

    ## In a string

    ```python title="prepare.py"
    import pandas as pd
    df = pd.read_csv("raw.csv")
    \"""  # expect: commented-out-code
    GRID = {
        "depth": [3, 5, 7],
        "leaves": [31, 63],
    }
    \"""
    df.to_csv("raw_copy.csv")
    ```

    ## In a notebook

    ```python title="explore.ipynb"
    # %% [1]
    # for column in df.columns:  # expect: commented-out-code
    #     plt.figure()
    #     df[column].hist()
    #     plt.title(column)
    #     plt.show()
    ```

    ## A step of a pipeline, for which there is `commented-out-step`

    ```python title="pipeline.py"
    from kedro.pipeline import node, pipeline
    create_pipeline = lambda: pipeline([
            # node(
            #     clean,
            #     "raw", "tidy",
            #     name="clean",
            # ),
    ])
    ```

    ## An example of use, a docstring

    ```python title="layers.py"
    # Example:
    # layer = Attention(8)
    # x = torch.zeros(2, 3, 4)
    # print(x)
    # y = layer(x)
    # y.sum().backward()
    def attend(x):
        \"""
        x = torch.zeros(2, 3, 4)
        y = attend(x)
        print(y.shape)
        print(x.shape)
        \"""
        return x
    ```

    ## A short hint, prose, a licence, settings that may be switched on

    ```python title="settings.py"
    # device = "cpu"
    # The features are built in three steps.
    NAME = "settings"
    # Copyright 2020 by the authors
    # Licensed under the Apache License, Version 2.0
    # depth: 3
    # width: 4
    # rate: 0.1
    # seed: 1
    # fold: 2
    DEPTH = 3
    ```

    ## What a template offers, and what another way would be

    ```python title="settings.py"
    # from kedro.framework.session.store import ShelveStore
    # SESSION_STORE_CLASS = ShelveStore
    # SESSION_STORE_ARGS = {
    #     "path": "./sessions"
    # }
    NAME = "demo"
    # Alternatively, read the table:
    # frame = pd.read_csv("a.csv")
    # frame = frame.dropna()
    # frame = frame[frame.age > 3]
    # frame.to_parquet("a.parquet")
    ```

    ## A whole module of tests

    ```python title="tests/test_report.py"
    # import report  # expect: commented-out-code
    # def test_report():
    #     result = report.make("a.csv", "b.csv")
    #     assert result["rows"] == 3
    #     assert result["drift"] is False
    ```

    ## What a line has shown

    ```python title="lesson.py"
    train, test = parts
    # array([[10.1 ,  0.4 ],
    #        [ 8.3 ,  0.8 ],
    #        [ 9.5 ,  0.77],
    #        [ 9.3 ,  0.8 ],
    #        [ 7.7 ,  0.9 ]])
    # array([1, 2])
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    skip_roles = Rule.skip_roles - {Role.TEST}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each stretch of parked code."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if source.source.is_any(Role.TEST) and source.facts.header.code_lines:
                continue  # a test that is switched off; not all of them
            comments = {comment.span.line: comment.text for comment in source.facts.comments}
            steps = {step.location.span.line for step in parked_steps(project, source)}  # another rule's
            parked = [p for p in _parked(source) if not _is_example(comments, p)]
            for group in _stretches(source, parked):
                lines = sum(p.span.end_line - p.span.line + 1 for p in group)
                calls = {name for p in group for name in p.calls}
                if calls and calls <= _SHOWN:
                    continue
                if lines < _FEWEST_LINES:
                    continue
                if not steps.isdisjoint(range(group[0].span.line, group[-1].span.end_line + 1)):
                    continue
                kind = _kind(calls)
                first, last = group[0].span, group[-1].span
                where = "kept in a string" if group[0].quoted else "commented out"
                is_mild = not kind or source.source.is_any(Role.TUTORIAL)
                yield self.finding(
                    source.location(Span(first.line, first.column, last.end_line, last.end_column)),
                    f"{lines} lines of {kind or 'code'} are {where}",
                    severity=Severity.INFO if is_mild else Severity.WARNING,
                    fix=_fix(source, group),
                )


def _parked(source: SourceFacts) -> list[facts.ParkedCode]:
    """All parked code in order; what is part of a parked definition is told by it."""
    whole = parked_definitions(source)
    lines = {line for parked in whole for line in range(parked.span.line, parked.span.end_line + 1)}
    others = [parked for parked in source.facts.parked if parked.quoted or parked.span.line not in lines]
    return sorted([*whole, *others], key=lambda item: item.span)


def _fix(source: SourceFacts, group: list[facts.ParkedCode]) -> Fix | None:
    """Deletes the comments; a string is a statement, and may be all that its suite has."""
    edits = [deletion(source, parked.span) for parked in group if not parked.quoted]
    found = tuple(edit for edit in edits if edit is not None)
    return Fix("Delete the commented-out code", found) if len(found) == len(group) else None


def _stretches(source: SourceFacts, parked: list[facts.ParkedCode]) -> Iterator[list[facts.ParkedCode]]:
    """Parked code in groups with no live code, and no end of a cell, in between."""
    group: list[facts.ParkedCode] = []
    for item in parked:
        if group:
            between = source.facts.lines[group[-1].span.end_line : item.span.line - 1]
            if any(between) or source.location(group[0].span).cell != source.location(item.span).cell:
                yield group
                group = []
        group.append(item)
    if group:
        yield group


def _is_example(comments: dict[int, str], parked: facts.ParkedCode) -> bool:
    """Whether a comment says that the code is there to be read: within it, or right above."""
    first = parked.span.line
    while first - 1 in comments and parked.span.line - first < 3:
        first -= 1
    return any(_EXPLAINS.search(comments.get(line, "")) for line in range(first, parked.span.end_line + 1))


def _kind(calls: set[str]) -> str:
    """What the code does with models or data; empty for other code."""
    names = {name.rpartition(".")[2] for name in calls}
    if not names.isdisjoint(_TRAINS):
        return "model code"
    return "data code" if any(_MOVES_DATA.match(name) for name in names) else ""
