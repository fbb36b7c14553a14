"""Notebook cells made parsable: magics and shell escapes are masked at equal length and kept as facts.

Every masked line keeps its length, so that columns stay exact. What a statement needs stands in its place:
`pass`, or `_` for a value that nobody knows.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import NamedTuple

from mldebt.facts import Magic
from mldebt.source import Span

_CELL_MAGIC = re.compile(r"[ \t]*(%%[\w.!-]+)[ \t]*(.*)")
_LINE_MAGIC = re.compile(r"([ \t]*)(%{1,2}[A-Za-z_][\w.-]*|!{1,2})[ \t]*(.*)", re.DOTALL)
_ASSIGNED = re.compile(
    r"([ \t]*)([A-Za-z_][\w.,\[\]'\" \t*]*?)([ \t]*=[ \t]*)(%[A-Za-z_]\w*|!{1,2})[ \t]*(.*)", re.DOTALL
)
_HELP = re.compile(
    r"([ \t]*)(\?{1,2}[ \t]*(%{0,2}[\w.*]+)|(%{0,2}[A-Za-z_][\w.*\[\]'\"()]*)\?{1,2})[ \t]*;?[ \t]*(#.*)?"
)
_AUTOMAGIC = re.compile(
    r"([ \t]*)"
    r"((?:pip3?|conda|mamba|cd|ls|ll|mkdir|rmdir|cat|cp|mv|rm|head|tail|pwd|git|wget|unzip|python3?)(?=[ \t]|$))"
    r"[ \t]*(.*)",
    re.DOTALL,
)
_RUNS_CODE = frozenset(
    ("time", "timeit", "prun", "memit", "mprun", "lprun", "debug", "snakeviz", "pyinstrument", "scalene", "heat")
)
_WHOLE_CELL = frozenset(["md", "md-sandbox", "sql", "scala", "r", "R", "sh", "fs", "html", "bash", "markdown"])
"""Line magics that Databricks lets stand for the whole cell."""

_NOT_PYTHON = frozenset(
    [
        "bash",
        "sh",
        "script",
        "sql",
        "bigquery",
        "bq",
        "R",
        "r",
        "html",
        "HTML",
        "javascript",
        "js",
        "latex",
        "markdown",
        "md",
        "svg",
        "SVG",
        "perl",
        "ruby",
        "writefile",
        "file",
        "writetemplate",
        "cython",
        "cu",
        "cuda",
        "cpp",
        "c",
        "julia",
        "system",
        "sx",
        "!",
        "cmd",
        "powershell",
        "pypy",
        "python",
        "python2",
        "python3",
        "configure",
        "sparksql",
        "cypher",
        "dot",
        "mermaid",
        "graphql",
        "css",
        "stata",
        "sas",
        "octave",
        "ai",
        "sos",
        "shell",
        "writeto",
        "append",
        "cat",
        "tikz",
        "blockdiag",
    ]
)
_OPTIONS = re.compile(r"(?:-\w+(?:[ \t]*\d+)?[ \t]+)*")
_FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Masked(NamedTuple):
    """A cell whose magics are masked. The spans of the magics count inside the cell."""

    text: str
    magics: list[Magic]


class Mistake(NamedTuple):
    """Why a text is not Python: the line, counted from 1, and the parser's message."""

    line: int
    message: str


