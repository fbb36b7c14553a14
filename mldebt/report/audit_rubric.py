"""The ML Test Score rubric (Breck et al. 2017), with what static analysis can say about each of its tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from mldebt.source import Role

if TYPE_CHECKING:
    from mldebt.engine import Report
    from mldebt.project import Project

_VALIDATION = ("great_expectations", "pandera", "tensorflow_data_validation", "deepchecks", "evidently")
_MONITORING = ("evidently", "alibi_detect", "nannyml", "whylogs", "prometheus_client")
_FAIRNESS = ("fairlearn", "aif360")
_TUNING = ("optuna", "hyperopt", "ray.tune", "skopt", "keras_tuner", "sklearn.model_selection.GridSearchCV")
_SERVING = ("mlflow", "bentoml", "seldon_core", "kserve")

Verdict = Literal["for", "against", "both", "unknown"]


class _Test(NamedTuple):
    section: str
    name: str
    modules: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    tests: bool = False
    stages: bool = False


class Line(NamedTuple):
    """One test of the rubric: what speaks for its being done, and what against."""

    section: str
    name: str
    verdict: Verdict
    evidence: tuple[str, ...]


_UNSEEDED = (
    "unseeded-entry-point",
    "unseeded-estimator",
    "unseeded-shuffle",
    "unseeded-split",
    "worker-randomness",
    "unversioned-training-data",
    "seed-off-by-default",
    "unstable-order",
)
_UNPINNED = (
    "unpinned-dependency",
    "unpinned-pretrained-model",
    "unpinned-remote-data",
    "floating-image",
    "floating-model-alias",
    "floating-llm-model",
)
_UNDECLARED = ("undeclared-stage-input", "undeclared-stage-output", "undeclared-consumers", "hidden-handoff")
_LEAKS = (
    "preprocessing-leakage",
    "fit-on-test",
    "resample-before-split",
    "self-graded-metric",
    "tuning-on-test",
    "merged-test-set",
    "shuffled-time-split",
    "target-in-features",
)
_FORKS = ("train-serve-fork", "transformer-not-persisted", "duplicated-feature-list", "implicit-feature-set")
_POSITIONS = ("positional-feature-vector", "magic-column-index", "duplicated-feature-list")
_LOST = (
    "versioned-copy",
    "untracked-training-run",
    "model-overwrite",
    "hard-coded-run-id",
    "config-bypass",
    "hand-edited-setting",
    "option-bypass",
)

_TESTS = (
    _Test(
        "Data",
        "Expectations about features are written down as a schema",
        _VALIDATION,
        against=("unvalidated-ingest", "implicit-read-schema", "headerless-table"),
    ),
    _Test("Data", "Every feature is beneficial", against=("dead-feature-column", "legacy-feature-pair")),
    _Test("Data", "No feature costs too much"),
    _Test("Data", "Features adhere to requirements of the whole system"),
    _Test("Data", "The pipeline has appropriate privacy controls"),
    _Test(
        "Data",
        "New features can be added quickly",
        against=("file-drop-chain", "phase-entangled-function", *_POSITIONS),
    ),
    _Test(
        "Data",
        "All code of features is tested",
        against=("swallowed-data-error", "test-of-missing-code", "toy-tests"),
        tests=True,
    ),
    _Test("Model", "Every model specification is reviewed and versioned", against=_LOST),
    _Test("Model", "Offline metrics agree with what the product needs", against=_LEAKS),
    _Test("Model", "All hyperparameters are tuned", _TUNING, against=("default-hyperparameters",)),
    _Test("Model", "The effect of a stale model is known"),
    _Test("Model", "A simpler model is not better"),
    _Test("Model", "Quality holds on all important slices"),
    _Test("Model", "The model was tested for inclusion", _FAIRNESS),
    _Test("Infrastructure", "Training is reproducible", against=(*_UNSEEDED, *_UNPINNED)),
    _Test("Infrastructure", "Model specifications have unit tests", tests=True),
    _Test(
        "Infrastructure",
        "The whole pipeline is integration-tested",
        against=("interactive-step", "silent-pipeline-failure", "ci-without-ml-checks"),
        stages=True,
    ),
    _Test(
        "Infrastructure",
        "Quality is validated before a model serves",
        against=("ungated-deployment", "unevaluated-model", "printed-only-metrics", "unfitted-model-saved"),
    ),
    _Test("Infrastructure", "The model can be debugged step by step"),
    _Test("Infrastructure", "Models are tried on a canary before they serve"),
    _Test(
        "Infrastructure",
        "Serving models can be rolled back",
        _SERVING,
        against=("model-overwrite", "bare-model-artifact"),
    ),
    _Test("Monitoring", "Changes of dependencies are noticed", against=(*_UNPINNED, *_UNDECLARED)),
    _Test(
        "Monitoring",
        "Invariants hold for inputs in training and serving",
        _VALIDATION,
        against=("unvalidated-serving-input", "unvalidated-ingest"),
    ),
    _Test("Monitoring", "Training and serving compute the same features", against=_FORKS),
    _Test("Monitoring", "Models are not too stale"),
    _Test("Monitoring", "The model is numerically stable", against=("nan-equality", "unmasked-domain-error")),
    _Test("Monitoring", "Speed, latency and memory have not become worse"),
    _Test("Monitoring", "Quality on served data has not become worse", _MONITORING),
)
RULES = frozenset(rule for test in _TESTS for rule in test.against)
"""The rules whose findings speak against a test."""


def rubric(report: Report, project: Project) -> Iterator[Line]:
    """The tests of the rubric in its order. What code cannot show stays unknown; no points are given."""
    counts: dict[str, int] = {}
    for finding in report.findings:
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
    used = {module for source in project.code for module in source.facts.header.modules}
    tests = sum(source.source.is_any(Role.TEST) for source in project.code)
    for test in _TESTS:
        good = [f"`{m}` is used" for m in test.modules if _uses(used, m)]
        if test.tests and tests:
            good.append(f"{tests} files of tests")
        if test.stages and project.stages:
            good.append(f"{len(project.stages)} declared stages can be run as a whole")
        bad = [f"{counts[rule]} × {rule}" for rule in test.against if rule in counts]
        verdict: Verdict = "both" if good and bad else "for" if good else "against" if bad else "unknown"
        yield Line(test.section, test.name, verdict, (*good, *bad))


def _uses(modules: set[str], name: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for module in modules)
