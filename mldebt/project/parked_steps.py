"""Steps of pipelines, and what they read and write, that are switched off by comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Comment
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Location, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_EXPLAINS = re.compile(
    r"\b(examples?|usage|uncomment|optional(ly)?|e\.g\.|alternatively|to run|run with|template)\b", re.I
)
_ITEM = re.compile(r"- *[\"']?([\w./${}-]*[\w}])[\"']?:?$")
_SECTION = re.compile(r"(outs|deps|metrics|plots|params):$")
_STAGE = re.compile(r"([\w@.-]+):$")
_COMMAND_KEY = re.compile(r"(cmd|do): *\S?")
_NODE = re.compile(r"(?:pipeline\.)?[nN]ode\((?:.*\),?)?$")
_NODE_NAME = re.compile(r"\b(?:name|func)\s*=\s*r?[\"']?([\w.-]+(?: [\w.-]+)*)")
_PLACEHOLDER = re.compile(r"=\s*\.\.\.|\b(your|my) code\b", re.I)
_INPUT = re.compile(r"[\"']([\w:.@-]+)[\"'],?$")
_COMMAND = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:python[\d.]*|bash|sh|Rscript|papermill)\s+(?:-[muB] +)?([^\s;&|]+\.(?:py|sh|ipynb|R))\b"
)


Reader = Callable[[Sequence[Comment], Sequence[str]], str]
"""Takes a stretch of comments and their texts, names what they hide; empty if it is nothing."""


class ParkedStep(NamedTuple):
    """A stretch of comments that hides a part of a pipeline; `what` names the part."""

    location: Location
    what: str


def parked_steps(project: Project, source: SourceFacts) -> Iterator[ParkedStep]:
    """The parts of pipelines that the comments of a source hide, by place."""
    read = _reader(project, source)
    if read is None:
        return
    for group in source.comment_runs():
        texts = [comment.text.lstrip("#").strip() for comment in group]
        what = "" if any(_EXPLAINS.search(text) for text in texts) else read(group, texts)
        if what:
            first, last = group[0].span, group[-1].span
            span = Span(first.line, first.column, last.end_line, last.end_column)
            yield ParkedStep(source.location(span), what)


def _reader(project: Project, source: SourceFacts) -> Reader | None:
    """What understands the comments of a source; None if they hide no steps."""
    if source.kind is Kind.YAML:
        is_dvc = any(stage.path == source.path and stage.tool == "dvc" for stage in project.stages)
        return _in_dvc if is_dvc else None
    if source.kind is Kind.PYTHON:
        uses_kedro = any(module.startswith("kedro.pipeline") for module in source.facts.header.modules)
        return _KedroComments(source).read if uses_kedro else None
    if source.kind in (Kind.SHELL, Kind.MAKE):
        return _DriverComments(project, source).read
    return None


def _in_dvc(group: Sequence[Comment], texts: Sequence[str]) -> str:
    """A stage of a dvc.yaml, or entries of its lists."""
    stages = [m[1] for m in map(_STAGE.match, texts) if m is not None and not _SECTION.match(m.group())]
    if stages and any(_COMMAND_KEY.match(text) for text in texts):
        return f"stage `{stages[0]}`"
    items = [m[1] for m in map(_ITEM.match, texts) if m is not None]
    if not items or any(not _ITEM.match(text) and not _SECTION.match(text) for text in texts):
        return ""
    sections = [m[1] for m in map(_SECTION.match, texts) if m is not None]
    named = {"outs": "output", "deps": "dependency", "metrics": "metric", "plots": "plot", "params": "parameter"}
    kind = named[sections[0]] if sections else "entry"
    return f"{kind} `{items[0]}`{_more(len(items))}"


class _KedroComments:
    """Reads comments in a file that builds Kedro pipelines."""

    def __init__(self, source: SourceFacts) -> None:
        facts = source.facts
        self._nodes = [call.span for call in facts.calls if call.name.rpartition(".")[2] in ("node", "Node")]

    def read(self, group: Sequence[Comment], texts: Sequence[str]) -> str:
        """A node, or several inputs of one."""
        if any(_NODE.match(text) for text in texts):
            nodes: list[str] = []
            for text in texts:
                if _NODE.match(text):
                    nodes.append("")
                match = _NODE_NAME.search(text)
                if match is not None and nodes:
                    nodes[-1] = match[1]  # the name follows the function
            if any(_PLACEHOLDER.search(text) for text in texts):
                return ""
            return f"node `{nodes[0]}`{_more(len(nodes))}" if nodes and nodes[0] else "a node"
        line = group[0].span.line
        inputs = [m[1] for m in map(_INPUT.match, texts) if m is not None]
        within = any(span.line < line < span.end_line for span in self._nodes)
        if within and inputs and len(inputs) == len(texts):
            return f"dataset `{inputs[0]}`{_more(len(inputs))} of a node"
        return ""


class _DriverComments:
    """Reads comments in a shell script or a Makefile."""

    def __init__(self, project: Project, source: SourceFacts) -> None:
        self._project = project
        self._path = source.path
        self._first = min((command.span.line for command in source.facts.commands), default=0)

    def read(self, group: Sequence[Comment], texts: Sequence[str]) -> str:
        """Commands that run a script of the project, after the first command that is live."""
        scripts = [m[1] for m in map(_COMMAND.match, texts) if m is not None]
        if not scripts or group[0].span.line < self._first or not self._first:
            return ""
        known = [script for script in scripts if self._project.locate(self._path, script)]
        prose = any(text.endswith(":") and not _COMMAND.match(text) for text in texts)
        return f"step `{known[0]}`{_more(len(known))}" if known and not prose else ""


def _more(count: int) -> str:
    return f" and {count - 1} more" if count > 1 else ""
