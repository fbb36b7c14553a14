"""The rule `exists-gated-step`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Role, Rule, Severity, gated_steps


class ExistsGatedStep(Rule):
    """Whether something is computed or reused depends on a file that an earlier run may have left.

    After a change of code, data or settings the old file is taken all the same: two checkouts of one commit give
    different results, and a stale model can block training for ever. Sculley et al. 2015, section 8:
    reproducibility suffers from reliance on initial conditions.

    ## How to repair

    Make the choice an explicit input, or put into the file's name what it depends on (a hash, a date, a run).

    ## A model, a table in a helper

    ```python title="train.py"
    import os
    import joblib
    if os.path.exists("model.pkl"):  # expect: exists-gated-step
        model = joblib.load("model.pkl")
    else:
        model = fit()
        joblib.dump(model, "model.pkl")
    ```

    ```python title="features.py"
    from pathlib import Path
    import pandas as pd
    TABLE = Path("work/features.parquet")
    def features():
        if not TABLE.exists():  # expect: exists-gated-step
            build().to_parquet(TABLE)
            pd.DataFrame({"a": [1]}).to_parquet(TABLE)
        return pd.read_parquet(TABLE)
    ```

    ## An option decides, the name holds a key, data is downloaded or resumed

    ```python title="train.py"
    import os
    from urllib.request import urlretrieve
    import joblib
    import pandas as pd
    def load(force, key):
        if force or not os.path.exists("model.pkl"):
            joblib.dump(fit(), "model.pkl")
        if not os.path.exists(f"features-{key}.csv"):
            pd.DataFrame().to_csv(f"features-{key}.csv")
        pd.read_csv(f"features-{key}.csv")
        if not os.path.exists("data/raw.csv"):
            urlretrieve("https://example.org/raw.csv", "data/raw.csv")
            pd.DataFrame().to_csv("data/raw.csv")
        pd.read_csv("data/raw.csv")
        return joblib.load("model.pkl")
    ```

    ## A link to data that lies elsewhere; a download in a helper

    ```python title="setup.py"
    import os
    import gdown
    import joblib
    import pandas as pd
    if not os.path.exists("data/train.csv"):
        os.symlink("data/shops/train.csv", "data/train.csv")
    pd.read_csv("data/train.csv")
    def get():
        gdown.download(id="1x", output="net.joblib")
    if not os.path.exists("net.joblib"):
        get()
    joblib.load("net.joblib")
    ```

    ## A ledger that each run continues

    ```python title="ledger.py"
    import os
    import pandas as pd
    entry = pd.DataFrame([{"score": 1}])
    if os.path.exists("ledger.csv"):
        entry = pd.concat([pd.read_csv("ledger.csv"), entry])
    else:
        entry.to_csv("ledger.csv")
    entry.to_csv("ledger.csv")
    ```

    ## A stage of a pipeline; a log that is begun

    ```yaml title="dvc.yaml"
    stages:
      train: {cmd: python train.py, deps: [train.py], outs: [model.pkl]}
    ```

    ```python title="train.py"
    import os
    import joblib
    if os.path.exists("model.pkl"):
        model = joblib.load("model.pkl")
    else:
        joblib.dump(fit(), "model.pkl")
    ```

    ```python title="track.py"
    import os
    import pandas as pd
    if not os.path.exists("results.csv"):
        pd.DataFrame().to_csv("results.csv")
    pd.DataFrame().to_csv("results.csv", mode="a")
    pd.read_csv("results.csv")
    ```

    ## A run that is resumed; a target of Make

    ```python title="resume.py"
    import os
    import sys
    import torch
    run = sys.argv[1]
    if os.path.exists(f"{run}/last.pt"):
        state = torch.load(f"{run}/last.pt")
    else:
        state = fit()
        torch.save(state, f"{run}/last.pt")
    ```

    ```makefile title="Makefile"
    features.parquet: build.py ; python build.py
    ```

    ```python title="build.py"
    import os
    import pandas as pd
    if not os.path.exists("features.parquet"):
        pd.DataFrame().to_parquet("features.parquet")
    print(pd.read_parquet("features.parquet"))
    ```
    """

    profile = Profile.AUDIT
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each question whether the data is there."""
        for step in gated_steps(project):
            source = step.check.source
            if source.source.is_any(*self.skip_roles):
                continue
            yield self.finding(
                step.check.location,
                f"whether `{step.path}` is made again or reused depends on a file that an earlier run left",
                related=[
                    Related(step.write.location, "it is made here"),
                    Related(step.read.location, "it is reused here"),
                ],
                severity=Severity.INFO if source.source.is_any(Role.NOTEBOOK) else None,
                scope=source.scope_name(step.check.call.block),
            )
