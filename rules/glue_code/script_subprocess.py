"""The rule `script-subprocess`."""

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
    Role,
    Rule,
    Severity,
    Span,
    facts,
    is_code,
    pipeline_requests,
)

_ISOLATING = re.compile(
    r"\b(torchrun|torch\.distributed\.\w+|accelerate|deepspeed|horovodrun|mpirun|mpiexec|srun|sbatch|ray|spark-submit"
    r"|dvc|pytest|tox|nox|pip|docker|ssh|setup\.py|manage\.py|streamlit|uvicorn|gunicorn|celery|airflow|kedro|mlflow|snakemake|prefect)\b"
)
_DATA_PROGRAMS = re.compile(
    r"(wget|curl|aria2c|gdown|tar|unzip|zip|gzip|gunzip|bunzip2|7z|7za|unrar|aws|gsutil|gcloud|azcopy|kaggle|rsync|scp"
    r"|cat|sort|shuf|awk|sed|cut|paste|join|split|wc|perl|Rscript|java|ffmpeg|sox|psql|mysql|sqlite3|hadoop|hdfs)$"
)
_UNCHECKED = frozenset({"os.system", "subprocess.call", "subprocess.run"})
_CHECKING = frozenset({"subprocess.check_call", "subprocess.check_output"})


class ScriptSubprocess(Rule):
    """Code runs another script of the project as a program.

    What goes wrong in the other process arrives as a number that is easily ignored, and neither types, tests nor
    tools see the connection. Sculley et al. 2015, section 5 (glue code, pipeline jungles): detecting errors and
    recovering from them becomes difficult. External data steps that nobody checks are reported once a file.

    ## How to repair

    Import the script's function and call it, or declare the steps in an orchestrator. Check the status of
    external programs (`check=True`).

    ## Scripts of the project: one finding a file

    ```python title="app.py"
    import os, subprocess, sys

    @app.route("/train")
    def train():
        os.system("python main.py --fast")  # expect: script-subprocess
        subprocess.run([sys.executable, "-m", "jobs.score", day], check=True)
        for name in ("clean", "merge"):
            subprocess.call(f"python jobs/{name}.py", shell=True)
    ```

    ```python title="main.py"
    ```

    ```python title="jobs/score.py"
    ```

    ```python title="jobs/clean.py"
    ```

    ## External data steps whose status is lost

    ```python title="download.py"
    import os, subprocess

    os.system("wget https://example.com/train.zip")  # expect: script-subprocess
    subprocess.call(["unzip", "train.zip"])
    subprocess.check_call(["tar", "xf", "test.tar"])
    done = subprocess.run(["curl", "-O", url])
    ```

    ## Processes on purpose, tools, and commands of which nothing is known

    ```python title="launch.py"
    import os, subprocess

    subprocess.run(["torchrun", "--nproc_per_node", "4", "main.py"])
    os.system("python -m pytest tests && mkdir -p out")
    os.system(command)
    subprocess.check_output(["git", "rev-parse", "HEAD"])
    subprocess.run(["python", "manage.py", "migrate"], check=True)
    running = []
    for part in range(4):
        running.append(subprocess.Popen(["python", "main.py", str(part)]))
    ```

    ```python title="manage.py"
    ```

    ```python title="main.py"
    ```

    ## Operators and stages are declared, tests may

    ```python title="dags/daily.py"
    from airflow.operators.bash import BashOperator
    run = BashOperator(task_id="run", bash_command="python main.py")
    ```

    ```yaml title="dvc.yaml"
    stages:
      main: {cmd: python main.py}
    ```

    ```python title="tests/test_main.py"
    import subprocess
    subprocess.run(["python", "main.py"], check=True)
    ```

    ```python title="main.py"
    ```

    ## Scripts of others, and a script that starts itself

    ```python title="watch.py"
    import os

    os.system("python not_here.py && python watch.py --worker")
    ```

    ## The code is told of the failure, and takes what the script returns

    ```python title="driver.py"
    import subprocess, sys
    done = subprocess.run([sys.executable, "jobs/clean.py"], check=True)  # expect: script-subprocess as info
    ```

    ```python title="jobs/clean.py"
    ```
    """

    profile = Profile.HOOK
    minutes = 30
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for the scripts that a file runs, and one for its unchecked steps."""
        scripts: dict[str, list[Process]] = {}
        unchecked: dict[str, list[Process]] = {}
        requested = {process.site.location for process, _ in pipeline_requests(project)}
        for process in project.processes:
            source = process.site.source
            if source.source.is_any(*self.skip_roles) or _ISOLATING.search(_launcher(process)):
                continue
            if process.site.location in requested:
                continue  # there is `pipeline-in-request`
            if process.site.name == "subprocess.Popen" and source.enclosing(process.site.call.block, "for"):
                continue  # side by side on purpose
            if process.path and process.path != source.path and is_code(project, process.path):
                scripts.setdefault(source.path, []).append(process)
            elif not process.path and _is_unchecked_step(process):
                unchecked.setdefault(source.path, []).append(process)
        yield from map(self._scripts, scripts.values())
        yield from map(self._steps, unchecked.values())

    def _scripts(self, processes: list[Process]) -> Finding:
        """One finding for what the calls of a file run."""
        first = min(processes, key=lambda process: (_is_told(process), process.site.location))
        paths = list(dict.fromkeys([first.path, *(process.path for process in processes)]))
        names = ", ".join(f"`{path}`" for path in paths[:3])
        names += f" and {len(paths) - 3} more scripts" if paths[3:] else ""
        calls = dict.fromkeys(p.site.location for p in processes if p.site.location != first.site.location)
        return self.finding(
            first.site.location,
            f"{names} run{'s' * (len(paths) == 1)} through `{first.site.name}`: errors, types and dependencies do"
            " not cross the process boundary",
            related=[
                *(Related(Location(path, Span.at(1)), "this is run") for path in paths[:5]),
                *(Related(place, "a script is run here, too") for place in list(calls)[:10]),
            ],
            severity=Severity.INFO if _is_told(first) else None,
            minutes=20 + 10 * len(paths),
            scope=first.site.source.scope_name(first.site.call.block),
        )

    def _steps(self, steps: list[Process]) -> Finding:
        first, *others = steps
        names = ", ".join(dict.fromkeys(f"`{step.argv[0]}`" for step in steps))
        return self.finding(
            first.site.location,
            f"external steps ({names}) run through `{first.site.name}`, and nobody looks at whether they succeed",
            related=[Related(step.site.location, f"runs `{step.text[:80]}`") for step in others],
            severity=Severity.INFO if first.site.source.source.is_any(Role.TUTORIAL) else None,
            minutes=5,
        )


def _launcher(process: Process) -> str:
    """The words of a command before the script that it starts."""
    words = process.argv
    name = process.target.name if process.target is not None else ""
    return " ".join(
        words[: words.index(name) + (name in ("setup.py", "manage.py"))] if name in words else words[:3]
    )


def _is_told(process: Process) -> bool:
    """Whether the code is told that the script failed, and takes what it returns."""
    return _is_checked(process) and not process.site.call.bare


def _is_checked(process: Process) -> bool:
    return process.site.name in _CHECKING or process.site.argument(None, "check") == facts.Const(True)


def _is_unchecked_step(process: Process) -> bool:
    """Whether a step that moves data fails without anybody noticing."""
    is_lost = process.site.call.bare and process.site.name in _UNCHECKED and not process.site.hides_arguments
    program = process.argv[0]
    works_on_data = _DATA_PROGRAMS.match(program) or program.startswith("./") or process.redirects
    return is_lost and bool(works_on_data) and process.site.argument(None, "check") is None
