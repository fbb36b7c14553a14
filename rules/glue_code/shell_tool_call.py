"""The rule `shell-tool-call`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Kind, Process, Profile, Project, Related, Role, Rule, Severity

_TOOLS = re.compile(
    r"(wc|ls|cat|head|tail|sort|uniq|shuf|cut|paste|grep|awk|sed|find|cp|mv|du|split|zcat|comm|join)$"
)
_TRANSFERS = re.compile(
    r"(aws s3 (cp|sync|mv)|gsutil (-m )?(cp|rsync)|az(copy| storage)|wget|curl|gcloud storage)\b"
)
_UNCHECKED = frozenset({"os.system", "subprocess.call", "subprocess.run"})


class ShellToolCall(Rule):
    """Data is counted, listed, copied or fetched by a program of the shell.

    The program may be missing or behave differently on the next machine, its answer is text that has to be taken
    apart, and file names with blanks break the command. Sculley et al. 2015, section 5 (Glue Code): supporting code
    that gets data into and out of general-purpose packages. What nobody checks is left to `script-subprocess`.

    ## How to repair

    Use the standard library (`pathlib`, `shutil`, `sum(1 for line in file)`) or the client library of the store.

    ## Counting lines, copying a model

    ```python title="split.py"
    import subprocess

    def count(path):
        return int(subprocess.check_output(["wc", "-l", path]).split()[0])  # expect: shell-tool-call
    ```

    ```python title="serve.py"
    import subprocess

    subprocess.check_output(["aws", "s3", "cp", "s3://models/best", "model", "--recursive"])  # expect: shell-tool-call
    subprocess.run(["wget", "https://example.com/vocab.txt"], check=True)
    ```

    ## Programs that have no library, and steps that nobody checks

    ```python title="train.py"
    import os
    import subprocess

    subprocess.check_output(["nvidia-smi", "-L"])
    subprocess.run(["git", "rev-parse", "HEAD"], check=True)
    subprocess.run(["ffmpeg", "-i", "a.wav", "b.mp3"], check=True)
    os.system("wget https://example.com/a.csv")
    ```

    ## Commands of which nothing is known; tests

    ```python title="run.py"
    import subprocess
    subprocess.check_output(command)
    subprocess.check_call([program, "-l"])
    ```

    ```python title="tests/test_split.py"
    import subprocess
    assert subprocess.check_output(["wc", "-l", "out.csv"])
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that does so."""
        found: dict[str, list[Process]] = defaultdict(list)
        for process in project.processes:
            source = process.site.source
            if source.source.is_any(*self.skip_roles, Role.TUTORIAL) or source.kind is not Kind.PYTHON:
                continue
            call = process.site.call
            is_lost = call.bare and process.site.name in _UNCHECKED and not process.site.hides_arguments
            if process.path or not process.argv or (is_lost and process.site.argument(None, "check") is None):
                continue
            if _TOOLS.match(process.argv[0]) or _TRANSFERS.match(" ".join(process.argv[:4])):
                found[source.path].append(process)
        for processes in found.values():
            first, *others = processes
            names = ", ".join(dict.fromkeys(f"`{process.argv[0]}`" for process in processes))
            yield self.finding(
                first.site.location,
                f"{names} run{'s' * (names.count(',') == 0)} through `{first.site.name}` for what Python or a"
                " library does",
                related=[Related(process.site.location, f"runs `{process.text[:80]}`") for process in others],
                scope=first.site.source.scope_name(first.site.call.block),
            )
