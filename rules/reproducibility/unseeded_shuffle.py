"""The rule `unseeded-shuffle`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    SourceFacts,
    facts,
    is_library,
    walk,
)

_SHUFFLES = (
    "random.shuffle",
    "random.sample",
    "numpy.random.shuffle",
    "numpy.random.permutation",
    "torch.randperm",
)
_DATA = frozenset(
    "pandas numpy polars csv json torch tensorflow keras sklearn scipy cv2 PIL datasets pyarrow h5py torchvision xml"
    .split()
)  # fmt: skip
_WORKERS = frozenset({"multiprocessing", "concurrent", "threading", "asyncio", "shutil"})


class UnseededShuffle(Rule):
    """Rows or files are put into a random order, and no seed fixes it.

    A script that prepares data, or computes a statistic, gives another split or another figure in every run, and
    whatever is trained on its output cannot be made again. Zhang et al. 2022, smell 14 (randomness uncontrolled).

    ## How to repair

    Shuffle with a generator of its own: `random.Random(seed).shuffle(rows)`, `numpy.random.default_rng(seed)`.

    ## A split by hand, and a test statistic

    ```python title="make_dataset.py"
    import json
    import random
    from pathlib import Path

    files = sorted(Path("images").iterdir())
    random.shuffle(files)  # expect: unseeded-shuffle
    json.dump([str(f) for f in files[:100]], open("test.json", "w"))
    ```

    ## Seeded in the file, where it is started, or with a generator of its own

    ```python title="prepare.py"
    import numpy as np
    from rows import mix

    np.random.seed(3)
    order = np.random.permutation(10)
    mix([1, 2])
    ```

    ```python title="rows.py"
    import random
    import numpy as np

    def mix(rows):
        np.random.shuffle(rows)
        random.Random(3).shuffle(rows)
        return rows
    ```

    ## Games, tests, and programs that train, of which another rule speaks

    ```python title="game.py"
    import random

    cards = list(range(52))
    random.shuffle(cards)
    ```

    ```python title="invent.py"
    import numpy as np
    import pandas as pd

    pd.DataFrame({"user": np.random.permutation(np.random.randint(0, 9, 9))})
    ```

    ```python title="copy_files.py"
    import random
    import concurrent.futures
    import numpy as np

    random.shuffle(files)
    pool.map(copy, files)
    ```

    ```python title="train.py"
    import random
    import numpy as np
    from sklearn.linear_model import Ridge

    rows = list(range(10))
    random.shuffle(rows)
    Ridge().fit(X[rows], y[rows])
    ```

    ```python title="tests/test_rows.py"
    import random
    import numpy as np

    random.shuffle([1, 2])
    ```
    """

    minutes = 5
    gathers = True
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that shuffles data without a seed, outside of training programs."""
        found: dict[str, list[Site]] = {}
        for site in project.calls(*_SHUFFLES):
            source = site.source
            if source.kind is not Kind.PYTHON or source.source.is_any(*self.skip_roles) or not _has_data(source):
                continue
            generator = project.randomness.generator_of(site)
            if (
                generator
                and project.randomness.is_unseeded(site)
                and not project.randomness.seeds_here(site, generator)
            ):
                found.setdefault(source.path, []).append(site)
        found = {path: sites for path, sites in found.items() if not any(map(_is_invented, sites))}
        training = project.phases.training if found else ()
        for first, *others in found.values():
            if any(program.reach.has(first.source, first.call.block) for program in training):
                continue
            if not is_library(project, first.source.path):
                yield self.finding(
                    first.location,
                    f"`{first.name}` gives another order in every run: nothing sets a seed",
                    related=[Related(site.location, f"`{site.name}`, too") for site in others[:8]],
                    severity=Severity.INFO if first.source.source.is_any(Role.TUTORIAL) else None,
                    scope=first.source.scope_name(first.call.block),
                )


def _is_invented(site: Site) -> bool:
    """Whether what is shuffled is drawn at random itself, as in an example of data."""
    calls = site.source.facts.calls
    return any(
        isinstance(part, facts.Called) and calls[part.call].name.startswith(("numpy.random.", "random."))
        for argument in site.call.args
        for part in walk(argument)
    )


def _has_data(source: SourceFacts) -> bool:
    """Whether a file works with data at all, and does not only spread work over workers."""
    modules = {module.partition(".")[0] for module in source.facts.header.modules}
    return not _DATA.isdisjoint(modules) and _WORKERS.isdisjoint(modules)
