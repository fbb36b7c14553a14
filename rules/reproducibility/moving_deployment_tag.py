"""The rule `moving-deployment-tag`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, SourceFacts, floats

_COMPOSE = re.compile(r"(docker-)?compose[\w.-]*\.ya?ml$")
_FOR_DEVELOPERS = re.compile(r"\.?devcontainer|codespaces?|(^|[./_-])dev([./_-]|$)", re.IGNORECASE)
_PIPELINES = re.compile(
    r"(^|/)\.(github|circleci)/|(^|/)(\.gitlab-ci|azure-pipelines|cloudbuild|buildspec)[\w-]*\.ya?ml$"
)
_TAG = re.compile(r"(\w*IMAGE_)?TAG|IMAGE_VERSION|DOCKER_TAG", re.IGNORECASE)
_DOCKER = re.compile(r"\bdocker\s+(?:pull|run|push|build)\b[^\n]*[\w}]:latest\b")


class MovingDeploymentTag(Rule):
    """What is deployed or run beside the model is named by a tag that moves.

    `latest` is another program next week: which one served a prediction, or which monitored it, is not known from
    the commit, and going back to the last commit does not bring it back. Sculley et al. 2015, section 8
    (reproducibility debt).

    ## How to repair

    Name a version, or tag the image with the commit: `${{ github.sha }}`.

    ## Services beside the model

    ```yaml title="docker-compose.yml"
    services:
      prometheus:
        image: prom/prometheus:latest  # expect: moving-deployment-tag
      grafana:
        image: grafana/grafana
      model:
        build: .
        image: shop/model:latest
    ```

    ## What a cluster runs

    ```yaml title="k8s/deployment.yaml"
    apiVersion: apps/v1
    kind: Deployment
    spec:
      template:
        spec:
          containers:
            - name: serving
              image: tensorflow/serving  # expect: moving-deployment-tag
    ```

    ## What a workflow builds and runs

    ```yaml title=".github/workflows/deploy.yml"
    jobs:
      push:
        steps:
          - env:
              IMAGE_TAG: latest  # expect: moving-deployment-tag
            run: |
              docker build -t $REGISTRY/model:$IMAGE_TAG .
          - run: |
              docker run -d $REGISTRY/model:latest
    ```

    ## Versions, commits, values of a template

    ```yaml title="compose.yaml"
    services:
      prometheus:
        image: prom/prometheus:v2.53.0
      tracking:
        image: ${TRACKING_IMAGE}
    ```

    ```yaml title="k8s/job.yaml"
    kind: Job
    spec:
      template:
        spec:
          containers:
            - image: registry.example.com/train:1.4.2
            - image: "{{ .Values.image }}"
    ```

    ```yaml title=".github/workflows/push.yml"
    jobs:
      push:
        runs-on: ubuntu-latest
        steps:
          - env:
              IMAGE_TAG: ${{ github.sha }}
            run: docker build -t model:$IMAGE_TAG .
    ```

    ## For developers alone

    ```yaml title="docker-compose.dev.yml"
    services:
      grafana:
        image: grafana/grafana:latest
    ```
    """

    profile = Profile.AUDIT
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file."""
        for source in self.sources(project, Kind.YAML):
            if _FOR_DEVELOPERS.search(source.path):
                continue
            found = list(dict.fromkeys(_moving(source)))
            if found:
                (name, place), *others = found
                more = f" (and {len(others)} more)" if others else ""
                yield self.finding(
                    place,
                    f"`{name}`{more} moves: which program runs is not known from the commit",
                    related=[Related(other, f"`{text}`, too") for text, other in others],
                )


def _moving(source: SourceFacts) -> Iterator[tuple[str, Location]]:
    """Each moving tag with its place; what a compose file's services start from is said where it is no tool."""
    entries = source.facts.entries
    is_compose, is_pipeline = _COMPOSE.search(basename(source.path)), _PIPELINES.search(source.path)
    built = {entry.path[:2] for entry in entries if is_compose and entry.path[2:3] == ("build",)}
    for entry in entries:
        value = entry.value
        if entry.kind != "scalar" or not isinstance(value, str) or not entry.path:
            continue
        name, above = entry.path[-1], entry.path[:-1]
        if name == "image" and (
            (is_compose and above[:1] == ("services",) and len(above) == 2 and above not in built)
            or (above[-2:-1] in (("containers",), ("initContainers",)))
        ):
            if floats(value, with_tools=True) and not (is_compose and floats(value)):
                yield value, source.location(entry.span)
        elif is_pipeline and value == "latest" and _TAG.fullmatch(str(name)):
            yield f"{name}: latest", source.location(entry.span)
        elif is_pipeline and name in ("run", "script", "command") and _DOCKER.search(value):
            yield "docker … :latest", source.location(entry.span)
