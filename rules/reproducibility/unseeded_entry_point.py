"""The rule `unseeded-entry-point`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Draw,
    Finding,
    Kind,
    Program,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    facts,
    qualified,
    seed_fix,
    unseeded_draws,
)

_SEEDERS = {
    "python": "random.seed",
    "numpy": "numpy.random.seed",
    "torch": "torch.manual_seed",
    "tensorflow": "tensorflow.random.set_seed",
}
_SEARCH = "torch.backends.cudnn.benchmark"
_MOST_SHOWN = 12


class UnseededEntryPoint(Rule):
    """A program that trains a model draws random numbers and never sets a seed.

    Shuffled batches, sampled rows, augmentations and initial weights are then others in every run: no result can be
    repeated, and a gain cannot be told from luck. Zhang et al. 2022 (smell "Randomness Uncontrolled"); Breck et al.
    2017 ask for training that is reproducible; Sculley et al. 2015, section 8. One finding a program, at the first
    place that draws; seeds are looked for in everything that the program runs.

    ## How to repair

    Keep one seed in the configuration and set it at the start of the program: `seed_everything(cfg.seed)`.

    ## Shuffled batches; a helper's draw, while another generator is seeded

    ```python title="train.py"
    import torch
    from torch.utils.data import DataLoader

    def main():
        for batch in DataLoader(data, shuffle=True):  # expect: unseeded-entry-point
            torch.nn.Linear(8, 1)(batch).sum().backward()
            optimizer.step()

    if __name__ == "__main__":
        main()
    ```

    ```python title="svm.py"
    import random
    from sklearn.svm import SVC
    from rows import mixed

    random.seed(7)
    model = SVC().fit(mixed(X), y)
    ```

    ```python title="rows.py"
    import numpy as np

    def mixed(X):
        return X[np.random.permutation(len(X))]  # expect: unseeded-entry-point
    ```

    ## Fixed

    ```python title="train.py"
    import torch
    from torch.utils.data import DataLoader

    def main():
        for batch in DataLoader(data, shuffle=True):
            torch.nn.Linear(8, 1)(batch).sum().backward()
            optimizer.step()

    if __name__ == "__main__":
        torch.manual_seed(42)
        main()
    ```

    ```python title="svm.py"
    import random
    from sklearn.svm import SVC
    from rows import mixed
    import numpy as np

    np.random.seed(42)

    random.seed(7)
    model = SVC().fit(mixed(X), y)
    ```

    ## Seeded in what runs, by the framework, or by a generator of its own

    ```python title="train.py"
    import numpy as np
    from setup import prepare

    prepare(7)
    np.random.shuffle(rows)
    model.fit(np.random.default_rng(7).permutation(rows))
    ```

    ```python title="setup.py"
    import numpy as np

    def prepare(number):
        np.random.seed(number)
    ```

    ```python title="finetune.py"
    import torch
    from transformers import Trainer, TrainingArguments

    Trainer(torch.nn.Linear(2, 1), TrainingArguments("out", seed=3)).train()
    ```

    ## Nothing is trained, no program draws, or an example is picked to look at

    ```python title="explain.py"
    import torch

    model(torch.randn(8)).backward()
    ```

    ```python title="fit.py"
    import numpy as np

    def augment(X):
        return X + np.random.normal(size=X.shape)

    model.fit(X)
    ```

    ```python title="look.ipynb"
    # %%
    import random
    # %%
    model.fit(X, y)
    print(random.choice(X))
    ```

    ## Splits and estimators without a seed have rules of their own

    ```python title="train.py"
    from sklearn.ensemble import RandomForestClassifier

    RandomForestClassifier().fit(X, y)
    ```

    ## Augmentation with a seed of its own, notebooks, tests, a simulation

    ```python title="train.py"
    import albumentations as A
    import cv2
    prepare = A.Compose([A.HorizontalFlip(), A.RandomBrightnessContrast()], seed=7)
    for image in images:
        loss(net(prepare(image=image))).backward()
        optimizer.step()
    ```

    ```python title="explore.ipynb"
    # %%
    import numpy as np
    from sklearn.svm import SVC
    SVC().fit(X[np.random.permutation(len(X))], y)  # expect: unseeded-entry-point as info
    ```

    ```python title="tests/test_fit.py"
    import numpy as np
    from sklearn.svm import SVC
    def test_fit():
        SVC().fit(np.random.rand(3, 2), y)
    ```

    ```python title="simulate.py"
    import numpy as np
    print(np.random.normal(size=10).mean())
    ```
    """

    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for programs that share their unseeded draws."""
        found: dict[tuple[str, ...], list[tuple[Program, list[Draw]]]] = {}
        for program, all_draws in unseeded_draws(project):
            draws = [draw for draw in all_draws if not draw.site.source.source.is_any(*self.skip_roles)]
            if draws:
                key = tuple(sorted({str(draw.site.location) for draw in draws}))
                found.setdefault(key, []).append((program, draws))
        for programs in found.values():
            yield self._finding(project, programs)

    def _finding(self, project: Project, programs: list[tuple[Program, list[Draw]]]) -> Finding:
        program, draws = programs[0]
        names = ", ".join(f"`{_SEEDERS[g]}`" for g in sorted({draw.generator for draw in draws}))
        first, *others = sorted((draw.site for draw in draws), key=lambda site: _importance(program, site))
        more = f" (and {len(programs) - 1} more)" if programs[1:] else ""
        informal = program.source.kind is Kind.NOTEBOOK or program.source.source.is_any(Role.TUTORIAL)
        return self.finding(
            first.location,
            f"`{program.source.path}`{more} trains with random numbers (`{first.name}`) and nothing that it runs"
            f" sets a seed: no call of {names}",
            related=[
                *(Related(site.location, f"`{site.name}` draws") for site in _by_file(others)[:_MOST_SHOWN]),
                *_searches(project, program),
                *_other_seeds(project, program),
            ],
            severity=Severity.INFO if informal else None,
            scope=first.source.scope_name(first.call.block),
            fix=seed_fix(program.source, sorted({draw.generator for draw in draws})),
        )


def _searches(project: Project, program: Program) -> Iterator[Related]:
    """Where a program lets cuDNN choose algorithms by measuring them, which differs from run to run as well."""
    for path in sorted(program.reach.paths):
        source = project.source(path)
        if source is not None and "benchmark" in source.facts.words:
            for store in source.facts.stores:
                if qualified(source, store.target) == _SEARCH and store.value == facts.Const(True):
                    yield Related(source.location(store.span), "cuDNN chooses algorithms by measuring them")


def _other_seeds(project: Project, program: Program) -> Iterator[Related]:
    """Where a program seeds a generator that these draws do not use."""
    for name in _SEEDERS.values():
        for site in project.calls(name):
            if site.source.path in program.reach.paths:
                yield Related(site.location, f"`{site.name}` seeds another generator")


def _importance(program: Program, site: Site) -> tuple[bool, bool]:
    """What is shown first: draws that decide about rows rather than initial weights, in the program's own file."""
    return (".nn." in site.name or ".layers." in site.name, site.source.path != program.source.path)


def _by_file(sites: list[Site]) -> list[Site]:
    """The first place of each file."""
    return list({site.source.path: site for site in reversed(sites)}.values())[::-1]
