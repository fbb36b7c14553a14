"""The rule `nondeterministic-dl`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Confidence,
    Finding,
    Kind,
    Profile,
    Program,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    facts,
)

_DETERMINISTIC = frozenset(
    {"use_deterministic_algorithms", "set_deterministic", "enable_op_determinism", "enable_full_determinism"}
)
_SEEDS = ("torch.manual_seed", "torch.cuda.manual_seed_all", "*.seed_everything", "torch.cuda.manual_seed")

_EXPLAINS = re.compile(r"determin|reproduc|fast|speed|perform|non-?determ", re.IGNORECASE)


class NondeterministicDl(Rule):
    """A program seeds its random numbers and lets the graphics processor choose between algorithms.

    `cudnn.benchmark` picks the fastest kernel of the moment, and some kernels add in an order that changes: two runs
    with one seed give two models. Zhang et al. 2022, smell 13 (deterministic algorithm option not used). Off by
    default, because most projects give up a little reproducibility for speed.

    ## How to repair

    `torch.use_deterministic_algorithms(True)` and `torch.backends.cudnn.benchmark = False` for runs that have to be
    repeated.

    ## A seed, and a benchmark

    ```python title="train.py"
    import torch

    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True  # expect: nondeterministic-dl
    model = Net().cuda()
    loss.backward()
    optimizer.step()
    ```

    ## Asked for

    ```python title="train.py"
    import torch

    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = True
    loss.backward()
    optimizer.step()
    ```

    ## No seed: another rule speaks of it; an option decides

    ```python title="train.py"
    import torch

    torch.backends.cudnn.benchmark = True
    loss.backward()
    optimizer.step()
    ```

    ```python title="fast.py"
    import torch

    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = args.fast
    loss.backward()
    optimizer.step()
    ```

    ## A trade-off that is explained, and inference

    ```python title="train.py"
    import torch
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True  # not deterministic, but twice as fast on fixed shapes
    loss.backward()
    optimizer.step()
    ```

    ```python title="infer.py"
    import torch
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    print(model.eval()(x))
    ```
    """

    severity = Severity.INFO
    confidence = Confidence.MEDIUM
    profile = Profile.AUDIT
    default = False
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each place that asks for the fastest kernels in a seeded training."""
        seeds = [site for site in project.calls(*_SEEDS) if not site.source.source.is_any(*self.skip_roles)]
        told: set[str] = set()
        for program in project.phases.training if seeds else ():
            if _is_deterministic(project, program):
                continue
            seed = next((s for s in seeds if program.reach.has(s.source, s.call.block)), None)
            for path in sorted(program.reach.paths) if seed is not None else ():
                source = project.source(path)
                for span in _benchmarks(source) if source is not None and path not in told else ():
                    told.add(path)
                    yield self.finding(
                        source.location(span),  # type: ignore[union-attr]
                        f"`{program.source.path}` is seeded, and `cudnn.benchmark` lets two runs differ all the same",
                        related=[Related(seed.location, "the seed")],  # type: ignore[union-attr]
                        severity=Severity.INFO if program.source.kind is Kind.NOTEBOOK else Severity.WARNING,
                    )
                    break


def _benchmarks(source: SourceFacts) -> Iterator[Span]:
    for store in source.facts.stores:
        if (
            isinstance(store.target, facts.Attr)
            and store.target.name == "benchmark"
            and store.value == facts.Const(True)
            and not any(
                _EXPLAINS.search(comment.text) and 0 <= store.span.line - comment.span.line <= 2
                for comment in source.facts.comments
            )
        ):
            yield store.span


def _is_deterministic(project: Project, program: Program) -> bool:
    """Whether anything that a program runs asks for deterministic algorithms."""
    for path in program.reach.paths:
        source = project.source(path)
        if source is not None:
            names = {name.rpartition(".")[2] for name in source.facts.header.names} | set(
                source.facts.header.methods
            )
            if names & _DETERMINISTIC or any(
                k.name == "deterministic" for c in source.facts.calls for k in c.keywords
            ):
                return True
    return False
