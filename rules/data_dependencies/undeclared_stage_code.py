"""The rule `undeclared-stage-code`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Location,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    Stage,
    listing_fix,
)


class UndeclaredStageCode(Rule):
    """A stage runs code of the project that its dependencies do not name.

    Whether a stage is run again is decided by what it declares: an edit to an undeclared module changes the
    result of some later run and nothing before it, so that the stored outputs belong to no version of the code.
    Sculley et al. 2015, section 3 (undeclared dependencies); Tang et al. 2021.

    ## How to repair

    List the modules among the stage's `deps`, or their directory where there are several. Modules that decide
    about nothing (logging) can be left out with the option `ignore`.

    ## A module that the script imports; another stage's script in place of the own one

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python src/train.py
        deps: [src/train.py, data/train.csv]  # expect: undeclared-stage-code
        outs: [model.pkl]
      score:
        cmd: python src/score.py
        deps: [src/train.py]  # expect: undeclared-stage-code
    ```

    ```python title="src/train.py"
    from features import build
    build("data/train.csv")
    ```

    ```python title="src/features.py"
    def build(path): ...
    ```

    ```python title="src/score.py"
    print("scoring")
    ```

    ## Fixed

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python src/train.py
        deps: [src/train.py, data/train.csv, src/features.py]
        outs: [model.pkl]
      score:
        cmd: python src/score.py
        deps: [src/train.py, src/score.py]
    ```

    ## Everything declared, by name or by directory; modules of which nothing runs

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python src/train.py
        deps: [src]
      score:
        cmd: python src/score.py
        deps: [src/score.py, src/features.py]
    ```

    ```python title="src/train.py"
    from features import build
    build()
    ```

    ```python title="src/score.py"
    from features import build
    from steps.extra import unused
    build()
    ```

    ```python title="src/features.py"
    def build(): ...
    ```

    ```python title="src/steps/extra.py"
    def unused(): ...
    ```

    ## Stages that always run, or whose dependencies cannot be known

    ```yaml title="dvc.yaml"
    stages:
      report: {cmd: python report.py, always_changed: true}
      plot: {cmd: python report.py, deps: ["${code}"]}
    ```

    ```python title="report.py"
    print("report")
    ```

    ## A package file in which nothing happens; a package that is installed

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python src/train.py
        deps: [src/train.py, src/shop/features.py]
    ```

    ```python title="src/train.py"
    import sklearn
    from shop.features import build
    build()
    ```

    ```python title="src/shop/__init__.py"
    'A shop.'
    __version__ = "1.0"
    ```

    ```python title="src/shop/features.py"
    def build(): ...
    ```
    """

    minutes = 5
    ignore: tuple[str, ...] = ()
    """Paths of modules that need not be declared."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield at most one finding a stage; stages of one installed command are one finding."""
        seen: set[object] = set()
        for stage in project.stages:
            source = project.source(stage.path)
            if stage.tool != "dvc" or source is None or source.source.is_any(*self.skip_roles):
                continue
            if "true" in (stage.option("always_changed"), stage.option("frozen")) or not all(
                declared.is_known for declared in stage.inputs
            ):
                continue
            missing = list(self._missing(project, stage))
            installed = next((e.path for e in project.executions(stage) if e.command and e.function), None)
            key = installed or stage.location
            if missing and key not in seen:
                seen.add(key)
                yield self._finding(project, stage, missing, installed is not None)

    def _missing(self, project: Project, stage: Stage) -> Iterator[str]:
        """The files that the stage runs and does not declare, its own scripts first."""
        scripts = [execution.path for execution in project.executions(stage)]
        reach = project.call_graph.reach_of_stage(stage)
        used = [source.path for source in project.call_graph.uses(reach) if not source.source.is_any(Role.TEST)]
        for path in dict.fromkeys([*scripts, *used]):
            if path in self.ignore or any(declared.covers(path) for declared in stage.inputs):
                continue
            if not path.endswith("__init__.py") or _does_something(project.by_path[path]):
                yield path

    def _finding(self, project: Project, stage: Stage, missing: list[str], is_installed: bool) -> Finding:
        shown = ", ".join(f"`{path}`" for path in missing[:4])
        shown += f" and {len(missing) - 4} more" if missing[4:] else ""
        evidence = [e for path in missing[:8] if (e := _evidence(project, stage, path)) is not None]
        return self.finding(
            _deps(project, stage),
            f"stage `{stage.name}` runs {shown}, which {'are' if missing[1:] else 'is'} not among its"
            " dependencies: edits there do not trigger a run",
            severity=Severity.INFO if is_installed else None,
            related=evidence,
            minutes=self.minutes + len(missing),
            scope=stage.name,
            fix=listing_fix(project.by_path[stage.path], stage, "deps", missing, are_paths=True),
        )


def _does_something(package: SourceFacts) -> bool:
    """Whether the head of a package holds more than a text about it and names such as `__version__`."""
    content = package.facts
    return bool(content.calls or content.imports or content.functions or content.classes) or any(
        not binding.name.startswith("__") for binding in content.bindings
    )


def _deps(project: Project, stage: Stage) -> Location:
    """Where the dependencies are listed; the stage itself if it lists none."""
    source = project.by_path[stage.path]
    name = stage.name.partition("@")[0]
    for entry in source.facts.entries:
        if entry.path[:2] == ("stages", name) and entry.path[-1] == "deps":
            return source.location(entry.key)
    return stage.location


def _evidence(project: Project, stage: Stage, path: str) -> Related | None:
    """Where the stage gets to a file: its command, or an import in something that it runs."""
    for execution in project.executions(stage):
        if execution.path == path:
            place = execution.command.location if execution.command is not None else stage.location
            return Related(place, f"runs `{path}`")
    reached = project.call_graph.reach_of_stage(stage).paths
    for importer in sorted(project.imports.importers.get(path, frozenset()) & reached):
        source = project.by_path[importer]
        for fact in source.facts.imports:
            if path in project.imports.files_of(source, fact):
                return Related(source.location(fact.span), f"`{importer}` imports `{path}`")
    return Related(Location(path, Span.at(1)), "runs in this stage")
