"""The qualified name of an expression, as far as its own file knows it."""

from __future__ import annotations

from mldebt.facts import Attr, Const, Expr, Ref
from mldebt.plain_facts import imported_name
from mldebt.project.source_facts import SourceFacts

LOOP_CARRIED = -1


def qualified(source: SourceFacts, expr: Expr) -> str:
    """The dotted name of a chain that starts at an import, a definition or a builtin; else empty.

    `:name` is a definition of the same file; leading dots are those of a relative import.
    """
    parts: list[str] = []
    while isinstance(expr, Attr):
        parts.append(expr.name)
        expr = expr.base
    if not isinstance(expr, Ref):
        return ""
    root = _root(source, expr)
    if not root:
        return ""
    parts.append(root)
    return ".".join(reversed(parts))


def _root(source: SourceFacts, ref: Ref) -> str:
    if not ref.bindings:
        return ref.name
    found = ""
    for index in ref.bindings:
        if index == LOOP_CARRIED:
            return ""
        binding = source.facts.bindings[index]
        if binding.kind == "import":
            name = imported_name(source.facts.imports[binding.index])
        elif binding.kind == "function":
            name = f":{source.facts.functions[binding.index].qualname}"
        elif binding.kind == "class":
            name = f":{source.facts.classes[binding.index].qualname}"
        elif isinstance(binding.value, Const) and binding.value.value is None:
            continue  # `try: import lightgbm except ImportError: lightgbm = None`
        else:
            return ""
        found = found or name
    return found
