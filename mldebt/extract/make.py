"""Makefiles to targets, the commands of their recipes, and variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt.extract.shell import parse_commands
from mldebt.extract.text import header_of, line_comments
from mldebt.facts import Command, Facts, Target, Variable
from mldebt.source import Span

_VARIABLE = re.compile(
    r" *(?:(?:export|override|private)[ \t]+)*(?P<name>[^\s:#=?+!]+)[ \t]*"
    r"(?P<operator>:{0,3}=|\?=|\+=|!=)[ \t]*(?P<value>(?:[^#\n]|\n)*)"
)
_RULE = re.compile(r"(?P<targets>[^\t\n:=#][^\n:=#]*?)[ \t]*&?::?(?!=)(?P<rest>.*)", re.DOTALL)
_DIRECTIVE = re.compile(
    r" *(ifeq|ifneq|ifdef|ifndef|else|endif|-?include|sinclude|vpath|unexport|undefine|load)\b"
)
_CONTINUATION = re.compile(r"\\\n[ \t]*")
_PREFIX = re.compile(r"[ \t]*[@+-]*[ \t]*")


def extract_make(text: str) -> Facts:
    """The targets, recipe commands and variables of a Makefile; `$(NAME)` stays as written."""
    reader = _Reader()
    for line, logical in _logical_lines(text):
        reader.read(line, logical)
    targets = [
        Target(t.name, t.prerequisites, t.name in reader.phony or ".PHONY" in t.prerequisites, t.span)
        for t in reader.targets
    ]
    return Facts.of(
        header_of(text),
        targets=targets,
        commands=reader.commands,
        variables=reader.variables,
        comments=line_comments(text),
    )


class _Reader:
    """Takes in logical lines, one after the other."""

    def __init__(self) -> None:
        self.targets: list[Target] = []
        self.commands: list[Command] = []
        self.variables: list[Variable] = []
        self.phony: set[str] = set()
        self.context = ""
        self.defining = False

    def read(self, line: int, text: str) -> None:
        """Read a logical line (continuation lines included) that starts at a line."""
        first = text.split("\n", 1)[0]
        if self.defining:
            self.defining = not first.strip().startswith("endef")
        elif first.startswith("define ") or first.strip() == "define":
            self.defining = True
        elif text.startswith("\t") and self.context:
            self.recipe(line, 1, text)
        elif not first.strip() or first.lstrip().startswith("#") or _DIRECTIVE.match(first):
            return
        elif match := _VARIABLE.fullmatch(text.split(" #")[0]):
            value = _CONTINUATION.sub(" ", match["value"]).strip()
            start = match.start("name") + 1
            span = Span(line, start, line, start + len(match["name"]))
            self.variables.append(Variable(match["name"], value, span))
        elif match := _RULE.match(text):
            self.rule(line, match)

    def rule(self, line: int, match: re.Match[str]) -> None:
        """Read `targets: prerequisites ; recipe`."""
        rest, _, recipe = match["rest"].partition(";")
        rest = _CONTINUATION.sub(" ", rest.partition("#")[0])
        if "=" in rest:
            return  # a variable of one target
        names = _CONTINUATION.sub(" ", match["targets"]).split()
        if ":" in rest:  # a static pattern rule: targets: pattern: prerequisites
            rest = rest.partition(":")[2]
        prerequisites = tuple(word for word in rest.split() if word != "|")
        if names == [".PHONY"]:
            self.phony.update(prerequisites)
            return
        span = Span(line, 1, line, len(match["targets"].split("\n", 1)[0]) + 1)
        self.targets += [Target(name, prerequisites, False, span) for name in names]
        self.context = names[0] if names else ""
        if recipe.strip() and "\n" not in match["rest"]:
            self.recipe(line, match.end() - len(recipe) + 1, recipe)

    def recipe(self, line: int, column: int, text: str) -> None:
        """Read a line of a recipe. Each one is a shell of its own."""
        prefix = _PREFIX.match(text)
        start = prefix.end() if prefix else 0
        script = text[start:].replace("$$", "$").replace("$<", "$(<)")  # a shell would read a redirect
        column += start
        found = parse_commands(script, line=line, column=column, context=self.context)
        if script != text[start:]:  # longer or shorter than written: point at the whole line
            lines = text.split("\n")
            span = Span(
                line, column, line + len(lines) - 1, len(lines[-1]) + (column - start if len(lines) < 2 else 1)
            )
            found = [Command(c.argv, c.redirects, c.directory, c.context, span) for c in found]
        self.commands += found


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, those that end in a backslash together with the next one."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        first = number
        while lines[number].endswith("\\") and number + 1 < len(lines):
            number += 1
        number += 1
        yield first + 1, "\n".join(lines[first:number])
