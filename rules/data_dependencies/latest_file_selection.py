"""The rule `latest-file-selection`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, LatestChoice, Profile, Project, Related, Role, Rule, Severity, latest_choices


class LatestFileSelection(Rule):
    r"""The newest or last file of a directory is taken as the input.

    Whichever process wrote last decides what is trained on or served: a run that is repeated tomorrow, or a second
    run beside it, takes another file, and nothing says which one it was. Sculley et al. 2015, section 3 (unstable
    data dependencies) and section 5 (intermediate files). A choice that only serves to show results is not meant; that
    is not always to be seen, so that the rule does not run in the profile `hook`.

    ## How to repair

    Pass the path as an argument or setting, or read it from a manifest that the producer writes.

    ## By time, by name, in a helper

    ```python title="predict.py"
    import glob
    import os
    from pathlib import Path
    import torch
    newest = max(glob.glob("outputs/*.pt"), key=os.path.getctime)  # expect: latest-file-selection
    model = torch.load(newest)
    def last_table():
        files = sorted(Path("data").glob("*.csv"))
        return files[-1]  # expect: latest-file-selection
    def newest_model(directory):
        names = os.listdir(directory)
        return max(names, key=lambda n: os.path.getmtime(os.path.join(directory, n)))  # expect: latest-file-selection
    ```

    ## A filtered listing, newest first

    ```python title="score.py"
    import os
    from pathlib import Path
    def newest_run(root):
        runs = sorted([d for d in Path(root).iterdir() if d.is_dir()], key=lambda d: d.stat().st_mtime, reverse=True)
        return runs[0]  # expect: latest-file-selection
    def newest_export(root):
        names = [n for n in os.listdir(root) if n.startswith("r")]
        newest = max(names, key=lambda n: os.path.getmtime(os.path.join(root, n)))  # expect: latest-file-selection
        return newest
    ```

    ## All of the files; the biggest; a given one

    ```python title="train.py"
    import glob
    import os
    for path in sorted(glob.glob("data/*.csv")):
        print(path)
    first = sorted(glob.glob("data/*.csv"))[0]
    biggest = max(glob.glob("data/*.csv"), key=os.path.getsize)
    scores = sorted([0.1, 0.2])
    best = scores[-1]
    ```

    ## The own run is resumed; old files are removed

    ```python title="train.py"
    import glob
    import os
    def resume_from(run):
        return max(glob.glob(f"{run}/*.pt"), key=os.path.getmtime)
    def keep_last(run):
        newest = max(glob.glob(f"{run}/*.pt"), key=os.path.getmtime)
    def tidy():
        newest = max(glob.glob("data/*.csv"), key=os.path.getmtime)
        for path in glob.glob("data/*.csv"):
            if path != newest:
                os.remove(path)
    ```

    ## What shows or watches the latest results

    ```python title="monitoring/run.py"
    from pathlib import Path
    import pandas as pd
    def latest_forecasts():
        return pd.read_parquet(sorted(Path("forecasts").glob("day=*"))[-1])
    ```

    ```python title="fund.py"
    import glob
    import json
    import os
    def last_score(name):
        return json.load(open(max(glob.glob(f"{name}-backtest*.json"), key=os.path.getmtime)))
    ```

    ## What a class saved itself; a release that is shown

    ```python title="checkpoints.py"
    import os
    from pathlib import Path
    import torch
    class Checkpoints:
        def save(self, state, step):
            torch.save(state, self.home / f"{step}.pt")
        def newest(self):
            return max(self.home.glob("*.pt"), key=lambda path: path.stat().st_mtime)
    def newest_release(root):
        return max(os.listdir(root), key=lambda name: os.path.getmtime(os.path.join(root, name)))
    ```

    ## A version that is read out of the name and logged

    ```python title="predict.py"
    import glob
    import os
    import re
    import mlflow
    import torch
    newest = max(glob.glob("outputs/v*.pt"), key=os.path.getmtime)
    version = re.search(r"v(\d+)", newest).group(1)
    mlflow.log_param("model_version", version)
    model = torch.load(newest, weights_only=True)
    ```
    """

    profile = Profile.CI
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each function that chooses one file out of a listing, at its first choice."""
        for source in self.sources(project):
            scopes: dict[int, list[LatestChoice]] = {}
            for choice in latest_choices(source):
                scopes.setdefault(source.scope_of(choice.block), []).append(choice)
            for choice, *others in scopes.values():
                yield self.finding(
                    source.location(choice.span),
                    f"the {choice.kind} file of a directory is the input: whichever process wrote last decides",
                    related=[
                        Related(source.location(other.span), f"the {other.kind} one, too") for other in others
                    ],
                    severity=Severity.INFO if source.source.is_any(Role.NOTEBOOK) else None,
                    scope=source.scope_name(choice.block),
                )
