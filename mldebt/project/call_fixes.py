"""Fixes of calls: an argument more, an argument less, another method."""

from __future__ import annotations

import ast
import re

from mldebt.facts import Call
from mldebt.finding import Edit, Fix, Safety
from mldebt.project.source_facts import SourceFacts
from mldebt.project.syntax import Syntax, syntax_at
from mldebt.source import Span

_PASSING = frozenset({"enumerate", "tqdm", "list", "track"})
_LISTING = frozenset({"listdir", "glob", "iglob", "rglob", "iterdir"})
_COMMENT = re.compile(r"#[^\n]*")


def argument_fix(
    source: SourceFacts, call: Call, name: str, value: str, *, safety: Safety = Safety.UNSAFE
) -> Fix | None:
    """The fix that gives a call an argument, or another value to the one that it has under this name."""
    syntax, node = _found(source, call)
    if syntax is None or node is None:
        return None
    title = f"Give it `{name}={value}`"
    for keyword in node.keywords:
        if keyword.arg == name:
            return Fix(title, (syntax.replaced(keyword.value, value),), safety)
    edit = _appended(syntax, node, f"{name}={value}")
    return None if edit is None else Fix(title, (edit,), safety)


def argument_removal(source: SourceFacts, call: Call, name: str, *, safety: Safety = Safety.UNSAFE) -> Fix | None:
    """The fix that takes an argument out of a call."""
    syntax, node = _found(source, call)
    edit = None if syntax is None or node is None else without_argument(syntax, node, name)
    return None if edit is None else Fix(f"Take `{name}` out", (edit,), safety)


def method_fix(source: SourceFacts, call: Call, method: str, *, safety: Safety = Safety.UNSAFE) -> Fix | None:
    """The fix that calls another method of the same object."""
    syntax, node = _found(source, call)
    if syntax is None or node is None or not isinstance(node.func, ast.Attribute):
        return None
    span = syntax.span(node.func)
    start = span.end_column - len(node.func.attr)
    name = Span(span.end_line, start, span.end_line, span.end_column)
    return Fix(f"Call `{method}`", (syntax.edit(name, method),), safety)


def sorting_fix(source: SourceFacts, span: Span) -> Fix | None:
    """The fix that sorts what a loop goes over, what `enumerate` counts, or the list that a statement makes of a set.

    The place is that of the loop's variable, of the call, or of the name. Safe for listings of directories, whose
    items can be compared.
    """
    syntax = syntax_at(source, span)
    node = None if syntax is None else _unordered(syntax, span)
    if syntax is None or node is None:
        return None
    whole = node
    while isinstance(node, ast.Call) and node.args and _name(node) in _PASSING:
        whole, node = (node if _name(node) == "list" else node.args[0]), node.args[0]
    name = _name(node) if isinstance(node, ast.Call) else ""
    if name == "scandir" or isinstance(node, ast.Starred | ast.GeneratorExp):
        return None
    safety = Safety.SAFE if name in _LISTING else Safety.UNSAFE
    return Fix("Sort it", (syntax.replaced(whole, f"sorted({syntax.text_of(node)})"),), safety)


def _unordered(syntax: Syntax, span: Span) -> ast.expr | None:
    """What is to be sorted, by the place that names it."""
    if (counted := syntax.node(span, ast.Call)) is not None:
        return counted.args[0] if counted.args else None
    name = syntax.node(span, ast.Name)
    for part in ast.walk(syntax.tree) if name is not None else ():
        if isinstance(part, ast.For | ast.AsyncFor | ast.comprehension) and name in set(ast.walk(part.target)):
            return part.iter
        if isinstance(part, ast.Assign) and part.targets == [name]:
            return part.value
    return None


def _name(call: ast.Call) -> str:
    """The last part of the name that is called."""
    return ast.unparse(call.func).rpartition(".")[2]


def product_fix(source: SourceFacts, call: Call) -> Fix | None:
    """The fix that writes `A @ B` for `np.dot(A, B)` or `A.dot(B)`."""
    syntax, node = _found(source, call)
    if syntax is None or node is None or node.keywords or not isinstance(node.func, ast.Attribute):
        return None
    match node.args:
        case [left, right]:
            pass
        case [right]:
            left = node.func.value
        case _:
            return None
    sides = [_operand(syntax, side) for side in (left, right)]
    alone = any(
        node in (getattr(parent, "value", None), *getattr(parent, "args", ()))
        for parent in ast.walk(syntax.tree)
        if isinstance(parent, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr | ast.Call | ast.keyword)
    )
    text = " @ ".join(sides)
    return Fix("Write `@`", (syntax.replaced(node, text if alone else f"({text})"),))


