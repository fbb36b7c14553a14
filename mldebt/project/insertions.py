"""Fixes that put statements at the top of a file: constants, seeds."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mldebt.finding import Edit, Fix, Safety
from mldebt.project.source_facts import SourceFacts
from mldebt.project.syntax import Syntax, syntax_at
from mldebt.project.table_fixes import module_alias
from mldebt.source import Kind, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_SEEDS = {
    "python": ("random", "{}.seed(42)"),
    "numpy": ("numpy", "{}.random.seed(42)"),
    "torch": ("torch", "{}.manual_seed(42)"),
    "tensorflow": ("tensorflow", "{}.random.set_seed(42)"),
}
_USUAL = {"numpy": "np", "tensorflow": "tf"}


def constant_fix(source: SourceFacts, spans: Sequence[Span], value: float, name: str) -> Fix | None:
    """The fix that gives a number, written in the statements at some places, a name at the top of the module."""
    syntax = syntax_at(source, spans[0]) if source.kind is Kind.PYTHON else None
    if syntax is None or re.search(rf"\b{name}\b", syntax.text):
        return None
    numbers = [number for span in spans for number in _numbers(syntax, span, value)]
    place = after_imports(syntax)
    if not numbers or place is None:
        return None
    text = f"\n{name} = {syntax.text_of(numbers[0])}\n"
    edits = dict.fromkeys(syntax.replaced(number, name) for number in numbers)
    return Fix(f"Name the number `{name}`", (syntax.edit(Span.at(place), text), *edits))


def _numbers(syntax: Syntax, span: Span, value: float) -> list[ast.Constant]:
    """The number, in the comparisons of the statement at a place."""
    statement = syntax.statement(span)
    tests = [part for part in ast.walk(statement) if isinstance(part, ast.Compare)] if statement else []
    wanted = syntax.span
    return [
        operand
        for test in tests
        for operand in (test.left, *test.comparators)
        if isinstance(operand, ast.Constant) and operand.value == value and wanted(test).line == span.line
    ]


def seed_fix(source: SourceFacts, generators: Sequence[str]) -> Fix | None:
    """The fix that seeds generators (python, numpy, torch, tensorflow) where a program starts."""
    syntax = syntax_at(source, Span.at(1)) if source.kind is Kind.PYTHON else None
    place = None if syntax is None else after_imports(syntax)
    if syntax is None or place is None:
        return None
    imports, calls = [], []
    for generator in generators:
        module, call = _SEEDS[generator]
        alias = module_alias(source, module)
        if alias is None:
            alias = _USUAL.get(module, module)
            imports.append(f"import {module} as {alias}\n" if alias != module else f"import {module}\n")
        calls.append(call.format(alias))
    main = next((node for node in syntax.tree.body if _is_main(node)), None)
    edits: list[Edit]
    if isinstance(main, ast.If) and syntax.span(main.body[0]).line > main.lineno:
        first = syntax.span(main.body[0])
        indent = syntax.lines[first.line - 1][: first.column - 1]
        edits = [syntax.edit(Span.at(first.line), "".join(f"{indent}{call}\n" for call in calls))]
        if imports:
            edits.insert(0, syntax.edit(Span.at(place), "".join(imports)))
    else:
        edits = [syntax.edit(Span.at(place), "".join([*imports, "\n", *(f"{call}\n" for call in calls)]))]
    return Fix("Seed the generators", tuple(edits))


def variable_example_fix(project: Project, name: str, meaning: str) -> Fix | None:
    """The fix that names an environment variable at the end of the project's `.env.example`, if it has one."""
    for source in project.sources(Kind.ENV):
        syntax = syntax_at(source, Span.at(1)) if source.path.rpartition("/")[2] == ".env.example" else None
        if syntax is not None:
            end = Span.at(len(syntax.lines), len(syntax.lines[-1]) + 1)
            text = f"# where {meaning} is\n{name}=\n"
            edit = syntax.edit(end, text if not syntax.lines[-1] else f"\n{text}")
            return Fix(f"Name `{name}` in {source.path}", (edit,), Safety.SAFE)
    return None


def after_imports(syntax: Syntax) -> int | None:
    """The line after the last import at the top of a module; None where there is nothing to stand behind."""
    last = 0
    for number, node in enumerate(syntax.tree.body):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.Import | ast.ImportFrom) or (is_text and number == 0):
            last = syntax.span(node).end_line
    return last + 1 if syntax.tree.body else None


def _is_main(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) and "__main__" in ast.unparse(node.test)
    )
