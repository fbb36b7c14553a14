"""The rule `notebook-in-pipeline`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Confidence, Finding, Profile, Project, Related, Role, Rule, Severity, needs_a_notebook


class NotebookInPipeline(Rule):
    """A script needs a file that only a notebook writes, so the pipeline cannot run without a person.

    Nobody knows which cells were run, in which order and on which data; only a quarter of public notebooks run again
    (Pimentel et al. 2019). Sculley et al. 2015, section 5: a prototyping system used in production (prototype smell).

    ## How to repair

    Move the cells that make the file into a module that a stage calls; the notebook can import it, too.

    ## A script filters by a table from a notebook

    ```python title="notebooks/sku_quality.ipynb"
    # %%
    import pandas as pd
    table = pd.read_csv("../data/sales.csv")
    # %%
    table.to_csv("../reports/sku_r2.csv")
    ```

    ```python title="src/filter_bad_sku.py"
    import pandas as pd
    bad = pd.read_csv("reports/sku_r2.csv")  # expect: notebook-in-pipeline
    ```

    ## A script writes it as well

    ```python title="notebooks/sku_quality.ipynb"
    # %%
    import pandas as pd
    pd.DataFrame().to_csv("../reports/sku_r2.csv")
    ```

    ```python title="src/quality.py"
    import pandas as pd
    pd.DataFrame().to_csv("reports/sku_r2.csv")
    ```

    ```python title="src/filter_bad_sku.py"
    import pandas as pd
    bad = pd.read_csv("reports/sku_r2.csv")
    ```

    ## Notebooks among themselves

    ```python title="a.ipynb"
    # %%
    import pandas as pd
    pd.DataFrame().to_csv("reports/sku_r2.csv")
    ```

    ```python title="b.ipynb"
    # %%
    import pandas as pd
    pd.read_csv("reports/sku_r2.csv")
    ```
    """

    severity = Severity.WARNING
    profile = Profile.CI
    minutes = 60
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Report each file that scripts read and only notebooks write, at its first reader."""
        seen: set[str] = set()
        for handoff in project.handoffs:
            artifact = handoff.artifact
            producer, consumer = project.by_path[handoff.producer], project.by_path[handoff.consumer]
            if artifact.name in seen or not needs_a_notebook(project, handoff):
                continue
            if producer.source.is_any(*self.skip_roles) or consumer.source.is_any(*self.skip_roles):
                continue
            seen.add(artifact.name)
            yield self.finding(
                handoff.read.origin,
                f"`{handoff.consumer}` depends on `{artifact.name}`, which only the notebook "
                f"`{handoff.producer}` produces",
                related=[Related(handoff.write.origin, f"`{artifact.name}` is written here")],
                confidence=Confidence.HIGH if handoff.is_sure else Confidence.MEDIUM,
            )
