"""Settings: `[tool.mldebt]` in pyproject.toml, or `mldebt.toml` / `.mldebt.toml`, as one frozen struct.

The nearest file upward from the analysed root wins; there is no implicit merging, `extend = "other.toml"`
asks for it. Paths in a file (`extend`, `cache-dir`, `baseline`, `packs`) are relative to that file; globs (`exclude`,
`per-file-ignores`) to the analysed root. All mistakes are reported at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from mldebt.files import SETTINGS_LIMIT, read_file
from mldebt.schema import build, describe, usable

FILE_NAMES = (".mldebt.toml", "mldebt.toml", "pyproject.toml")
"""Where settings may stand in a directory, the first that has them wins."""

Level = Literal["error", "warning", "info"]


class SettingsError(Exception):
    """The settings cannot be used; `mistakes` holds one line a mistake.

    `usable` are the settings without the mistaken ones, in which further mistakes can be looked for.
    """

    def __init__(self, mistakes: list[str], usable: Settings | None = None) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes
        self.usable = usable


class _Table(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A table of the settings file; its keys are kebab-case."""


class DatasetContract(_Table, frozen=True):
    """`[[contract.dataset]]`: somebody answers for this dataset, rules about undeclared data are silent."""

    path: str
    owner: str = ""
    schema: str = ""
    consumers: tuple[str, ...] = ()
    source: str = ""
    expires: date | None = None


class FlagContract(_Table, frozen=True):
    """`[[contract.flag]]`: this switch is wanted until the date."""

    name: str
    owner: str = ""
    expires: date | None = None


class MonitoringContract(_Table, frozen=True):
    """`[contract.monitoring]`: something outside of the repository records what the services predict."""

    external: bool = False


class DeploymentContract(_Table, frozen=True):
    """`[[contract.deployment]]`: new models are tried before they are put into use."""

    strategy: Literal["canary", "shadow"]
    model: str = ""


class Contract(_Table, frozen=True):
    """`[contract]`: declared decisions, which are not debt.

    Mistakes in it are told here. What it says is read from the facts of the file that holds it
    (`mldebt.declarations.contracts`, `mldebt.project.flags`): rules see nothing but the Project.
    """

    dataset: tuple[DatasetContract, ...] = ()
    flag: tuple[FlagContract, ...] = ()
    monitoring: MonitoringContract = MonitoringContract()
    deployment: tuple[DeploymentContract, ...] = ()


class ProjectTable(_Table, frozen=True):
    """`[project]`: what cannot be found out.

    `roots` are the sub-projects (given, they replace those that are found), `entry-points` programs that nothing
    in the project starts: `dags/*.py`, `src/jobs.py:nightly`. They are read as contracts are.
    """

    roots: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()


class Settings(_Table, frozen=True):
    """Everything that a run can be told.

    `select` empty means the rules that are on by default in `profile`. `rules` holds options by rule id.
    `exclude` replaces the default excludes, `extend-exclude` adds to them. `workers` None: as many as useful.
    `max-per-rule` is how many findings of one rule reports for people show (0: all; by default 10 in the
    profile `hook`, 50 in `ci`, all in `audit`). `baseline` is the file of accepted findings.
    """

    extend: str | None = None
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: dict[str, tuple[str, ...]] = {}
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    profile: Literal["hook", "ci", "audit"] = "ci"
    min_confidence: Literal["low", "medium", "high"] = "low"
    fail_on: Literal["error", "warning", "info", "never"] = "warning"
    severity: dict[str, Level] = {}
    rules: dict[str, dict[str, Any]] = {}
    max_per_rule: Annotated[int, msgspec.Meta(ge=0)] | None = None
    baseline: str | None = None
    cache_dir: str | None = None
    workers: Annotated[int, msgspec.Meta(ge=1)] | None = None
    packs: tuple[str, ...] = ()
    contract: Contract = Contract()
    project: ProjectTable = ProjectTable()

    @property
    def shown_per_rule(self) -> int:
        """How many findings of one rule reports for people show; 0: all."""
        return _SHOWN[self.profile] if self.max_per_rule is None else self.max_per_rule


_SHOWN = {"hook": 10, "ci": 50, "audit": 0}


