"""Functions and classes that stand in comments as a whole, with the empty lines that were left between their parts."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

from mldebt.facts import Comment, ParkedCode
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Span

_HEAD = re.compile(r"# ?((async )?def \w+\(|class \w+.*:\s*$)")
_MOST_LINES = 400


def parked_definitions(source: SourceFacts) -> list[ParkedCode]:
    """Each of them that parses, in order: editors leave empty lines empty when they comment a block out."""
    comments = [comment for comment in source.facts.comments if comment.own_line]
    found: list[ParkedCode] = []
    position = 0
    while position < len(comments):
        if not _HEAD.match(comments[position].text):
            position += 1
            continue
        run = list(_run(source, comments, position))
        bodies = [_body(comment.text) for comment in run]
        last_line = bodies[-1]
        indent = last_line[: len(last_line) - len(last_line.lstrip())]
        tree = _parsed(bodies) or _parsed([*bodies[:-1], f"{indent}pass"])  # the last line may have lost its end
        if tree is not None:
            first, last = run[0].span, run[-1].span
            names = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call) and _is_name(n.func)}
            statements = sum(1 for node in ast.walk(tree) if isinstance(node, ast.stmt))
            span = Span(first.line, first.column, last.end_line, last.end_column)
            found.append(ParkedCode(statements, span, tuple(sorted(names))))
        position += len(run)
    return found


def _run(source: SourceFacts, comments: Sequence[Comment], start: int) -> Iterator[Comment]:
    """The comments from a head on, as far as they are indented below it and nothing but empty lines is in between."""
    head = last = comments[start]
    yield head
    for comment in comments[start + 1 : start + _MOST_LINES]:
        body = _body(comment.text)
        belongs = not body.strip() or body[:1].isspace() or body[:1] in (")", "]")
        between = source.facts.lines[last.span.line : comment.span.line - 1]
        if not belongs or comment.span.column != head.span.column or any(between):
            return
        yield comment
        last = comment


def _body(text: str) -> str:
    body = text[1:]
    return body[1:] if body.startswith(" ") else body


def _parsed(bodies: Sequence[str]) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse("\n".join(bodies))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_name(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
