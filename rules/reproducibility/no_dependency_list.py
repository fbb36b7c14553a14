"""The rule `no-dependency-list`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from posixpath import basename

from mldebt import (
    Finding,
    Kind,
    Location,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    manifests,
)

_LISTS = frozenset(
    "setup.py requirements.in Pipfile.lock poetry.lock uv.lock pixi.toml pixi.lock"
    " conda-lock.yml renv.lock flake.nix".split()
)
_LIBRARIES = frozenset(
    "numpy pandas sklearn torch tensorflow keras xgboost lightgbm catboost polars transformers"
    " statsmodels scipy pyspark".split()
)
_NEEDS = re.compile(r"require|prerequisite|dependenc|install|environment|setup")


class NoDependencyList(Rule):
    """A project trains models, and nowhere is written which packages it needs.

    Who wants to repeat a run guesses the packages from the imports and gets the versions of today: other defaults,
    other results, or no result. Pimentel et al. 2019 found missing modules to be the first cause of notebooks that
    fail. Sculley et al. 2015, section 8, ask for experiments that can be reproduced.

    ## How to repair

    Write the packages with their versions to `requirements.txt`, or let a tool lock them.

    ## Nothing but code

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    df = pd.read_csv("train.csv")
    Ridge().fit(df[["a"]], df["b"])
    ```

    ```markdown title="README.md"
    # Prices

    Needs pandas and scikit-learn.  <!-- expect: no-dependency-list -->
    ```

    ## A list, an image, a lock file, a package

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    df = pd.read_csv("train.csv")
    Ridge().fit(df[["a"]], df["b"])
    ```

    ```text title="requirements.txt"
    pandas==2.2.3
    scikit-learn==1.5.2
    ```

    ## A notebook that installs what it needs

    ```python title="train.ipynb"
    # %%
    !pip install pandas==2.2.3 scikit-learn==1.5.2
    # %%
    import pandas as pd
    from sklearn.linear_model import Ridge
    df = pd.read_csv("train.csv")
    Ridge().fit(df[["a"]], df["b"])
    ```

    ## Nothing is trained

    ```python title="show.py"
    import pandas as pd

    print(pd.read_csv("train.csv"))
    ```
    """

    severity = Severity.WARNING
    profile = Profile.AUDIT
    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield at most one finding, at the README or the first program that trains."""
        programs = [
            p for p in project.phases.training if not p.source.source.is_any(*self.skip_roles, Role.TUTORIAL)
        ]
        if not programs or any(basename(path) in _LISTS for path in project.files):
            return
        if any(project.sources(Kind.REQUIREMENTS, Kind.DOCKERFILE)) or any(
            m.dependencies for m in manifests(project)
        ):
            return
        needed = sorted(
            {
                top
                for program in programs
                for fact in program.source.facts.imports
                if (top := fact.module.partition(".")[0])
                and top not in sys.stdlib_module_names
                and top in _LIBRARIES
            }
        )
        if needed:
            first = programs[0].source
            readme = next((s for s in project.sources(Kind.MARKDOWN) if s.path.lower() == "readme.md"), None)
            place = Location((readme or first).path, Span.at(_line_of_needs(readme, needed) if readme else 1))
            names = ", ".join(f"`{name}`" for name in needed[:5])
            yield self.finding(
                place,
                f"no list says which packages and versions the project needs ({names})",
                related=[Related(Location(p.source.path, Span.at(1)), "trains a model") for p in programs[:5]],
            )


def _line_of_needs(readme: SourceFacts, needed: Sequence[str]) -> int:
    """The line of a README that says what has to be installed, as far as it says it: a heading, or the libraries."""
    lines = readme.text().lower().splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("#") and _NEEDS.search(line):
            return number
    known = [re.escape(name) for name in needed]
    naming = re.compile(
        rf"^\W*(\[?({'|'.join(known)})\b|.*\b(install|require|need)\w*\b.*\b({'|'.join(known)})\b)"
    )
    return next((number for number, line in enumerate(lines, 1) if naming.search(line)), 1)
