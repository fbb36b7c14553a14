"""What is wrong with Python that does not parse: Python 2, a template, a merge conflict, or a mistake."""

from __future__ import annotations

import re

from mldebt.facts import Problem
from mldebt.source import Span

_CONFLICT = re.compile(r"^(<{7}|>{7}|\|{7})(?: .*)?$", re.MULTILINE)
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<%.*?%>")
_TEMPLATE_BLOCK = re.compile(
    r"^\s*\{%-?\s*(if|for|endif|endfor|else|elif|block|set|macro|extends|include)\b", re.M
)
_PYTHON_2 = tuple(
    (re.compile(pattern, re.MULTILINE), what)
    for pattern, what in (
        (r"^[ \t]*(?:[^#'\"\n]*?[:;][ \t]*)?print[ \t]+(?![ \t=.,:()\]])[^\n]*", "a `print` statement"),
        (r"^[ \t]*print[ \t]*>>[ \t]*\w", "a `print >>` statement"),
        (r"^[ \t]*except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:", "`except X, e:`"),
        (r"^[ \t]*except[ \t]*\([^)\n]*\)[ \t]*,[ \t]*\w+[ \t]*:", "`except (X, Y), e:`"),
        (r"^[ \t]*raise[ \t]+[\w.]+[ \t]*,[ \t]*\S", "`raise X, value`"),
        (r"^[ \t]*exec[ \t]+(?![ \t=.,:()\]])[^\n]*", "an `exec` statement"),
        (r"^[ \t]*def[ \t]+\w+[ \t]*\([^)\n]*\([\w, \t]+\)[^)\n]*\)[ \t]*:", "an unpacked parameter"),
        (r"^[^#'\"\n]*[\w)\]][ \t]*<>[ \t]*[\w('\"]", "the operator `<>`"),
        (r"^[^#'\"\n]*[=(,][ \t]*`[^`\n]+`", "backticks for `repr`"),
        (r"^[^#'\"\n]*(?<![\w.])0[0-7]+[lL]?\b(?!\.)(?![ \t]*[\"'])", "an octal number without `0o`"),
        (r"^[^#'\"\n]*(?<![\w.])(?:0x[0-9a-fA-F]+|\d+)[lL]\b", "a number ending in `L`"),
        (r"^[^#'\"\n]*(?<!\w)ur['\"]", "a `ur` string"),
        (r"^[^#'\"\n]*\blambda[ \t]*\([\w, \t]+\)[ \t]*:", "a `lambda` with an unpacked parameter"),
    )
)
_STATEMENTS = 8
"""How many of these patterns hardly stand in a string by chance."""

_CAUGHT_AS = re.compile(r"^[ \t]*except[ \t]*(?:[\w.]+|\([^)\n]*\))[ \t]*,[ \t]*[a-z_]\w*[ \t]*:", re.MULTILINE)
_INTERPRETER_2 = re.compile(r"\A#!.*\bpython2")


def diagnose_syntax(text: str, line: int, message: str, *, fatal: bool = True) -> Problem:
    """The problem of a Python text that its parser refused at a line (1-based) with a message.

    `kind` is merge-conflict, template, python-2 or, failing all these, syntax-error with the message.
    `fatal` is False where only a part of the file is lost (a notebook's cell).
    """
    if conflict := conflict_line(text):
        return Problem("merge-conflict", "holds an unresolved merge conflict", Span.at(conflict), fatal)
    if is_template(text, line):
        return Problem("template", "is a template, not Python", Span.at(line), fatal)
    if found := python_2(text, line):
        where, what = found
        return Problem("python-2", f"is Python 2: {what}", Span.at(where), fatal)
    return Problem("syntax-error", f"does not parse: {message}", Span.at(line), fatal)


def conflict_line(text: str) -> int:
    """The line of the first merge-conflict marker, 0 without one."""
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return 0
    markers = list(_CONFLICT.finditer(text))
    kinds = {match[1][0] for match in markers}
    return text.count("\n", 0, markers[0].start()) + 1 if {"<", ">"} <= kinds else 0


def is_template(text: str, line: int) -> bool:
    """Whether a text that does not parse at a line is one that a template engine fills in first."""
    if "{{" not in text and "{%" not in text and "<%" not in text:
        return False
    if _TEMPLATE_BLOCK.search(text):
        return True
    lines = text.split("\n")
    near = "\n".join(lines[max(line - 2, 0) : line + 1])
    return any(
        ("'" not in found and '"' not in found) or "cookiecutter" in found for found in _TEMPLATE.findall(near)
    )


def python_2(text: str, line: int) -> tuple[int, str] | None:
    """The line of what only Python 2 accepts, and a name for it; the refused line is looked at first."""
    lines = text.split("\n")
    refused = lines[line - 1] if 0 < line <= len(lines) else ""
    for pattern, what in _PYTHON_2:
        if pattern.match(refused):
            return line, what
    found = [
        (match.start(), what) for pattern, what in _PYTHON_2[:_STATEMENTS] if (match := pattern.search(text))
    ]
    if found:
        start, what = min(found)
        return text.count("\n", 0, start) + 1, what
    return (1, "its first line names the interpreter") if _INTERPRETER_2.match(text) else None


def caught_with_comma(text: str) -> int:
    """The line of the first `except X, e:`, 0 without one.

    Newer Pythons read it again, as two exceptions to catch; a name in lower case is no exception.
    """
    match = _CAUGHT_AS.search(text) if "except" in text else None
    return text.count("\n", 0, match.start()) + 1 if match else 0
