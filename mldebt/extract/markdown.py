"""Markdown to the commands in its fenced code blocks."""

from __future__ import annotations

import re

from mldebt.extract.shell import parse_commands
from mldebt.extract.text import count_lines
from mldebt.facts import Command, Facts, Header

_FENCE = re.compile(r"(?P<indent>[ \t>]*)(?P<fence>`{3,}(?!.*`)|~{3,})[ \t]*\{?\.?(?P<language>[\w+-]*)")
_SHELL = frozenset(("bash", "sh", "shell", "zsh", "console", "shell-session", "sh-session", "terminal", "cmd"))
_PROMPT = re.compile(r"[ \t]*(?:\([\w.-]+\)[ \t]*)?[$%>][ \t]+")
_COMMAND = re.compile(
    r"[ \t]*(?:\$[ \t]+|(?:python3?|pip3?|dvc|conda|make|git|poetry|uv|docker|mlflow|kedro)[ \t]+\S)"
)


def extract_markdown(text: str) -> Facts:
    """The shell commands that a document shows; their context is "fence"."""
    commands: list[Command] = []
    lines = text.split("\n")
    code_lines = number = 0
    while number < len(lines):
        match = _FENCE.match(lines[number])
        number += 1
        if match is None:
            continue
        start = number
        closing = match["fence"]
        while number < len(lines) and not lines[number].strip(" \t>").startswith(closing):
            number += 1
        block = lines[start:number]
        number += 1
        code_lines += len(block)
        commands += _commands(block, start + 1, match["language"].lower())
    header = Header(lines=count_lines(text), code_lines=code_lines)
    return Facts.of(header, commands=commands)


def _commands(block: list[str], line: int, language: str) -> list[Command]:
    """The commands of a block. Where some lines have a prompt, the others are what the commands print."""
    if language not in _SHELL and (language or not any(_COMMAND.match(text) for text in block)):
        return []
    prompted = [_PROMPT.match(text) for text in block]
    if any(prompted):
        kept = []
        continued = False
        for text, match in zip(block, prompted, strict=True):
            blanked = " " * match.end() + text[match.end() :] if match else text
            kept.append(blanked if match or continued else "")
            continued = (match is not None or continued) and text.endswith("\\")
        block = kept
    elif language not in _SHELL:
        block = [text if _COMMAND.match(text) else "" for text in block]
    return parse_commands("\n".join(block), line=line, context="fence")
