"""The vocabulary of declarations: stages, and the data, parameters and code that they name."""

from __future__ import annotations

import posixpath
import re
from typing import Literal

import msgspec

from mldebt.source import Location

DeclaredKind = Literal["input", "output", "param", "metric", "plot", "dataset", "table", "model", "code"]

UNKNOWN_DIRECTORY = "?"
"""The directory of a command whose `cd` cannot be followed."""

_SCHEME = re.compile(r"[A-Za-z][\w+.-]*://")


class _Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all declarations."""


class _WithOptions(_Declaration, frozen=True, kw_only=True):
    """What has options: pairs such as `("cache", "false")`."""

    options: tuple[tuple[str, str], ...] = ()

    def option(self, name: str) -> str | None:
        """An option's text (`true` and `false` in lower case); None where it is not given."""
        return next((value for key, value in self.options if key == name), None)


class StageCommand(_Declaration, frozen=True):
    """One command that a stage runs.

    `argv` holds its words without quotes; what cannot be known in them is still a `$name`. `directory` is
    where it runs, relative to the root (absolute where the stage says so), or `UNKNOWN_DIRECTORY`.
    """

    argv: tuple[str, ...]
    directory: str
    location: Location
    redirects: tuple[tuple[str, str], ...] = ()


class Declared(_WithOptions, frozen=True):
    """One thing that a declaration names.

    `path` is, by kind: the path relative to the root or the URI of an input, output, metric, plot or dataset
    file; the name of a catalogue dataset; a key of a parameter file (empty: the whole file); a table; for code
    `path/of/file.py` or `path/of/file.py:qualified.name`. It holds `$` where a part of it is unknown.
    `name` is what the project calls it (catalogue name, argument name), `file` the parameter file of a param
    or the path behind a catalogue dataset, `type` the dataset's type, `stage` the stage it belongs to.
    """

    kind: DeclaredKind
    path: str
    location: Location
    tool: str = ""
    name: str = ""
    file: str = ""
    type: str = ""
    stage: str = ""

    @property
    def is_known(self) -> bool:
        """Whether no part of the path is a variable."""
        return "$" not in self.path and "{" not in self.path

    def covers(self, path: str) -> bool:
        """Whether this file is, or this directory contains, a path."""
        return self.path in ("", ".", path) or path.startswith(f"{self.path.rstrip('/')}/")


class Stage(_WithOptions, frozen=True):
    """A declared step.

    `id` is unique in the project: the declaring file, `:` and the step's name. `tool` names the adapter;
    `directory` is where its commands start, relative to the root ("" for the root). `code` names the scripts
    and callables of the declaration itself (`path.py`, `path.py:function`); scripts that commands run come
    from `Project.executions`. `after` holds the names of the stages (of the same file) that come before it.
    """

    id: str
    name: str
    tool: str
    location: Location
    directory: str = ""
    commands: tuple[StageCommand, ...] = ()
    code: tuple[str, ...] = ()
    inputs: tuple[Declared, ...] = ()
    outputs: tuple[Declared, ...] = ()
    params: tuple[Declared, ...] = ()
    metrics: tuple[Declared, ...] = ()
    plots: tuple[Declared, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    after: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The declaring file."""
        return self.location.path

    @property
    def products(self) -> tuple[Declared, ...]:
        """Everything that the stage says it writes: outputs, metrics and plots."""
        return self.outputs + self.metrics + self.plots

    @property
    def declares_data(self) -> bool:
        """Whether the tool is one whose stages name what they read and write."""
        return self.tool in DATA_TOOLS


DATA_TOOLS = frozenset({"dvc", "dvc-lock", "kedro", "snakemake", "ploomber", "make"})
"""Tools whose stages are expected to name their data: only there can a name be missing."""


def place(directory: str, path: str) -> str:
    """A declared path relative to the root: `\\` and `.` resolved; URIs and absolute paths as they are."""
    cleaned = path.strip().replace("\\", "/")
    if _SCHEME.match(cleaned) or cleaned.startswith(("/", "~")) or re.match(r"[A-Za-z]:/", cleaned):
        return cleaned
    if cleaned.startswith("$") or directory in ("", UNKNOWN_DIRECTORY):
        return posixpath.normpath(cleaned) if cleaned else ""
    return posixpath.normpath(posixpath.join(directory, cleaned))


def subdirectory(base: str, directory: str) -> str:
    """A directory below another one, "" for the root."""
    if directory == UNKNOWN_DIRECTORY:
        return directory
    found = place(base, directory or ".")
    return "" if found == "." else found
