"""Comments that hold another value of a variable, or one more argument, beside the one that is used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mldebt.facts import Attr, Called, Comment, ParkedCode, Ref
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Span

_PARKED = re.compile(
    r"#+\s*(?P<name>[A-Za-z_][\w.]*)\s*=\s*(?P<maker>[A-Za-z_]\w*)(?P<rest>[\w.]*)\(.*\)?\s*\\?$"
)
_EXPLAINS = re.compile(
    r"\b(examples?|usage|e\.g\.|uncomment|equivalent|same as|alternatively)\b|->", re.IGNORECASE
)
_FARTHEST = 3


_ARGUMENT = re.compile(r"#+\s*(?P<name>[a-z]\w*)\s*=\s*(?P<value>[^=\s].*?)\s*,?$")
_PROSE = re.compile(r"\w+ (?!if\b|else\b|for\b|in\b|and\b|or\b|not\b|is\b|lambda\b)[a-z]{2,} [a-z]")


class ParkedAlternative(NamedTuple):
    """Such a comment, and the name of the variable that it gives another value, or of the argument."""

    span: Span
    name: str
    is_argument: bool


def parked_alternatives(source: SourceFacts) -> list[ParkedAlternative]:
    """Such comments in a file, in order. What may be both is another value of a variable."""
    found = {span: ParkedAlternative(span, name, True) for span, name in _arguments(source)}
    found.update((span, ParkedAlternative(span, name, False)) for span, name in _alternatives(source))
    return [found[span] for span in sorted(found)]


def _alternatives(source: SourceFacts) -> Iterator[tuple[Span, str]]:
    """The comments that assign to the variable that the next line of code around them assigns to."""
    comments = {comment.span.line: comment for comment in source.facts.comments if comment.own_line}
    assigned = dict(_assigned(source))
    known = {binding.name for binding in source.facts.bindings}
    large = {line for parked in _large(source) for line in range(parked.span.line, parked.span.end_line + 1)}
    for line, comment in comments.items():
        match = _PARKED.match(comment.text)
        if match is None or match["maker"] not in known or line in large:
            continue
        made = comment.text.partition("=")[2]
        if match["maker"] == match["name"].partition(".")[0] or re.search(rf"\b{match['name']}\b", made):
            continue  # one more step, and no other value
        around = [comments[n].text for n in range(line - 2, line + 2) if n in comments]
        if any(map(_EXPLAINS.search, around)):
            continue
        if any(assigned.get(near) == match["name"] for near in _near(comments, line)):
            yield comment.span, match["name"]


def _arguments(source: SourceFacts) -> Iterator[tuple[Span, str]]:
    """The comments between the arguments of a call that would be one more of them."""
    lines = {c.span.line: c.text for c in source.facts.comments if c.own_line}
    matches = [(c, m) for c in source.facts.comments if c.own_line and (m := _ARGUMENT.match(c.text))]
    for comment, match in matches:
        line = comment.span.line
        around = [c for c in source.facts.calls if c.span.line < line < c.span.end_line and c.keywords]
        call = max(around, key=lambda c: c.span, default=None)
        if call is None or _EXPLAINS.search(comment.text) or _PROSE.search(match["value"]):
            continue
        if _is_in_parked_call(lines, line):
            continue
        yield comment.span, match["name"]


def _is_in_parked_call(lines: dict[int, str], line: int) -> bool:
    """Whether the comments right above begin a call: it is what is parked, and no argument."""
    above = line - 1
    while above in lines:
        if lines[above].rstrip().endswith("("):
            return True
        above -= 1
    return False


def _assigned(source: SourceFacts) -> Iterator[tuple[int, str]]:
    """The lines, first and last of a statement, on which the result of a call is assigned, with the target."""
    content = source.facts
    for binding in content.bindings:
        if binding.kind == "assign" and isinstance(binding.value, Called) and not binding.path:
            yield binding.span.line, binding.name
            yield content.calls[binding.value.call].span.end_line, binding.name
    for store in content.stores:
        target = store.target
        made = store.value if isinstance(store.value, Called) and not store.path else None
        if made is not None and isinstance(target, Attr) and isinstance(target.base, Ref):
            yield store.span.line, f"{target.base.name}.{target.name}"
            yield content.calls[made.call].span.end_line, f"{target.base.name}.{target.name}"


def _large(source: SourceFacts) -> Iterator[ParkedCode]:
    """Parked code that is reported as a whole."""
    return (p for p in source.facts.parked if p.span.end_line - p.span.line >= 4)


def _near(comments: dict[int, Comment], line: int) -> Iterator[int]:
    """The first line of code above and below a comment, past other comments."""
    for step in (-1, 1):
        near = line + step
        while near in comments and abs(near - line) < _FARTHEST:
            near += step
        yield near
