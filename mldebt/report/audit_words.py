"""What each kind of debt is, for readers who have never heard of it."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """`title` names a kind of debt, `meaning` says in a sentence or two why it costs."""

    title: str
    meaning: str


_SCULLEY = "Sculley et al. 2015"

KINDS = {
    "boundary-erosion": Words(
        "Boundary erosion",
        "Models are entangled: changing anything changes everything (CACE), because there are no boundaries "
        f"between what one model learns and what others consume ({_SCULLEY}, section 2).",
    ),
    "data-dependencies": Words(
        "Data dependencies",
        "Inputs and outputs that nothing declares. They cost more than code dependencies, because no compiler or "
        f"linker shows them ({_SCULLEY}, section 3).",
    ),
    "feedback-loops": Words(
        "Feedback loops",
        "A model influences the data that it, or another model, will be trained on, so its behaviour cannot be "
        f"foreseen before it is released ({_SCULLEY}, section 4).",
    ),
    "glue-code": Words(
        "Glue code",
        "Code that only gets data into and out of packages, and copies of it: it freezes the system to the "
        f"peculiarities of what it glues together ({_SCULLEY}, section 5).",
    ),
    "pipeline-jungles": Words(
        "Pipeline jungles",
        "Data preparation that grew by scrapes, joins and files dropped in between. Nobody sees the whole, so "
        f"every change needs an end-to-end test ({_SCULLEY}, section 5).",
    ),
    "dead-experiments": Words(
        "Dead experimental code paths",
        "Branches, copies and options of experiments that ended. Each doubles what has to be tested, and one day "
        f"one of them runs ({_SCULLEY}, section 5).",
    ),
    "abstraction-debt": Words(
        "Abstraction debt",
        "There is no accepted abstraction for a dataset, a model or a prediction, so the lines between components "
        f"blur ({_SCULLEY}, section 5).",
    ),
    "common-smells": Words(
        "Common smells",
        "Plain data types that hide meaning, several languages in one system, prototypes that became the product "
        f"({_SCULLEY}, section 5).",
    ),
    "configuration-debt": Words(
        "Configuration debt",
        "Settings that cannot be reviewed, compared or checked. Lines of configuration can outnumber lines of "
        f"code, and mistakes in them cost as much ({_SCULLEY}, section 6).",
    ),
    "external-world": Words(
        "Changes in the external world",
        "Thresholds and assumptions fixed by hand while the world that they describe moves on "
        f"({_SCULLEY}, section 7).",
    ),
    "data-testing": Words(
        "Data testing debt",
        "If data replaces code, data needs tests like code; errors in it are swallowed or never looked for "
        f"({_SCULLEY}, section 8).",
    ),
    "reproducibility": Words(
        "Reproducibility debt",
        "The same run gives another result: seeds, versions or inputs are not fixed, so nobody can tell progress "
        f"from chance ({_SCULLEY}, section 8).",
    ),
    "process-management": Words(
        "Process management debt",
        "Steps that people carry out by hand. With many models this is what fails at night "
        f"({_SCULLEY}, section 8).",
    ),
    "cultural-debt": Words(
        "Cultural debt",
        "Debt that is admitted in comments and left: where research and engineering are apart, deleting is not "
        f"rewarded ({_SCULLEY}, section 8).",
    ),
    "correctness": Words(
        "Correctness",
        "Results that are wrong today: evaluation that saw its answers, comparisons that are never true.",
    ),
    "notebooks": Words(
        "Notebooks",
        "Notebooks that cannot be run again from top to bottom, or install what they need while they run.",
    ),
    "hygiene": Words(
        "Analysis",
        "Files that could not be read and comments to this tool that do nothing: what they hide is unknown.",
    ),
}


def words(debt: str) -> Words:
    """The words for a kind of debt; a kind of a foreign pack is known by its name alone."""
    return KINDS.get(debt) or Words(debt.replace("-", " ").capitalize(), "")
