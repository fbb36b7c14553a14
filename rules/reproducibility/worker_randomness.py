"""The rule `worker-randomness`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Rule, Severity, Site, SourceFacts, facts, is_dataset, walk

_LOADERS = ("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader")
_SEEDS = ("numpy.random.seed", "random.seed")
_DRAWS = re.compile(
    r"numpy\.random\.(?!seed|default_rng|RandomState|Generator|SeedSequence|get_state|set_state)\w+"
)
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
        np.random.seed(torch.initial_seed() % 2**32)

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
                draws = list(_draws(project))
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
        if _repeats(project, site, init):
            return "the workers get the same seed again in each epoch: what they draw repeats itself"
        return ""


def _has_workers(site: Site) -> bool:
    """Whether there surely is a worker, or a number of them that is a setting."""
    number = site.argument(5, "num_workers")
    return number is not None and number != facts.Const(0)


def _draws(project: Project) -> Iterator[tuple[SourceFacts, facts.Call]]:
    """The draws from NumPy's global generator that methods of data sets make."""
    for source in project.code:
        if not any(_DRAWS.fullmatch(name) for name in source.facts.header.names):
            continue
        for cls in source.facts.classes:
            if is_dataset(project, source, cls):
                for call in source.facts.calls:
                    inside = cls.block in source.ancestors(call.block)
                    if (
                        inside
                        and _DRAWS.fullmatch(call.name)
                        and not source.scope_name(call.block).endswith("__init__")
                    ):
                        yield source, call


def _repeats(project: Project, site: Site, init: facts.Expr) -> bool:
    """Whether a function seeds with nothing but constants and the number of the worker."""
    source, block, names = site.source, -1, set()
    if isinstance(init, facts.Hole):  # a lambda: its calls stand in a block of their own on the same lines
        inner = [
            i
            for i, b in enumerate(source.facts.blocks)
            if b.kind == "lambda" and site.call.span.line <= b.span.line <= site.call.span.end_line
        ]
        block = inner[0] if len(inner) == 1 else -1
        names = {b.name for b in source.facts.bindings if b.block == block and b.kind == "parameter"}
    elif isinstance(init, facts.Ref):
        symbol = project.names.symbol(source, f":{init.name}")
        function = symbol.fact if symbol is not None else None
        if symbol is not None and isinstance(function, facts.Function):
            source, block = symbol.source, function.block
            names = {param.name for param in function.params}
    seeds = (
        [c for c in source.facts.calls if c.name in _SEEDS and block in source.ancestors(c.block)]
        if block >= 0
        else []
    )
    return bool(seeds) and all(len(c.args) == 1 and _is_fixed(source, c.args[0], names) for c in seeds)


def _is_fixed(source: SourceFacts, expr: facts.Expr, names: set[str]) -> bool:
    """Whether a seed is made of constants and of the worker's number."""
    for part in walk(expr):
        if isinstance(part, facts.Const | facts.Binary):
            continue
        if not isinstance(part, facts.Ref):
            return False
        values = [binding.value for binding in source.facts.bindings if binding.name == part.name]
        if part.name not in names and (len(values) != 1 or not isinstance(values[0], facts.Const)):
            return False
    return True
