"""The rule `multi-language-handoff`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Foreign,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    find_foreign,
    is_untyped,
    started_scripts,
)


class MultiLanguageHandoff(Rule):
    """Python and another language exchange data through files that say nothing about types.

    Numbers become texts, dates change their zone and missing values their sign on the way, and no tool sees that a
    column was renamed on the other side. Sculley et al. 2015, section 5 (Multiple-Language Smell).

    ## How to repair

    Exchange typed files (Parquet, Arrow, Avro) whose schema both sides check, or keep one language for the path.

    ## A curve that R has fitted

    ```python title="survival.py"
    import subprocess
    import pandas as pd
    subprocess.run(["Rscript", "survival.R", "curve.csv"], check=True)  # expect: multi-language-handoff
    curve = pd.read_csv("data/curve.csv")
    ```

    ## A typed file, a file that Python writes itself, a program that makes no data

    ```python title="survival.py"
    import subprocess
    import pandas as pd
    subprocess.run(["Rscript", "survival.R", "curve.parquet"], check=True)
    curve = pd.read_parquet("data/curve.parquet")
    ```

    ```python title="other.py"
    import subprocess
    import pandas as pd
    subprocess.run(["julia", "plot.jl"], check=True)
    pd.DataFrame().to_csv("data/table.csv")
    table = pd.read_csv("data/table.csv")
    ```

    ## Other programs

    ```python title="fetch.py"
    import subprocess
    import pandas as pd
    subprocess.run(["wget", "-O", "data/raw.csv", "https://example.org/raw.csv"], check=True)
    raw = pd.read_csv("data/raw.csv")
    ```

    ## Programs that build, code for a graphics card

    ```python title="setup.py"
    import subprocess
    from setuptools import setup
    subprocess.run(["node", "scripts/build.js"], check=True)
    config = open("build/config.json").read()
    setup(name="app")
    ```

    ```javascript title="scripts/build.js"
    require("fs").writeFileSync("build/config.json", "{}")
    ```

    ## A page for browsers, code for a graphics card, models of dbt

    ```python title="build.py"
    import subprocess
    import pandas as pd
    subprocess.run(["npm", "run", "build"], check=True)
    subprocess.run(["node", "web/bundle.js", "web/dist/table.csv"], check=True)
    subprocess.run(["nvcc", "-o", "kernels/ops.so", "kernels/ops.cu"], check=True)
    subprocess.run(["dbt", "run"], check=True)
    rows = pd.read_sql("select * from churn", db)
    ```
    """

    severity = Severity.INFO
    minutes = 60

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each script that Python starts, and for each language that shares files with it."""
        seen = set()
        for process, language, read in started_scripts(project):
            site = process.site
            if site.location in seen or site.source.source.is_any(*self.skip_roles, Role.TUTORIAL):
                continue
            seen.add(site.location)
            yield self.finding(
                site.location,
                f"{language} and Python exchange `{read.address}` without a schema: `{process.text[:60]}` runs, then it"
                " is read",
                related=[Related(read.origin, "read here")],
                severity=Severity.WARNING,
            )
        yield from map(self._of_language, find_foreign(project))

    def _of_language(self, found: Foreign) -> Finding:
        first = found.exchanges[0]
        names = list(dict.fromkeys(exchange.name for exchange in found.exchanges))
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        related = [Related(first.ours, "the Python side")]
        files = dict.fromkeys(access.location.path for access in found.accesses)
        for path in files:
            mine = [access for access in found.accesses if access.location.path == path]
            related += [Related(a.location, f"{'writes' if a.writes else 'reads'} `{a.path}`") for a in mine[:5]]
        untyped = any(is_untyped(exchange.theirs.path) for exchange in found.exchanges)
        return self.finding(
            first.theirs.location,
            f"{found.language} and Python share `{names[0]}`{more} without a schema ({len(files)} {found.language} "
            f"script{'s' * (len(files) > 1)})",
            related=[r for r in related if r.location != first.theirs.location][:20],
            severity=Severity.WARNING if untyped else None,
        )
