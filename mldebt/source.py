"""A file to analyse, and places in it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import msgspec

from mldebt.files import read_file


class Kind(StrEnum):
    """What a file is, decided by its name alone (see `mldebt.discover.kind_of`)."""

    PYTHON = "python"
    NOTEBOOK = "notebook"
    YAML = "yaml"
    TOML = "toml"
    JSON = "json"
    INI = "ini"
    ENV = "env"
    REQUIREMENTS = "requirements"
    DOCKERFILE = "dockerfile"
    SHELL = "shell"
    MAKE = "make"
    SNAKEMAKE = "snakemake"
    SQL = "sql"
    MARKDOWN = "markdown"


class Role(StrEnum):
    """The part a file plays; each rule says on which roles it runs (`Rule.skip_roles`)."""

    TEST = "test"
    VENDORED = "vendored"
    GENERATED = "generated"
    TEMPLATE = "template"
    DOCS = "docs"
    TUTORIAL = "tutorial"
    NOTEBOOK = "notebook"
    CONFIG = "config"
    MIGRATION = "migration"


class Span(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """A stretch of text. Lines and columns are 1-based, columns count code points; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def at(cls, line: int, column: int = 1) -> Span:
        """The empty stretch at a place."""
        return cls(line, column, line, column)


class Location(msgspec.Struct, frozen=True, gc=False):
    """A stretch of one file of the project.

    `path` is relative to the analysed root, with `/`. In notebooks `cell` is the 0-based index in the
    notebook's cell list and the span counts inside that cell; elsewhere `cell` is None.
    """

    path: str
    span: Span
    cell: int | None = None

    def __lt__(self, other: Location) -> bool:
        return self.order < other.order

    def __le__(self, other: Location) -> bool:
        return self.order <= other.order

    def __gt__(self, other: Location) -> bool:
        return self.order > other.order

    def __ge__(self, other: Location) -> bool:
        return self.order >= other.order

    @property
    def order(self) -> tuple[str, int, Span]:
        """The sort key: path, cell, span."""
        return (self.path, -1 if self.cell is None else self.cell, self.span)

    def __str__(self) -> str:
        if self.cell is None:
            return f"{self.path}:{self.span.line}"
        return f"{self.path}:cell {self.cell + 1}:{self.span.line}"


class Source(msgspec.Struct, frozen=True):
    """One file's place, kind and roles. Its bytes are read on demand.

    `path` is relative to the analysed root, with `/`; `file` is where the bytes are; `data` holds them
    when they do not come from disk (standard input, a git object, an example).
    """

    path: str
    kind: Kind
    file: Path
    roles: frozenset[Role] = frozenset()
    data: bytes | None = None

    def read(self) -> bytes:
        """The file's bytes. Raises OSError where it cannot be read."""
        return read_file(self.file, follow=False) if self.data is None else self.data

    def is_any(self, *roles: Role) -> bool:
        """Whether the file plays one of the given roles."""
        return not self.roles.isdisjoint(roles)
