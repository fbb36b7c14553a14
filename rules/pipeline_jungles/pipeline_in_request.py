"""The rule `pipeline-in-request`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Location, Profile, Project, Related, Rule, Span, pipeline_requests


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
        for process, what in pipeline_requests(project):
            source = process.site.source
            if source.source.is_any(*self.skip_roles):
                continue
            target = Location(process.path, Span.at(1)) if process.path else None
            yield self.finding(
                process.site.location,
                f"{what} runs the pipeline as a command: `{process.text[:80]}`",
                related=[Related(target, "this is run")] if target is not None else [],
                scope=source.scope_name(process.site.call.block),
            )
