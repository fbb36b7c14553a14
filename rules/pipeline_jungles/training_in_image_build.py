"""The rule `training-in-image-build`."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, dirname, join, normpath

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, SourceFacts, Span, facts

_TRAINS = frozenset({"fit", "fit_generator", "train_on_batch", "backward"})


class TrainingInImageBuild(Rule):
    """An image trains its model while it is built.

    The model has no version of its own: each build makes another one from whatever data and libraries there are, the
    layer cache decides whether it is made again, and nobody looks at its scores before it serves. Sculley et al. 2015,
    section 5 (Pipeline Jungles).

    ## How to repair

    Train in a step of the pipeline, check and publish the model there, and copy that version into the image.

    ## A script that is run by the build

    ```dockerfile title="api/Dockerfile"
    FROM python:3.11-slim
    WORKDIR /app
    COPY . .
    RUN pip install -r requirements.txt && python train.py  # expect: training-in-image-build
    CMD ["uvicorn", "main:app"]
    ```

    ```python title="api/train.py"
    from sklearn.svm import SVC
    model = SVC().fit([[1.0], [2.0]], [0, 1])
    ```

    ## Another script, started with the container

    ```dockerfile title="Dockerfile"
    FROM python:3.11-slim
    COPY . .
    RUN python fetch.py
    RUN python not_here.py
    CMD ["python", "train.py"]
    ```

    ```python title="fetch.py"
    print("fetched")
    ```

    ```python title="train.py"
    from sklearn.svm import SVC
    model = SVC().fit([[1.0], [2.0]], [0, 1])
    ```

    ## A build for a test

    ```dockerfile title="tests/Dockerfile"
    FROM python:3.11-slim
    COPY . .
    RUN python train.py
    ```

    ```python title="tests/train.py"
    from sklearn.svm import SVC
    model = SVC().fit([[1.0], [2.0]], [0, 1])
    ```
    """

    profile = Profile.CI
    minutes = 45
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each training that builds run."""
        for source in self.sources(project, Kind.DOCKERFILE):
            for command in source.facts.commands:
                script = _script(project, source, command) if command.context == "RUN" else None
                if script is not None:
                    yield self.finding(
                        source.location(command.span),
                        f"building this image trains a model with `{script.path}`",
                        related=[Related(Location(script.path, Span.at(1)), "this is run")],
                    )


def _script(project: Project, source: SourceFacts, command: facts.Command) -> SourceFacts | None:
    """The script of the project that a command runs with Python, if that trains."""
    words = command.argv
    if len(words) < 2 or not basename(words[0]).startswith("python"):
        return None
    name = words[2].replace(".", "/") + ".py" if words[1] == "-m" and len(words) > 2 else words[1]
    for home in (dirname(source.path), ""):
        found = project.by_path.get(normpath(join(home, name)))
        if found is not None and not _TRAINS.isdisjoint(found.facts.header.methods):
            return found
    return None
