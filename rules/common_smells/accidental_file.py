"""The rule `accidental-file`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Location, Profile, Project, Rule, Severity, Span

_VERSION = re.compile(r"=?=?[<>=~!]*=\s*v?\d[\w.*]*(,.*)?$|[<>]\d[\w.]*$")
_NAMED = re.compile(r"(ed|q|:wq?|:q!?|nul|NUL|con|\[?--?\w+\]?|None|undefined|\$\w+|&1|2>&1|\$\{\w+\})$")


class AccidentalFile(Rule):
    """A file was made by a slip on the command line and committed.

    `pip install kedro>=0.16` without quotes writes what pip says into a file called `=0.16`, and installs any
    version. The environment is not the one that the author meant. Sculley et al. 2015, section 5 (Prototype smell).

    ## How to repair

    Delete the file, and put the version into the requirements.

    ## What a version specifier leaves behind

    ```text title="=4.6"
    Collecting jinja2  # expect: accidental-file
    ```

    ```python title="train.py"
    ```

    ## Files that somebody named

    ```python title="v2.0.py"
    ```

    ## Values in the names of files and directories

    ```text title="a=1.txt"
    ```

    ```text title="data/year=2024/part.csv"
    ```

    ```text title="data/alpha=0.5"
    ```
    """

    severity = Severity.INFO
    profile = Profile.CI
    minutes = 2

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each such file."""
        for path in sorted(project.files):
            name = path.rpartition("/")[2]
            if name[:1] in "=<>~!$&" and (_VERSION.match(name) or _NAMED.match(name)):
                yield self.finding(
                    Location(path, Span.at(1)),
                    f"`{name}` was made by a slip on the command line, such as an unquoted version of a package",
                )
