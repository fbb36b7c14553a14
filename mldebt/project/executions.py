"""From the commands of stages to the sources that they run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mldebt.declarations.commands import commands_of, expanded, stage_command
from mldebt.declarations.model import UNKNOWN_DIRECTORY, Stage, StageCommand, place
from mldebt.project.command_lines import Target, target_of
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MOST_SCRIPTS = 6
"""How deep shell scripts may call each other."""

_FIXED_DIRECTORY = frozenset({"dvc", "mlproject", "ploomber", "snakemake"})
"""Tools that say where their commands start; for the others the directories above are tried, too."""


_ELSEWHERE = ("/", "~", "$")
_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/etc/", "/lib")


class Execution(NamedTuple):
    """A source that a stage runs.

    `argv` holds the words after the script, `directory` is where it starts, relative to the root.
    `function` is what is called in it where the stage names a callable, else empty.
    """

    stage: Stage
    path: str
    argv: tuple[str, ...] = ()
    directory: str = ""
    function: str = ""
    command: StageCommand | None = None


class Executions:
    """Resolves what stages run. `shell_scripts` collects the scripts of shell code that others call."""

    def __init__(self, project: Project, programs: Mapping[str, tuple[str, str]]) -> None:
        self._project = project
        self._programs = programs
        self.shell_scripts: set[str] = set()

    def of(self, stage: Stage) -> Iterator[Execution]:
        """All sources that a stage runs, in order, without repetitions."""
        seen: set[tuple[str, str, tuple[str, ...]]] = set()
        for execution in self._all(stage):
            key = (execution.path, execution.function, execution.argv)
            if key not in seen:
                seen.add(key)
                yield execution

    def _all(self, stage: Stage) -> Iterator[Execution]:
        for name in stage.code:
            path, _, function = name.partition(":")
            if path in self._project.by_path:
                yield Execution(stage, path, (), stage.directory, function)
        for command in stage.commands:
            yield from self.run(stage, command)

    def run(self, stage: Stage, command: StageCommand, depth: int = 0) -> Iterator[Execution]:
        """The sources that one command runs."""
        target = target_of(command.argv)
        if target is None or depth > _MOST_SCRIPTS:
            return
        if target.kind == "code":
            for inner in commands_of(target.name, command.location, command.directory):
                yield from self.run(stage, inner, depth + 1)
            return
        if target.kind == "program":
            known = self._programs.get(target.name)
            if known is not None:
                yield Execution(stage, known[0], target.arguments, command.directory, known[1], command)
                return
        for directory in self._directories(stage, command):
            path = self._find(target, directory)
            if path is None:
                continue
            directory = _in_project(directory, path)
            if stage.tool == "shell" and directory == stage.directory and target.name.startswith(_ELSEWHERE):
                directory = ""  # a script that says where the code is can be called from the root
            if target.kind == "shell":
                yield from self._script(stage, command, path, target, directory, depth)
            else:
                function = target.name.partition(":")[2] if target.kind == "application" else ""
                yield Execution(stage, path, target.arguments, directory, function, command)
            return

    def _script(
        self, stage: Stage, command: StageCommand, path: str, target: Target, directory: str, depth: int
    ) -> Iterator[Execution]:
        """The commands of a shell script, its positional parameters being what it is called with."""
        source = self._project.by_path[path]
        if path != stage.path:
            self.shell_scripts.add(path)
        variables = {str(number + 1): word for number, word in enumerate(target.arguments)}
        variables |= {v.name: v.value for v in source.facts.variables}
        found = [stage_command(c, source.location(c.span), directory) for c in source.facts.commands]
        for inner in expanded(found, variables):
            words = tuple(
                w for word in inner.argv for w in (target.arguments if word in ("$@", "$*", "${@}") else (word,))
            )
            call = StageCommand(argv=words, directory=inner.directory, location=command.location)
            yield from self.run(stage, call, depth + 1)

    def _directories(self, stage: Stage, command: StageCommand) -> Iterator[str]:
        """Where a command may start, the likeliest first."""
        directory = command.directory
        if directory == UNKNOWN_DIRECTORY:
            directory = stage.directory
            if directory == UNKNOWN_DIRECTORY:
                directory = posixpath.dirname(stage.path)
        yield directory
        if stage.tool in _FIXED_DIRECTORY or directory.startswith(("/", "..", "$")):
            return
        while directory:
            directory = posixpath.dirname(directory)
            yield directory

    def _find(self, target: Target, directory: str) -> str | None:
        """The source that a target means when it is started in a directory."""
        kinds: tuple[Kind, ...]
        if target.kind == "script":
            kinds, names = (Kind.PYTHON, Kind.NOTEBOOK), [target.name]
            if not target.name.endswith((".py", ".ipynb")):
                names.append(f"{target.name}/__main__.py")
        elif target.kind in ("module", "application"):
            kinds = (Kind.PYTHON,)
            stem = target.name.partition(":")[0].replace(".", "/")
            ends = [".py", "/__main__.py"] if target.kind == "module" else [".py", "/__init__.py"]
            names = [f"{base}{stem}{end}" for base in ("", "src/") for end in ends]
        else:
            kinds, names = (Kind.SHELL,), [target.name]
        for name in names:
            for path in (place(directory, name), *_tails(place(directory, name))):
                source = self._project.source(path)
                if source is not None and source.kind in kinds:
                    return source.path
        return None


def _tails(path: str) -> Iterator[str]:
    """Where a path on another machine (`/opt/airflow/dags/a.py`, `$HOME/src/a.py`) may lie in the project."""
    if path.startswith(_ELSEWHERE) and not path.startswith(_SYSTEM):
        parts = path.split("/")
        for start in range(1, len(parts)):
            yield "/".join(parts[start:])


def _in_project(directory: str, path: str) -> str:
    """A directory on another machine as one of the project: what it and a path there end in alike.

    `/opt/airflow/dags` is `dags` when `dags/train.py` was found in it; where nothing is alike it is the root.
    """
    if not directory.startswith(_ELSEWHERE):
        return directory
    inner = posixpath.dirname(path)
    while inner and not f"{directory}/".endswith(f"/{inner}/"):
        inner = posixpath.dirname(inner)
    return inner
