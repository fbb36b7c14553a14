"""The programs that code starts: what `subprocess`, `os.system` and the like are asked to run."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING, NamedTuple

from mldebt.api_rows import Access
from mldebt.extract.shell import parse_commands
from mldebt.project.calls import Site
from mldebt.project.command_lines import Target, target_of
from mldebt.source import Kind
from mldebt.values import Items, Known, Template, Value, alternatives, show

if TYPE_CHECKING:
    from mldebt.project.project import Project

_EFFECTS = frozenset({"runs-command", "runs-script", "runs-module", "runs-notebook"})
_STARTERS = ("os.*", "subprocess.*", "runpy.*", "papermill.*", "invoke.*", "fabric.*", "pexpect.*", "delegator.*")


class Process(NamedTuple):
    """One command that a call runs.

    `argv` holds its words, what cannot be known in them as `{…}`; `target` is what it starts, wrappers peeled
    off; `path` the file of the project that this is, else empty. `redirects` holds (operator, target) pairs.
    """

    site: Site
    argv: tuple[str, ...]
    target: Target | None
    path: str
    redirects: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The command for people."""
        return " ".join(self.argv)


def find_processes(project: Project) -> Iterator[Process]:
    """All commands that the project's code runs, as far as their first word is known, by path and place."""
    for site in project.calls(*_STARTERS):
        api = project.types.tables.lookup(site.name)
        for access in api.accesses if api is not None else ():
            argument = access.argument
            if access.effect in _EFFECTS and argument is not None:
                given = site.argument(argument.position, *argument.names)
                if given is not None:
                    yield from _started(project, site, access, project.value(site.source, given))


def _started(project: Project, site: Site, access: Access, value: Value) -> Iterator[Process]:
    seen: set[tuple[str, ...]] = set()
    for option in alternatives(value):
        for argv, redirects in _commands(access.effect, option):
            if argv[0].startswith("{") and argv[1:] and (argv[1] == "-m" or argv[1].endswith(".py")):
                argv = ("python", *argv[1:])  # `sys.executable`, or some other interpreter
            if argv not in seen and not argv[0].startswith("{"):
                seen.add(argv)
                target = target_of(argv)
                yield Process(site, argv, target, _path(project, site, target), redirects)


def _commands(effect: str, value: Value) -> Iterator[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]:
    if isinstance(value, Items):
        if value.items:
            yield tuple(show(item) for item in value.items), ()
    elif isinstance(value, Known | Template):
        text = show(value)
        if effect == "runs-command":
            for command in parse_commands(text):
                if command.argv:
                    yield command.argv, command.redirects
        else:
            yield (("python", "-m", text) if effect == "runs-module" else ("python", text)), ()


def _path(project: Project, site: Site, target: Target | None) -> str:
    """The file of the project that a command starts."""
    if target is None or "{" in target.name:
        return ""
    if target.kind == "module":
        found = project.names.module(site.source, target.name)
        if found is not None and basename(found.path) == "__init__.py":
            main = f"{dirname(found.path)}/__main__.py"
            return main if main in project.files else ""
        return found.path if found is not None else ""
    if target.kind in ("script", "shell"):
        return project.locate(site.source.path, target.name) or ""
    if target.kind == "program" and basename(target.name) == "Rscript" and target.arguments:
        return project.locate(site.source.path, target.arguments[0]) or ""
    return ""


def is_code(project: Project, path: str) -> bool:
    """Whether a file that a process runs is Python or R, a notebook, or a shell script that runs Python."""
    source = project.source(path)
    if source is None or source.kind is not Kind.SHELL:
        return True
    return any(command.argv[:1] and "python" in command.argv[0] for command in source.facts.commands)
