"""Shell code to commands: scripts, and the shell code that stands in other files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from mldebt.extract.shell_tokens import Token, tokenize
from mldebt.extract.text import Lines, header_of, line_comments
from mldebt.facts import Command, Facts, Variable
from mldebt.source import Span

MAX_COMMANDS = 20_000
"""Commands of one script beyond which the rest is dropped (and the header says so)."""

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=(.*)", re.DOTALL)
_KEYWORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "while",
        "until",
        "do",
        "done",
        "!",
        "{",
        "}",
        "time",
        "esac",
        "function",
        "coproc",
    ]
)
_DECLARATIONS = frozenset(["export", "declare", "local", "readonly", "typeset"])
_UNKNOWN = "?"
_DEEPEST = 50
"""Directories below each other beyond which nobody follows a script."""


class Script(NamedTuple):
    """What shell code states."""

    commands: list[Command]
    variables: list[Variable]


def extract_shell(text: str) -> Facts:
    """The commands and variables of a shell script."""
    script = parse_script(text)
    return Facts.of(
        header_of(text, truncated=len(script.commands) > MAX_COMMANDS),
        commands=script.commands[:MAX_COMMANDS],
        variables=script.variables[:MAX_COMMANDS],
        comments=line_comments(text),
    )


def parse_commands(
    script: str, *, line: int = 1, column: int = 1, directory: str = "", context: str = ""
) -> list[Command]:
    """The commands of a string of shell code that starts at a place and in a directory."""
    return parse_script(script, line=line, column=column, directory=directory, context=context).commands


def parse_script(
    script: str, *, line: int = 1, column: int = 1, directory: str = "", context: str = ""
) -> Script:
    """The commands and variables of a string of shell code that starts at a place and in a directory."""
    if not script.strip():
        return Script([], [])
    parser = _Parser(script, line, column, directory, context)
    return parser.parse()


class _Parser:
    """Turns tokens into commands, remembering the directory that `cd` leads to."""

    def __init__(self, script: str, line: int, column: int, directory: str, context: str) -> None:
        self.tokens = tokenize(script)
        self.places = Lines(script)
        self.line, self.column = line, column
        self.directory, self.context = directory, context
        self.outer: list[str] = []
        self.pushed: list[str] = []
        self.result = Script([], [])

    def parse(self) -> Script:
        """All commands, in order."""
        current: list[Token] = []
        following = [*(token.text for token in self.tokens[1:]), ""]
        for token, after in zip(self.tokens, following, strict=False):
            if token.kind in ("word", "redirect"):
                current.append(token)
                continue
            if token.text == ")" and not self.outer:
                current.clear()  # the pattern of a `case`
                continue
            if token.text == "(" and after == ")":
                current.clear()  # the name of a function
            self.add(current)
            current = []
            if token.text == "(":
                self.outer.append(self.directory)
            elif token.text == ")":
                self.directory = self.outer.pop()
        self.add(current)
        return self.result

    def add(self, tokens: list[Token]) -> None:
        """Add what stands between two separators: assignments, a command, or only keywords."""
        while tokens and tokens[0].kind == "word" and not tokens[0].quoted and tokens[0].text in _KEYWORDS:
            tokens = tokens[1:]
        if not tokens or (tokens[0].text in ("for", "case", "select") and not tokens[0].quoted):
            return
        words, redirects = _split_redirects(tokens)
        while words and self.assign(words[0]):
            words = words[1:]
        if words and words[0].text in _DECLARATIONS:
            for word in words[1:]:
                self.assign(word)
            return
        if not words:
            return
        argv = tuple(word.text for word in words)
        span = self.span(words[0].start, max(tokens[-1].end, words[-1].end))
        self.result.commands.append(Command(argv, redirects, self.directory, self.context, span))
        self.follow(argv)

    def assign(self, word: Token) -> bool:
        """Add a variable if the word is an assignment."""
        match = None if word.quoted else _ASSIGNMENT.fullmatch(word.text)
        if match is None:
            return False
        self.result.variables.append(Variable(match[1], match[2], self.span(word.start, word.end)))
        return True

    def follow(self, argv: tuple[str, ...]) -> None:
        """Change the directory as the command does."""
        name = argv[0]
        operands = [word for word in argv[1:] if not word.startswith("-") or word == "-"]
        if name == "cd":
            self.directory = change_directory(self.directory, operands[0] if operands else "~")
        elif name == "pushd" and operands:
            self.pushed.append(self.directory)
            self.directory = change_directory(self.directory, operands[0])
        elif name == "popd":
            self.directory = self.pushed.pop() if self.pushed else _UNKNOWN

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets of the script, in the file that holds it."""
        return Span(*self.place(start), *self.place(end))

    def place(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset of the script, in the file that holds it."""
        line, column = self.places.place(offset)
        return line + self.line - 1, column + (self.column - 1 if line == 1 else 0)


def change_directory(directory: str, target: str) -> str:
    """Where `cd target` leads from a directory: relative to the start (""), absolute, or "?"."""
    if not target or target[0] in "~-" or any(mark in target for mark in "$`{*?%"):
        return _UNKNOWN
    if target.startswith("/"):
        return posixpath.normpath(target)
    if directory == _UNKNOWN:
        return _UNKNOWN
    joined = posixpath.normpath(posixpath.join(directory, target))
    if joined.count("/") > _DEEPEST:
        return _UNKNOWN
    return "" if joined == "." else joined


def _split_redirects(tokens: list[Token]) -> tuple[list[Token], tuple[tuple[str, str], ...]]:
    """The words that are arguments, and the redirects as (operator, target); here-documents are neither."""
    words: list[Token] = []
    redirects: list[tuple[str, str]] = []
    waiting: Iterator[Token] = iter(tokens)
    for token in waiting:
        if token.kind == "word":
            words.append(token)
            continue
        target = next(waiting, None)
        if target is not None and not token.text.lstrip("0123456789").startswith("<<"):
            redirects.append((token.text, target.text))
    return words, tuple(redirects)
