"""The rule `unreachable-experiment`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import basename, dirname, splitext

from mldebt import Finding, Kind, Project, Related, Role, Rule, Severity, SourceFacts, Span, is_library

_ASIDE = re.compile(
    r"(^|/)(examples?|demos?|docs?|tutorials?|benchmarks?|scripts|tools|hparams|configs?|conf)/|(^|/)_"
)
_TEXTS = (Kind.MARKDOWN, Kind.YAML, Kind.TOML, Kind.JSON, Kind.INI, Kind.SHELL, Kind.MAKE, Kind.DOCKERFILE,
          Kind.SNAKEMAKE, Kind.NOTEBOOK, Kind.PYTHON)  # fmt: skip
_LOADERS = frozenset(
    {"importlib.import_module", "__import__", "runpy.run_path", "runpy.run_module", "imp.load_source"}
)


class UnreachableExperiment(Rule):
    """A training script is reached from no stage, workflow, image, import, test or document.

    Its siblings are. It was an experiment that ended, and whoever changes what they share keeps it in mind for
    nothing. Sculley et al. 2015, section 5 (Dead Experimental Codepaths) and section 8 (reward deletion).

    ## How to repair

    Tag the commit and delete the script; what it found belongs into the tracker.

    ## Beside the script that the pipeline runs

    ```yaml title="dvc.yaml"
    stages:
      train: {cmd: python src/train.py, deps: [src/train.py], outs: [model.pkl]}
    ```

    ```python title="src/train.py"
    import joblib
    from sklearn.linear_model import LogisticRegression
    joblib.dump(LogisticRegression().fit(X, y), "model.pkl")
    ```

    ```python title="src/train_forest_idea.py"
    from sklearn.ensemble import RandomForestClassifier  # expect: unreachable-experiment
    model = RandomForestClassifier().fit(X, y)
    print(model.score(X, y))
    ```

    ## Nothing is referenced at all: scripts are run by hand

    ```python title="train.py"
    from sklearn.linear_model import LogisticRegression
    LogisticRegression().fit(X, y)
    ```

    ```python title="train_forest.py"
    from sklearn.ensemble import RandomForestClassifier
    RandomForestClassifier().fit(X, y)
    ```

    ## Named in a document, imported, or loaded by name

    ```yaml title="dvc.yaml"
    stages:
      train: {cmd: python src/train.py, deps: [src/train.py], outs: [model.pkl]}
    ```

    ```text title="README.md"
    The forest is trained by `train_forest`.
    ```

    ```python title="src/train.py"
    import joblib
    from sklearn.linear_model import LogisticRegression
    from linear import fit
    joblib.dump(fit(X, y), "model.pkl")
    ```

    ```python title="src/linear.py"
    from sklearn.linear_model import LogisticRegression
    def fit(X, y):
        return LogisticRegression().fit(X, y)
    ```

    ```python title="src/train_forest.py"
    from sklearn.ensemble import RandomForestClassifier
    RandomForestClassifier().fit(X, y)
    ```

    ## Loaded by name; aside by its name or place

    ```yaml title="dvc.yaml"
    stages:
      train: {cmd: python src/train.py, deps: [src/train.py], outs: [model.pkl]}
    ```

    ```python title="src/train.py"
    import importlib
    importlib.import_module(f"src.{name}").model.fit(X, y)
    ```

    ```python title="src/train_forest.py"
    from sklearn.ensemble import RandomForestClassifier
    RandomForestClassifier().fit(X, y)
    ```

    ## Somebody worked on it in the last half year

    ```yaml title="dvc.yaml"
    stages:
      train: {cmd: python train.py, deps: [train.py], outs: [model.pkl]}
    ```

    ```python title="train.py" changed="40 days ago"
    from sklearn.linear_model import LogisticRegression
    LogisticRegression().fit(X, y)
    ```

    ```python title="train_forest.py" changed="170 days ago"
    from sklearn.ensemble import RandomForestClassifier
    RandomForestClassifier().fit(X, y)
    ```

    ```python title="train_boosted.py" changed="190 days ago"
    import xgboost as xgb  # expect: unreachable-experiment as warning
    xgb.XGBClassifier().fit(X, y)
    ```

    ## Names that begin with a stroke, tutorials

    ```yaml title="dvc.yaml"
    stages:
      train: {cmd: python train.py, deps: [train.py], outs: [model.pkl]}
    ```

    ```python title="train.py"
    from sklearn.linear_model import LogisticRegression
    LogisticRegression().fit(X, y)
    ```

    ```python title="_train_forest.py"
    from sklearn.ensemble import RandomForestClassifier
    RandomForestClassifier().fit(X, y)
    ```

    ```python title="tutorials/forest.py"
    from sklearn.ensemble import RandomForestClassifier
    RandomForestClassifier().fit(X, y)
    ```

    ## Started by name, declared as a program, examples

    ```yaml title="dvc.yaml"
    stages:
      train: {cmd: python src/train.py, deps: [src/train.py], outs: [model.pkl]}
    ```

    ```python title="src/train.py"
    from sklearn.linear_model import LogisticRegression
    LogisticRegression().fit(X, y)
    ```

    ```python title="src/train_forest.py"
    from sklearn.ensemble import RandomForestClassifier
    RandomForestClassifier().fit(X, y)
    ```

    ```python title="src/train_net.py"
    from sklearn.neural_network import MLPClassifier
    MLPClassifier().fit(X, y)
    ```

    ```toml title="pyproject.toml"
    project.scripts.forest = "train_forest:main"
    ```

    ```yaml title="conf/net.yaml"
    _target_: src.train_net.main
    ```

    ```yaml title="examples/dvc.yaml"
    stages:
      train: {cmd: python train.py, deps: [train.py], outs: [model.pkl]}
    ```

    ```python title="examples/train.py"
    from sklearn.linear_model import LogisticRegression
    LogisticRegression().fit(X, y)
    ```

    ```python title="examples/train_svm.py"
    from sklearn.svm import SVC
    SVC().fit(X, y)
    ```
    """

    minutes = 15
    least_days: int = 180
    """Scripts that were changed later than so many days ago are left alone."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each such script."""
        homes: dict[str, list[SourceFacts]] = defaultdict(list)
        for source in self.sources(project, Kind.PYTHON):
            if source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK) or not _trains(project, source):
                continue
            homes[dirname(source.path)].append(source)
        for members in homes.values():
            run = [source for source in members if project.stages_running(source)]
            if not run or is_library(project, members[0].path):
                continue
            alone = [
                s
                for s in members
                if s not in run
                and not _ASIDE.search(s.path)
                and self._is_alone(project, s)
                and self._is_old(project, s)
            ]
            if alone and not _loads_by_name(project):
                mentioned = _mentions(project, alone)
                for source in alone:
                    if source.path not in mentioned:
                        yield self._finding(project, source, run[0])

    def _is_alone(self, project: Project, source: SourceFacts) -> bool:
        if source.path in project.versions.originals:
            return False  # that is a versioned copy
        return source.path not in project.imports.importers and not project.stages_running(source)

    def _is_old(self, project: Project, source: SourceFacts) -> bool:
        """Whether nobody works on a script any more; without a history that may be."""
        return not project.ages.known or project.ages.is_old(source.path, self.least_days)

    def _finding(self, project: Project, source: SourceFacts, sibling: SourceFacts) -> Finding:
        changed = project.ages.changed(source.path)
        since = f", last changed on {changed}" if changed is not None else ""
        return self.finding(
            source.location(Span.at(1)),
            f"this training script ({source.facts.header.code_lines} lines{since}) is reached from no stage, workflow, "
            "image, import, test or document",
            related=[Related(sibling.location(Span.at(1)), "its sibling is run by a stage")],
            severity=None if changed is not None else Severity.INFO,
        )


def _trains(project: Project, source: SourceFacts) -> bool:
    """Whether a script fits a model: not only an encoder, of whatever class."""
    fits = {(site.source.path, site.call.span) for site in project.model_outputs.fits}
    return any(
        event.phase == "tune" or event.name.rpartition(".")[2] != "fit" or (source.path, event.call.span) in fits
        for event in project.phases.events(source)
        if event.phase in ("fit", "tune")
    )


def _loads_by_name(project: Project) -> bool:
    return any(True for _ in project.calls(*_LOADERS))


def _mentions(project: Project, sources: list[SourceFacts]) -> set[str]:
    """The paths of the sources whose name some text names: a file that is not the source itself."""
    stems = {splitext(basename(source.path))[0]: source.path for source in sources}
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, stems))})\b")
    found: set[str] = set()
    for source in project.sources(*_TEXTS):
        for match in pattern.finditer(source.text()):
            if stems[match[1]] != source.path:
                found.add(stems[match[1]])
    return found
