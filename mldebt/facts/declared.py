"""What configuration, commands, manifests and SQL state."""

from __future__ import annotations

from mldebt.facts.expressions import Fact
from mldebt.source import Span


class Entry(Fact, frozen=True):
    """A node of a configuration document, in document order; the root has an empty path.

    `kind` is map, seq or scalar; `value` is the scalar as PyYAML's safe loader, tomllib, … read it; `text` is
    the scalar as written (without quotes); `tag` an explicit YAML tag. `key` is the span of the key.
    `document` counts the documents of a YAML stream.
    """

    path: tuple[str | int, ...]
    kind: str
    value: None | bool | int | float | str
    text: str
    tag: str
    key: Span
    span: Span
    document: int = 0


class Command(Fact, frozen=True):
    """A command of a shell script, a Make recipe, a Dockerfile, a `!` escape or a Markdown code fence.

    `argv` holds the words without quotes, variables unexpanded (`$DATA/train.csv`); `redirects` holds
    (operator, target) pairs; `directory` is where an earlier `cd` of the same script leads ("" for the
    start, "?" where it cannot be known); `context` names the Make target or Dockerfile instruction.
    """

    argv: tuple[str, ...]
    redirects: tuple[tuple[str, str], ...]
    directory: str
    context: str
    span: Span


class Variable(Fact, frozen=True):
    """A variable of a shell script, a Makefile, an `.env` file or a Dockerfile (ARG, ENV)."""

    name: str
    value: str
    span: Span


class Target(Fact, frozen=True):
    """A Make target with its prerequisites; its commands have its name as their context."""

    name: str
    prerequisites: tuple[str, ...]
    phony: bool
    span: Span


class Instruction(Fact, frozen=True):
    """A Dockerfile instruction, its continuation lines joined."""

    name: str
    value: str
    span: Span


class Requirement(Fact, frozen=True):
    """A line of a requirements file.

    `kind` is requirement, include (-r), constraint (-c), editable, option or invalid; `name` is the normalised
    distribution name, `specifier` as written (`>=1.0,<2`), `address` a URL or path.
    """

    kind: str
    name: str
    specifier: str
    extras: tuple[str, ...]
    marker: str
    address: str
    hashed: bool
    text: str
    span: Span


class Statement(Fact, frozen=True):
    """A SQL statement: its text and, where sqlglot can read it, the tables it reads and writes."""

    text: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    span: Span
