"""Docker and compose: what images and services run, in the directory of the repository that they hold."""

from __future__ import annotations

import json
import posixpath
from bisect import bisect_left
from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING, NamedTuple

from mldebt.declarations.commands import commands_of, expanded, stage_command
from mldebt.declarations.model import Stage, StageCommand, subdirectory
from mldebt.declarations.tree import Node, document
from mldebt.source import Kind, Location, Span

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts

_MOST_COPIES = 500
"""Copied paths of a Dockerfile beyond which no others are looked at."""

_COMPOSE = ("docker-compose", "compose")


class _Image(NamedTuple):
    """Where an image starts, as a directory of the repository, and the words of its `ENTRYPOINT`."""

    directory: str
    entrypoint: tuple[str, ...]


def declared(project: Project) -> Iterator[Stage]:
    """One stage for each Dockerfile that runs something, and one for each compose service with a command."""
    images: dict[str, _Image] = {}
    for source in project.sources(Kind.DOCKERFILE):
        image = _image(project, source, dirname(source.path))
        entrypoint = next((c.argv for c in source.facts.commands if c.context == "ENTRYPOINT"), ())
        images[source.path] = _Image(image.directory, entrypoint)
        if image.commands:
            yield image
    for source in project.sources(Kind.YAML):
        name = basename(source.path)
        if name.startswith(_COMPOSE):
            root = document(source)
            services = root.get("services") if root else None
            for service in services.children() if services else ():
                if service.is_map:
                    yield from _service(service, images)


# --- Dockerfiles -----------------------------------------------------------------------------------


def _image(project: Project, source: SourceFacts, context: str) -> Stage:
    """What building and starting an image runs. `WORKDIR` is mapped back through `COPY` to the repository."""
    facts = source.facts
    variables = {variable.name: variable.value for variable in facts.variables}
    layers = _Layers(project, source, context)
    commands: list[StageCommand] = []
    for command in facts.commands:
        line = command.span.line
        directory = layers.in_repository(layers.workdir(line), line)
        location = source.location(command.span)
        found = stage_command(command, location, directory)
        if command.directory.startswith("/"):
            where = layers.in_repository(command.directory, line)
            found = StageCommand(argv=found.argv, directory=where, location=location, redirects=found.redirects)
        commands.append(_relative(layers, found))
    last = max((instruction.span.line for instruction in facts.instructions), default=1)
    joined = _entrypoint_with_arguments(source, commands)
    return Stage(
        id=source.path,
        name=basename(source.path),
        tool="docker",
        location=Location(source.path, Span.at(1)),
        directory=layers.in_repository(layers.workdir(last + 1), last + 1),
        commands=expanded(joined, variables),
        environment=tuple(variables.items()),
    )


def _entrypoint_with_arguments(source: SourceFacts, commands: list[StageCommand]) -> list[StageCommand]:
    """`ENTRYPOINT ["python", "run.py"]` is given the words of an exec-form `CMD`."""
    instructions = {i.name: i for i in source.facts.instructions}
    entry, arguments = instructions.get("ENTRYPOINT"), instructions.get("CMD")
    if entry is None or arguments is None or not arguments.value.startswith("["):
        return commands
    lines = entry.span.line, arguments.span.line
    first = next((c for c in commands if c.location.span.line == lines[0]), None)
    given = next((c for c in commands if c.location.span.line == lines[1]), None)
    if first is None or given is None:
        return commands
    joined = StageCommand(argv=first.argv + given.argv, directory=first.directory, location=first.location)
    return [joined if c is first else c for c in commands if c is not given]


class _Copy(NamedTuple):
    """A `COPY` on a line: the path that is written, the build context, where it leads, the path in the image."""

    line: int
    written: str
    base: str
    origin: str
    target: str


class _Layers:
    """Working directories and copies of a Dockerfile, in the order of its lines."""

    def __init__(self, project: Project, source: SourceFacts, context: str) -> None:
        self.context = context
        self.files = project.files
        self.workdirs = [(0, "/")]
        self.copies: list[_Copy] = []
        bases: dict[str, str] = {}
        for instruction in source.facts.instructions:
            line, here = instruction.span.line, self.workdirs[-1][1]
            if instruction.name == "WORKDIR":
                self.workdirs.append(
                    (line, posixpath.normpath(posixpath.join(here, instruction.value.strip('"'))))
                )
            elif instruction.name == "FROM":
                self.workdirs.append((line, "/"))
            elif instruction.name in ("COPY", "ADD") and len(self.copies) < _MOST_COPIES:
                for written, target in _copied(instruction.value, here):
                    if written not in bases:
                        bases[written] = _context(project, context, written)
                    origin = subdirectory(bases[written], written)
                    self.copies.append(_Copy(line, written, bases[written], origin, target))

    def workdir(self, line: int) -> str:
        """The working directory in the image before a line."""
        return self.workdirs[max(bisect_left(self.workdirs, (line, "")) - 1, 0)][1]

    def holds_copies(self, path: str) -> bool:
        """Whether something of the repository is copied to a directory of the image, or above it."""
        return any(
            path == dirname(copy.target) or f"{path}/".startswith(f"{copy.target.rstrip('/')}/")
            for copy in self.copies
        )

    def in_repository(self, path: str, line: int) -> str:
        """The repository's directory that is at a path of the image on a line; the context's own where none is."""
        for copy in self.copies:
            if copy.line >= line:
                break
            target, origin = copy.target, copy.origin
            if path == target and "." not in basename(origin):
                return origin
            if path.startswith(f"{target}/"):
                return subdirectory(origin, path[len(target) + 1 :])
            if target.startswith(f"{path.rstrip('/')}/") and origin.endswith(target[len(path.rstrip("/")) :]):
                return origin[: len(origin) - len(target[len(path.rstrip("/")) :])]
            if target.startswith(f"{path.rstrip('/')}/") and copy.written == target[len(path.rstrip("/")) + 1 :]:
                return copy.base
        return self.context


