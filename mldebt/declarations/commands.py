"""Shell code in declarations as the commands of a stage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mldebt.declarations.model import UNKNOWN_DIRECTORY, StageCommand, place
from mldebt.extract.shell import parse_commands
from mldebt.facts import Command
from mldebt.source import Location

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^{}]*))?\}|(\w+)|\((\w+)\))")
_MOST_ROUNDS = 5


def commands_of(script: str, location: Location, directory: str = "") -> tuple[StageCommand, ...]:
    """The commands of a script that stands at a place and starts in a directory."""
    return tuple(stage_command(command, location, directory) for command in parse_commands(script))


def stage_command(command: Command, location: Location, directory: str = "") -> StageCommand:
    """A command of the facts as one of a stage that starts in a directory."""
    where = command.directory
    if where not in ("", UNKNOWN_DIRECTORY):
        where = place(directory, where)
    return StageCommand(
        argv=command.argv,
        directory=where or directory,
        location=location,
        redirects=command.redirects,
    )


def expanded(commands: Iterable[StageCommand], variables: Mapping[str, str]) -> tuple[StageCommand, ...]:
    """The commands with the variables filled in that are known."""
    return tuple(
        StageCommand(
            argv=tuple(part for word in command.argv for part in _parts(word, variables)),
            directory=command.directory,
            location=command.location,
            redirects=tuple((operator, expand(word, variables)) for operator, word in command.redirects),
        )
        for command in commands
    )


def _parts(word: str, variables: Mapping[str, str]) -> list[str]:
    """The words that a word becomes: one, or several if it is nothing but a variable whose value has them."""
    filled = expand(word, variables)
    return filled.split() or [filled] if _VARIABLE.fullmatch(word) else [filled]


def expand(word: str, variables: Mapping[str, str]) -> str:
    """A word with `$NAME`, `${NAME}`, `${NAME:-default}` and `$(NAME)` filled in where they are known."""

    def replacement(match: re.Match[str]) -> str:
        name = match[1] or match[3] or match[4]
        if name in variables:
            return variables[name]
        return match[0] if match[2] is None else match[2]

    for _ in range(_MOST_ROUNDS):
        if "$" not in word:
            break
        filled = _VARIABLE.sub(replacement, word)
        if filled == word or len(filled) > 4000:
            break
        word = filled
    return word
