"""Pipelines that a web route or page starts as a command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Called
from mldebt.project.processes import Process
from mldebt.project.source_facts import SourceFacts

if TYPE_CHECKING:
    from mldebt.project.project import Project

_SERVERS = frozenset({"flask", "fastapi", "streamlit", "gradio", "django", "starlette", "sanic", "dash"})
_ROUTES = frozenset({"route", "get", "post", "put", "api_route", "websocket", "callback"})
_PIPELINES = re.compile(
    r"dvc (repro|exp run)|kedro run|mlflow run|snakemake\b|make ([\w-]*train|pipeline|all|repro)"
    r"|(python[\d.]*|bash|sh|papermill) (-[mu] )*\S*(train|main|pipeline|retrain|fit_)\S*"
)


def pipeline_requests(project: Project) -> Iterator[tuple[Process, str]]:
    """The processes that run a pipeline while a request waits, with the route or page that starts each."""
    for process in project.processes:
        if _PIPELINES.search(process.text):
            what = _handler(process.site.source, process)
            if what:
                yield process, what


def _handler(source: SourceFacts, process: Process) -> str:
    """The route, or the page, whose request runs a process; empty if none does."""
    packages = {module.partition(".")[0] for module in source.facts.header.modules}
    if packages.isdisjoint(_SERVERS):
        return ""
    around = set(source.ancestors(process.site.call.block))
    function = next((f for f in source.facts.functions if f.block in around), None)
    if function is None:
        return "the page" if "streamlit" in packages else ""
    for decorator in function.decorators:
        made = source.facts.calls[decorator.call].func if isinstance(decorator, Called) else decorator
        if isinstance(made, Attr) and made.name in _ROUTES:
            return f"the route `{function.name}`"
    return "the page" if "streamlit" in packages else ""
