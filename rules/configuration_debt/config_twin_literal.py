"""The rule `config-twin-literal`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Location,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    joined_paths,
)

_PATH = re.compile(r"(\./)?[\w.@+-]+(/[\w.@+-]+)+$|[a-z][a-z0-9+]*://\S+$")
_OFTEN = re.compile(r"\d+/\d+(/\d+)?$|[\w.+-]+/[\w.+-]+$")
"""Dates, and texts with one slash: these are paths only if the last part has an ending."""

_EXPERIMENT = re.compile(r"(^|/)(exp\w*|run|v|version|try)[-_]?\d+(?=/)", re.IGNORECASE)
_PLACE = re.compile(r"/(opt|srv|data|mnt|var|app)/[\w.@+-]+(/[\w.@+-]+)*/?$")
"""A directory that an image declares in a variable."""

_DEFAULTING = frozenset("get getenv add_argument option Option Argument argument setdefault Field field".split())
"""What takes defaults."""

Setting = tuple[str, str, Location]
"""A document's path, a key path, and its place."""


class ConfigTwinLiteral(Rule):
    """A path in the code repeats a value of the configuration.

    The project reads this path from its configuration in one place and has it written out in another. Whoever
    changes the configuration moves half of the program: the model is saved to the new place and loaded from the
    old one. Sculley et al. 2015, section 6.

    ## How to repair

    Read the setting there as well.

    ## One script reads the setting, another repeats it

    ```yaml title="params.yaml"
    train:
      model_path: artifacts/models/churn.joblib
    ```

    ```python title="train.py"
    import joblib, yaml
    params = yaml.safe_load(open("params.yaml"))
    joblib.dump(fit(), params["train"]["model_path"])
    ```

    ```python title="app.py"
    import joblib
    model = joblib.load("./artifacts/models/churn.joblib")  # expect: config-twin-literal
    ```

    ## Joined from its parts

    ```yaml title="params.yaml"
    train:
      model_path: artifacts/models/churn.joblib
    ```

    ```python title="train.py"
    import joblib, yaml
    params = yaml.safe_load(open("params.yaml"))
    joblib.dump(fit(), params["train"]["model_path"])
    ```

    ```python title="predict.py"
    import os
    import joblib
    model = joblib.load(os.path.join("artifacts", "models", "churn.joblib"))  # expect: config-twin-literal
    other = joblib.load(os.path.join("artifacts", "models", name))
    ```

    ## A variable of an image

    ```dockerfile title="Dockerfile"
    FROM python:3.11
    ENV REGISTRY=/opt/registry
    ```

    ```python title="registry.py"
    ROOT = "/opt/registry"  # expect: config-twin-literal
    ```

    ## Settings that nothing reads, the default of a setting, other texts

    ```yaml title="params.yaml"
    unread: data/raw/a.csv
    read: data/raw/b.csv
    ratio: 1/2
    model: org/name
    ```

    ```python title="train.py"
    import yaml
    params = yaml.safe_load(open("params.yaml"))
    first = load("data/raw/a.csv")
    second = load(params.get("read", "data/raw/b.csv"))
    third = params["ratio"], params["model"]
    fourth = download("org/name"), "1/2"
    ```

    ## Documentation, and what writes the configuration

    ```yaml title="params.yaml"
    model_path: artifacts/models/churn.joblib
    ```

    ```python title="train.py"
    import yaml
    save(yaml.safe_load(open("params.yaml"))["model_path"])
    ```

    ```python title="docs/conf.py"
    shown = "artifacts/models/churn.joblib"
    ```

    ```python title="init.py"
    import yaml
    yaml.safe_dump({"model_path": "artifacts/models/churn.joblib"}, open("params.yaml", "w"))
    ```

    ## Tests

    ```dockerfile title="Dockerfile"
    FROM python:3.11
    ENV REGISTRY=/opt/registry
    ```

    ```python title="tests/test_train.py"
    assert run("/opt/registry")
    ```
    """

    minutes = 5
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each path of a file that is a read setting as well."""
        settings = _settings(project)
        if not settings:
            return
        joined: dict[str, list[tuple[str, Span]]] = {}  # from literals alone
        for home, text, span in joined_paths(project):
            joined.setdefault(home.path, []).append((_normal(text), span))
        makers = {(write.source.path, a.address.path) for a in project.artifacts for write in a.writes}
        for source in self.sources(project, Kind.PYTHON):
            root = project.subprojects.root_of(source.path)
            places: dict[str, list[Span]] = {}
            for literal in source.facts.literals:
                text = _normal(literal.value)
                if (root, text) in settings and not _is_default(source, literal.span):
                    document = settings[root, text][0]
                    if (source.path, document) in makers or _are_variants(source.path, document):
                        continue
                    places.setdefault(text, []).append(literal.span)
            for text, span in joined.get(source.path, ()):
                known = (root, text) in settings and (source.path, settings[root, text][0]) not in makers
                if known and not any(span.line <= s.line <= span.end_line for s in places.get(text, ())):
                    places.setdefault(text, []).append(span)
            for text, spans in places.items():
                path, key, location = settings[root, text]
                first, *others = [source.location(span) for span in spans]
                yield self.finding(
                    first,
                    f"`{text}` repeats the setting `{key}` of `{path}`: changing one leaves the other behind",
                    related=[Related(location, f"`{key}`"), *(Related(other, "again") for other in others[:10])],
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
                )


def _settings(project: Project) -> dict[tuple[str, str], Setting]:
    """The paths that code reads from configuration, by part of the project and text."""
    found: dict[tuple[str, str], Setting] = {}
    reads = project.config_reads
    for path, keys in reads.reads:
        entry = project.documents.tree(path).get(keys)
        if entry is None or entry.kind != "scalar" or not isinstance(entry.value, str):
            continue
        text = _normal(entry.value)
        if _PATH.match(text) and not (_OFTEN.match(text) and not re.search(r"\.[A-Za-z]\w{1,8}$", text)):
            place = project.documents.location(path, keys)
            found.setdefault((project.subprojects.root_of(path), text), (path, ".".join(map(str, keys)), place))
    for image in project.sources(Kind.DOCKERFILE):
        for variable in image.facts.variables:
            if _PLACE.match(variable.value):
                setting = (image.path, variable.name, image.location(variable.span))
                found.setdefault((project.subprojects.root_of(image.path), _normal(variable.value)), setting)
    return found


def _are_variants(one: str, other: str) -> bool:
    """Whether two files belong to different numbered experiments, each of which is meant to stand for itself."""
    mine, theirs = _EXPERIMENT.search(one), _EXPERIMENT.search(other)
    return bool(mine and theirs and mine[0] != theirs[0])


def _normal(text: str) -> str:
    return text.strip().replace("\\", "/").removeprefix("./").rstrip("/")


def _is_default(source: SourceFacts, span: Span) -> bool:
    """Whether a text is the default of a look-up, of an option or of a parameter, or is named so."""
    if any(b.span.line == span.line and "default" in b.name.lower() for b in source.facts.bindings):
        return True
    for call in source.facts.calls:
        if call.span.line <= span.line <= call.span.end_line:
            name = getattr(call.func, "name", "") or call.name.rpartition(".")[2]
            if name in _DEFAULTING:
                return True
    return False
