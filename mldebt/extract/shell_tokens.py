"""Shell code cut into words and operators, tolerantly: whatever is written, something sensible comes out."""

from __future__ import annotations

import re
from typing import NamedTuple

_REDIRECT = re.compile(r"\d*(?:<<<|<<-?|<>|<&|>&|>>|>\||<|>)|&>>?")
_OPERATOR = re.compile(r"\|\||&&|\|&|;;&?|;&|[;&|()]")
_ENDS_WORD = frozenset(" \t\f\v\n;&|<>()")


class Token(NamedTuple):
    """A piece of shell code.

    `kind` is word, redirect, operator or newline; `text` is the word without its quotes; `start` and `end` are
    offsets; `quoted` says that the word starts with a quote, so that it is no keyword and no assignment.
    """

    kind: str
    text: str
    start: int
    end: int
    quoted: bool = False


def tokenize(script: str) -> list[Token]:
    """Cut shell code into tokens. Comments and the bodies of here-documents are left out."""
    tokens: list[Token] = []
    pending: list[tuple[str, bool]] = []
    position, size = 0, len(script)
    while position < size:
        character = script[position]
        if character == "\n":
            tokens.append(Token("newline", "\n", position, position + 1))
            position = _skip_bodies(script, position + 1, pending)
            pending.clear()
        elif character in " \t\f\v":
            position += 1
        elif script.startswith("\\\n", position):
            position += 2
        elif character == "#":
            position = _line_end(script, position)
        elif (match := _REDIRECT.match(script, position)) and not script.startswith(("<(", ">("), position):
            tokens.append(Token("redirect", match[0], position, match.end()))
            position = match.end()
        elif (match := _OPERATOR.match(script, position)) is not None:
            tokens.append(Token("operator", match[0], position, match.end()))
            position = match.end()
        else:
            text, end = _read_word(script, position)
            if tokens and tokens[-1].kind == "redirect" and tokens[-1].text.lstrip("0123456789") in ("<<", "<<-"):
                pending.append((text, tokens[-1].text.endswith("-")))
            tokens.append(Token("word", text, position, end, quoted=character in "'\"\\"))
            position = end
    return tokens


def _skip_bodies(script: str, position: int, pending: list[tuple[str, bool]]) -> int:
    """The offset after the here-documents that start at a line."""
    for delimiter, strip_tabs in pending:
        start = position
        while position < len(script):
            end = _line_end(script, position)
            line = script[position:end]
            position = min(end + 1, len(script))
            if (line.lstrip("\t") if strip_tabs else line) == delimiter:
                break
        else:
            return start  # without its end it is none: `<<` was a shift, or the script is cut off
    return position


def _read_word(script: str, start: int) -> tuple[str, int]:
    """The word at an offset, its quotes removed, and the offset after it."""
    parts: list[str] = []
    position, size = start, len(script)
    while position < size:
        character = script[position]
        if script.startswith(("<(", ">("), position) and position == start:
            end = _closing(script, position + 1)
            parts.append(script[position:end])
        elif character in _ENDS_WORD:
            break
        elif character == "\\":
            end = min(position + 2, size)
            parts.append(script[position + 1 : end].replace("\n", ""))
        elif character == "'":
            end = _quote_end(script, position)
            parts.append(script[position + 1 : end].removesuffix("'"))
        elif character == '"':
            end = _double_quote_end(script, position)
            parts.append(_unescape(script[position + 1 : end].removesuffix('"')))
        elif character == "`":
            end = _quote_end(script, position)
            parts.append(script[position:end])
        elif script.startswith(("$(", "${", "{{"), position):
            end = _closing(script, position + (character == "$"))
            parts.append(script[position:end])
        else:
            end = position + 1
            parts.append(character)
        position = max(end, position + 1)
    return "".join(parts), position


def _quote_end(script: str, start: int) -> int:
    """The offset after the quote that closes the one at `start`; the end of the line without one."""
    end = script.find(script[start], start + 1)
    return end + 1 if end != -1 else _line_end(script, start)


def _double_quote_end(script: str, start: int) -> int:
    position = start + 1
    while position < len(script):
        character = script[position]
        if character == '"':
            return position + 1
        if character == "\\":
            position += 2
        elif script.startswith("$(", position):
            position = _closing(script, position + 1)
        else:
            position += 1
    return _line_end(script, start)


def _closing(script: str, start: int) -> int:
    """The offset after the bracket that closes the one at `start`; the end of the line without one."""
    opening = script[start]
    closing = ")" if opening == "(" else "}"
    depth, position = 0, start
    while position < len(script):
        character = script[position]
        if character == "\\":
            position += 2
            continue
        if character == "'" and opening == "(":
            position = _quote_end(script, position)
            continue
        depth += (character == opening) - (character == closing)
        position += 1
        if depth == 0:
            return position
    return _line_end(script, start)


def _unescape(text: str) -> str:
    return re.sub(r'\\(["\\$`])', r"\1", text.replace("\\\n", "")) if "\\" in text else text


def _line_end(script: str, position: int) -> int:
    end = script.find("\n", position)
    return len(script) if end == -1 else end
