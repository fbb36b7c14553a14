"""The rule `floating-image`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from posixpath import basename

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, SourceFacts, facts, is_library

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


class FloatingImage(Rule):
    """A container image without a version.

    What the name stands for today is another environment than the one that was tested: libraries, drivers and
    Python change without a commit, and a run of last month cannot be repeated. Sculley et al. 2015, section 8, ask
    for experiments that can be reproduced. Images that the project builds itself, and helpers such as dashboards, are
    not meant. One finding a file.

    ## How to repair

    Name a version (`python:3.11.9-slim`), or the image's digest.

    ## No tag, `latest`, a moving tag

    ```dockerfile title="Dockerfile"
    ARG BASE=pytorch/pytorch
    FROM ${BASE}:latest AS build  # expect: floating-image
    FROM python
    COPY --from=build /app /app
    ```

    ```yaml title="docker-compose.yml"
    services:
      train:
        image: tensorflow/tensorflow:nightly-gpu  # expect: floating-image
      registry:
        image: ghcr.io/mlflow/mlflow
    ```

    ```dockerfile title="gpu.Dockerfile"
    FROM nvidia/cuda:12  # expect: floating-image
    ```

    ## Versions, digests, stages and variables

    ```dockerfile title="Dockerfile"
    ARG VERSION
    FROM python:3.11-slim AS base
    FROM base AS app
    FROM scratch
    FROM registry.local:5000/team/base:1.2
    FROM pytorch/pytorch@sha256:0123456789abcdef
    FROM pytorch/pytorch:${VERSION}
    FROM $BASE
    ```

    ## What the project builds, and helpers

    ```yaml title="compose.yaml"
    services:
      api:
        build: .
        image: team/churn-api
      worker:
        image: team/churn-api:latest
      trainer:
        image: team/trainer:latest
      dashboard:
        image: grafana/grafana:latest
    ```

    ```bash title="build.sh"
    docker build -t team/trainer:latest .
    ```
    """

    profile = Profile.HOOK
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding a file."""
        built = frozenset(_built(project))
        for source in self.sources(project, Kind.DOCKERFILE, Kind.YAML):
            if ".devcontainer/" in source.path or source.source.is_any(Role.TUTORIAL):
                continue
            images = _bases(source) if source.kind is Kind.DOCKERFILE else _services(source)
            found = [
                (image, place) for image, place in images if _floats(image) and _repository(image) not in built
            ]
            if found and not is_library(project, source.path):
                yield self._finding(found)

    def _finding(self, found: list[tuple[str, Location]]) -> Finding:
        images = dict.fromkeys(image for image, _ in found)
        names = ", ".join(f"`{image}`" for image in images)
        return self.finding(
            found[0][1],
            f"{names} {'have' if len(images) > 1 else 'has'} no version: the environment changes without a commit",
            related=[Related(other, f"`{name}`") for name, other in found[1:]],
        )


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


def _floats(image: str) -> bool:
    """Whether an image surely has no fixed version."""
    if "$" in image or "@" in image or "{" in image or not image or image == "None":
        return False
    name, tag = _repository(image), image.rpartition("/")[2].partition(":")[2]
    if _TOOLS.search(name):
        return False
    return not tag or bool(_FLOATING.fullmatch(tag)) or bool(_BASES.search(name) and _MAJOR.fullmatch(tag))


def _repository(image: str) -> str:
    directory, slash, last = image.rpartition("/")
    return f"{directory}{slash}{last.partition(':')[0].partition('@')[0]}"


def _built(project: Project) -> Iterator[str]:
    """The images that the project builds: `docker build -t`, and compose services with both keys."""
    for source in project.sources():
        for command in source.facts.commands:
            yield from map(_repository, _tags(command))
        if source.kind is Kind.YAML and _COMPOSE.search(basename(source.path)):
            built = {entry.path[:2] for entry in source.facts.entries if entry.path[2:3] == ("build",)}
            for entry in source.facts.entries:
                if entry.path[2:] == ("image",) and entry.path[:2] in built:
                    yield _repository(str(entry.value))


def _tags(command: facts.Command) -> Iterator[str]:
    words = command.argv
    if words[:1] == ("docker",) and "build" in words[:3]:
        for flag, value in pairwise(words):
            if flag in ("-t", "--tag"):
                yield value
            elif flag.startswith(("--tag=", "-t=")):
                yield flag.partition("=")[2]
