"""The rule `ml-self-admitted-debt`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mldebt import Admission, Finding, Kind, Profile, Project, Related, Role, Rule, Severity, admissions

_LONGEST = 90
_MOST_RELATED = 20


class MlSelfAdmittedDebt(Rule):
    """Comments admit debt in data, features, models, evaluation or settings.

    Those who wrote the code say that it is not finished, not understood or not right. O'Brien et al. 2022 found 23
    kinds of such comments in machine-learning code; Bhatia et al. 2023 found twice as many there as in other code,
    and that they stay long. One finding a file, with its comments; what is about code alone is left to other linters.

    Tags and phrases tell the comments from others. On 370 comments labelled by hand 92 % of those found admit debt,
    about 71 % of the admissions with a suspicious word are found, and 85 % have the right kind.

    ## How to repair

    Do it, or make it an issue with an owner, and name the issue in the comment.

    ## Counted by kind

    ```python title="train.py"
    # TODO: normalise the prices before they are encoded  # expect: ml-self-admitted-debt
    rows = rows.iloc[:-100]  # FIXME drops rows with missing labels
    # no idea why the validation score jumps here
    model.fit(rows)
    # TODO: rename this function
    ```

    ## A leak is worth a warning

    ```python title="folds.py"
    # note: a model of these folds will have a leak if it is evaluated  # expect: ml-self-admitted-debt
    ```

    ## Named issues, exercises, placeholders, and other comments

    ```python title="train.py"
    # TODO(#123): tune the learning rate
    # TODO
    # TODO: your code here to load the data
    # TODO 2: train the model
    # copy the data, so that features of the test set do not leak
    # a temporary file for the model
    ```

    ```python title="clean.py"
    # TODO: rename this function
    # HACK: the button needs two clicks
    ```

    ## Courses, where they are tasks

    ```python title="exercises/day1.py"
    # TODO: load the data and train a model
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that admits debt."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            found = [a for a in admissions(source) if a.kind != "code" and not a.linked]
            if found:
                first, *others = found
                kinds = Counter(admission.kind for admission in found)
                counts = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
                yield self.finding(
                    source.location(first.comment.span),
                    f"comments admit debt ({counts}): “{_short(first)}”",
                    related=[
                        Related(source.location(other.comment.span), f"{other.kind}: “{_short(other)}”")
                        for other in others[:_MOST_RELATED]
                    ],
                    severity=Severity.WARNING if "leakage" in kinds else None,
                    minutes=self.minutes * min(len(found), 6),
                )


def _short(admission: Admission) -> str:
    text = admission.text
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
