"""Fixes of code on tables: comparisons with NaN, writes through two selections, results thrown away."""

from __future__ import annotations

import ast

from mldebt.facts import Call
from mldebt.finding import Fix, Safety
from mldebt.project.call_fixes import without_argument
from mldebt.project.source_facts import SourceFacts
from mldebt.project.syntax import Syntax, syntax_at
from mldebt.source import Span

_LOCATORS = frozenset({"loc", "iloc"})


def missing_test_fix(source: SourceFacts, span: Span, *, nan_is_left: bool) -> Fix | None:
    """The fix that asks `pandas.isna` or `pandas.notna` instead of comparing with NaN.

    Files without pandas get NumPy's `isnan`, which fails for texts.
    None for a comparison of more than two things, or one whose operator is neither equality nor identity.
    """
    syntax = syntax_at(source, span)
    node = None if syntax is None else syntax.node(span, ast.Compare)
    if syntax is None or node is None or len(node.ops) != 1:
        return None
    operator = node.ops[0]
    if isinstance(operator, ast.Eq | ast.Is):
        function = "isna"
    elif isinstance(operator, ast.NotEq | ast.IsNot):
        function = "notna"
    else:
        return None
    value = node.comparators[0] if nan_is_left else node.left
    if isinstance(value, ast.NamedExpr | ast.Yield):
        return None
    if alias := module_alias(source, "pandas"):
        edit = syntax.replaced(node, f"{alias}.{function}({syntax.text_of(value)})")
        return Fix(f"Ask `{alias}.{function}`", (edit,), Safety.SAFE)
    if alias := module_alias(source, "numpy"):
        sign = "" if function == "isna" else "~"
        edit = syntax.replaced(node, f"{sign}{alias}.isnan({syntax.text_of(value)})")
        return Fix(f"Ask `{alias}.isnan`", (edit,))
    return None


def module_alias(source: SourceFacts, module: str) -> str | None:
    """The name under which the top of a file knows a module; None if it does not import it."""
    found = (
        binding.name
        for binding in source.facts.bindings
        if binding.kind == "import"
        and source.scope_of(binding.block) == 0
        and source.facts.imports[binding.index].module == module
        and not source.facts.imports[binding.index].name
    )
    return next(found, None)


def one_selection_fix(source: SourceFacts, span: Span) -> Fix | None:
    """The fix that writes to `table.loc[rows, column]` what a statement writes through two selections.

    None where the two selections in one would mean something else: slices, positions, lists of columns.
    """
    syntax = syntax_at(source, span)
    statement = None if syntax is None else syntax.statement(span)
    match statement:
        case ast.Assign(targets=[target]) | ast.AugAssign(target=target):
            pass
        case _:
            return None
    if syntax is None:
        return None
    text = _as_one(syntax, target)
    return None if text is None else Fix("Select once", (syntax.replaced(target, text),), Safety.SAFE)


def _as_one(syntax: Syntax, target: ast.expr) -> str | None:
    match target:
        case ast.Subscript(ast.Attribute(ast.Subscript() | ast.Attribute() as first, "loc"), rows):
            return _located(syntax, first, rows)
        case ast.Subscript(ast.Subscript(ast.Attribute(table, "loc"), rows), ast.Constant(str()) as column):
            return _written(syntax, table, rows, syntax.text_of(column))
        case ast.Subscript(ast.Subscript(table, ast.Compare() as rows), ast.Constant(str()) as column):
            return _written(syntax, table, rows, syntax.text_of(column))
        case ast.Subscript(first, rows):
            return _located(syntax, first, rows)
        case ast.Attribute(ast.Subscript(table, ast.Compare() as rows), name):
            return _written(syntax, table, rows, f'"{name}"')
    return None


def _located(syntax: Syntax, selection: ast.expr, rows: ast.expr) -> str | None:
    """A column of a table, of which rows are selected."""
    match selection:
        case ast.Subscript(ast.Name() | ast.Attribute() as table, ast.Constant(str()) as column):
            if isinstance(table, ast.Attribute) and table.attr in _LOCATORS:
                return None
            return _written(syntax, table, rows, syntax.text_of(column))
        case ast.Attribute(ast.Name() as table, name):
            return _written(syntax, table, rows, f'"{name}"')
    return None


def _written(syntax: Syntax, table: ast.expr, rows: ast.expr, column: str) -> str | None:
    if isinstance(rows, ast.Slice | ast.Tuple | ast.Starred):
        return None
    return f"{syntax.text_of(table)}.loc[{syntax.text_of(rows)}, {column}]"


def assigning_fix(source: SourceFacts, call: Call) -> Fix | None:
    """The fix that assigns `column.method(...)` to the column that a call with `inplace=True` does not change."""
    syntax = syntax_at(source, call.span)
    node = None if syntax is None else syntax.node(call.span, ast.Call)
    if syntax is None or node is None or not isinstance(node.func, ast.Attribute):
        return None
    removal = without_argument(syntax, node, "inplace")
    match node.func.value:
        case ast.Subscript(ast.Name() | ast.Attribute(), ast.Constant(str())) as column:
            name = syntax.text_of(column)
        case ast.Attribute(ast.Name(table), name):
            name = f'{table}["{name}"]'
        case _:
            return None
    if removal is None:
        return None
    place = syntax.span(node)
    start = syntax.edit(Span.at(place.line, place.column), f"{name} = ")
    return Fix("Assign the result", (start, removal), Safety.SAFE)


def kept_result_fix(source: SourceFacts, call: Call) -> Fix | None:
    """The fix that assigns the result of a method to the name or column that it was called on."""
    syntax = syntax_at(source, call.span)
    node = None if syntax is None else syntax.node(call.span, ast.Call)
    if syntax is None or node is None or not isinstance(node.func, ast.Attribute):
        return None
    table = node.func.value
    if not isinstance(table, ast.Name) and not (
        isinstance(table, ast.Attribute | ast.Subscript) and isinstance(table.value, ast.Name)
    ):
        return None
    place = syntax.span(node)
    edit = syntax.edit(Span.at(place.line, place.column), f"{syntax.text_of(table)} = ")
    return Fix("Keep the result", (edit,))


def detaching_fix(source: SourceFacts, span: Span, name: str) -> Fix | None:
    """The fix that keeps `name.detach()`, which has the number without the graph, in what a statement adds up."""
    syntax = syntax_at(source, span)
    statement = None if syntax is None else syntax.statement(span)
    match statement:
        case ast.AugAssign(value=value) | ast.Expr(ast.Call(args=[value])):
            pass
        case _:
            return None
    if syntax is None:
        return None
    edits = tuple(syntax.replaced(part, f"{name}.detach()") for part in _terms(value) if part.id == name)
    return Fix(f"Keep `{name}.detach()`", edits, Safety.SAFE) if edits else None


def _terms(node: ast.expr) -> list[ast.Name]:
    """The names that plain arithmetic is made of."""
    match node:
        case ast.Name():
            return [node]
        case ast.BinOp(left, _, right):
            return [*_terms(left), *_terms(right)]
    return []
