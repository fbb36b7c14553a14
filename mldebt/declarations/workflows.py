"""GitHub workflows and GitLab pipelines: each step or job that runs commands is a stage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.declarations.commands import expanded, stage_command
from mldebt.declarations.model import UNKNOWN_DIRECTORY, Declared, Stage, StageCommand, place, subdirectory
from mldebt.declarations.tree import Node, document
from mldebt.extract.shell import parse_commands
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project

_WORKFLOW = re.compile(r"(?:(.*)/)?\.github/workflows/[^/]+\.ya?ml")
_ACTION = re.compile(r"(?:.*/)?action\.ya?ml")
_GITLAB = re.compile(r"(?:.*/)?(?:\.gitlab-ci\.ya?ml|\.gitlab/.*\.ya?ml)")
_NO_JOBS = frozenset(
    {"default", "variables", "stages", "include", "workflow", "cache", "image", "services", "spec"}
)
_SCRIPTS = ("before_script", "script", "after_script")


def declared(project: Project) -> Iterator[Stage]:
    """The steps of GitHub workflows and the jobs of GitLab pipelines that run commands."""
    for source in project.sources(Kind.YAML):
        match = _WORKFLOW.fullmatch(source.path)
        if match is not None:
            root = document(source)
            jobs = root.get("jobs") if root else None
            for job in jobs.children() if jobs else ():
                if root is not None:
                    yield from _github_job(root, job, match[1] or "")
        elif _ACTION.fullmatch(source.path):
            root = document(source)
            composite = root.get("runs") if root else None
            if root is not None and composite is not None:
                yield from _github_job(root, composite, "")
        elif _GITLAB.fullmatch(source.path):
            root = document(source)
            for job in root.children() if root else ():
                if root and job.is_map and job.key not in _NO_JOBS:
                    yield from _gitlab_job(root, job)


# --- GitHub ----------------------------------------------------------------------------------------


def _github_job(root: Node, job: Node, home: str) -> Iterator[Stage]:
    needs = tuple(node.text for node in needed.texts()) if (needed := job.get("needs")) else ()
    steps = job.get("steps")
    for number, step in enumerate(steps.children() if steps else ()):
        run = step.get("run")
        if run is None:
            continue
        where = (
            step.get("working-directory")
            or job.get("defaults", "run", "working-directory")
            or root.get("defaults", "run", "working-directory")
        )
        is_known = where is None or "$" not in where.text
        directory = subdirectory(home, where.text) if where and is_known else home
        environment = {**_pairs(root.get("env")), **_pairs(job.get("env")), **_pairs(step.get("env"))}
        name = step.get("name") or step.get("id")
        yield Stage(
            id=f"{run.source.path}:{job.key}:{number + 1}",
            name=f"{job.key}: {name.text if name else number + 1}",
            tool="workflow",
            location=step.location,
            directory=directory,
            commands=expanded(_commands([run], directory if is_known else UNKNOWN_DIRECTORY), environment),
            environment=tuple(environment.items()),
            after=needs,
        )


# --- GitLab ----------------------------------------------------------------------------------------


def _gitlab_job(root: Node, job: Node) -> Iterator[Stage]:
    scripts = [
        line
        for key in _SCRIPTS
        if (block := job.get(key) or root.get("default", key) or root.get(key))
        for line in block.texts()
    ]
    if job.get("script") is None:
        return
    environment = {**_pairs(root.get("variables")), **_pairs(job.get("variables"))}
    needs = job.get("needs") or job.get("dependencies")
    artifacts = job.get("artifacts", "paths")
    yield Stage(
        id=f"{job.source.path}:{job.key}",
        name=job.key,
        tool="workflow",
        location=job.key_location,
        commands=expanded(_commands(scripts, ""), environment),
        outputs=tuple(
            Declared(
                kind="output", path=place("", path.text), location=path.location, tool="workflow", stage=job.key
            )
            for path in (artifacts.texts() if artifacts else ())
        ),
        environment=tuple(environment.items()),
        after=tuple(node.text for node in needs.texts()) if needs else (),
    )


def _pairs(node: Node | None) -> dict[str, str]:
    return {child.key: child.text for child in node.children() if not child.is_map} if node else {}


def _commands(lines: list[Node], directory: str) -> Iterator[StageCommand]:
    """The commands of several lines: a `cd` holds for the lines after it."""
    current = ""
    for line in lines:
        found = parse_commands(line.text + "\n:", directory=current)
        current = found[-1].directory if found else current
        for command in found[:-1]:
            yield stage_command(command, line.location, directory)