def load_settings(root: Path, *, config: Path | None = None, isolated: bool = False) -> Settings:
    """The settings for a root: those of `config`, else of the nearest file upward; `isolated` reads no file.

    Raises SettingsError with every mistake of every file that was read.
    """
    file = config or (None if isolated else find_settings(root))
    if file is None:
        return Settings()
    mistakes: list[str] = []
    table = _read(file, mistakes, ())
    if mistakes:
        raise SettingsError(mistakes, usable(Settings, table))
    settings = build(Settings, table, lambda place, message: mistakes.append(f"{file}: {place}: {message}"))
    if settings is None:
        raise SettingsError(mistakes)
    return settings


def find_settings(directory: Path) -> Path | None:
    """The nearest settings file at or above a directory; a pyproject.toml needs `[tool.mldebt]`."""
    for place in (directory, *directory.parents):
        for name in FILE_NAMES:
            file = place / name
            if file.is_file() and (name != "pyproject.toml" or _mentions_us(file)):
                return file
    return None


def override(settings: Settings, **changes: Any) -> Settings:
    """The settings with what the command line gave; None and empty changes are left out, `extend_*` add."""
    given: dict[str, Any] = {}
    for name, value in changes.items():
        if value is None or value in ((), {}):
            continue
        given[name] = (*getattr(settings, name), *value) if name.startswith("extend_") else value
    return msgspec.structs.replace(settings, **given)


def _mentions_us(pyproject: Path) -> bool:
    """Whether a pyproject.toml holds our table (or seems to, if it is broken)."""
    try:
        text = read_file(pyproject, SETTINGS_LIMIT).decode("utf-8", "replace")
    except OSError:
        return False
    if "mldebt" not in text:
        return False
    try:
        tool = tomllib.loads(text).get("tool")
    except (tomllib.TOMLDecodeError, RecursionError):
        return "[tool.mldebt" in text
    return isinstance(tool, dict) and "mldebt" in tool


def _read(file: Path, mistakes: list[str], seen: tuple[Path, ...]) -> dict[str, Any]:
    """A file's table with what it extends merged below it, paths made absolute."""
    if file in seen:
        mistakes.append(f"{file}: extend: {' -> '.join(str(f) for f in (*seen, file))} is a circle")
        return {}
    try:
        table: object = tomllib.loads(read_file(file, SETTINGS_LIMIT).decode("utf-8-sig"))
    except OSError as error:
        mistakes.append(f"{file}: cannot be read: {error.strerror or error}")
        return {}
    except UnicodeDecodeError:
        mistakes.append(f"{file}: is not UTF-8")
        return {}
    except tomllib.TOMLDecodeError as error:
        mistakes.append(f"{file}: is not TOML: {error}")
        return {}
    except RecursionError:
        mistakes.append(f"{file}: is nested too deeply")
        return {}
    prefix = ""
    if file.name == "pyproject.toml" and isinstance(table, dict):
        prefix = "tool.mldebt."
        tool = table.get("tool", {})
        table = tool.get("mldebt", {}) if isinstance(tool, dict) else tool
    if not isinstance(table, dict):
        mistakes.append(f"{file}: tool.mldebt: expected a table, got {describe(table)}")
        return {}
    if nulls := [f"{file}: {prefix}{place}: holds a null character" for place in _with_null(table)]:
        mistakes += nulls
        return {}
    build(Settings, table, lambda place, message: mistakes.append(f"{file}: {prefix}{place}: {message}"))
    parent = table.pop("extend", None)
    here = _absolute_paths(table, file.parent)
    if not isinstance(parent, str):
        return here
    return _merge(_read((file.parent / parent).resolve(), mistakes, (*seen, file.resolve())), here)


def _with_null(value: object, place: str = "") -> Iterator[str]:
    """The places in a table where a text holds a null character, which no file's name does."""
    match value:
        case dict():
            for key, item in value.items():
                yield from _with_null(item, f"{place}.{key}".lstrip("."))
        case list():
            for item in value:
                yield from _with_null(item, place)
        case str() if "\0" in value:
            yield place


def _absolute_paths(table: dict[str, Any], directory: Path) -> dict[str, Any]:
    for key in ("cache-dir", "baseline"):
        if isinstance(table.get(key), str):
            table[key] = str(directory / table[key])
    if isinstance(table.get("packs"), list):
        table["packs"] = [str(directory / pack) for pack in table["packs"] if isinstance(pack, str)]
    return table


def _merge(parent: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    """`child` over `parent`: tables merge by key, `extend-*` lists add up, everything else is replaced."""
    merged = dict(parent)
    for key, value in child.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = _merge(before, value)
        elif key.startswith("extend-") and isinstance(before, list):
            merged[key] = [*before, *value]
        else:
            merged[key] = value
    return merged
