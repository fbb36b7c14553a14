"""The rule `file-drop-chain`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Confidence, Finding, Profile, Project, Related, Rule, Severity


class FileDropChain(Rule):
    """Three or more steps hand data on through files, and nothing declares the pipeline.

    Which step runs first, which ones a change makes stale and where a file comes from is known only to who wrote
    them. "The resulting system for preparing data in an ML-friendly format may become a jungle of scrapes, joins,
    and sampling steps, often with intermediate files output" (Sculley et al. 2015, section 5). The chain that the
    finding prints is the pipeline that should be declared.

    ## How to repair

    Declare the printed steps, with their inputs and outputs, in an orchestrator (DVC, Snakemake, Make, a DAG), or
    call them as functions from one program. A script that merely runs them in order leaves the files undeclared.

    ## Three scripts chained by two files

    ```python title="clean.py"
    import pandas as pd
    df = pd.read_csv("raw/orders.csv")
    df.dropna().to_parquet("work/orders_clean.parquet")  # expect: file-drop-chain
    ```

    ```python title="build.py"
    import pandas as pd
    from pathlib import Path
    WORK = Path("work")
    df = pd.read_parquet(WORK / "orders_clean.parquet")
    df.to_parquet(WORK / "order_features.parquet")
    ```

    ```python title="train.py"
    import pandas as pd
    features = pd.read_parquet("work/order_features.parquet")
    ```

    ## The same steps, declared

    ```yaml title="dvc.yaml"
    stages:
      clean: {cmd: python clean.py, deps: [clean.py, raw/orders.csv], outs: [work/orders_clean.parquet]}
      build:
        cmd: python build.py
        deps: [build.py, work/orders_clean.parquet]
        outs: [work/order_features.parquet]
      train: {cmd: python train.py, deps: [train.py, work/order_features.parquet]}
    ```

    ```python title="clean.py"
    import pandas as pd
    pd.read_csv("raw/orders.csv").dropna().to_parquet("work/orders_clean.parquet")
    ```

    ```python title="build.py"
    import pandas as pd
    pd.read_parquet("work/orders_clean.parquet").to_parquet("work/order_features.parquet")
    ```

    ```python title="train.py"
    import pandas as pd
    features = pd.read_parquet("work/order_features.parquet")
    ```

    ## The functions of one program

    ```python title="steps.py"
    import pandas as pd
    def clean(): pd.read_csv("raw/orders.csv").to_parquet("work/orders_clean.parquet")
    def build(): pd.read_parquet("work/orders_clean.parquet").to_parquet("work/order_features.parquet")
    def train(): return pd.read_parquet("work/order_features.parquet")
    ```

    ```python title="main.py"
    from steps import build, clean, train
    clean()
    build()
    train()
    ```

    ## Names that everybody uses, in different directories

    ```python title="a/prepare.py"
    import pandas as pd
    pd.DataFrame().to_csv("a/out/train.csv")
    ```

    ```python title="b/fit.py"
    import pandas as pd
    pd.read_csv("b/out/train.csv").to_csv("b/out/test.csv")
    ```

    ```python title="c/score.py"
    import pandas as pd
    pd.read_csv("c/out/test.csv")
    ```

    ## One program calls the steps; metrics and tests hand nothing on

    ```python title="clean.py"
    import pandas as pd
    def run():
        pd.read_csv("raw/orders.csv").dropna().to_parquet("work/orders_clean.parquet")
    ```

    ```python title="build.py"
    import pandas as pd
    def run():
        pd.read_parquet("work/orders_clean.parquet").to_parquet("work/order_features.parquet")
    ```

    ```python title="fit.py"
    import pandas as pd
    def run():
        model.fit(pd.read_parquet("work/order_features.parquet"))
    ```

    ```python title="run_pipeline.py"
    import build, clean, fit
    clean.run()
    build.run()
    fit.run()
    ```
    """

    severity = Severity.WARNING
    profile = Profile.CI
    minutes = 60

    minutes_per_edge: int = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Report each connected group whose longest path has at least two hand-offs, at its first write."""
        for chain in project.chains:
            if len(chain.path) < 2:
                continue
            parts = [chain.path[0].producer]
            for handoff in chain.path:
                parts += [handoff.artifact.name, handoff.consumer]
            others = len(chain.components) - len(chain.path) - 1
            more = f"; {others} more file{'s hang' if others > 1 else ' hangs'} on it" if others > 0 else ""
            message = (
                f"Undeclared pipeline of {len(chain.path) + 1} steps through dropped files: "
                f"`{' -> '.join(parts)}`{more}"
            )
            related = []
            for handoff in chain.handoffs:
                name = handoff.artifact.name
                related.append(Related(handoff.write.origin, f"`{name}` is written here"))
                related.append(Related(handoff.read.origin, f"`{name}` is read here"))
            sure = all(handoff.is_sure for handoff in chain.path)
            yield self.finding(
                chain.path[0].write.origin,
                message,
                related=dict.fromkeys(related),
                confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
                minutes=self.minutes + self.minutes_per_edge * len(chain.handoffs),
            )
