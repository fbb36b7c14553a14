"""Symbolic values: what an expression can be at run time, as far as the text of a project tells.

A Value is known, a text with gaps, or a gap; a gap knows why it is one. Several possible values are a Choice.
Whatever grows without bound (alternatives, products, nesting) is cut to a gap.
"""

from __future__ import annotations

from mldebt.values.forms import (
    MOST_ALTERNATIVES,
    MOST_ITEMS,
    Choice,
    Definition,
    Document,
    External,
    Gap,
    Instance,
    Items,
    Known,
    Namespace,
    Object,
    Table,
    Template,
    Value,
    alternatives,
    bounded,
    choice,
    common_to_callers,
    each,
    is_known,
)
from mldebt.values.paths import (
    CWD,
    ROOT,
    absolute,
    are_nested,
    join_paths,
    last_name,
    lies_in,
    normal,
    parent,
    show,
)
from mldebt.values.texts import concatenate, known_texts, map_text, replaced, text

__all__ = [
    "CWD",
    "MOST_ALTERNATIVES",
    "MOST_ITEMS",
    "ROOT",
    "Choice",
    "Definition",
    "Document",
    "External",
    "Gap",
    "Instance",
    "Items",
    "Known",
    "Namespace",
    "Object",
    "Table",
    "Template",
    "Value",
    "absolute",
    "alternatives",
    "are_nested",
    "bounded",
    "choice",
    "common_to_callers",
    "concatenate",
    "each",
    "is_known",
    "join_paths",
    "known_texts",
    "last_name",
    "lies_in",
    "map_text",
    "normal",
    "parent",
    "replaced",
    "show",
    "text",
]
