"""Dockerfiles to instructions, the commands they run and the variables they set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from mldebt.extract.shell import parse_commands
from mldebt.extract.shell_tokens import tokenize
from mldebt.extract.text import directive_comments, header_of
from mldebt.facts import Command, Facts, Instruction, Variable
from mldebt.source import Span

_NAME = re.compile(r"[ \t]*(?:ONBUILD[ \t]+)?([A-Za-z]+)(?:[ \t]+|$|(?=\\))", re.IGNORECASE)
_FLAGS = re.compile(r"(?:--[\w-]+(?:=\S*)?[ \t\\\n]+)*")
_HEREDOC = re.compile(r"<<-?[ \t]*([\"']?)(\w+)\1")
_ESCAPE = re.compile(r"#[ \t]*escape[ \t]*=[ \t]*(\S)", re.IGNORECASE)
_WITH_HEREDOC = frozenset(("RUN", "COPY", "ADD"))


class _Raw(NamedTuple):
    """An instruction as written: its name, and the rest with comment lines blanked at equal length."""

    name: str
    body: str
    line: int
    start: int
    column: int
    end_line: int
    end_column: int


def extract_dockerfile(text: str) -> Facts:
    """The instructions of a Dockerfile, and the commands and variables in them."""
    instructions: list[Instruction] = []
    commands: list[Command] = []
    variables: list[Variable] = []
    for raw in _instructions(text):
        span = Span(raw.line, raw.start, raw.end_line, raw.end_column)
        value = re.sub(r"[ \t]*\\[ \t]*\n[ \t]*", " ", raw.body).strip()
        instructions.append(Instruction(raw.name, value, span))
        if raw.name in ("RUN", "CMD", "ENTRYPOINT"):
            commands += _commands(raw)
        elif raw.name in ("ENV", "ARG"):
            variables += _variables(raw.name, value, span)
    return Facts.of(
        header_of(text),
        instructions=instructions,
        commands=commands,
        variables=variables,
        comments=directive_comments(text),
    )


def _instructions(text: str) -> Iterator[_Raw]:
    lines = text.split("\n")
    escape = match[1] if (match := _ESCAPE.match(text)) else "\\"
    number = 0
    while number < len(lines):
        first = number
        number += 1
        match = _NAME.match(lines[first])
        if match is None or lines[first].lstrip().startswith("#"):
            continue
        parts = [lines[first]]
        while _continues(parts[-1], escape) and number < len(lines):
            line = lines[number]
            blank = not line.strip() or line.lstrip().startswith("#")
            parts.append(" " * max(len(line) - 1, 0) + escape if blank else line)
            number += 1
        while len(parts) > 1 and parts[-1].strip() == escape:
            parts.pop()  # nothing follows these blank lines and comments
        name = match[1].upper()
        for heredoc in _HEREDOC.findall("\n".join(parts)) if name in _WITH_HEREDOC else ():
            while number < len(lines):
                parts.append(lines[number])
                number += 1
                if parts[-1].strip() == heredoc[1]:
                    break
        body = "\n".join(parts)[match.end() :]
        if escape != "\\":
            body = body.replace(escape + "\n", "\\\n")
        last = first + len(parts)
        yield _Raw(name, body, first + 1, match.start(1) + 1, match.end() + 1, last, len(lines[last - 1]) + 1)


def _continues(line: str, escape: str) -> bool:
    return line.rstrip().endswith(escape)


def _commands(raw: _Raw) -> list[Command]:
    """The commands of RUN, CMD and ENTRYPOINT in shell or exec form."""
    flags = _FLAGS.match(raw.body)
    start = flags.end() if flags else 0
    before, body = raw.body[:start], raw.body[start:]
    line = raw.line + before.count("\n")
    column = raw.column + start if "\n" not in before else start - before.rfind("\n")
    if (heredoc := _HEREDOC.match(body)) is not None:
        script = body.partition("\n")[2].rpartition("\n")[0]
        return (
            []
            if body[heredoc.end() :].split("\n")[0].strip()
            else parse_commands(script, line=line + 1, context=raw.name)
        )
    if body.lstrip().startswith("["):
        words = _exec_form(body)
        if words:
            span = Span(line, column, raw.end_line, raw.end_column)
            if words[0].rpartition("/")[2] in ("sh", "bash") and len(words) > 2 and words[1] in ("-c", "-lc"):
                found = parse_commands(words[2], line=line, column=column, context=raw.name)
                return [Command(c.argv, c.redirects, c.directory, c.context, span) for c in found]
            return [Command(tuple(words), (), "", raw.name, span)]
    return parse_commands(body, line=line, column=column, context=raw.name)


def _exec_form(body: str) -> list[str]:
    try:
        words = json.loads(re.sub(r"\\[ \t]*\n", "", body))
    except ValueError:
        return []
    return [str(word) for word in words] if isinstance(words, list) else []


def _variables(name: str, value: str, span: Span) -> list[Variable]:
    """`ENV a=b c=d`, `ENV a b`, `ARG a=b` and `ARG a`."""
    words = [token.text for token in tokenize(value) if token.kind == "word"]
    if not words:
        return []
    if name == "ENV" and "=" not in words[0]:
        return [Variable(words[0], value[len(words[0]) :].strip(), span)]
    pairs = (word.partition("=") for word in words)
    return [Variable(key, text, span) for key, _, text in pairs if key]
