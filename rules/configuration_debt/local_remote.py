"""The rule `local-remote`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Rule, Severity

_RELATIVE = re.compile(r"(\.\.?[/\\])+[\w.\\/ -]*$|[\w-]+([/\\][\w.-]+)*$")


class LocalRemote(Rule):
    """The place that data are shared through is a directory beside one checkout.

    Everybody else gets the description of the data and not the data: `dvc pull` fails on every other machine and in
    CI. Sculley et al. 2015, section 6: what only one machine can resolve is configuration that cannot be reviewed or
    reproduced.

    ## How to repair

    Name storage that all who need it can reach; keep a local directory in `.dvc/config.local`.

    ## A directory next to the repository

    ```ini title=".dvc/config"
    [core]
        remote = store
    ['remote "store"']
        url = ../../dvcstore  # expect: local-remote
    ```

    ## Storage that others reach

    ```ini title=".dvc/config"
    [core]
        remote = store
    ['remote "store"']
        url = s3://bucket/dvc
    ['remote "server"']
        url = ssh://host/dvc
    ```

    ## An absolute path, for which there is `machine-specific-path`; one that is not the default

    ```ini title=".dvc/config"
    [core]
        remote = store
    ['remote "store"']
        url = s3://bucket/dvc
    ['remote "scratch"']
        url = ../scratch
    ```
    """

    severity = Severity.WARNING
    profile = Profile.CI
    minutes = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each default remote that is a relative path."""
        for source in self.sources(project, Kind.INI):
            if not source.path.endswith(".dvc/config"):
                continue
            values = {entry.path: entry for entry in source.facts.entries if isinstance(entry.value, str)}
            default = values.get(("core", "remote"))
            urls = {path[0]: entry for path, entry in values.items() if len(path) == 2 and path[1] == "url"}
            for section, entry in urls.items():
                is_default = default is not None and f'"{default.value}"' in str(section)
                if (is_default or len(urls) == 1) and _RELATIVE.match(str(entry.value)):
                    yield self.finding(
                        source.location(entry.span),
                        f"the data are shared through `{entry.value}`, a directory beside this checkout",
                        scope=str(section),
                    )
