"""The rule `unguarded-shell-pipeline`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, SourceFacts, facts

_STOPS = re.compile(
    r"^\s*set\s+(-\w*e|-o\s+errexit|-\w+\s+-\w*e)|^#!.*\bsh\s+-\w*e|\btrap\b.*\bERR\b|pipefail", re.MULTILINE
)
_GOES_ON = re.compile(r"(&&|\|\||&|;|\\)\s*(#.*)?$")
_RUNS = re.compile(r"(python|python3|python2|ipython|Rscript|papermill)(\.exe|[\d.]*)$")
_FEWEST_STEPS = 3
_FEWEST_SCRIPTS = 3


class UnguardedShellPipeline(Rule):
    """A shell script runs the steps of a pipeline one after the other, and goes on when one of them fails.

    The later steps then work with the files of an earlier run, or with half of them, and their results look like any
    others. Which step needs which file stands nowhere. Sculley et al. 2015, section 5 ("Pipeline Jungles"):
    detecting errors and recovering from failures is what such chains of scripts make difficult and costly.

    ## How to repair

    Begin the script with `set -euo pipefail`, or declare the steps and their files with a tool for pipelines.

    ## Steps that depend on each other

    ```bash title="run.sh"
    #!/bin/bash
    python prepare.py --sample 0.1  # expect: unguarded-shell-pipeline
    python features.py
    python train.py --seed 1
    python train.py --seed 2
    ```

    ```python title="prepare.py"
    print("a")
    ```

    ```python title="features.py"
    print("b")
    ```

    ```python title="train.py"
    print("c")
    ```

    ## It stops at the first failure

    ```bash title="run.sh"
    set -e
    python prepare.py
    python features.py
    python train.py
    ```

    ```bash title="chain.sh"
    python prepare.py && \\
    python features.py && \\
    python train.py
    ```

    ```python title="prepare.py"
    print("a")
    ```

    ```python title="features.py"
    print("b")
    ```

    ```python title="train.py"
    print("c")
    ```

    ## Runs that do not need each other

    ```bash title="experiments.sh"
    python train.py --depth 3
    python train.py --depth 4
    python train.py --depth 5
    python plot.py
    ```

    ```python title="train.py"
    print("c")
    ```

    ```python title="plot.py"
    print("d")
    ```
    """

    profile = Profile.AUDIT
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each script, at its first step."""
        for source in self.sources(project, Kind.SHELL):
            text = source.text()
            if _STOPS.search(text):
                continue
            lines = text.split("\n")
            steps = [
                (command, script)
                for command in source.facts.commands
                if (script := _script(project, source, command))
                and not _GOES_ON.search(_last_line(lines, command))
            ]
            scripts = {script for _, script in steps}
            if len(steps) >= _FEWEST_STEPS and len(scripts) >= _FEWEST_SCRIPTS:
                (first, _), *others = steps
                yield self.finding(
                    source.location(first.span),
                    f"{len(steps)} steps run one after the other, also when one of them fails: {_named(scripts)}",
                    related=[Related(source.location(c.span), f"runs `{script}`") for c, script in others[:8]],
                )


def _script(project: Project, source: SourceFacts, command: facts.Command) -> str:
    """The script of the project that a command runs; empty for anything else."""
    words = list(command.argv)
    while words and ("=" in words[0] or words[0] in ("nohup", "time", "sudo", "exec")):
        words = words[1:]
    if len(words) < 2 or not _RUNS.search(words[0]):
        return ""
    name = next((word for word in words[1:] if word.endswith((".py", ".R", ".ipynb"))), "")
    alike = project.files_by_stem.get(basename(name).partition(".")[0], ())
    return name if name and any(basename(path) == basename(name) for path in alike) else ""


def _last_line(lines: list[str], command: facts.Command) -> str:
    end = command.span.end_line
    return lines[end - 1] if end <= len(lines) else ""


def _named(scripts: set[str]) -> str:
    names = sorted(scripts)
    return ", ".join(f"`{name}`" for name in names[:4]) + (f" and {len(names) - 4} more" if names[4:] else "")
