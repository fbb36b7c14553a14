"""The rule `committed-run-output`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Location, Profile, Project, Related, Role, Rule, Severity, Span

_FOLDERS = {
    "mlruns": "the runs of MLflow",
    "mlartifacts": "the artifacts of MLflow",
    "wandb": "the runs of Weights & Biases",
    "lightning_logs": "the logs of Lightning",
    "catboost_info": "the logs of CatBoost",
    "tb_logs": "the logs of TensorBoard",
    "__pycache__": "compiled Python",
    ".ipynb_checkpoints": "automatic copies of notebooks",
    "multirun": "the output of Hydra",
    ".hydra": "the settings of runs of Hydra",
}
_RUN_FILES = {"mlruns": "meta.yaml", "wandb": "wandb-metadata.json", "lightning_logs": "hparams.yaml"}
_FILES = re.compile(
    r"(mlflow\.db|mlruns\.db|nohup\.out|events\.out\.tfevents\.[\w.-]+|\.DS_Store|Thumbs\.db|npm-debug\.log|core\.\d+"
    r"|\.RData|\.Rhistory|(running|training|train|pipeline|debug|app|error)(_?logs?)?\.log)$"
)
_BUILT = re.compile(r"(^|/)(dist|build)/[\w.-]+\.(zip|whl|egg|tar\.gz)$")
_SHOWN = 10
_TEST = re.compile(r"(^|/)(tests?|fixtures?|examples?|testdata|docs?)(/|$)")


class CommittedRunOutput(Rule):
    """What a run leaves behind is committed: tracking databases, logs, caches.

    It belongs to one machine and one day, changes with every run, hides what the change was about, and looks like the
    record of the results that somebody relies on. Sculley et al. 2015, section 5 ("Prototype Smell").

    ## How to repair

    `git rm --cached`, and name it in `.gitignore`. Keep runs on a tracking server.

    ## A tracking database, and an automatic copy

    ```text title="mlflow.db"
    SQLite  # expect: committed-run-output
    ```

    ```text title="catboost_info/learn_error.tsv"
    iter	Logloss  # expect: committed-run-output
    ```

    ```text title="catboost_info/time_left.tsv"
    iter	Passed
    ```

    ## What a build packed

    ```text title="dist/src.zip"
    PK  # expect: committed-run-output
    ```

    ## What only has the name, and what tests need

    ```python title="wandb/client.py"
    print("a package of the project")
    ```

    ```text title="tests/data/mlflow.db"
    SQLite
    ```

    ## Results that are meant to be kept

    ```text title="reports/metrics.json"
    {"auc": 0.8}
    ```
    """

    severity = Severity.INFO
    profile = Profile.CI
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each kind of such folders and of such files, at the first one."""
        folders: dict[str, dict[str, list[str]]] = {}
        single: dict[str, list[str]] = {}
        for path in sorted(project.files):
            if _TEST.search(path):
                continue
            parts = path.split("/")
            named = next((i for i, part in enumerate(parts[:-1]) if part in _FOLDERS), None)
            if named is not None:
                folder = "/".join(parts[: named + 1])
                folders.setdefault(parts[named], {}).setdefault(folder, []).append(path)
            elif _FILES.match(parts[-1]) or _BUILT.search(path):
                single.setdefault(parts[-1], []).append(path)
        for name, places in folders.items():
            found = {folder: paths for folder, paths in places.items() if _is_output(project, name, paths)}
            if found:
                first, count = next(iter(found)), sum(map(len, found.values()))
                more = f" and {len(found) - 1} more directories hold" if found.keys() - {first} else " holds"
                shown = [path for paths in found.values() for path in paths[:_SHOWN]]
                yield self._finding(f"`{first}/`{more} {_FOLDERS[name]}: {count} file{'s' * (count != 1)}", shown)
        for name, paths in single.items():
            yield self._finding(f"`{name}` is what a run or a tool left behind", paths)

    def _finding(self, message: str, paths: list[str]) -> Finding:
        first, *others = paths
        return self.finding(
            Location(first, Span.at(1)),
            message,
            related=[Related(Location(path, Span.at(1)), "this, too") for path in others[: 2 * _SHOWN]],
        )


def _is_output(project: Project, name: str, paths: list[str]) -> bool:
    """Whether a folder of such a name holds what tools write, and no code of the project."""
    sources = [project.by_path[path] for path in paths if path in project.by_path]
    if any(s.path.endswith(".py") and not s.source.is_any(Role.GENERATED) for s in sources):
        return False
    marker = _RUN_FILES.get(name)
    return marker is None or any(path.endswith(f"/{marker}") for path in paths)
