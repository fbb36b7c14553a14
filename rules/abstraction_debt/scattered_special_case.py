"""The rule `scattered-special-case`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, SourceFacts, facts

_FEWEST_PLACES = 5


class ScatteredSpecialCase(Rule):
    """One file asks again and again whether a setting has a certain name.

    What is special about the data set or the model is spread over the whole file, and the next one needs a change
    at each place. Sculley et al. 2015, section 5 (Abstraction Debt).

    ## How to repair

    Give the special case an object (a data set with a `load` and a `sample` method) and ask once which one it is.

    ## A data set that is special everywhere

    ```python title="model.py"
    class Net:
        def build(self):
            if self.dataset == "mnist":  # expect: scattered-special-case
                self.load()
        def train(self, config):
            if config.dataset == "mnist":
                batch = self.batch()
            for step in range(9):
                if config.dataset == "mnist":
                    self.step(batch)
                if step and config.dataset == "mnist":
                    self.show()
        def sample(self, config):
            if config.dataset == "mnist":
                self.grid()
    ```

    ## Few places, one chain

    ```python title="model.py"
    class Net:
        def run(self, config, mode):
            if config.dataset == "mnist":
                self.load()
            elif config.dataset == "celeba":
                self.unpack()
    ```

    ## Phases and devices are no special cases

    ```python title="model.py"
    class Net:
        def run(self, config, mode):
            if mode == "train":
                self.a()
            if mode == "train":
                self.b()
            if mode == "train":
                self.c()
            if mode == "train":
                self.d()
            if mode == "train":
                self.e()
    ```
    """

    profile = Profile.AUDIT
    minutes = 45
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each name that a file asks for at many places."""
        for source in self.sources(project, Kind.PYTHON):
            if source.path in project.versions.originals:
                continue
            places: dict[tuple[str, str], list[facts.Block]] = defaultdict(list)
            for block in source.facts.blocks:
                if block.kind in ("if", "ternary") and block.test is not None:
                    for subject, key in _asked(block.test):
                        places[subject, key].append(block)
            for (subject, key), blocks in places.items():
                if len(blocks) >= _FEWEST_PLACES:
                    yield self._finding(source, subject, key, blocks)

    def _finding(self, source: SourceFacts, subject: str, key: str, blocks: list[facts.Block]) -> Finding:
        first, *others = blocks
        return self.finding(
            source.location(first.span),
            f'whether `{subject}` is `"{key}"` is asked at {len(blocks)} places of this file',
            related=[Related(source.location(block.span), "asked again") for block in others[:10]],
            scope=source.scope_name(first.parent),
        )


_PHASES = frozenset(
    {"train", "training", "test", "val", "valid", "validation", "eval", "predict", "inference", "fit", "cpu", "cuda",
     "gpu", "mps", "tpu", "auto", "none", "None", "", "all", "__main__", "linux", "win32", "nt", "darwin", "min", "max",
     "both", "left", "right", "true", "True", "yes", "no", "ok", "success", "error", "debug"}
)  # fmt: skip
_SUBJECTS = frozenset(
    {"dataset", "dataset_name", "data_name", "data", "model", "model_name", "model_type", "arch", "architecture",
     "backbone", "network", "net", "net_type", "algorithm", "algo", "method", "approach", "variant", "experiment",
     "task", "task_name", "task_type", "domain", "environment", "env_name", "env", "loss", "loss_type", "optimizer",
     "encoder", "decoder", "version", "problem", "problem_type", "ml_task", "framework", "classifier",
     "estimator", "estimator_name", "dataset_type", "data_type", "benchmark"}
)  # fmt: skip


def _asked(test: facts.Expr) -> Iterator[tuple[str, str]]:
    """The settings and names that a test compares."""
    parts = test.items if isinstance(test, facts.Logic) and test.operator in ("and", "or") else (test,)
    for part in parts:
        if (
            isinstance(part, facts.Compare)
            and part.operator in ("==", "!=")
            and isinstance(part.right, facts.Const)
        ):
            key = part.right.value
            name = _last(part.left)
            if name in _SUBJECTS and isinstance(key, str) and key not in _PHASES:
                yield name, key


def _last(expr: facts.Expr) -> str:
    if isinstance(expr, facts.Item) and isinstance(expr.index, facts.Const) and isinstance(expr.index.value, str):
        return expr.index.value
    return expr.name if isinstance(expr, facts.Ref | facts.Attr) else ""
