"""The rule `undeclared-env-source`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Project, Related, Role, Rule, undeclared_environment, variable_example_fix


class UndeclaredEnvSource(Rule):
    """An environment variable decides where data comes from, and nothing but the code that reads it names it.

    Whoever runs the code somewhere else finds out by its error, and cannot know which data it was meant to read.
    Sculley et al. 2015, section 6 (configuration debt): it should be easy to see what a system is configured with;
    section 3: data dependencies that nobody declared.

    ## How to repair

    Name the variable with an example value in `.env.example`, the README, the compose file or the settings.

    ## A directory, and a database

    ```python title="train.py"
    import os
    import pandas as pd
    from sqlalchemy import create_engine
    df = pd.read_parquet(os.environ["FEATS_DIR"] + "/f.parquet")  # expect: undeclared-env-source
    engine = create_engine(os.getenv("SHOP_DB"))  # expect: undeclared-env-source
    ```

    ## Beside an example of the others

    ```python title="train.py"
    import os
    import pandas as pd
    df = pd.read_parquet(os.environ["FEATS_DIR"] + "/f.parquet")  # expect: undeclared-env-source
    ```

    ```env title=".env.example"
    PORT=80
    ```

    ## Fixed

    ```env title=".env.example"
    PORT=80
    # where {FEATS_DIR}/f.parquet is
    FEATS_DIR=
    ```

    ## Named in an example, in a document, in an image, by a default, by a message, by the platform; not about data

    ```env title=".env.example"
    FEATS_DIR=s3://acme-feats/churn/v3
    ```

    ```markdown title="README.md"
    Set MODEL_DIR first.
    ```

    ```dockerfile title="Dockerfile"
    FROM python:3.11.9
    ENV OUT_DIR=/out
    ```

    ```python title="train.py"
    import os
    import pandas as pd
    pd.read_parquet(os.environ["FEATS_DIR"] + "/f.parquet")
    pd.read_parquet(os.environ["MODEL_DIR"] + "/m.parquet")
    pd.read_parquet(os.environ["OUT_DIR"] + "/o.parquet")
    pd.read_parquet(os.getenv("RAW_DIR", "raw") + "/r.parquet")
    pd.read_parquet(os.environ["SM_CHANNEL_TRAIN"] + "/r.parquet")
    if "TEXT_DIR" not in os.environ:
        raise SystemExit("please set TEXT_DIR to where the texts are")
    pd.read_parquet(os.environ["TEXT_DIR"] + "/t.parquet")
    print(os.environ["VERBOSE"])
    ```

    ## Set by the code itself

    ```python title="train.py"
    import os
    import pandas as pd
    os.environ["FEATS_DIR"] = "features"
    pd.read_parquet(os.environ["FEATS_DIR"] + "/f.parquet")
    ```

    ## Named for the containers, in a workflow, in a class of settings; a test

    ```yaml title="docker-compose.yml"
    services:
      train:
        build: .
        environment: {FEATS_DIR: /features}
    ```

    ```yaml title=".github/workflows/train.yml"
    on: push
    jobs:
      train:
        runs-on: ubuntu-24.04
        env: {TEXT_DIR: texts}
        steps: [{run: python train.py}]
    ```

    ```python title="settings.py"
    from pydantic_settings import BaseSettings
    class Settings(BaseSettings):
        raw_dir: str
    ```

    ```python title="train.py"
    import os
    import pandas as pd
    pd.read_parquet(os.environ["FEATS_DIR"] + "/f.parquet")
    pd.read_parquet(os.environ["TEXT_DIR"] + "/f.parquet")
    pd.read_parquet(os.environ["RAW_DIR"] + "/f.parquet")
    ```

    ```python title="tests/test_train.py"
    import os
    import pandas as pd
    def test_rows():
        assert len(pd.read_parquet(os.environ["TEST_ROWS"] + "/f.parquet"))
    ```
    """

    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each variable, where it is first read."""
        for found in undeclared_environment(project):
            reads = [p for p in found.reads if not project.by_path[p.path].source.is_any(*self.skip_roles)]
            if reads:
                first, *others = sorted(reads)
                _, target = found.uses[0]
                where = "data comes from" if target in (f"{{{found.name}}}", "a database") else f"`{target}` is"
                yield self.finding(
                    first,
                    f"`{found.name}` decides where {where}, and nothing but this code names it",
                    related=[
                        Related(place, "it leads to data here") for place, _ in found.uses[:4] if place != first
                    ]
                    + [Related(place, "it is read here, too") for place in others[:4]],
                    fix=variable_example_fix(project, found.name, target),
                )
