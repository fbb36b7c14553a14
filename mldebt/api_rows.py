"""The format of API tables: what a row of `apis/*.yaml` may say, and how it is read and checked.

A table is a YAML file; each call or class is one row:

    aliases:
      acme.io.v2: acme.io                       # one prefix stands for another
    calls:
      acme.io.load_table: {reads: [0, name], format: table, returns: pandas.DataFrame, phase: load}
      acme.io.Store.put: {writes: "store://{0|bucket}/{1|key}", format: pickle, phase: save}
    types:
      acme.models.Churn: {bases: [sklearn.base.ClassifierMixin], random: global-numpy, seed: [random_state]}

A row's name is the qualified name of a function, method, property or class; `{a,b}` in it stands for several
names, a last part `*` for every name that has no row of its own (of types: with a capital), and `*.name` for
a method of that name on a receiver whose type is unknown. Methods are inherited along `bases`. A class's row
also describes the call of its constructor. Built-in tables start with the line `modules: [...]`, the
top-level modules they are about. The fields:

- `opens`, `reads`, `writes`, `appends`, `deletes`, `lists`, `checks-exists`, `creates-directory`: what is
  done to a file, directory, table or address, and which argument names it. `opens` depends on `mode`.
- `reads-through`, `writes-through`: the argument is an open file (or the text or bytes read from one), so
  the place of the access is where it was opened; the row knows only the format.
- `runs-command`, `runs-script`, `runs-module`, `runs-notebook`: another program, named by the argument.
- `reads-variable`: an environment variable; `loads-environment`: an `.env` file.
- An argument is a list: its position without `self` (a number), its keyword names, and after `=` the value
  that holds when it is not given: `[0, path, "=."]`. Not given and without a default: nothing is accessed.
  `receiver` is the object the method is called on (for a file or store object: what it was opened on).
  A text is a template: `"s3://{0|Bucket}/{1|Key}"`.
- `mode`: the argument that says read, write or append (`effect_of_mode` reads it).
- `format`: csv, parquet, pickle, model, image, text, json, yaml, directory, table, http, …
- `returns`: the type of the result; `self` is the receiver's type, `document` a parsed configuration or
  JSON value, `path` a path derived from the arguments, a list the items of a tuple.
- `phase`: load, prepare, split, fit, predict, evaluate, tune, track, save, plot or serve.
- `flow`: how the rows of the result relate to those of the input: same, row-wise, mixes (a row depends on
  other rows), split, duplicates.
- `random`: none, own (a generator of its own), fixed (own, with a constant default seed), or the global
  generator that is used when no seed is given: global-python, -numpy, -torch, -tensorflow. `seed` is the
  argument that seeds it. `random-when: {solver: [sag]}` limits it to calls with such a value,
  `random-unless` is the opposite.
- `seeds`: the generators that the call seeds; `seed` is then the argument with the seed.
- `bases` and `role` (frame, series, array, tensor, classifier, transformer, splitter, module, …): of types.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

Phase = Literal[
    "load", "prepare", "split", "fit", "predict", "evaluate", "tune", "track", "save", "plot", "serve"
]
Flow = Literal["same", "row-wise", "mixes", "split", "duplicates"]
Randomness = Literal["none", "own", "fixed", "global-python", "global-numpy", "global-torch", "global-tensorflow"]

EFFECTS = (
    "opens",
    "reads",
    "writes",
    "appends",
    "deletes",
    "lists",
    "checks-exists",
    "creates-directory",
    "reads-through",
    "writes-through",
    "runs-command",
    "runs-script",
    "runs-module",
    "runs-notebook",
    "reads-variable",
    "loads-environment",
)


class TableError(ValueError):
    """One or more rows cannot be used; `problems` says for each of them where and why."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class Argument(msgspec.Struct, frozen=True):
    """An argument of a call: by position (without `self`), by keyword, or the receiver itself.

    `default` is the value that holds when the argument is not given; None: then there is none.
    """

    position: int | None = None
    names: tuple[str, ...] = ()
    default: str | None = None
    receiver: bool = False


