"""The rule `numbered-pipeline`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import basename, dirname

from mldebt import (
    Finding,
    Handoff,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    is_teaching,
)

_NUMBERED = re.compile(r"\d{1,3}[a-z]?[_\-. ]")
_FEWEST = 3


class NumberedPipeline(Rule):
    """Scripts are numbered, and their numbers are all that says in which order they run.

    Nothing checks that the earlier ones were run after the last change, and a step that is inserted or dropped
    changes the meaning of the numbers. Sculley et al. 2015, section 8 (Process Management Debt).

    ## How to repair

    Declare the steps with what they read and write (Makefile, dvc.yaml) and drop the numbers.

    ## Three scripts, joined by files

    ```python title="01_load.py"
    import pandas as pd  # expect: numbered-pipeline
    pd.read_csv("raw.csv").to_parquet("data/loaded.parquet")
    ```

    ```python title="02_features.py"
    import pandas as pd
    pd.read_parquet("data/loaded.parquet").to_parquet("data/features.parquet")
    ```

    ```python title="03_train.py"
    import pandas as pd
    pd.read_parquet("data/features.parquet")
    ```

    ## Lessons share no data

    ```python title="01_lists.py"
    print([1])
    ```

    ```python title="02_dicts.py"
    print({})
    ```

    ```python title="03_classes.py"
    print(object)
    ```

    ## The order is declared

    ```shell title="run.sh"
    python 01_load.py
    python 02_features.py
    python 03_train.py
    ```

    ```python title="01_load.py"
    import pandas as pd
    pd.read_csv("raw.csv").to_parquet("data/loaded.parquet")
    ```

    ```python title="02_features.py"
    import pandas as pd
    pd.read_parquet("data/loaded.parquet").to_parquet("data/features.parquet")
    ```

    ```python title="03_train.py"
    import pandas as pd
    pd.read_parquet("data/features.parquet")
    ```

    ## Migrations

    ```python title="migrations/0001_start.py"
    import pandas as pd
    pd.read_csv("a.csv").to_parquet("b.parquet")
    ```

    ```python title="migrations/0002_more.py"
    import pandas as pd
    pd.read_parquet("b.parquet").to_parquet("c.parquet")
    ```

    ```python title="migrations/0003_last.py"
    import pandas as pd
    pd.read_parquet("c.parquet").to_parquet("d.parquet")
    ```

    ## The chapters of a book, and migrations in SQL

    ```text title="README.md"
    # The code of the book, chapter by chapter

    Chapter 1 loads the tables, chapter 2 builds features. Each chapter ends with exercises.
    ```

    ```python title="01_load.py"
    import pandas as pd
    pd.read_csv("raw.csv").to_parquet("data/loaded.parquet")
    ```

    ```python title="02_features.py"
    import pandas as pd
    pd.read_parquet("data/loaded.parquet").to_parquet("data/features.parquet")
    ```

    ```python title="03_train.py"
    import pandas as pd
    pd.read_parquet("data/features.parquet")
    ```

    ```sql title="sql/V1__a.sql"
    CREATE TABLE a AS SELECT 1 AS x
    ```

    ```sql title="sql/V2__b.sql"
    CREATE TABLE b AS SELECT x FROM a
    ```

    ```sql title="sql/V3__c.sql"
    CREATE TABLE c AS SELECT x FROM b
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 45
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.MIGRATION}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each directory with such scripts."""
        groups: dict[str, list[SourceFacts]] = defaultdict(list)
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if _NUMBERED.match(basename(source.path)):
                groups[dirname(source.path)].append(source)
        for members in groups.values():
            if len(members) < _FEWEST:
                continue
            paths = {source.path for source in members}
            joined = [h for h in project.handoffs if {h.producer, h.consumer} <= paths and not h.declared]
            run = any(project.stages_running(source) for source in members)
            if joined and not run and not is_teaching(project):
                yield self._finding(members, joined)

    def _finding(self, members: list[SourceFacts], joined: list[Handoff]) -> Finding:
        first, *others = sorted(members, key=lambda source: source.path)
        related = [Related(source.location(_start(source)), "the next number") for source in others[:10]]
        related += [
            Related(handoff.read.origin, f"reads `{handoff.artifact.name}`, which an earlier one wrote")
            for handoff in joined[:3]
        ]
        return self.finding(
            first.location(_start(first)),
            f"{len(members)} numbered scripts (`{basename(first.path)}` … `{basename(others[-1].path)}`) are ordered"
            " by their names only",
            related=related,
        )


def _start(source: SourceFacts) -> Span:
    return Span.at(1)
