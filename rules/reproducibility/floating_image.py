"""The rule `floating-image`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Location,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    built_images,
    floats,
    images_of,
    is_library,
    repository,
)

_FOR_DEVELOPERS = re.compile(r"\.?devcontainer|codespaces?|(^|[./_-])dev([./_-]|$)", re.IGNORECASE)


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

    ## Development containers

    ```dockerfile title=".devcontainer/Dockerfile"
    FROM python:latest
    ```

    ```dockerfile title="Dockerfile.codespace"
    FROM python:latest
    ```
    """

    profile = Profile.HOOK
    minutes = 5
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding a file."""
        built = frozenset(built_images(project))
        for source in self.sources(project, Kind.DOCKERFILE, Kind.YAML):
            if _FOR_DEVELOPERS.search(source.path) or source.source.is_any(Role.TUTORIAL):
                continue
            found = [
                (image, place)
                for image, place in images_of(source)
                if floats(image) and repository(image) not in built
            ]
            if found and not is_library(project, source.path):
                yield self._finding(found)

    def _finding(self, found: list[tuple[str, Location]]) -> Finding:
        images = dict.fromkeys(image for image, _ in found)
        names = ", ".join(f"`{image}`" for image in images)
        return self.finding(
            found[0][1],
            f"{names} {'have' if len(images) > 1 else 'has'} no version: the environment changes without a commit",
            related=[
                Related(other, f"`{name}`") for name, other in dict.fromkeys(found[1:]) if other != found[0][1]
            ],
        )
