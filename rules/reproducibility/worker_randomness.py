"""The rule `worker-randomness`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Profile,
    Project,
    Related,
    Rule,
    Severity,
    Site,
    SourceFacts,
    draws_in_workers,
    facts,
    repeats_its_seed,
)

_LOADERS = ("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader")
_SEEDED_SINCE = "1.9"


class WorkerRandomness(Rule):
    """The workers of a data loader draw the same random numbers as each other, or again in each epoch.

    Workers are copies of the process, with the state of NumPy's generator in it. Before PyTorch 1.9 every worker draws
    the same numbers; and a `worker_init_fn` that seeds with a constant or with the worker's number alone brings the
    same numbers back in each epoch, because workers start anew. The augmentation repeats itself: nothing fails, and the
    model sees less than it seems to. Zhang et al. 2022 list it under "Randomness Uncontrolled".

    ## How to repair

    Seed with `torch.initial_seed() % 2**32` in `worker_init_fn`; it differs between workers and between epochs.

    ## The same numbers in each worker, or in each epoch

    ```python title="constant.py"
    import numpy as np
    from torch.utils.data import DataLoader, Dataset

    class Images(Dataset):
        def __getitem__(self, index):
            return self.images[index] + np.random.normal()

    SEED = 42
    def seed_worker(number):
        np.random.seed(SEED)

    loader = DataLoader(Images(), num_workers=4, worker_init_fn=seed_worker)  # expect: worker-randomness
    other = DataLoader(Images(), num_workers=4, worker_init_fn=lambda i: np.random.seed(i))
    ```

    ## An old PyTorch, which leaves NumPy alone

    ```python title="old.py"
    import numpy as np
    from torch.utils.data import DataLoader, Dataset

    class Images(Dataset):
        def __getitem__(self, index):
            return self.images[index] + np.random.normal()

    loader = DataLoader(Images(), num_workers=4)  # expect: worker-randomness
    ```

    ```text title="requirements.txt"
    torch==1.7.1
    ```

    ## Seeds that differ, workers that live on, a PyTorch that seeds them

    ```python title="train.py"
    import numpy as np
    import torch
    from torch.utils.data import DataLoader, Dataset

    class Images(Dataset):
        def __getitem__(self, index):
            return self.images[index] + np.random.normal()

    def seed_worker(number):
        seed = torch.initial_seed() % 2**32
        np.random.seed(seed)

    def by_epoch(number):
        np.random.seed(EPOCH * 100 + number)

    first = DataLoader(Images(), num_workers=4, worker_init_fn=seed_worker)
    second = DataLoader(Images(), num_workers=4, persistent_workers=True, worker_init_fn=lambda i: np.random.seed(i))
    third = DataLoader(Images(), num_workers=4), DataLoader(Images())
    fourth = DataLoader(Images(), num_workers=4, worker_init_fn=by_epoch)
    ```

    ## Data sets that draw nothing

    ```python title="plain.py"
    import numpy as np
    from torch.utils.data import DataLoader
    loader = DataLoader(rows, num_workers=4, worker_init_fn=lambda i: np.random.seed(0))
    ```
    """

    severity = Severity.WARNING
    profile = Profile.CI
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file whose loaders have workers in which a data set of the project draws."""
        draws: list[tuple[SourceFacts, facts.Call]] | None = None
        found: dict[tuple[str, str], tuple[Related, list[Site]]] = {}
        for site in project.calls(*_LOADERS):
            if site.source.source.is_any(*self.skip_roles) or site.hides_arguments or not _has_workers(site):
                continue
            if draws is None:
                draws = list(draws_in_workers(project))
            reached = project.imports.reached_from(site.source.path) | {site.source.path}
            near = [(source, call) for source, call in draws if source.path in reached]
            claim = self._claim(project, site) if near else ""
            if claim:
                source, call = near[0]
                place = Related(source.location(call.span), f"`{call.name}` draws in the workers")
                found.setdefault((site.source.path, claim), (place, []))[1].append(site)
        for (_, claim), (place, sites) in found.items():
            first, *others = sorted(sites, key=lambda site: site.call.span)
            yield self.finding(
                first.location,
                claim,
                related=[place, *(Related(other.location, "this loader, too") for other in others)],
                scope=first.source.scope_name(first.call.block),
            )

    def _claim(self, project: Project, site: Site) -> str:
        init = site.argument(None, "worker_init_fn")
        if init is None:
            wishes = project.allowed_versions.of(site.source.path, ("torch",))
            old = bool(wishes) and all(wish.is_below(_SEEDED_SINCE) for wish in wishes)
            return (
                f"each worker draws the same numbers: PyTorch before {_SEEDED_SINCE} does not seed NumPy in them"
                if old
                else ""
            )
        if site.argument(None, "persistent_workers") not in (None, facts.Const(False)):
            return ""
        if repeats_its_seed(project, site, init):
            return "the workers get the same seed again in each epoch: what they draw repeats itself"
        return ""


def _has_workers(site: Site) -> bool:
    """Whether there surely is a worker, or a number of them that is a setting."""
    number = site.argument(5, "num_workers")
    return number is not None and number != facts.Const(0)
