"""The rule `truncating-scaffold`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    SourceFacts,
    Span,
    facts,
    known_texts,
)


class TruncatingScaffold(Rule):
    """A script that once made the project's empty files would now empty them.

    It opens files of the project for writing and writes nothing. Somebody who runs it again loses the pipeline
    and its parameters. Sculley et al. 2015, section 5 (Prototype smell): what the prototype needed is still there.

    ## How to repair

    Delete the script: the files exist. A template for new projects belongs into a repository of its own.

    ## Files that are there by now

    ```python title="template.py"
    import os
    files = ["dvc.yaml", os.path.join("src", "__init__.py")]
    for name in files:
        with open(name, "w") as stream:  # expect: truncating-scaffold
            pass
    ```

    ```yaml title="dvc.yaml"
    stages: {}
    ```

    ## Only where nothing is there; files that are written; files of the run

    ```python title="template.py"
    import os
    for name in ["dvc.yaml", "params.yaml"]:
        if not os.path.exists(name) or os.path.getsize(name) == 0:
            with open(name, "w") as stream:
                pass
    ```

    ```yaml title="dvc.yaml"
    stages: {}
    ```

    ## Files that are written; files of the run; appending

    ```python title="template.py"
    with open("dvc.yaml", "w") as stream:
        stream.write("stages: {}")
    with open("done.txt", "w") as stream:
        pass
    open("params.yaml", "a")
    ```

    ```yaml title="dvc.yaml"
    stages: {}
    ```

    ```yaml title="params.yaml"
    split: 0.2
    ```
    """

    profile = Profile.CI
    minutes = 5
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each place that empties files of the project."""
        for site in project.calls("open"):
            source = site.source
            if source.kind is not Kind.PYTHON or source.source.is_any(*self.skip_roles):
                continue
            if site.argument(1, "mode") not in (facts.Const("w"), facts.Const("wb")):
                continue
            target = site.argument(0, "file")
            if target is None or source.enclosing(site.call.block, "if", "else", "function") is not None:
                continue
            if not _is_unused(source, site.call):
                continue
            names = [project.locate(source.path, text) for text in known_texts(project.value(source, target))]
            emptied = [n for n in names if n and n in project.by_path and project.by_path[n].text().strip()]
            if emptied:
                shown = ", ".join(f"`{name}`" for name in emptied[:3])
                yield self.finding(
                    site.location,
                    f"running this script empties {shown}{' …' if len(emptied) > 3 else ''}",
                    related=[
                        Related(project.by_path[n].location(Span.at(1)), "would be emptied") for n in emptied
                    ],
                )


def _is_unused(source: SourceFacts, call: facts.Call) -> bool:
    """Whether nothing is done with the stream: its name is not read, and it is not handed on."""
    content = source.facts
    number = source.number_of(call)
    for index, binding in enumerate(content.bindings):
        if binding.value == facts.Called(number):
            return not any(
                isinstance(use.expr, facts.Ref) and index in use.expr.bindings for use in content.uses
            ) and not any(index in part.bindings for other in content.calls for part in _refs(other.func))
    return call.bare


def _refs(expr: facts.Expr) -> Iterator[facts.Ref]:
    while isinstance(expr, facts.Attr | facts.Item):
        expr = expr.base
    if isinstance(expr, facts.Ref):
        yield expr
