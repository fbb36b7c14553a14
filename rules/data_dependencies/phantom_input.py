"""The rule `phantom-input`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Project, Related, Role, Rule, Severity, phantoms, unwritten_keys


class PhantomInput(Rule):
    """Code reads a file that nothing here produces, tracks, downloads, declares or mentions.

    It exists on somebody's machine. Who else runs the code gets an error, and nobody can say which version a result
    came from. Pimentel et al. 2019 name missing input files as a main reason why notebooks do not run again;
    Sculley et al. 2015, section 3: dependency trees should be fully resolved.

    ## How to repair

    Track the file (DVC, LFS, a registry), script its download, or declare its source and owner in a contract.

    ## A table from one laptop, read twice

    ```python title="train.py"
    import pandas as pd
    orders = pd.read_csv("data/orders.csv")
    macro = pd.read_csv("data/ext/macro_2019.csv")
    ```

    ```python title="score.py"
    import pandas as pd
    macro = pd.read_csv("data/ext/macro_2019.csv")  # expect: phantom-input
    ```

    ```csv title="data/orders.csv"
    a,b
    ```

    ## A table in a file whose name has no ending

    ```python title="blend.py"
    import pandas as pd
    nets = pd.read_pickle("nets_features_388")  # expect: phantom-input
    ```

    ## A notebook

    ```python title="notebooks/explore.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("../data/clean_data.csv")  # expect: phantom-input
    ```

    ## A key of a store that nobody fills

    ```python title="registry.py"
    import pandas as pd
    def put(table, run, key):
        table.to_csv(f"/srv/registry/{run}/{key}.csv")
    def get(run, key):
        return pd.read_csv(f"/srv/registry/{run}/{key}.csv")
    ```

    ```python title="prepare.py"
    import sys
    import pandas as pd
    from registry import get, put
    put(pd.DataFrame(), sys.argv[1], "train")
    put(pd.DataFrame(), sys.argv[1], "test")
    get(sys.argv[1], "train")
    get(sys.argv[1], "features")  # expect: phantom-input
    ```

    ## A store that somebody else fills, or that is filled under names that are not known

    ```python title="registry.py"
    import pandas as pd
    def put(table, run, key):
        table.to_csv(f"/srv/registry/{run}/{key}.csv")
    def get(run, key):
        return pd.read_csv(f"/srv/registry/{run}/{key}.csv")
    ```

    ```python title="prepare.py"
    import sys
    import pandas as pd
    from registry import get, put
    put(pd.DataFrame(), sys.argv[1], "train")
    put(pd.DataFrame(), sys.argv[1], "test")
    put(pd.DataFrame(), sys.argv[1], sys.argv[2])
    get(sys.argv[1], "features")
    pd.read_csv(f"/srv/other/{sys.argv[1]}/features.csv")
    ```

    ## Tracked, made here, named in the README, declared

    ```python title="train.py"
    import pandas as pd
    pd.read_csv("data/macro.csv")
    pd.read_csv("data/prices.csv")
    pd.read_csv("data/train.csv")
    pd.read_csv("input/deep/train.csv")
    ```

    ```yaml title="data/macro.csv.dvc"
    outs: [{path: macro.csv, md5: 1}]
    ```

    ```python title="make.py"
    import pandas as pd
    pd.DataFrame().to_csv("data/prices.csv")
    ```

    ```markdown title="README.md"
    Get train.csv from the competition's page and put the rest into input/deep.
    ```

    ## Word vectors and a competition's files, which the README tells to get

    ```markdown title="README.md"
    Download the word vectors glove.840B.300d and the data of https://www.kaggle.com/c/shops.
    ```

    ```python title="train.py"
    import pandas as pd
    vectors = open("glove.840B.300d.txt")
    pd.read_csv("data/train.csv")
    ```

    ## Perhaps made by a write to somewhere; optional; an option's default

    ```python title="train.py"
    import argparse
    import os
    import sys
    import pandas as pd
    parser = argparse.ArgumentParser()
    parser.add_argument("--extra", default="data/extra.csv")
    pd.read_csv(parser.parse_args().extra)
    pd.DataFrame().to_csv(sys.argv[1])
    pd.read_csv("data/scores.csv")
    if os.path.exists("data/weights.csv"):
        pd.read_csv("data/weights.csv")
    ```

    ## A file beside the script, which runs in its own directory

    ```python title="ann/train.py"
    import pandas as pd
    pd.read_csv("Churn_Modelling.csv")
    ```

    ```csv title="ann/Churn_Modelling.csv"
    a,b
    ```

    ## A credential, which must not be in a repository

    ```python title="ask.py"
    with open("keys/openai_api_key.txt") as file:
        key = file.read()
    ```

    ## A download

    ```python title="fetch.py"
    from urllib.request import urlretrieve
    urlretrieve("https://example.org/all.zip", "all.zip")
    ```

    ```python title="train.py"
    import pandas as pd
    pd.read_csv("data/scores.csv")
    ```

    ## Imported by DVC, fetched by a tool, declared in a contract

    ```yaml title="data/prices.csv.dvc"
    deps: [{url: s3://shop/prices.csv}]
    outs: [{path: prices.csv, md5: 1}]
    ```

    ```bash title="fetch.sh"
    kaggle datasets download acme/shops -p data/shops --unzip
    aws s3 cp s3://shop/macro.csv data/macro.csv
    ```

    ```toml title="mldebt.toml"
    [[contract.dataset]]
    path = "data/weather.csv"
    source = "external:weather office"
    ```

    ```python title="train.py"
    import pandas as pd
    pd.read_csv("data/prices.csv")
    pd.read_csv("data/shops/shops.csv")
    pd.read_csv("data/macro.csv")
    pd.read_csv("data/weather.csv")
    ```
    """

    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file, at its first reader; scripts come before notebooks."""
        yield from self._keys(project)
        for phantom in phantoms(project):
            reads = [r for r in phantom.reads if not project.by_path[r.component].source.is_any(*self.skip_roles)]
            if not reads:
                continue
            drafts = [project.by_path[read.component].source.is_any(Role.NOTEBOOK) for read in reads]
            first, *others = [
                read.origin for _, read in sorted(zip(drafts, reads, strict=True), key=lambda p: p[0])
            ]
            readers = len({read.component for read in reads})
            yield self.finding(
                first,
                f"`{phantom.artifact.address}` is read by {readers} file{'s' if readers > 1 else ''}, but nothing here "
                "produces, tracks, downloads or declares it",
                related=[
                    Related(place, "it is read here, too") for place in dict.fromkeys(others) if place != first
                ],
                severity=Severity.INFO if all(drafts) else None,
            )

    def _keys(self, project: Project) -> Iterator[Finding]:
        for key in unwritten_keys(project):
            reads = [r for r in key.reads if not project.by_path[r.component].source.is_any(*self.skip_roles)]
            places = sorted({read.origin for read in reads})
            if places:
                others = ", ".join(f"`{write.address.name}`" for write in key.written[:3] if write.address)
                yield self.finding(
                    places[0],
                    f"`{key.name}` is read from a store in which nothing here puts it: only {others} are written",
                    related=[Related(place, "it is read here, too") for place in places[1:]]
                    + [Related(write.origin, "another key is written here") for write in key.written[:3]],
                )
