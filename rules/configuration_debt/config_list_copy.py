"""The rule `config-list-copy`."""

from __future__ import annotations

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
    Severity,
    SourceFacts,
    Span,
    facts,
    is_plain,
    walk,
)

_TOOLS = frozenset({"dvc.yaml", "pyproject.toml", "mkdocs.yml", "schema.yml", "schema.yaml"})


class ConfigListCopy(Rule):
    """A list in the code repeats a list of the configuration.

    The models that a page offers, the stores, the classes: who adds one to the configuration finds that the page does
    not know it. Sculley et al. 2015, section 6: it should be hard to make manual errors, omissions or oversights.

    ## How to repair

    Read the list from the configuration.

    ## A page that offers what the configuration lists

    ```yaml title="params.yaml"
    train:
      models: [forest, boosting, ridge]
    ```

    ```python title="app.py"
    import streamlit as st

    choice = st.selectbox("Model", ["forest", "boosting", "ridge"])  # expect: config-list-copy
    ```

    ## Another list, a short one, the configuration that code reads

    ```yaml title="params.yaml"
    models: [forest, boosting, ridge]
    splits: [train, test]
    ```

    ```python title="app.py"
    import streamlit as st
    import yaml

    first = st.selectbox("Model", ["forest", "boosting", "lasso"])
    second = st.selectbox("Part", ["train", "test"])
    third = st.selectbox("Model", yaml.safe_load(open("params.yaml"))["models"])
    ```

    ## Tests

    ```yaml title="params.yaml"
    models: [forest, boosting, ridge]
    ```

    ```python title="tests/test_app.py"
    assert load() == ["forest", "boosting", "ridge"]
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK, Role.MIGRATION}

    least_names: int = 3
    """Shorter lists are not compared."""

    most_names: int = 40
    """Nor are longer ones."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each list of the configuration, at its first copy."""
        copies: dict[tuple[str, frozenset[str]], list[Location]] = {}
        settings = dict(self._settings(project))
        for source in self.sources(project, Kind.PYTHON) if settings else ():
            root = project.subprojects.root_of(source.path)
            for names, span in _lists(source):
                if (root, names) in settings:
                    copies.setdefault((root, names), []).append(source.location(span))
        for (root, names), places in copies.items():
            first, *others = sorted(set(places))
            setting = settings[root, names]
            yield self.finding(
                first,
                f"the list of {len(names)} names repeats one of `{setting.path}`",
                related=[Related(setting, "the setting"), *(Related(other, "again") for other in others[:10])],
            )

    def _settings(self, project: Project) -> Iterator[tuple[tuple[str, frozenset[str]], Location]]:
        """The lists of names in documents of the project's own."""
        for source in self.sources(project, Kind.YAML, Kind.TOML):
            if _is_tools(source.path):
                continue
            for entry in source.facts.entries:
                if entry.kind == "seq" and entry.path:
                    items = project.documents.children(source.path, entry.path)
                    texts = [item.value for item in items if isinstance(item.value, str)]
                    names = frozenset(texts)
                    is_list = len(texts) == len(items) and self.least_names <= len(names) <= self.most_names
                    if is_list and not any("/" in name or "$" in name for name in names):
                        yield (project.subprojects.root_of(source.path), names), source.location(entry.key)


def _lists(source: SourceFacts) -> Iterator[tuple[frozenset[str], Span]]:
    """The lists of texts that a file writes out."""
    held = [(b.value, b.span) for b in source.facts.bindings if b.kind != "parameter"]
    held += [(s.value, s.span) for s in source.facts.stores]
    for call in source.facts.calls:
        if getattr(call.func, "name", "") in ("get", "getattr", "add_argument", "Field", "field"):
            continue  # a default
        held += [(a, call.span) for a in call.args] + [(k.value, call.span) for k in call.keywords]
    for value, span in held:
        for part in walk(value) if value is not None and not is_plain(value) else ():
            if isinstance(part, facts.Seq):
                texts = [i.value for i in part.items if isinstance(i, facts.Const) and isinstance(i.value, str)]
                if len(texts) == len(part.items) > 2:
                    yield frozenset(texts), span


def _is_tools(path: str) -> bool:
    """Whether a document belongs to a tool, and not to the project's own settings."""
    name = path.rpartition("/")[2]
    return path.startswith(".") or "/." in path or name in _TOOLS