def _copied(value: str, workdir: str) -> Iterator[tuple[str, str]]:
    """(path in the repository's context, path in the image) of what a `COPY` copies."""
    words = _words(value)
    if len(words) < 2 or any(word.startswith("--from") for word in value.split()):
        return
    target = posixpath.join(workdir, words[-1])
    for word in words[:-1]:
        into_directory = words[-1].endswith("/") or len(words) > 2 or words[-1] in (".", "./")
        name = basename(word.rstrip("/"))
        is_file = "." in name.lstrip(".") and name not in (".", "..")
        end = posixpath.join(target, name) if is_file and into_directory else target
        yield posixpath.normpath(word.lstrip("/") or "."), posixpath.normpath(end)


def _words(value: str) -> list[str]:
    if value.startswith("["):
        try:
            return [str(word) for word in json.loads(value)]
        except ValueError:
            return []
    return [word for word in value.split() if not word.startswith("--")]


def _context(project: Project, home: str, written: str) -> str:
    """The build context: the nearest directory from the Dockerfile's upwards that holds what is copied."""
    directory = home
    while True:
        found = subdirectory(directory, written)
        if written == "." or found in project.files or found in project.directories:
            return directory
        if not directory:
            return home
        directory = dirname(directory)


def _relative(layers: _Layers, command: StageCommand) -> StageCommand:
    """A command whose absolute paths into the image are written as the files that were copied there."""
    argv = []
    for word in command.argv:
        if word.startswith("/") and word.endswith((".py", ".sh")):
            directory = layers.in_repository(dirname(word), command.location.span.line)
            found = posixpath.join(directory, basename(word))
            if found in layers.files or layers.holds_copies(dirname(word)):
                word = posixpath.relpath(found, command.directory or ".")  # others may be the base image's
        argv.append(word)
    return StageCommand(
        argv=tuple(argv), directory=command.directory, location=command.location, redirects=command.redirects
    )


# --- compose ---------------------------------------------------------------------------------------


def _service(service: Node, images: dict[str, _Image]) -> Iterator[Stage]:
    """A service with a command, in the directory of the image that it builds and after its entry point."""
    home = dirname(service.source.path)
    build = service.get("build")
    context = (build.get("context") if build and build.is_map else build) if build else None
    directory = subdirectory(home, context.text) if context else home
    dockerfile = build.get("dockerfile") if build and build.is_map else None
    image = images.get(posixpath.join(directory, dockerfile.text if dockerfile else "Dockerfile"))
    words = [node for key in ("entrypoint", "command") if (node := service.get(key))]
    if not words:
        return
    where = image.directory if image is not None else directory
    argv: list[str] = []
    commands: tuple[StageCommand, ...] = ()
    if all(node.is_list for node in words):
        argv = [part.text for node in words for part in node.texts()]
        if image is not None and service.get("entrypoint") is None:
            argv = [*image.entrypoint, *argv]
        commands = (StageCommand(argv=tuple(argv), directory=where, location=words[0].location),)
    else:
        script = " ".join(node.text or " ".join(part.text for part in node.texts()) for node in words)
        commands = commands_of(script.replace("$$", "$"), words[0].location, where)
    yield Stage(
        id=f"{service.source.path}:{service.key}",
        name=service.key,
        tool="compose",
        location=service.key_location,
        directory=where,
        commands=commands,
        environment=tuple(_environment(service.get("environment"))),
        after=tuple(_names(service.get("depends_on"))),
    )


def _environment(node: Node | None) -> Iterator[tuple[str, str]]:
    """`NAME: value` and `- NAME=value`."""
    for child in node.children() if node else ():
        if child.entry.kind == "scalar":
            key, equals, value = child.text.partition("=")
            yield (key, value) if node and node.is_list and equals else (child.key, child.text)


def _names(node: Node | None) -> Iterator[str]:
    for child in node.children() if node else ():
        yield child.key if node and node.is_map else child.text
