"""Short pieces of code in comments: fewer lines than an experiment takes, and yet code that somebody switched off."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mldebt.facts import Comment
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Span

_FEWEST_OF_LONG = 5
"""So many lines are an experiment of their own, which `commented-out-code` reports."""

_MOST = 40
_NEAR = 2
"""What stands so many lines from such an experiment belongs to it."""

_LIKELY = re.compile(
    r"#+ ?\s*(return\b|\w+: \w[\w.\[\], ]* = |[\w.]+(\[[^\]]*\])?( ?, ?[\w.]+)*\s*[-+*/|&]?=(?!=)"
    r"|[\w.]+\(.*(\),?|,)\s*(#.*)?$"
    r"|['\"]\w+['\"]\s*:|\{|[\w.]+\($"
    r"|(if|for|while|with|assert|raise|del|elif)\b.*|from \w[\w.]* import |import \w)"
)
_EXPLAINS = re.compile(
    r"\b(examples?|usage|e\.g\.|i\.e\.|uncomment|equivalent|pseudo|same as|alternative(ly)?|first (time|run)|reference"
    r"|optional(ly)?|shape|returns?:|note|formula|equals?|pylint)\b|noqa|type: ignore|->|>>>|:\s*$",
    re.IGNORECASE,
)
_SHOWS = frozenset(
    "print pprint display head tail info describe show imshow set_trace breakpoint debug log write help type shape plot"
    " value_counts isnull sum len title xlabel ylabel xlim ylim set_title set_xlabel set_ylabel"
    " legend grid figure".split()
)
"""What is called to look at something: a look that is no longer taken is no experiment."""


class ParkedLines(NamedTuple):
    """A piece of code in comments; `lines` counts them."""

    span: Span
    lines: int


def parked_lines(source: SourceFacts, taken: frozenset[int]) -> list[ParkedLines]:
    """The short pieces of code in the comments of a file, in order, that are on no line of `taken`."""
    names = {binding.name for binding in source.facts.bindings}
    if not names:
        return []
    long_ones = {line for parked in source.facts.parked for line in _lines_of_long(parked.span)}
    return [
        piece
        for run in source.comment_runs()
        for piece in _pieces(run, names)
        if taken.union(long_ones).isdisjoint(range(piece.span.line, piece.span.end_line + 1))
    ]


def _lines_of_long(span: Span) -> range:
    is_long = span.end_line - span.line + 1 >= _FEWEST_OF_LONG
    return range(span.line - _NEAR, span.end_line + _NEAR + 1) if is_long else range(0)


def _pieces(run: Sequence[Comment], names: set[str]) -> Iterator[ParkedLines]:
    """The code at the end of a run, or the whole of it: prose above a piece says what that was, no more."""
    if any(_EXPLAINS.search(comment.text) and not _LIKELY.match(comment.text) for comment in run):
        return
    start = next((n for n, comment in enumerate(run) if _LIKELY.match(comment.text)), len(run))
    code = run[start:]
    if not 0 < len(code) <= _MOST or (start and len(code) == 1):
        return
    trees = _parsed([comment.text.lstrip("#") for comment in code])
    if not any(_is_experiment(node, names) for tree in trees for node in tree.body):
        return
    first, last = code[0].span, code[-1].span
    yield ParkedLines(Span(first.line, first.column, last.end_line, last.end_column), len(code))


def _parsed(lines: Sequence[str]) -> Iterator[ast.Module]:
    """What the lines can be: statements, entries of a dictionary or list, statements that lost their indentation."""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    text = "\n".join(line[indent:] for line in lines)
    indented = "\n".join(_indented(text.split("\n")))
    for whole in (text, f"_ = {{\n{text}\n}}", f"_ = [\n{text}\n]", f"if _:\n  pass\n{text}", indented):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(whole)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        yield tree
        if not all(_is_display(node) for node in tree.body):
            return


def _is_display(node: ast.stmt) -> bool:
    """Whether a statement is a dictionary, or some: entries of a list that ends in another line."""
    value = node.value if isinstance(node, ast.Expr | ast.Assign) else None
    items = value.elts if isinstance(value, ast.Tuple | ast.Set) else [value]
    if isinstance(node, ast.Assign) and not isinstance(value, ast.Set):
        return False
    return bool(items) and all(isinstance(item, ast.Dict) for item in items)


def _indented(lines: Sequence[str]) -> Iterator[str]:
    """The lines, one step deeper below those that open a block and are followed by none."""
    depth = 0
    if any(line[:1].isspace() for line in lines):
        return
    for line in lines:
        yield " " * depth + line.strip()
        if line.rstrip().endswith(":"):
            depth += 1


def _is_experiment(node: ast.stmt, names: set[str]) -> bool:
    """Whether a statement does something with names of the file, and more than look at it."""
    if any(isinstance(part, ast.Constant) and part.value is ... for part in ast.walk(node)):
        return False
    used = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    calls = {_called(part) for part in ast.walk(node) if isinstance(part, ast.Call)}
    if isinstance(node, ast.Expr):
        return bool(calls - _SHOWS) and calls.isdisjoint(_SHOWS) and not names.isdisjoint(used)
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        value = node.value
        if isinstance(value, ast.Dict):
            return bool(value.keys) and all(isinstance(key, ast.Constant) for key in value.keys)
        if isinstance(value, ast.List) and isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_":
            return bool(value.elts) and all(isinstance(item, ast.Dict | ast.Call) for item in value.elts)
        if value is None or isinstance(value, ast.Name):
            return False
        if isinstance(node, ast.AnnAssign):
            return True
        if isinstance(value, ast.List | ast.Tuple) and all(isinstance(item, ast.Name) for item in value.elts):
            return False  # the dimensions of an array
        return set(used) <= names or (bool(calls) and not names.isdisjoint(used))
    if isinstance(node, ast.Return):
        return bool(used) and set(used) <= names
    if isinstance(node, ast.Import | ast.ImportFrom):
        return False
    return bool(used) and not names.isdisjoint(used) and calls.isdisjoint(_SHOWS)


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""
