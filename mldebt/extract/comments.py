"""Comments, and the code that is parked in them."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

from mldebt.facts import Comment, ParkedCode
from mldebt.source import Span

_FEWEST_LINES = 2
_LONGEST_RUN = 400
_CODE_SIGN = re.compile(
    r"^\s*(?:(?:if|elif|for|while|with|def|class|try|except|else|return|import|from|raise|assert|print|async|del)\b"
    r"|@\w|\w+: ?[\w.\[\], |]+ = |[\w.\[\]'\", ]+(?:=|\+=|-=|\*=|/=)[^=]|[\w.]+\(.*\)?\s*$|\)|\]|\})"
)
_OPEN_CALL = re.compile(r"#\s*[\w.]+(\s*=\s*[\w.]+)?\([^)]*,$")
"""A first line whose call goes on: the lines below need not look like code."""


def parked_code(comments: Sequence[Comment]) -> list[ParkedCode]:
    """Runs of comment lines that parse as Python statements of substance."""
    found: list[ParkedCode] = []
    for run in _runs(comments):
        signs = sum(1 for comment in run if _CODE_SIGN.match(comment.text[1:]))
        if signs * 2 < len(run) and not _OPEN_CALL.match(run[0].text):
            continue
        found.extend(_parse_run(run))
    return found


def quoted_code(strings: Sequence[tuple[str, Span]]) -> list[ParkedCode]:
    """The strings of several lines that stand as statements and parse as Python of substance."""
    found = []
    for text, span in strings:
        lines = text.lstrip("rRuUbB").strip("\"'").split("\n")
        code = _parsed([line for line in lines if line.strip()])
        statements = _substance(code) if code is not None else 0
        if code is not None and statements:
            found.append(ParkedCode(statements, span, _calls(code), quoted=True))
    return found


def _runs(comments: Sequence[Comment]) -> Iterator[list[Comment]]:
    """Comments that stand alone on consecutive lines at one indentation."""
    run: list[Comment] = []
    for comment in comments:
        if not comment.own_line:
            continue
        follows = (
            run
            and comment.span.line == run[-1].span.line + 1
            and comment.span.column == run[-1].span.column
            and len(run) < _LONGEST_RUN
        )
        if not follows:
            if len(run) >= _FEWEST_LINES:
                yield run
            run = []
        run.append(comment)
    if len(run) >= _FEWEST_LINES:
        yield run


def _parse_run(run: list[Comment]) -> Iterator[ParkedCode]:
    """The code in a run: the whole of it, or else its longest head and tail parts that parse."""
    bodies = [_body(comment.text) for comment in run]
    start = 0
    while start <= len(bodies) - _FEWEST_LINES:
        end = len(bodies)
        tries = 0
        while end - start >= _FEWEST_LINES and tries < 6:
            code = _parsed(bodies[start:end])
            if code is not None:
                break
            end = start + (_first_prose(bodies, start, end) - start if tries == 0 else (end - start) // 2)
            tries += 1
        else:
            start += 1
            if start > 8:
                return
            continue
        statements = _substance(code) if code is not None else 0
        if code is not None and statements and end - start >= _FEWEST_LINES:
            first, last = run[start].span, run[end - 1].span
            span = Span(first.line, first.column, last.end_line, last.end_column)
            yield ParkedCode(statements, span, _calls(code))
        start = max(end, start + 1)


def _first_prose(bodies: list[str], start: int, end: int) -> int:
    for position in range(start, end):
        if bodies[position].strip() and not _CODE_SIGN.match(bodies[position]):
            return position
    return end


def _body(text: str) -> str:
    body = text.lstrip("#")
    return body[1:] if body.startswith(" ") else body


def _parsed(lines: list[str]) -> ast.Module | None:
    """The lines as Python; None where they are none."""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    text = "\n".join(line[indent:] for line in lines)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _substance(tree: ast.Module) -> int:
    """How many of the statements, nested ones included, prose does not look like; 0 if none is at the top."""
    if not any(_is_substance(node) for node in tree.body):
        return 0
    return sum(1 for node in ast.walk(tree) if isinstance(node, ast.stmt) and _is_substance(node))


def _calls(tree: ast.Module) -> tuple[str, ...]:
    """The dotted names of what is called, as written."""
    names = {
        ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_name(node.func)
    }
    return tuple(sorted(names))


def _is_name(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _is_substance(node: ast.stmt) -> bool:
    """A statement that prose does not look like: a word, a tuple of words or `a: b` is none."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call | ast.Await)
    return not (isinstance(node, ast.AnnAssign) and node.value is None)