def _operand(syntax: Syntax, node: ast.expr) -> str:
    simple = isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.List)
    return syntax.text_of(node) if simple else f"({syntax.text_of(node)})"


def unwrapping_fix(source: SourceFacts, back: Span) -> Fix | None:
    """The fix that writes the value itself for a conversion of its conversion, both of which take nothing else."""
    syntax = syntax_at(source, back)
    node = None if syntax is None else syntax.node(back, ast.Call)
    if syntax is None or node is None or node.keywords:
        return None
    match node:
        case ast.Call(args=[converted]):
            pass
        case ast.Call(func=ast.Attribute(converted), args=[]):
            pass
        case _:
            return None
    match converted:
        case (
            ast.Call(func=ast.Attribute(value), args=[], keywords=[])
            | ast.Call(func=ast.Attribute(), args=[value], keywords=[])
            | ast.Attribute(value)
        ):
            return Fix("Leave both conversions out", (syntax.replaced(node, syntax.text_of(value)),))
    return None


def variable_fix(source: SourceFacts, call: Call, literal: float, name: str) -> Fix | None:
    """The fix that writes a variable for the only number of this value in a call."""
    syntax, node = _found(source, call)
    if syntax is None or node is None:
        return None
    numbers = [part for part in ast.walk(node) if isinstance(part, ast.Constant) and part.value == literal]
    numbers = [part for part in numbers if type(part.value) in (int, float)]
    return Fix(f"Log `{name}`", (syntax.replaced(numbers[0], name),)) if len(numbers) == 1 else None


def without_argument(syntax: Syntax, node: ast.Call, name: str) -> Edit | None:
    """The edit that deletes an argument given by name, with one comma."""
    keyword = next((keyword for keyword in node.keywords if keyword.arg == name), None)
    if keyword is None:
        return None
    place = syntax.span(keyword)
    spans = sorted(_spans(syntax, node))
    before = [span for span in spans if span < place]
    after = [span for span in spans if span > place]
    if after:
        gap = Span(place.line, place.column, after[0].line, after[0].column)
    elif before:
        gap = Span(before[-1].end_line, before[-1].end_column, place.end_line, place.end_column)
    else:
        gap = place
    return None if _COMMENT.search(syntax.between(gap)) or "**" in syntax.between(gap) else syntax.edit(gap, "")


def _found(source: SourceFacts, call: Call) -> tuple[Syntax | None, ast.Call | None]:
    syntax = syntax_at(source, call.span)
    return syntax, None if syntax is None else syntax.node(call.span, ast.Call)


def _spans(syntax: Syntax, node: ast.Call) -> list[Span]:
    return [*map(syntax.span, node.args), *map(syntax.span, node.keywords)]


def _appended(syntax: Syntax, node: ast.Call, argument: str) -> Edit | None:
    """The edit that adds an argument behind the last one, on a line of its own if that one has."""
    whole = syntax.span(node)
    closing = Span.at(whole.end_line, whole.end_column - 1)
    given = sorted(_spans(syntax, node))
    if not given:
        return syntax.edit(closing, argument)
    if len(given) == 1 and node.args and isinstance(node.args[0], ast.GeneratorExp):
        return None  # it would need parentheses of its own
    last = given[-1]
    tail = syntax.between(Span(last.end_line, last.end_column, whole.end_line, whole.end_column - 1))
    if _COMMENT.search(tail):
        return None
    inside = tail.rfind(")") + 1  # what closes parentheses around the last argument
    place = _moved(last, tail[:inside])
    start = syntax.lines[last.line - 1][: last.column - 1]
    separator = f",\n{start}" if not start.strip() and last.line > whole.line else ", "
    return syntax.edit(place, separator + argument)


def _moved(span: Span, text: str) -> Span:
    """The end of a place, moved over a text that follows."""
    lines = text.count("\n")
    column = len(text) - text.rfind("\n") if lines else span.end_column + len(text)
    return Span.at(span.end_line + lines, column)