def syntax_mistake(text: str) -> Mistake | None:
    """What Python's own parser has against a text; None if it parses. Cheap, and runs nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<cell>", "exec", _FLAGS, dont_inherit=True)
    except SyntaxError as error:
        return Mistake(max(error.lineno or 1, 1), error.msg)
    except (ValueError, OverflowError) as error:
        return Mistake(1, str(error))
    except (RecursionError, MemoryError):
        return Mistake(1, "too deeply nested")
    return None


def mask_cell(text: str) -> Masked:
    """Mask the magics of a cell. A cell that parses as it is has none."""
    if not any(mark in text for mark in "%!?") and syntax_mistake(text) is None:
        return Masked(text, [])
    if ("%%" not in text or not _first_code(text).lstrip().startswith("%%")) and syntax_mistake(text) is None:
        return Masked(text, [])
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if _is_code(line)), 0)
    if (match := _CELL_MAGIC.fullmatch(lines[first])) is not None:
        return _mask_cell_magic(lines, first, match)
    match = _LINE_MAGIC.fullmatch(lines[first])
    if match is not None and match[2].lstrip("%") in _WHOLE_CELL and _rest_is_foreign(lines[first + 1 :]):
        return _mask_whole(lines, first, match[2], match[3])
    return _mask_lines(lines)


def _first_code(text: str) -> str:
    return next((line for line in text.split("\n") if _is_code(line)), "")


def _is_code(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _rest_is_foreign(lines: list[str]) -> bool:
    return any(line.strip() for line in lines) and syntax_mistake(_mask_lines(lines).text) is not None


def _mask_cell_magic(lines: list[str], first: int, match: re.Match[str]) -> Masked:
    """Mask a cell that starts with a cell magic: its first line, or all of it if it is not Python."""
    name, argument = match[1], match[2]
    if name[2:] in _NOT_PYTHON:
        return _mask_whole(lines, first, name, argument)
    body = mask_cell("\n".join(lines[first + 1 :])) if first + 1 < len(lines) else Masked("", [])
    if name[2:] not in _RUNS_CODE and name != "%%capture" and syntax_mistake(body.text) is not None:
        return _mask_whole(lines, first, name, argument)
    masked = [*lines[:first], _statement(lines[first], "")]
    if first + 1 < len(lines):
        masked += body.text.split("\n")
    start = len(lines[first]) - len(lines[first].lstrip()) + 1
    magic = Magic(name, argument, "", -1, Span(first + 1, start, first + 1, len(lines[first]) + 1))
    return Masked("\n".join(masked), [magic, *(_moved(inner, first + 1) for inner in body.magics)])


def _mask_whole(lines: list[str], first: int, name: str, argument: str) -> Masked:
    text = "\n".join([argument, *lines[first + 1 :]])
    start = len(lines[first]) - len(lines[first].lstrip()) + 1
    span = Span(first + 1, start, len(lines), len(lines[-1]) + 1)
    blank = [" " * len(line) for line in lines[first + 1 :]]
    return Masked(
        "\n".join([*lines[:first], _statement(lines[first], ""), *blank]), [Magic(name, text, "", -1, span)]
    )


def _mask_lines(lines: list[str]) -> Masked:
    """Mask line magics, shell escapes and help requests wherever a statement may start."""
    masked: list[str] = []
    magics: list[Magic] = []
    state = _Nesting()
    number = 0
    while number < len(lines):
        line = lines[number]
        if not state.at_statement or not line.strip() or line.lstrip().startswith("#"):
            state.feed(line)
            masked.append(line)
            number += 1
            continue
        last = number
        while lines[last].endswith("\\") and last + 1 < len(lines):
            last += 1
        found = _mask_statement("\n".join(lines[number : last + 1]))
        if found is None:
            state.feed(line)
            masked.append(line)
            number += 1
            continue
        replaced, name, text, target, start = found
        masked.append(replaced)
        masked += [" " * len(line) for line in lines[number + 1 : last + 1]]
        span = Span(number + 1, start + 1, last + 1, len(lines[last]) + 1)
        magics.append(Magic(name, text, target, -1, span))
        state.feed(replaced)
        number = last + 1
    return Masked("\n".join(masked), magics)


def _mask_statement(statement: str) -> tuple[str, str, str, str, int] | None:
    """The masked first line, the magic's name, text and target, and the column (0-based) where it starts."""
    line = statement.split("\n", 1)[0]
    if match := _LINE_MAGIC.fullmatch(statement):
        indent, name, rest = match[1], match[2], match[3]
        code = _code_of_magic(line, indent, name) if "\n" not in statement else None
        return code or _statement(line, indent), name, rest, "", len(indent)
    if match := _ASSIGNED.fullmatch(statement):
        if syntax_mistake(f"{match[2]} = _") is not None:
            return None
        start = match.end(3)
        return line[:start] + "_".ljust(len(line) - start), match[4], match[5], match[2].strip(), len(match[1])
    if (match := _HELP.fullmatch(line)) is not None and "\n" not in statement:
        return _statement(line, match[1]), "?", match[3] or match[4], "", len(match[1])
    match = _AUTOMAGIC.fullmatch(statement)
    if match is not None and syntax_mistake(statement.strip()) is not None:
        return _statement(line, match[1]), "%" + match[2], match[3], "", len(match[1])
    return None


def _code_of_magic(line: str, indent: str, name: str) -> str | None:
    """`%time x = f()` as `pass; x = f()`: the code that a magic runs stays code, at its columns."""
    if name.lstrip("%") not in _RUNS_CODE:
        return None
    start = len(indent) + len(name)
    start += len(line[start:]) - len(line[start:].lstrip())
    start = _OPTIONS.match(line, start).end()  # type: ignore[union-attr]  # it matches nothing at least
    code = line[start:]
    if not code.strip() or start - len(indent) < 5 or syntax_mistake(code) is not None:
        return None
    masked = indent + "pass;".ljust(start - len(indent)) + code
    return masked if syntax_mistake(masked.strip()) is None else None


def _statement(line: str, indent: str) -> str:
    """A statement that does nothing, as long as the line."""
    width = len(line) - len(indent)
    return indent + ("pass" if width >= 4 else "0").ljust(width)


def _moved(magic: Magic, lines: int) -> Magic:
    span = magic.span
    moved = Span(span.line + lines, span.column, span.end_line + lines, span.end_column)
    return Magic(magic.name, magic.text, magic.target, magic.block, moved)


class _Nesting:
    """Whether the next line starts a statement: outside of brackets, strings and continued lines."""

    _OUTSIDE = re.compile(r"#.*|\"\"\"|'''|[\"'()\[\]{}]|\\$")
    _INSIDE = {quote: re.compile(rf"\\.|\\$|{quote}") for quote in ("'", '"', "'''", '"""')}

    def __init__(self) -> None:
        self.depth = 0
        self.quote = ""
        self.continued = False

    @property
    def at_statement(self) -> bool:
        """Whether a statement may start here."""
        return self.depth == 0 and not self.quote and not self.continued

    def feed(self, line: str) -> None:
        """Take in one line."""
        self.continued = False
        position = 0
        while match := (self._INSIDE[self.quote] if self.quote else self._OUTSIDE).search(line, position):
            token = match[0]
            position = match.end()
            if token == "\\":
                self.continued = True
            elif self.quote:
                self.quote = "" if token == self.quote else self.quote
            elif token[0] in "\"'":
                self.quote = token
            elif token in ("(", "[", "{"):
                self.depth += 1
            elif token in (")", "]", "}"):
                self.depth = max(self.depth - 1, 0)
        if len(self.quote) == 1 and not self.continued:
            self.quote = ""  # an unfinished string ends with its line
