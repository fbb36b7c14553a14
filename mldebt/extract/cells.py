"""The texts of a notebook's cells."""

from __future__ import annotations

import json
from typing import Any

from mldebt.extract.text import unify_line_ends


def cell_texts(notebook: str) -> list[str]:
    """The texts of a notebook's cells, in order; none if it is not a notebook."""
    try:
        document: Any = json.loads(notebook)
    except (ValueError, RecursionError):
        return []
    if not isinstance(document, dict):
        return []
    cells = document.get("cells")
    if not isinstance(cells, list):  # nbformat 3
        sheets = document.get("worksheets")
        sheets = sheets if isinstance(sheets, list) else []
        cells = [
            c for s in sheets if isinstance(s, dict) and isinstance(s.get("cells"), list) for c in s["cells"]
        ]
    return [_text_of(cell) for cell in cells]


def _text_of(cell: object) -> str:
    if not isinstance(cell, dict):
        return ""
    text = cell.get("source", cell.get("input", ""))
    if isinstance(text, list):
        text = "".join(part for part in text if isinstance(part, str))
    return unify_line_ends(text) if isinstance(text, str) else ""