class Access(msgspec.Struct, frozen=True):
    """What a call does to one file, table, program or variable.

    `effect` is one of EFFECTS without the suffix `-through`. `target` names the thing: one Argument, or the
    parts of a template. `through` says that the argument is an open file, or what was read from one.
    """

    effect: str
    target: tuple[str | Argument, ...]
    through: bool = False

    @property
    def argument(self) -> Argument | None:
        """The argument that is the whole target; None for a template."""
        match self.target:
            case (Argument() as argument,):
                return argument
        return None


class Api(msgspec.Struct, frozen=True):
    """The meaning of one call or class; the module's docstring explains the fields."""

    name: str
    accesses: tuple[Access, ...] = ()
    mode: Argument | None = None
    format: str = ""
    returns: tuple[str, ...] = ()
    phase: Phase | None = None
    flow: Flow | None = None
    random: Randomness = "none"
    seed: Argument | None = None
    random_when: Mapping[str, tuple[Any, ...]] = {}
    random_unless: Mapping[str, tuple[Any, ...]] = {}
    seeds: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    role: str = ""
    is_type: bool = False


# --- reading tables ------------------------------------------------------------------------------

_ArgumentRow = str | tuple[int | str, ...]


class _Row(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """A row as written."""

    opens: _ArgumentRow | None = None
    reads: _ArgumentRow | None = None
    writes: _ArgumentRow | None = None
    appends: _ArgumentRow | None = None
    deletes: _ArgumentRow | None = None
    lists: _ArgumentRow | None = None
    checks_exists: _ArgumentRow | None = None
    creates_directory: _ArgumentRow | None = None
    reads_through: _ArgumentRow | None = None
    writes_through: _ArgumentRow | None = None
    runs_command: _ArgumentRow | None = None
    runs_script: _ArgumentRow | None = None
    runs_module: _ArgumentRow | None = None
    runs_notebook: _ArgumentRow | None = None
    reads_variable: _ArgumentRow | None = None
    loads_environment: _ArgumentRow | None = None
    mode: _ArgumentRow | None = None
    format: str = ""
    returns: str | tuple[str, ...] = ()
    phase: Phase | None = None
    flow: Flow | None = None
    random: Randomness = "none"
    seed: _ArgumentRow | None = None
    random_when: dict[str, tuple[Any, ...]] = {}
    random_unless: dict[str, tuple[Any, ...]] = {}
    seeds: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    role: str = ""

    def api(self, name: str, is_type: bool) -> Api:
        """The row's meaning. Raises ValueError for a malformed argument."""
        accesses = []
        for effect in EFFECTS:
            target = getattr(self, effect.replace("-", "_"))
            if target is not None:
                through = effect.endswith("-through")
                accesses.append(Access(effect.removesuffix("-through"), _target(target), through))
        return Api(
            name=name,
            accesses=tuple(accesses),
            mode=None if self.mode is None else _argument(self.mode),
            format=self.format,
            returns=(self.returns,) if isinstance(self.returns, str) else self.returns,
            phase=self.phase,
            flow=self.flow,
            random=self.random,
            seed=None if self.seed is None else _argument(self.seed),
            random_when=self.random_when,
            random_unless=self.random_unless,
            seeds=self.seeds,
            bases=self.bases,
            role=self.role,
            is_type=is_type,
        )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table as written."""

    modules: tuple[str, ...] = ()
    aliases: dict[str, str] = {}
    calls: dict[str, _Row] = {}
    types: dict[str, _Row] = {}


class Table:
    """The rows of one file by full name; an Api is made when its row is first asked for."""

    def __init__(self, content: _File) -> None:
        self.aliases = content.aliases
        self.rows: dict[str, tuple[_Row, bool]] = {}
        for rows, is_type in ((content.calls, False), (content.types, True)):
            for pattern, row in rows.items():
                for name in _expand(pattern):
                    if name in self.rows:
                        raise ValueError(f"`{name}` has two rows")
                    self.rows[name] = (row, is_type)

    def api(self, name: str) -> Api | None:
        """The Api of a row of this table."""
        if name not in self.rows:
            return None
        row, is_type = self.rows[name]
        return row.api(name, is_type)


def read_table(file: Path, thorough: bool = False) -> Table:
    """The table in a file. Raises TableError and OSError; only `thorough` checks arguments beforehand."""
    import yaml

    text = file.read_text(encoding="utf-8")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        raw = yaml.load(text, loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise TableError([f"{file}:{line}: not valid YAML: {getattr(error, 'problem', error)}"]) from error
    try:
        content = msgspec.convert({} if raw is None else raw, _File)
        table = Table(content)
        problems = _broken_arguments(file, text, content) if thorough else []
    except (msgspec.ValidationError, ValueError) as error:
        problems = _explain(file, text, raw) or [f"{file}: {error}"]
    if problems:
        raise TableError(problems)
    return table


def _broken_arguments(file: Path, text: str, content: _File) -> list[str]:
    problems = []
    for name, row in (*content.calls.items(), *content.types.items()):
        try:
            row.api(name, is_type=False)
        except ValueError as error:
            problems.append(f"{file}:{_line_of(text, name)}: `{name}`: {error}")
    return problems


def _explain(file: Path, text: str, raw: object) -> list[str]:
    """All problems of a table that does not convert, one line each."""
    if not isinstance(raw, dict):
        return [f"{file}:1: a table is a mapping with {_listed(_File.__struct_fields__)}"]
    sections = _File.__struct_fields__
    problems = [
        f"{file}:{_line_of(text, str(key))}: unknown section `{key}`{_suggest(str(key), sections)}"
        for key in raw
        if key not in sections
    ]
    fields = _Row.__struct_encode_fields__
    for section in ("calls", "types"):
        rows = raw.get(section) or {}
        for name, row in rows.items() if isinstance(rows, dict) else ():
            where = f"{file}:{_line_of(text, str(name))}: `{name}`"
            unknown = [key for key in row if key not in fields] if isinstance(row, dict) else []
            problems.extend(f"{where}: unknown field `{key}`{_suggest(str(key), fields)}" for key in unknown)
            if not unknown:
                try:
                    msgspec.convert(row, _Row)
                except msgspec.ValidationError as error:
                    problems.append(f"{where}: {error}")
    return problems


def _line_of(text: str, key: str) -> int:
    """The 1-based line on which a key stands; 1 if it is written in an unusual way."""
    found = re.search(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*:", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 1


def _suggest(word: str, words: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; known are {_listed(words)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


# --- the little languages inside a row -----------------------------------------------------------


def _expand(pattern: str) -> Iterator[str]:
    """`a.{b,c}.d` stands for `a.b.d` and `a.c.d`."""
    before, brace, rest = pattern.partition("{")
    if not brace:
        yield pattern
        return
    choices, _, after = rest.partition("}")
    for choice in choices.split(","):
        for tail in _expand(after):
            yield before + choice.strip() + tail


def _target(row: _ArgumentRow) -> tuple[str | Argument, ...]:
    if not isinstance(row, str) or row == "receiver":
        return (_argument(row),)
    if "{" not in row and ":" not in row:
        raise ValueError(f"`{row}` is no template: write an argument as [position, name]")
    parts: list[str | Argument] = []
    for index, part in enumerate(re.split(r"\{(.*?)\}", row)):
        if index % 2:
            parts.append(_argument("receiver" if part == "receiver" else tuple(part.split("|"))))
        elif part:
            parts.append(part)
    return tuple(parts)


def _argument(row: _ArgumentRow) -> Argument:
    if isinstance(row, str):
        if row != "receiver":
            raise ValueError(f"`{row}` is no argument: write [position, name], or receiver")
        return Argument(receiver=True)
    items = [int(item) if isinstance(item, str) and item.isdigit() else item for item in row]
    positions = [item for item in items if isinstance(item, int)]
    words = [item for item in items if isinstance(item, str)]
    names = tuple(word for word in words if not word.startswith("="))
    defaults = [word[1:] for word in words if word.startswith("=")]
    if len(positions) > 1 or len(defaults) > 1 or not (positions or names or defaults):
        raise ValueError(f"{list(row)} is no argument: write [position, name, =default]")
    if not all(name.isidentifier() for name in names):
        raise ValueError(f"{list(row)} is no argument: keyword names are identifiers")
    return Argument(positions[0] if positions else None, names, defaults[0] if defaults else None)
