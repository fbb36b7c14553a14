"""The container images that files name, and those that the project builds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from posixpath import basename
from typing import TYPE_CHECKING

from mldebt.facts import Command
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_FLOATING = re.compile(
    r"(latest|stable|nightly|edge|master|main|dev|devel)([-_.].*)?|.*[-_.](latest|nightly)", re.IGNORECASE
)
_MAJOR = re.compile(r"\d+([-_][a-z][\w-]*)?")
_BASES = re.compile(r"(^|/)(python|pytorch|tensorflow|cuda|tensorflow-\w+|miniconda3|ubuntu-cuda)$")
_TOOLS = re.compile(
    r"(^|/)(adminer|pgadmin\w*|grafana[\w-]*|prometheus|node-exporter|cadvisor|kafka-ui|busybox|alpine|portainer[\w-]*|nginx"
    r"|traefik|redis-?commander|mailhog|localstack|mongo-express|whoami|hello-world|watchtower|jaeger[\w-]*|kibana)$"
)
_VARIABLE = re.compile(r"\$\{?(\w+)(?::?-([^}]*))?\}?")
_COMPOSE = re.compile(r"(docker-)?compose[\w.-]*\.ya?ml$")


def images_of(source: SourceFacts) -> Iterator[tuple[str, Location]]:
    """The images that a Dockerfile or a compose file starts from, with their places."""
    yield from _bases(source) if source.kind is Kind.DOCKERFILE else _services(source)


def _bases(source: SourceFacts) -> Iterator[tuple[str, Location]]:
    """The images that a Dockerfile starts from, but for its own stages."""
    stages: set[str] = set()
    variables = {v.name: v.value for v in source.facts.variables if v.value}
    for instruction in source.facts.instructions:
        if instruction.name.upper() != "FROM":
            continue
        words = [word for word in instruction.value.split() if not word.startswith("--")]
        if words and words[0].lower() not in stages and words[0] != "scratch":
            yield _filled(words[0], variables), source.location(instruction.span)
        if len(words) >= 3 and words[1].lower() == "as":
            stages.add(words[2].lower())


def _services(source: SourceFacts) -> Iterator[tuple[str, Location]]:
    """The images of a compose file's services that it does not build."""
    if not _COMPOSE.search(basename(source.path)):
        return
    built = {entry.path[:2] for entry in source.facts.entries if entry.path[2:3] == ("build",)}
    for entry in source.facts.entries:
        if entry.path[:1] == ("services",) and entry.path[2:] == ("image",) and entry.path[:2] not in built:
            yield _filled(str(entry.value), {}), source.location(entry.span)


def _filled(image: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda m: variables.get(m[1]) or m[2] or m[0], image)


def floats(image: str, *, with_tools: bool = False) -> bool:
    """Whether an image surely has no fixed version; one of a tool that no result depends on only `with_tools`."""
    if "$" in image or "@" in image or "{" in image or not image or image == "None":
        return False
    name, tag = repository(image), image.rpartition("/")[2].partition(":")[2]
    if with_tools:
        return not tag or bool(_FLOATING.fullmatch(tag))
    if _TOOLS.search(name):
        return False
    return not tag or bool(_FLOATING.fullmatch(tag)) or bool(_BASES.search(name) and _MAJOR.fullmatch(tag))


def repository(image: str) -> str:
    """An image's name without tag and digest."""
    directory, slash, last = image.rpartition("/")
    return f"{directory}{slash}{last.partition(':')[0].partition('@')[0]}"


def built_images(project: Project) -> Iterator[str]:
    """The images that the project builds: `docker build -t`, and compose services with both keys."""
    for source in project.sources():
        for command in source.facts.commands:
            yield from map(repository, _tags(command))
        if source.kind is Kind.YAML and _COMPOSE.search(basename(source.path)):
            built = {entry.path[:2] for entry in source.facts.entries if entry.path[2:3] == ("build",)}
            for entry in source.facts.entries:
                if entry.path[2:] == ("image",) and entry.path[:2] in built:
                    yield repository(str(entry.value))


def _tags(command: Command) -> Iterator[str]:
    words = command.argv
    if words[:1] == ("docker",) and "build" in words[:3]:
        for flag, value in pairwise(words):
            if flag in ("-t", "--tag"):
                yield value
            elif flag.startswith(("--tag=", "-t=")):
                yield flag.partition("=")[2]
