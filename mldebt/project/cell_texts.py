"""The prose of notebooks: what a Markdown cell says about the code below it."""

from __future__ import annotations

import json

from mldebt.project.source_facts import SourceFacts


def text_above(source: SourceFacts, index: int) -> str:
    """The text of the Markdown cell right above a cell of a notebook; empty where there is none.

    Facts hold the code of notebooks alone: the file is read again, for the few cells that a rule asks about.
    """
    try:
        cells = json.loads(source.text())["cells"]
        above = cells[index - 1] if index > 0 else {}
        text = above.get("source", "") if above.get("cell_type") == "markdown" else ""
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""
    return text if isinstance(text, str) else "".join(part for part in text if isinstance(part, str))
