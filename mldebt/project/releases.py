"""Workflows that train a model and put it into use, step after step."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Compare, Const, Expr, Ref
from mldebt.project.phases import Program
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.declarations.model import Stage
    from mldebt.project.project import Project

_DEPLOYS = re.compile(
    r"\bkubectl (apply|rollout|set image)|\bhelm (upgrade|install)\b"
    r"|\bgcloud (run|app|functions|ai endpoints)\b.*\bdeploy"
    r"|\baws (ecs update-service|lambda update-function-code|sagemaker (create|update)-endpoint|apprunner)"
    r"|\baz (ml online-deployment|webapp|containerapp|functionapp)\b.*\b(create|update|up|deploy|config)\b"
    r"|\bheroku container:release|\b(fly|flyctl|railway|vercel|serverless|sls|modal) (deploy|up)\b"
)
_STEPS = re.compile(
    r"evaluat|valid|gate|approv|compar|check|assert|metric|cml\b|threshold|quality|test|promot|baseline|smoke|score|drift",
    re.IGNORECASE,
)

_QUALITY = re.compile(
    r"metric|score|accura|auc|f1|rmse|mae|mse|loss|r2|precision|recall|thresh|better|best|champion|baseline|quality|gate"
    r"|approv|pass(ed)?$|valid|should|compare|improv|mape|error|performance|deploy|promot|decision",
    re.IGNORECASE,
)
_DECIDES = re.compile(
    r"better|best|champion|gate|approv|pass(ed)?$|is_valid|validated|should|improv|deploy|promot|decision|accept|ok$|good",
    re.IGNORECASE,
)
_KNOWN = (":", ".", "sklearn", "keras", "tensorflow", "torch", "transformers", "xgboost", "lightgbm", "catboost")
_JUDGES = re.compile(r"validat|evaluate|gate|approv|(^|_)check", re.IGNORECASE)


class Release(NamedTuple):
    """A step of a workflow that deploys, and the step before it that trains; `program` is what that runs."""

    train: Stage
    deploy: Stage
    program: Program


def workflow_releases(project: Project) -> Iterator[Release]:
    """The workflows in which a step trains and a later one deploys, with nothing between that judges, by its name.

    Workflows that people start, and jobs that wait for an approval, are left out.
    """
    training = {program.source.path: program for program in project.phases.training}
    by_file: dict[str, list[Stage]] = defaultdict(list)
    for stage in project.stages if training else ():
        if stage.tool == "workflow":
            by_file[stage.path].append(stage)
    for path, stages in by_file.items():
        if _is_started_by_hand(project, path):
            continue
        stages.sort(key=lambda stage: stage.location)
        train: tuple[Stage, Program] | None = None
        for stage in stages:
            text = _text(stage)
            program = next((training[e.path] for e in project.executions(stage) if e.path in training), None)
            if program is not None:
                train = (stage, program)
            elif train is not None and _DEPLOYS.search(text) and not _waits(project, path, stage):
                yield Release(train[0], stage, train[1])
                break
            elif train is not None and _STEPS.search(f"{stage.name} {text}"):
                break


def _text(stage: Stage) -> str:
    return " ; ".join(" ".join(command.argv) for command in stage.commands)


def _is_started_by_hand(project: Project, path: str) -> bool:
    source = project.source(path)
    triggers = {
        str(entry.path[1]) if len(entry.path) > 1 and isinstance(entry.path[1], str) else str(entry.value)
        for entry in (source.facts.entries if source is not None else ())
        if entry.path and str(entry.path[0]) in ("on", "True", "true")
    }
    return "workflow_dispatch" in triggers and not triggers & {"push", "schedule", "pull_request", "release"}


def _waits(project: Project, path: str, stage: Stage) -> bool:
    """Whether the job of a step belongs to an environment, which may ask somebody."""
    job = stage.id.removeprefix(f"{path}:").rpartition(":")[0]
    tree = project.documents.tree(path)
    return ("jobs", job, "environment") in tree


def has_gate(project: Project, program: Program) -> bool:
    """Whether any condition or assertion in the code that a program runs may be about quality."""
    for path in program.reach.paths:
        source = project.source(path)
        for block in source.facts.blocks if source is not None else ():
            if block.kind in ("if", "ternary", "while") and _is_gate(block.test):
                return True
        if source is not None and any(_is_gate(found.comparison) for found in source.facts.conditions):
            return True
        if source is not None and _is_judged_elsewhere(project, source):
            return True
        if source is not None and any(
            _QUALITY.search(f.name) for f in source.facts.functions if "valid" in f.name
        ):
            return True
    return False


def _is_gate(test: Expr | None) -> bool:
    """Whether a condition compares something about quality, or asks for a decision."""
    orders = any(isinstance(part, Compare) and part.operator in ("<", "<=", ">", ">=") for part in walk(test))
    return any(map((_QUALITY if orders else _DECIDES).search, _words(test)))


def _is_judged_elsewhere(project: Project, source: SourceFacts) -> bool:
    """Whether a function of an unknown package may be the gate, by its name."""
    for call in source.facts.calls:
        root, _, last = call.name.rpartition(".")
        if root and _JUDGES.search(last) and not root.startswith(_KNOWN):
            is_known = project.types.tables.lookup(call.name) is not None
            if not is_known and project.names.symbol(source, call.name) is None:
                return True
    return False


def _words(expr: Expr | None) -> Iterator[str]:
    for part in walk(expr):
        if isinstance(part, Ref | Attr):
            yield part.name
        elif isinstance(part, Const) and isinstance(part.value, str):
            yield part.value
