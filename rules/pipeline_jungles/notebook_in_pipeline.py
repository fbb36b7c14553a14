"""The rule `notebook-in-pipeline`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import (
    Confidence,
    Finding,
    Handoff,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    needs_a_notebook,
    serves,
)


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
    table.to_csv("../reports/sku_mean.csv")
    ```

    ```python title="src/filter_bad_sku.py"
    import pandas as pd
    bad = pd.read_csv("reports/sku_r2.csv")  # expect: notebook-in-pipeline
    mean = pd.read_csv("reports/sku_mean.csv")
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

    ## A stage runs the notebook; the file lies in the repository; tutorials

    ```yaml title="dvc.yaml"
    stages:
      quality: {cmd: papermill notebooks/sku_quality.ipynb out.ipynb, outs: [reports/sku_r2.csv]}
    ```

    ```python title="notebooks/sku_quality.ipynb"
    # %%
    import pandas as pd
    pd.DataFrame().to_csv("../reports/sku_r2.csv")
    pd.DataFrame().to_csv("../reports/sku_names.csv")
    ```

    ```text title="reports/sku_names.csv"
    id,name
    ```

    ```python title="src/filter_bad_sku.py"
    import pandas as pd
    bad = pd.read_csv("reports/sku_r2.csv")
    names = pd.read_csv("reports/sku_names.csv")
    ```

    ```python title="tutorials/first.ipynb"
    # %%
    import pandas as pd
    pd.DataFrame().to_csv("first_lesson.csv")
    ```

    ```python title="tutorials/second.py"
    import pandas as pd
    pd.read_csv("tutorials/first_lesson.csv")
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

    ## Data that DVC keeps as it is

    ```python title="notebooks/sku_quality.ipynb"
    # %%
    import pandas as pd
    pd.DataFrame().to_csv("../reports/sku_r2.csv")
    ```

    ```yaml title="reports/sku_r2.csv.dvc"
    outs: [{path: sku_r2.csv, md5: 0123456789abcdef0123456789abcdef}]
    ```

    ```python title="src/filter_bad_sku.py"
    import pandas as pd
    bad = pd.read_csv("reports/sku_r2.csv")  # expect: notebook-in-pipeline as info
    ```
    """

    minutes = 60
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Report each script and notebook that it needs, at the first file that it reads."""
        pairs: dict[tuple[str, str], list[Handoff]] = defaultdict(list)
        seen: set[str] = set()
        for handoff in project.handoffs:
            producer, consumer = project.by_path[handoff.producer], project.by_path[handoff.consumer]
            if handoff.artifact.name in seen or not needs_a_notebook(project, handoff):
                continue
            if not any(source.source.is_any(*self.skip_roles) for source in (producer, consumer)):
                seen.add(handoff.artifact.name)
                pairs[handoff.consumer, handoff.producer].append(handoff)
        for (consumer_path, producer_path), handoffs in pairs.items():
            first, *others = sorted(handoffs, key=lambda handoff: handoff.read.origin)
            more = f" and {len(others)} more file{'s' * (len(others) > 1)}" if others else ""
            related = [Related(h.write.origin, f"`{h.artifact.name}` is written here") for h in (first, *others)]
            related += [Related(h.read.origin, f"`{h.artifact.name}` is read here") for h in others]
            yield self.finding(
                first.read.origin,
                f"`{consumer_path}` depends on `{first.artifact.name}`{more}, which only the notebook "
                f"`{producer_path}` produces",
                related=dict.fromkeys(related),
                confidence=Confidence.HIGH if all(h.is_sure for h in handoffs) else Confidence.MEDIUM,
                severity=_severity(project, project.by_path[consumer_path], handoffs),
            )


def _severity(project: Project, consumer: SourceFacts, handoffs: list[Handoff]) -> Severity | None:
    """What DVC keeps as it is can at least be had again."""
    if all(f"{handoff.artifact.name}.dvc" in project.files for handoff in handoffs):
        return Severity.INFO
    return Severity.ERROR if serves(consumer) else None
