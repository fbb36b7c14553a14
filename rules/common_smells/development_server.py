"""The rule `development-server`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    Stage,
    facts,
    production_servers,
    written,
)

_RUNS = ("flask.Flask.run", "quart.Quart.run", "uvicorn.run", "dash.Dash.run_server", "dash.Dash.run")
_ASKED = re.compile(r"debug|dev|local|reload", re.IGNORECASE)
_DEPLOYS = frozenset({"docker", "compose"})


class DevelopmentServer(Rule):
    """A service is deployed on the server that its framework brings for development.

    It handles one request at a time, restarts on edits, and in debug mode runs whatever code a visitor types: the
    prototype has become the product. Sculley et al. 2015, section 5 ("Prototype Smell").

    ## How to repair

    Start the application with gunicorn, uvicorn without `--reload`, or waitress in the image.

    ## An image that starts the file

    ```python title="app.py"
    from flask import Flask
    app = Flask(__name__)
    if __name__ == "__main__":
        app.run(host="0.0.0.0")  # expect: development-server
    ```

    ```dockerfile title="Dockerfile"
    FROM python:3.12
    COPY app.py .
    CMD ["python", "app.py"]
    ```

    ## Debug mode and reloading, wherever it is started

    ```python title="app.py"
    import uvicorn
    from flask import Flask
    app = Flask(__name__)
    if __name__ == "__main__":
        app.run(debug=True)  # expect: development-server
    def serve():
        uvicorn.run("app:app", reload=True)  # expect: development-server
    ```

    ## In the command

    ```dockerfile title="Dockerfile"
    FROM python:3.12
    COPY . .
    CMD ["uvicorn", "app:app", "--reload"]  # expect: development-server
    ```

    ## A production server in the image, whatever the file does when somebody runs it by hand

    ```python title="app.py"
    from flask import Flask
    app = Flask(__name__)
    if __name__ == "__main__":
        app.run(debug=True)
    ```

    ```dockerfile title="Dockerfile"
    FROM python:3.12
    CMD ["gunicorn", "-b", "0.0.0.0:80", "app:app"]
    ```

    ## Where an option asks for it

    ```python title="app.py"
    from flask import Flask
    app = Flask(__name__)
    if args.debug:
        app.run(debug=True)
    ```

    ## Other things that run

    ```python title="app.py"
    import uvicorn, subprocess
    uvicorn.run("app:app", workers=4)
    subprocess.run(["ls"])
    def run(pipeline, debug):
        pipeline.run(debug=True)
    ```

    ## Nothing deploys it

    ```python title="app.py"
    from flask import Flask
    app = Flask(__name__)
    if __name__ == "__main__":
        app.run(host="0.0.0.0")
    ```

    ```python title="try.py"
    from flask import Flask
    app = Flask(__name__)
    app.run(debug=True)  # expect: development-server as info
    ```
    """

    profile = Profile.HOOK
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each call or command that starts such a server."""
        served = production_servers(project)
        for site in project.calls(*_RUNS):
            if site.source.source.is_any(*self.skip_roles, Role.TUTORIAL, Role.NOTEBOOK):
                continue
            if _is_asked_for(site) or project.subprojects.root_of(site.source.path) in served:
                continue
            images = [
                s for s, _ in project.stages_running(site.source) if s.tool in _DEPLOYS and _starts_python(s)
            ]
            unsafe = next((n for n in ("debug", "reload") if site.argument(None, n) == facts.Const(True)), "")
            if unsafe or (images and _serves_for_development(site)):
                yield self.finding(
                    site.location,
                    f"the service runs on a development server: `{site.name}`"
                    + (f" with `{unsafe}=True`" if unsafe else f", started by `{images[0].path}`"),
                    related=[Related(stage.location, "starts this file") for stage in images[:3]],
                    severity=None if images else Severity.INFO,
                    scope=site.source.scope_name(site.call.block),
                )
        for stage in project.stages:
            for command in stage.commands if stage.tool in _DEPLOYS else ():
                words = " ".join(command.argv)
                if "flask run" in words or ("uvicorn" in words and "--reload" in command.argv):
                    yield self.finding(command.location, f"the service runs on a development server: `{words}`")


def _starts_python(stage: Stage) -> bool:
    """Whether the command is the interpreter, not a server that loads the application."""
    return any(command.argv and command.argv[0].startswith("python") for command in stage.commands)


def _is_asked_for(site: Site) -> bool:
    """Whether an option chooses this way to start the service."""
    guard = site.source.enclosing(site.call.block, "if")
    return guard is not None and guard.test is not None and bool(_ASKED.search(written(guard.test)))


def _serves_for_development(site: Site) -> bool:
    return site.name.partition(".")[0] != "uvicorn"
