"""The rule `pipeline-in-request`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Location,
    Process,
    Profile,
    Project,
    Related,
    Rule,
    SourceFacts,
    Span,
    facts,
)

_SERVERS = frozenset({"flask", "fastapi", "streamlit", "gradio", "django", "starlette", "sanic", "dash"})
_ROUTES = frozenset({"route", "get", "post", "put", "api_route", "websocket", "callback"})
_PIPELINES = re.compile(
    r"dvc (repro|exp run)|kedro run|mlflow run|snakemake\b|make ([\w-]*train|pipeline|all|repro)"
    r"|(python[\d.]*|bash|sh|papermill) (-[mu] )*\S*(train|main|pipeline|retrain|fit_)\S*"
)


class PipelineInRequest(Rule):
    """A web route or page starts the training pipeline as a shell command.

    Whoever opens the address retrains the model: two at once write the same files, the request runs into its time
    limit while the process goes on, and the answer says that training was successful whether it was or not. The
    service and the pipeline cannot be deployed apart any more. Sculley et al. 2015, section 5 (Pipeline Jungles, Glue
    Code).

    ## How to repair

    Let the orchestrator run the pipeline (a scheduled job, a workflow that the route triggers by its interface), and
    let the service load what that has published.

    ## A route that repeats the pipeline

    ```python title="app.py"
    import os
    from flask import Flask

    app = Flask(__name__)

    @app.route("/train", methods=["GET"])
    def train():
        os.system("dvc repro")  # expect: pipeline-in-request
        return "Training was successful"
    ```

    ## A script, and a button of a page

    ```python title="api.py"
    import subprocess
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/retrain")
    async def retrain():
        subprocess.run(["python", "main.py"])  # expect: pipeline-in-request
        return {"status": "done"}
    ```

    ```python title="page.py"
    import subprocess
    import streamlit as st

    if st.button("Train"):
        subprocess.Popen("python -m shop.train --fast", shell=True)  # expect: pipeline-in-request
    ```

    ## Other commands, what the route hands to an orchestrator, no route

    ```python title="app.py"
    import os
    import subprocess
    from flask import Flask

    app = Flask(__name__)

    @app.route("/version")
    def version():
        return subprocess.check_output(["git", "rev-parse", "HEAD"])

    @app.route("/convert")
    def convert():
        os.system("ffmpeg -i a.mp3 b.wav")
        return "ok"

    def build():
        os.system("dvc repro")
    ```

    ## A program

    ```python title="run.py"
    import os
    os.system("dvc repro")
    ```
    """

    profile = Profile.CI
    minutes = 60

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each command of a request that runs a pipeline."""
        for process in project.processes:
            source = process.site.source
            if source.source.is_any(*self.skip_roles) or not _PIPELINES.search(process.text):
                continue
            what = _handler(source, process)
            if what:
                target = Location(process.path, Span.at(1)) if process.path else None
                yield self.finding(
                    process.site.location,
                    f"{what} runs the pipeline as a command: `{process.text[:80]}`",
                    related=[Related(target, "this is run")] if target is not None else [],
                    scope=source.scope_name(process.site.call.block),
                )


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
        made = source.facts.calls[decorator.call].func if isinstance(decorator, facts.Called) else decorator
        if isinstance(made, facts.Attr) and made.name in _ROUTES:
            return f"the route `{function.name}`"
    return "the page" if "streamlit" in packages else ""
