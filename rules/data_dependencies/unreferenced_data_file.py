"""The rule `unreferenced-data-file`."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Location, Profile, Project, Related, Rule, Severity, Span, unnamed_tables


class UnreferencedDataFile(Rule):
    """A data file is kept that nothing in the project names.

    The file beside it is read by its name, this one by nobody: it is what an earlier version needed, or a source that
    was planned. It is downloaded with every clone, and the next reader uses it without knowing whether it is up to
    date. Sculley et al. 2015, section 3 ("Underutilized Data Dependencies"): such data should be found and deleted.

    ## How to repair

    Delete it, or say in the documentation what it is for.

    ## Tables that an earlier version needed

    ```text title="datasets/dataset.csv"
    a,b
    ```

    ```text title="datasets/projects.csv"
    project  # expect: unreferenced-data-file
    ```

    ```text title="datasets/tags.csv"
    tag
    ```

    ```python title="train.py"
    import pandas as pd
    rows = pd.read_csv("datasets/dataset.csv")
    ```

    ## Named in the documentation, in a setting, by its stem; read by listing the directory

    ```text title="data/train.csv"
    a
    ```

    ```text title="data/states.csv"
    a
    ```

    ```text title="data/cities.csv"
    a
    ```

    ```python title="train.py"
    import pandas as pd
    rows = pd.read_csv("data/train.csv")
    more = load("cities")
    ```

    ```yaml title="config.yaml"
    table: data/states.csv
    ```

    ```text title="parts/one.csv"
    a
    ```

    ```text title="parts/two.csv"
    a
    ```

    ## A directory that is read as a whole

    ```text title="parts/one.csv"
    a
    ```

    ```text title="parts/two.csv"
    a
    ```

    ```python title="join.py"
    import glob
    import pandas as pd
    first = pd.read_csv("parts/one.csv")
    rows = pd.concat(map(pd.read_csv, glob.glob("parts/*")))
    ```

    ## A script in another language may read them

    ```text title="first/a.csv"
    a
    ```

    ```text title="first/b.csv"
    a
    ```

    ```python title="first/read.py"
    import pandas as pd
    rows = pd.read_csv("first/a.csv")
    ```

    ```r title="draw.R"
    for (name in c("a", "b")) read.csv(file.path("first", paste0(name, ".csv")))
    ```

    ## What the program writes, samples for readers, a description of the columns

    ```text title="out/a.csv"
    a
    ```

    ```text title="out/sample_rows.csv"
    a
    ```

    ```text title="out/column_metadata.csv"
    a
    ```

    ```python title="write.py"
    import pandas as pd
    pd.DataFrame().to_csv("out/a.csv")
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each directory with such files, at the first one."""
        for found in unnamed_tables(project):
            first, *others = found.paths
            yield self.finding(
                Location(first, Span.at(1)),
                f"nothing names `{first}`, while `{basename(found.read)}` beside it is read"
                + (f" (and {len(others)} more)" if others else ""),
                related=[
                    Related(Location(found.read, Span.at(1)), "this one is read"),
                    *(Related(Location(path, Span.at(1)), "nor this") for path in others),
                ],
            )
