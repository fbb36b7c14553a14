"""The rule `leftover-scaffold`."""

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
    Severity,
    SourceFacts,
    Span,
    facts,
    known_texts,
)

_FEWEST = 5
_MAKES = frozenset({"open", "os.makedirs", "pathlib.Path.touch", "os.mkdir"})


class LeftoverScaffold(Rule):
    """A script that made the project's empty files is still there.

    What it made has long been filled: it does nothing now, its list of files is out of date, and whoever runs it to
    find out gets directories that nobody needs. Sculley et al. 2015, section 5 ("Prototype Smell").

    ## How to repair

    Delete it; version control remembers.

    ## It checks before it writes

    ```python title="template.py"
    import os
    files = ["src/load.py", "src/train.py", "src/score.py", "app.py", "setup.py", "test.py"]
    for path in files:
        folder, name = os.path.split(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        if not os.path.exists(path) or os.path.getsize(path) == 0:
            with open(path, "w") as stream:  # expect: leftover-scaffold
                pass
    ```

    ```python title="src/load.py"
    print("load")
    ```

    ```python title="src/train.py"
    print("train")
    ```

    ```python title="src/score.py"
    print("score")
    ```

    ```python title="app.py"
    print("app")
    ```

    ```python title="setup.py"
    print("setup")
    ```

    ## What it lists is not there

    ```python title="template.py"
    import os
    for path in ["a/load.py", "a/train.py", "a/score.py", "a/app.py", "a/setup.py"]:
        if not os.path.exists(path):
            with open(path, "w") as stream:
                pass
    ```

    ## It writes something

    ```python title="make.py"
    import os
    for path in ["src/load.py", "src/train.py"]:
        if not os.path.exists(path):
            with open(path, "w") as stream:
                stream.write("print(1)")
    ```

    ```python title="src/load.py"
    print("load")
    ```

    ```python title="src/train.py"
    print("train")
    ```
    """

    severity = Severity.INFO
    profile = Profile.CI
    minutes = 2
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each such script."""
        for site in project.calls("open"):
            source = site.source
            if source.kind is not Kind.PYTHON or source.source.is_any(*self.skip_roles):
                continue
            if site.argument(1, "mode") not in (facts.Const("w"), facts.Const("wb"), facts.Const("a")):
                continue
            target = site.argument(0, "file")
            if target is None or source.enclosing(site.call.block, "if") is None or _is_written(source):
                continue
            texts = known_texts(project.value(source, target))
            made = [n for n in (project.locate(source.path, text) for text in texts) if n in project.files]
            if len(made) >= _FEWEST and 2 * len(made) > len(texts):
                yield self.finding(
                    site.location,
                    f"this script only makes empty files, and {len(made)} of the {len(texts)} that it lists are there",
                    related=[
                        Related(source.location(_whole(source)), "the script does nothing else"),
                        *_places(project, source, site.call, made),
                    ],
                )


def _whole(source: SourceFacts) -> Span:
    """All lines of a file."""
    return Span(1, 1, len(source.facts.lines), 1)


def _places(project: Project, source: SourceFacts, call: facts.Call, made: list[str]) -> Iterator[Related]:
    loop = source.enclosing(call.block, "for")
    if loop is not None:
        yield Related(source.location(loop.span), "goes through the list")
    for name in made[:3]:
        if name in project.by_path:
            yield Related(project.by_path[name].location(Span.at(1)), "is there")


def _is_written(source: SourceFacts) -> bool:
    """Whether a file puts anything into what it opens."""
    return not {"write", "writelines", "dump", "to_csv", "writerow"}.isdisjoint(source.facts.header.methods)
