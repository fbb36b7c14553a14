"""The rule `commented-out-lines`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Fix,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    deletion,
    is_teaching,
    parked_alternatives,
    parked_lines,
    parked_steps,
)


class CommentedOutLines(Rule):
    """A few lines here and there are switched off by turning them into comments.

    Another loss, a column that is dropped no longer, the call of the step that ran last month: each of them asks every
    reader whether it matters, and none is renamed or tested with the rest. Sculley et al. 2015, section 5 ("Dead
    Experimental Codepaths"). Longer stretches are left to `commented-out-code`, values beside the used one to
    `parked-alternative`; one finding tells all of a file.

    ## How to repair

    Delete them; version control remembers. What may be wanted again is a setting.

    ## Entries of a list, a block without its indentation, a remark behind the code

    ```python title="sources.py"
    SOURCES = [
        {"url": "a.tgz", "language": "de"},
        # {"url": "b.tgz",  # expect: commented-out-lines
        #  "language": "fr"},
        # {"url": "c.tgz",
        #  "language": "it"},
    ]
    ```

    ```python title="trainer.py"
    def train(history, previous):
        measure = history.step()
        # current = history.mean()  # expect: commented-out-lines
        # if current > previous * 0.99:
        # previous = current
        return measure
    ```

    ## A look that is no longer taken

    ```python title="look.py"
    x = load()
    # print(x)

    # display(x.head())
    y = x.mean()
    ```

    ## A few in one file

    ```python title="train.py"
    import pandas as pd
    from models import build, fit_once

    frame = pd.read_csv("visits.csv")
    # frame["day"] = frame.day.clip(0)  # expect: commented-out-lines
    # frame = frame[frame.age > 3]
    model = build(frame)
    loss = model.first + model.second
    # loss = model.first * 2
    fit_once(model, loss)
    # fit_once(model, loss * 2)
    ```

    ## Fixed

    ```python title="train.py"
    import pandas as pd
    from models import build, fit_once

    frame = pd.read_csv("visits.csv")
    model = build(frame)
    loss = model.first + model.second
    fit_once(model, loss)
    ```

    ## A result, entries of a dictionary

    ```python title="search.py"
    def features(rows):
        counts, ages = rows.sum(), rows.mean()
        # return [counts, ages, counts - ages]  # expect: commented-out-lines
        return [counts, ages]

    GRID = {
        "depth": [3, 4],
        # "splitter": ["best", "random"],
        # "criterion": ["gini"],
    }
    ```

    ## In a notebook

    ```python title="explore.ipynb"
    # %%
    import joblib
    model = joblib.load("model.pkl")
    # model.set_params(depth=3)  # expect: commented-out-lines
    # model.fit(rows, labels)
    ```

    ## Prose, formulas, dimensions, examples, what shows something

    ```python title="model.py"
    import torch

    def attend(query, key):
        # returns the weights of each word
        # query = [batch, words]
        # score = q * k
        score = query @ key
        # for example:
        # attend(torch.zeros(3), torch.zeros(3))
        # Uncomment to see it
        # score = score.clip(0)
        # print(score.shape)
        # the mean, as in the paper
        # score.mean(0)
        return score
    ```

    ## Longer code, an alternative, settings of a framework: for others to say

    ```python title="train.py"
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier
    model = SVC()
    # model = DecisionTreeClassifier()
    model.fit(rows, labels)
    # for row in rows:
    #     scores = model.predict(row)
    #     table.append(scores)
    # table = sum(table)
    # table.to_csv("scores.csv")
    ```

    ```python title="settings.py"
    from hooks import ProjectHooks
    # HOOKS = (ProjectHooks(),)
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.CONFIG}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such lines, at the first ones."""
        kinds = (Kind.PYTHON,) if is_teaching(project) else (Kind.PYTHON, Kind.NOTEBOOK)
        for source in self.sources(project, *kinds):
            taken = {parked.span.line for parked in parked_alternatives(source)}
            for step in parked_steps(project, source):
                taken.update(range(step.location.span.line, step.location.span.end_line + 1))
            found = parked_lines(source, frozenset(taken))
            if not found:
                continue
            first, *others = found
            lines = sum(piece.lines for piece in found)
            places = f", in {len(found)} places" if others else ""
            yield self.finding(
                source.location(first.span),
                f"{lines} line{'s' * (lines > 1)} of code {'are' if lines > 1 else 'is'} commented out{places}",
                related=[Related(source.location(piece.span), "here, too") for piece in others],
                minutes=3 + 2 * len(found),
                fix=_fix(source, [piece.span for piece in found]),
            )


def _fix(source: SourceFacts, spans: list[Span]) -> Fix | None:
    edits = [deletion(source, span) for span in spans]
    found = tuple(edit for edit in edits if edit is not None)
    return Fix("Delete the commented-out lines", found) if len(found) == len(spans) else None
