"""The rule `script-subprocess`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Process, Profile, Project, Related, Role, Rule, Severity, Span, facts

_ISOLATING = re.compile(
    r"\b(torchrun|torch\.distributed\.\w+|accelerate|deepspeed|horovodrun|mpirun|mpiexec|srun|sbatch|ray|spark-submit"
    r"|dvc|pytest|tox|nox|pip|docker|ssh|setup\.py|streamlit|uvicorn|gunicorn|celery|airflow|kedro|mlflow|snakemake|prefect)\b"
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

    ## A script of the project

    ```python title="app.py"
    import os, subprocess, sys

    @app.route("/train")
    def train():
        os.system("python main.py --fast")  # expect: script-subprocess
        subprocess.run([sys.executable, "-m", "jobs.score", day], check=True)  # expect: script-subprocess
        for name in ("clean", "merge"):
            subprocess.call(f"python jobs/{name}.py", shell=True)  # expect: script-subprocess
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
    ```

    ```python title="main.py"
    ```

    ## Scripts of others, and a script that starts itself

    ```python title="watch.py"
    import os

    os.system("python not_here.py && python watch.py --worker")
    ```
    """

    profile = Profile.HOOK
    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each script that a file runs, and one for its unchecked steps."""
        seen: set[tuple[str, str]] = set()
        scripts: dict[Location, list[Process]] = {}
        unchecked: dict[str, list[Process]] = {}
        for process in project.processes:
            source = process.site.source
            if source.source.is_any(*self.skip_roles) or _ISOLATING.search(_launcher(process)):
                continue
            if process.path and process.path != source.path and _is_code(project, process.path):
                if (source.path, process.path) not in seen:
                    seen.add((source.path, process.path))
                    scripts.setdefault(process.site.location, []).append(process)
            elif not process.path and _is_unchecked_step(process):
                unchecked.setdefault(source.path, []).append(process)
        yield from map(self._scripts, scripts.values())
        yield from map(self._steps, unchecked.values())

    def _scripts(self, processes: list[Process]) -> Finding:
        """One finding for what one call runs, in a loop or by its callers."""
        site = processes[0].site
        names = ", ".join(f"`{process.path}`" for process in processes[:3])
        names += f" and {len(processes) - 3} more scripts" if processes[3:] else ""
        return self.finding(
            site.location,
            f"{names} run{'s' * (len(processes) == 1)} through `{site.name}`: errors, types and dependencies do"
            " not cross the process boundary",
            related=[Related(Location(process.path, Span.at(1)), "this is run") for process in processes[:5]],
            severity=Severity.INFO if _is_checked(processes[0]) and not site.call.bare else None,
            scope=site.source.scope_name(site.call.block),
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
    return " ".join(words[: words.index(name) + (name == "setup.py")] if name in words else words[:3])


def _is_code(project: Project, path: str) -> bool:
    """Whether a file is Python or R, a notebook, or a shell script that runs Python."""
    source = project.source(path)
    if source is None or source.kind is not Kind.SHELL:
        return True
    return any(command.argv[:1] and "python" in command.argv[0] for command in source.facts.commands)


def _is_checked(process: Process) -> bool:
    return process.site.name in _CHECKING or process.site.argument(None, "check") == facts.Const(True)


def _is_unchecked_step(process: Process) -> bool:
    """Whether a step that moves data fails without anybody noticing."""
    is_lost = process.site.call.bare and process.site.name in _UNCHECKED and not process.site.hides_arguments
    program = process.argv[0]
    works_on_data = _DATA_PROGRAMS.match(program) or program.startswith("./") or process.redirects
    return is_lost and bool(works_on_data) and process.site.argument(None, "check") is None
